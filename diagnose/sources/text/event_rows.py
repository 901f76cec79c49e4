"""`kubectl get events` and `kubectl events`: with a header or, after `tail`, without."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from diagnose.kinds import KindKey, is_namespaced
from diagnose.snapshot import Builder
from diagnose.sources.text import ages, commands
from diagnose.sources.text.base import Block
from diagnose.sources.text.events import EVENT, Involved, event_telling, times
from diagnose.sources.text.late import late
from diagnose.sources.text.tables import header
from diagnose.told import Ago

Cells = dict[str, str]
_NEEDED = frozenset(("LAST SEEN", "TYPE", "REASON", "MESSAGE"))
_ROW = late(
    r"(?:(?P<NAMESPACE>[a-z0-9][a-z0-9-]*)\s+)?"
    r"(?P<LAST_SEEN>(?:(?:\d+[smhdy]){1,3}|<unknown>|<invalid>)(?: \(x\d+ over \S+\))?)\s+"
    r"(?P<TYPE>Normal|Warning|Error)\s+(?P<REASON>[A-Z]\w*)\s+(?P<OBJECT>[A-Za-z][\w.]*/[\w.:-]+)(?:\s+(?P<MESSAGE>\S.*)|\s*)\Z"
)
_WHEN = r"(?:\d+[smhdy]){1,3}|<unknown>|<invalid>|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}(?: \w+)?"
_OLD_ROW = late(
    rf"(?:(?P<NAMESPACE>[a-z0-9][a-z0-9-]*)\s+)?(?P<LAST_SEEN>{_WHEN})\s+(?P<FIRST_SEEN>{_WHEN})\s+(?P<COUNT>\d+)\s+"
    r"(?P<NAME>[a-z0-9][\w.-]*\.[0-9a-f]{14,16})\s+(?P<KIND>[A-Z]\w+)\s+(?:(?P<SUBOBJECT>\S+\{\S+\})\s+)?"
    r"(?P<TYPE>Normal|Warning)\s+(?P<REASON>[A-Z]\w*)\s+(?P<SOURCE>\S+(?:, \S+)?)\s{2,}(?P<MESSAGE>\S.*)\Z"
)
"""The rows of kubectl before 1.13, whose header said FIRST SEEN, COUNT, NAME and KIND."""
_JOINED = {"LASTSEEN": "LAST SEEN", "FIRSTSEEN": "FIRST SEEN"}
_NEWEST = 95


def is_row(line: str) -> bool:
    """Whether a line is an event, as it stands without a header."""
    return bool(_ROW.match(line) or _OLD_ROW.match(line))


class EventTables:
    """Tables of events."""

    name = "kubectl get events, as text"

    def recognises(self, block: Block) -> bool:
        first = next((line for line in block.lines if line.strip()), "")
        return {*_columns(first)} >= _NEEDED or is_row(first)

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
        columns = _columns(line)
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


def _columns(line: str) -> tuple[str, ...]:
    """The columns of a header, in today's words."""
    return tuple(_JOINED.get(column, column) for column in header(line)) if line[:1].isupper() else ()


def _slices(line: str, columns: tuple[str, ...]) -> tuple[dict[str, slice], list[int]]:
    starts, at = [], 0
    for column in columns:
        joined = column.replace(" ", "")
        shown = column if line.find(column, at) >= 0 else joined
        at = line.find(shown, at)
        starts.append(at)
        at += len(shown)
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
    found = _ROW.match(line) or _OLD_ROW.match(line)
    if not found:
        return None
    return {name.replace("_", " "): value for name, value in found.groupdict().items() if value}


def _tell(row: Cells, namespace: str | None, file: str, into: Builder) -> None:
    kind, name = _object(row.get("OBJECT", ""))
    if "KIND" in row:
        kind, name = row["KIND"], row.get("NAME", "").rpartition(".")[0]
    first: Ago | str | None
    last: Ago | str | None
    count, first, last = _times(row["LAST SEEN"])
    if "FIRST SEEN" in row:
        first = _times(row["FIRST SEEN"])[1] or first
        seen = ages.absolute(row["LAST SEEN"])
        if seen is not None:
            first, last = ages.rfc3339(row["FIRST SEEN"]), ages.rfc3339(row["LAST SEEN"])
            into.captured(seen, f"newest time in {file}", _NEWEST)
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
