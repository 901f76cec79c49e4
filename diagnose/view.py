"""What a view is: elements made of one object, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnose.decode import Record, Step
from diagnose.index import World
from diagnose.values import UNKNOWN

Element = dict[str, Any]
Steps = tuple[Step, ...]
Elements = tuple[list[Element], str | None]

UNTOLD = "a value that it reads was redacted, or is not in the dump"
ROLES = (
    ("initContainers", "initContainerStatuses", "init"),
    ("containers", "containerStatuses", "app"),
    ("ephemeralContainers", "ephemeralContainerStatuses", "ephemeral"),
)
"""The lists of containers in a pod's spec and status, and the role of what is in them."""


@dataclass(frozen=True)
class View:
    """One view. `fields` documents its elements; `make` gives them and why some may be missing."""

    name: str
    of: tuple[str, ...]
    doc: str
    fields: dict[str, str]
    make: Callable[[World, Record, dict[str, Any]], Elements]
    reads: Callable[[Steps], list[Steps]]


def untold(value: Any, *keys: str) -> bool:
    """Whether what lies at a path of keys is not told, rather than absent."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value
    return value is UNKNOWN


def is_open(value: Any) -> bool:
    """Whether a list may have more elements than are told."""
    return value is UNKNOWN or (isinstance(value, list) and UNKNOWN in value)


def fixed(*paths: Steps) -> Callable[[Steps], list[Steps]]:
    """What a view reads whose elements read the same, whatever is asked of them."""
    return lambda steps: list(paths)
