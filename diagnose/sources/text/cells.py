"""Cells of `kubectl get` as values of the API: what each says, and `NOT_TOLD` where it says nothing.

kubectl writes `<none>` for what is empty, `<unset>` for what is not set, `<unknown>` for what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from diagnose.sources.text.ages import ago
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN

NOT_TOLD: Final = object()
Convert = Callable[[str], Any]
_NOTHING = ("", "<none>", "<unset>", "<nil>")
_MORE = late(r" \+ (\d+) more\.\.\.\Z")
_REQUIREMENT = late(r"(\S+) (in|notin) \(([^)]*)\)\Z")
_NOT_IN_BRACKETS = late(r",(?![^(]*\))")
MODES = {
    "RWO": "ReadWriteOnce",
    "ROX": "ReadOnlyMany",
    "RWX": "ReadWriteMany",
    "RWOP": "ReadWriteOncePod",
}


def is_nothing(cell: str) -> bool:
    """Whether a cell says that there is nothing."""
    return cell in _NOTHING


def text(cell: str) -> Any:
    """A text; absent when it is empty."""
    return None if cell in _NOTHING else NOT_TOLD if cell == "<unknown>" else cell


def some_text(cell: str) -> Any:
    """A text; not told when it is empty, since the cell is empty for several reasons."""
    return NOT_TOLD if cell in _NOTHING or cell == "<unknown>" else cell


def number(cell: str) -> Any:
    """A whole number."""
    return int(cell) if cell.isdecimal() else None if cell in _NOTHING else NOT_TOLD


def count(cell: str) -> Any:
    """A whole number that the API leaves out when it is 0."""
    return (int(cell) or None) if cell.isdecimal() else NOT_TOLD


def number_or_text(cell: str) -> Any:
    """What the API calls IntOrString; `N/A` for none."""
    return None if cell in ("N/A", *_NOTHING) else int(cell) if cell.isdecimal() else cell


def flag(cell: str) -> Any:
    """True or false."""
    lowered = cell.lower()
    return True if lowered == "true" else False if lowered == "false" else None if cell in _NOTHING else NOT_TOLD


def age(cell: str) -> Any:
    """A time, as an age."""
    return None if cell in _NOTHING else NOT_TOLD if (found := ago(cell)) is None else found


def labels(cell: str) -> Any:
    """All labels of an object: `a=b,c=`; a map that is empty for `<none>`."""
    if cell in _NOTHING:
        return Whole()
    pairs = (part.partition("=") for part in cell.split(","))
    return Whole({key: value for key, _, value in pairs if key})


def label_map(cell: str) -> Any:
    """A plain selector, absent when it selects nothing."""
    return None if cell in _NOTHING else labels(cell)


def selector(cell: str) -> Any:
    """A LabelSelector as kubectl writes it: `a=b,c in (d,e),!f`. `<none>` is one that selects everything or nothing."""
    if cell in _NOTHING:
        return Whole()
    plain: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for part in _NOT_IN_BRACKETS.split(cell):
        part = part.strip()
        if found := _REQUIREMENT.match(part):
            values = [v.strip() for v in found[3].split(",")]
            expressions.append(Whole({"key": found[1], "operator": _OPERATORS[found[2]], "values": values}))
        elif "!=" in part:
            key, _, value = part.partition("!=")
            expressions.append(Whole({"key": key, "operator": "NotIn", "values": [value]}))
        elif "=" in part:
            key, _, value = part.partition("=")
            plain[key] = value
        elif part:
            operator = "DoesNotExist" if part.startswith("!") else "Exists"
            expressions.append(Whole({"key": part.lstrip("!"), "operator": operator}))
    told: dict[str, Any] = {}
    if plain:
        told["matchLabels"] = Whole(plain)
    if expressions:
        told["matchExpressions"] = expressions
    return Whole(told)


_OPERATORS = {"in": "In", "notin": "NotIn"}


def modes(cell: str) -> Any:
    """Access modes: `RWO,ROX`."""
    return None if cell in _NOTHING else [MODES.get(mode, mode) for mode in cell.split(",")]


def some_modes(cell: str) -> Any:
    """Access modes that are not shown before a claim is bound."""
    return NOT_TOLD if cell in _NOTHING else modes(cell)


def names(cell: str) -> list[Any]:
    """The parts of `a,b + 3 more...`; the last is unknown where kubectl cut the list."""
    more = _MORE.search(cell)
    shown = cell[: more.start()] if more else cell
    parts: list[Any] = [part.strip() for part in shown.split(",") if part.strip() and part.strip() not in _NOTHING]
    return [*parts, UNKNOWN] if more else parts


def ratio(cell: str) -> tuple[int, int] | None:
    """The two numbers of `1/2`; None when it is none."""
    first, slash, second = cell.partition("/")
    return (int(first), int(second)) if slash and first.isdecimal() and second.isdecimal() else None
