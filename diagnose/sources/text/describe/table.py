"""The language of the tables: which line of a text tells which field, and what it means when a line is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from diagnose.kinds import KindKey
from diagnose.sources.text.describe.outline import Line, Lines
from diagnose.tellings import Telling
from diagnose.told import Ago

Fields = dict[str, Any]


class _Untold(Enum):
    UNTOLD = "untold"


UNTOLD: Final = _Untold.UNTOLD
"""The text says nothing of a field."""


@dataclass(frozen=True)
class Says:
    """One line: its keys (by version of kubectl), the field that it tells (dotted; "" merges a dict), how it is read.

    `absent` is the field's value when the line is missing though a later one is there; by default nothing.
    """

    keys: str
    path: str
    read: Callable[[Line], Any]
    absent: Any = UNTOLD

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.keys.split("|"))


def passed_over(keys: str) -> Says:
    """Lines that tell no field of the object."""
    return Says(keys, "", lambda line: UNTOLD)


class Table:
    """Lines in the order in which kubectl prints them, so that a missing line before one that is there is absent."""

    def __init__(self, *says: Says) -> None:
        paths = [tuple(s.path.split(".")) if s.path else () for s in says]
        self._readers = [(path, s.read) for path, s in zip(paths, says, strict=True)]
        self._absent = [
            (i, path, s.absent) for i, (path, s) in enumerate(zip(paths, says, strict=True)) if s.absent is not UNTOLD
        ]
        self._order = {name: i for i, s in enumerate(says) for name in s.names}
        self.keys = frozenset(self._order)

    def read(self, lines: Iterable[Line], whole: bool, odd: Lines) -> Fields:
        """The fields that lines tell; lines that the table does not know are added to `odd`."""
        found: set[int] = set()
        fields: Fields = {}
        for line in lines:
            at = self._order.get(line.key)
            if at is None:
                odd.append(line)
            elif at not in found:
                found.add(at)
                path, read = self._readers[at]
                value = read(line)
                if value is not UNTOLD:
                    put(fields, path, value)
        last = len(self._readers) if whole else max(found, default=-1)
        for i, path, absent in self._absent:
            if i < last and i not in found:
                put(fields, path, _fresh(absent))
        return fields


def _fresh(value: Any) -> Any:
    """A copy: what a table says is in many objects."""
    if isinstance(value, dict):
        return type(value)({k: _fresh(v) for k, v in value.items()})
    return list(value) if isinstance(value, list) else value


def put(fields: Fields, path: tuple[str, ...], value: Any) -> None:
    """Set a field; a dict at the end of a path is merged with what is there."""
    for key in path[:-1] if path else ():
        fields = fields.setdefault(key, {})
    if path and not (isinstance(value, dict) and isinstance(fields.get(path[-1]), dict)):
        fields[path[-1]] = value
        return
    into = fields[path[-1]] if path else fields
    for key, inner in value.items():
        put(into, (key,), inner)


@dataclass
class Reading:
    """One object of a describe text while it is read: who it is, its lines, and what else it tells."""

    key: KindKey
    namespace: str | None
    name: str
    lines: Lines
    whole: bool
    file: str
    events: list[Telling] = field(default_factory=list)
    others: list[Telling] = field(default_factory=list)
    odd: Lines = field(default_factory=list)

    def find(self, *keys: str) -> Line | None:
        """The first top line with one of these keys."""
        return next((line for line in self.lines if line.key in keys), None)

    def tell(self, key: KindKey, namespace: str | None, name: str, fields: Fields, rank: float = 2) -> None:
        """What the text says of another object."""
        self.others.append(Telling(key, namespace, name, fields, self.file, rank))

    def created_before(self, fields: Fields, at: Any) -> None:
        """A time at which the object was there. It stands in for the time of creation where no text tells that."""
        if at is not None and at is not UNTOLD and "creationTimestamp" not in fields.get("metadata", {}):
            self.tell(self.key, self.namespace, self.name, {"metadata": {"creationTimestamp": at}}, _STAND_IN)

    def first_event(self, *reasons: str) -> Ago | None:
        """When the first event with one of these reasons was seen first."""
        found = [e.fields.get("firstTimestamp") for e in self.events if e.fields["reason"] in reasons]
        return max((t for t in found if isinstance(t, Ago)), key=lambda t: t.seconds, default=None)


_STAND_IN = 0


def _nothing(reading: Reading, fields: Fields) -> None:
    pass


def _always(reading: Reading) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """One kind: its lines, what is made of several lines together, and the lines by which it is known.

    `marks` are sets of keys, of which one must be there entirely. `ends` says that kubectl prints an Events section,
    so that a text without it may be cut off. From the line on that `body` matches, a kind has another form than
    lines of keys, and `of_body` reads it. `told_apart` says whether the text is not just as well one of another kind.
    """

    key: KindKey
    table: Table
    marks: tuple[frozenset[str], ...]
    more: Callable[[Reading, Fields], None] = _nothing
    ends: bool = True
    told_apart: Callable[[Reading], bool] = _always
    body: re.Pattern[str] | None = None
    of_body: Callable[[Reading, Sequence[str]], Fields] | None = None


def marked(*marks: str) -> tuple[frozenset[str], ...]:
    """Sets of keys from texts such as `Selector|Type|Session Affinity`."""
    return tuple(frozenset(m.split("|")) for m in marks)
