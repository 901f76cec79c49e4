"""Tables as kubectl prints them: headers, columns, rows, and how a terminal breaks them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from diagnose.sources.text.late import late

_GAP = late(r" {2,}|\t+")
_CELL = late(r"\S+(?: \S+)*")
_HEADER = late(r"[A-Z][A-Z0-9()/%-]*(?:[ _][A-Z(][A-Z0-9()/%-]*)*(?:\((?:cores|bytes)\))?")
_FIRST = frozenset(("NAME", "NAMESPACE", "LAST SEEN", "POD", "LASTSEEN", "FIRST SEEN"))
_WIDTHS = range(40, 401)
_ELISION = late(r"(?:\.{3}|\[\.{3}\]|<.*(?:snip|omitted|truncated).*>|-- ?More ?--.*|…)\Z", re.I)


@dataclass
class Table:
    """One table: its columns (empty without a header), and its rows as cells, each with its line (from 0).

    `odd` are lines that do not fit the columns, `cut` tells that rows were left out.
    """

    columns: tuple[str, ...]
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)
    cut: bool = False


def header(line: str) -> tuple[str, ...]:
    """The columns that a line names; none when it is no header."""
    if not line[:1].isupper():
        return ()
    found = tuple(_GAP.split(line.strip()))
    if found[0] not in _FIRST:
        words = line.split()
        if words[0] not in _FIRST:
            return ()
        found = tuple(words)
    if len(found) < 2 or not all(_HEADER.fullmatch(word) for word in found):
        return ()
    return found


def is_elision(line: str) -> bool:
    """Whether a line says that others were left out."""
    return bool(_ELISION.match(line))


def tables(lines: Sequence[str]) -> Iterator[Table]:
    """All tables in some lines: each begins with a header, and ends with the next one or with an empty line."""
    lines = unwrapped(lines)
    begin: int | None = None
    for number, line in enumerate(lines):
        starts = bool(line) and bool(header(line))
        if begin is not None and (starts or not line.strip()):
            yield with_header(lines, begin, number)
            begin = None
        if starts:
            begin = number
    if begin is not None:
        yield with_header(lines, begin, len(lines))


def with_header(lines: Sequence[str], begin: int, end: int) -> Table:
    """The table whose header is the line `begin`."""
    columns = header(lines[begin])
    table = Table(columns)
    starts = _starts(lines[begin], columns)
    slices = [slice(a, b) for a, b in pairwise((*starts, None))]
    inner = starts[1:]
    age = columns.index("AGE") if "AGE" in columns else None
    for number in range(begin + 1, end):
        line = lines[number]
        if not line.strip():
            continue
        if _ELISION.match(line):
            table.cut = True
            continue
        row = _row(line, slices, inner, len(columns))
        if row is None or (age is not None and not row[age]):
            table.odd.append(number)
            continue
        table.rows.append(row)
        table.numbers.append(number)
    return table


def _starts(line: str, columns: Sequence[str]) -> list[int]:
    found, at = [], 0
    for column in columns:
        at = line.find(column, at)
        found.append(at)
        at += len(column)
    return found


def _row(line: str, slices: Sequence[slice], inner: Sequence[int], width: int) -> list[str] | None:
    for start in inner:
        if line[start - 1 : start] not in (" ", "", "\t") or (line[start - 1 : start] and "\t" in line):
            break
    else:
        row = [line[part].strip() for part in slices]
        return row if row[0] else None
    row = _GAP.split(line.strip())
    if len(row) == width:
        return row
    words = line.split()
    return words if len(words) == width else None


def without_header(lines: Sequence[str]) -> list[list[str]]:
    """The rows of a table without a header: a column begins where it can begin in every row."""
    rows = [line for line in lines if line.strip()]
    if not rows:
        return []
    common = {found.start() for found in _CELL.finditer(rows[0])}
    more = set(common)
    for line in rows[1:]:
        more |= {found.start() for found in _CELL.finditer(line)}
    starts = [
        at for at in sorted(more) if at == 0 or all(line[at - 2 : at].isspace() or at - 2 >= len(line) for line in rows)
    ]
    if not starts or starts[0] != 0:
        return []
    slices = [slice(a, b) for a, b in pairwise((*starts, None))]
    return [[line[part].strip() for part in slices] for line in rows]


def unwrapped(lines: Sequence[str]) -> Sequence[str]:
    """The lines as they were before a terminal broke each after as many columns as it has: only when the header
    shows it, and all lines fit."""
    if len(lines) < 3 or not header(lines[0]):
        return lines
    width = len(lines[0])
    if width not in _WIDTHS or any(len(line) > width for line in lines) or not _continues(lines[1]):
        return lines
    joined: list[str] = []
    whole = True
    for line in lines:
        if whole:
            joined.append(line)
        else:
            joined[-1] += line
        whole = len(line) < width
    return joined if len(header(joined[0])) > len(header(lines[0])) else lines


def _continues(line: str) -> bool:
    words = [word for word in _GAP.split(line.strip()) if word]
    return bool(words) and all(_HEADER.fullmatch(word) for word in words) and words[0] not in _FIRST
