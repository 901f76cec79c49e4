"""What a run looked at, as one text of the database: runs that looked at the same have the same text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from diagnose.looked import Looked
from diagnose.model import Severity


def to_text(looked: Looked) -> str:
    """One JSON text, the same for the same scope; ASCII, whatever names a cluster has."""
    return json.dumps(
        {
            "rules": _sorted(looked.rules),
            "namespaces": _sorted(looked.namespaces),
            "lowest": looked.lowest.name,
            "coverage": looked.coverage,
            "undecided": looked.undecided,
            "incomplete": looked.incomplete,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def digest(text: str) -> str:
    """The name under which a scope is kept."""
    return sha256(text.encode()).hexdigest()


def from_text(text: str) -> Looked:
    """The scope again. Raises ValueError, KeyError or TypeError when the text is no such scope."""
    found: dict[str, Any] = json.loads(text)
    return Looked(
        rules=None if found["rules"] is None else frozenset(found["rules"]),
        namespaces=None if found["namespaces"] is None else frozenset(found["namespaces"]),
        lowest=Severity[found["lowest"]],
        coverage=found["coverage"],
        undecided={
            rule: tuple((reason, None if where is None else tuple(where)) for reason, where in gaps)
            for rule, gaps in found["undecided"].items()
        },
        incomplete=found["incomplete"],
    )


def _sorted(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
