"""`kubectl get events` and `kubectl events`: with a header or, after `tail`, without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from diagnose.kinds import KindKey, is_namespaced
from diagnose.snapshot import Builder
from diagnose.sources.text import commands
from diagnose.sources.text.base import Block
from diagnose.sources.text.events import EVENT, Involved, event_telling, times
from diagnose.sources.text.tables import header

Cells = dict[str, str]
_NEEDED = frozenset(("LAST SEEN", "TYPE", "REASON", "MESSAGE"))
_ROW = re.compile(
    r"(?:(?P<NAMESPACE>[a-z0-9][a-z0-9-]*)\s+)?"
    r"(?P<LAST_SEEN>(?:(?:\d+[smhdy]){1,3}|<unknown>|<invalid>)(?: \(x\d+ over \S+\))?)\s+"
    r"(?P<TYPE>Normal|Warning|Error)\s+(?P<REASON>[A-Z]\w*)\s+(?P<OBJECT>[A-Za-z][\w.]*/[\w.:-]+)(?:\s+(?P<MESSAGE>\S.*)|\s*)\Z"
)


class EventTables:
    """Tables of events."""

    name = "kubectl get events, as text"

    def recognises(self, block: Block) -> bool:
        first = next((line for line in block.lines if line.strip()), "")
        return {*header(first)} >= _NEEDED or bool(_ROW.match(first))

    def read(self, block: Block, into: Builder) -> None:
        command = commands.parse(block.command)
        default = command.namespace if command.namespace != "*" else None
        odd: list[int] = []
        headed = everywhere = False
        for number, row in _rows(block.lines):
            if row is None:
                odd.append(number)
            elif not row:
                headed, everywhere = True, False
            else:
                everywhere = everywhere or bool(row.get("NAMESPACE"))
                _tell(row, row.get("NAMESPACE") or default, block.file, into)
        if headed and not command.chosen and not odd:
            into.told.listed(EVENT, "*" if everywhere or command.namespace == "*" else default, block.file)
        if odd:
            into.warn(f"{len(odd):,} lines of events not understood, first line {block.first + odd[0]}", block.file)


def _rows(lines: tuple[str, ...]) -> Iterator[tuple[int, Cells | None]]:
    """Each event as its cells; empty cells for a header, None for a line that is none. A message may have lines."""
    slices: dict[str, slice] = {}
    inner: list[int] = []
    last: tuple[int, Cells] | None = None
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        columns = header(line) if line[:1].isupper() else ()
        if {*columns} >= _NEEDED:
            if last:
                yield last
            last = None
            slices, inner = _slices(line, columns)
            yield number, {}
            continue
        row = _cut(line, slices, inner) or _matched(line)
        if row:
            if last:
                yield last
            last = number, row
        elif last:
            last[1]["MESSAGE"] = f"{last[1].get('MESSAGE', '')}\n{line}"
        else:
            yield number, None
    if last:
        yield last


def _slices(line: str, columns: tuple[str, ...]) -> tuple[dict[str, slice], list[int]]:
    starts, at = [], 0
    for column in columns:
        at = line.find(column, at)
        starts.append(at)
        at += len(column)
    parts = [slice(a, b) for a, b in pairwise((*starts, None))]
    return dict(zip(columns, parts, strict=True)), starts[1:]


def _cut(line: str, slices: dict[str, slice], inner: list[int]) -> Cells | None:
    """The cells of a line by the columns of the header; None when they are elsewhere."""
    if not slices or line[0] == " ":
        return None
    length = len(line)
    if length <= inner[-1]:
        line = line.ljust(inner[-1])
        if length <= inner[-2]:
            return None
    for start in inner:
        if line[start - 1] != " " or line[start - 2] != " ":
            return None
    return {name: line[part].rstrip() for name, part in slices.items()}


def _matched(line: str) -> Cells | None:
    found = _ROW.match(line)
    if not found:
        return None
    return {name.replace("_", " "): value for name, value in found.groupdict().items() if value}


def _tell(row: Cells, namespace: str | None, file: str, into: Builder) -> None:
    kind, name = _object(row.get("OBJECT", ""))
    if "KIND" in row:
        kind, name = row["KIND"], row.get("NAME", "").rpartition(".")[0]
    count, first, last = _times(row["LAST SEEN"])
    if "FIRST SEEN" in row:
        first = _times(row["FIRST SEEN"])[1] or first
    if (number := row.get("COUNT", "")).isdecimal():
        count = int(number)
    component, _, host = row.get("SOURCE", "").partition(", ")
    key = _key(kind)
    of = namespace if is_namespaced(key) else ""
    about = Involved(key, of, name, row.get("SUBOBJECT", "").strip())
    if "FIRST SEEN" not in row and count == 1:
        count = first = None
    into.told.add(
        event_telling(
            about,
            row["REASON"],
            row["TYPE"],
            row.get("MESSAGE", ""),
            file,
            count=count,
            first=first,
            last=last,
            component=component,
            host=host,
        )
    )


def _object(cell: str) -> tuple[str, str]:
    kind, _, name = cell.partition("/")
    return kind, name


_times = lru_cache(maxsize=4096)(times)


@lru_cache(maxsize=256)
def _key(kind: str) -> KindKey:
    return commands.resource_key(kind) or KindKey("", kind)


EVENT_TABLES = EventTables()
