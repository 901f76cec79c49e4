"""Kubernetes diagnosis from declarative rules: what a program may use, in one place (docs/library.md).

Each name is imported when it is first asked for, so that `import diagnose` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diagnose.errors import DiagnoseError, InputError, LoadError, LoadErrors, UsageError
    from diagnose.language.compiler import RuleSet
    from diagnose.library import load_rules
    from diagnose.model import Cause, Evidence, Finding, NotEvaluated, ObjectRef, Report, Severity
    from diagnose.run import diagnose
    from diagnose.snapshot import Builder, Snapshot
    from diagnose.sources import read
    from diagnose.version import VERSION

__all__ = [
    "VERSION",
    "Builder",
    "Cause",
    "DiagnoseError",
    "Evidence",
    "Finding",
    "InputError",
    "LoadError",
    "LoadErrors",
    "NotEvaluated",
    "ObjectRef",
    "Report",
    "RuleSet",
    "Severity",
    "Snapshot",
    "UsageError",
    "diagnose",
    "load_rules",
    "read",
]

_HOMES = {
    "errors": ("DiagnoseError", "InputError", "LoadError", "LoadErrors", "UsageError"),
    "language.compiler": ("RuleSet",),
    "library": ("load_rules",),
    "model": ("Cause", "Evidence", "Finding", "NotEvaluated", "ObjectRef", "Report", "Severity"),
    "run": ("diagnose",),
    "snapshot": ("Builder", "Snapshot"),
    "sources": ("read",),
    "version": ("VERSION",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(f"diagnose.{module}"), name)
            return found
    raise AttributeError(f"module 'diagnose' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
