"""What `kubectl describe` prints, as a tree by indentation: lines of `Key: value` with lines below them.

Text that kubectl passes on as it is (a message, a command) may break off to column 0 in the middle of the tree;
such lines are joined to the line that they continue. When the text was cut off, its last line is dropped, because
it may be half a line, and all that was open there is marked `cut`: more may have followed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from diagnose.sources.text.late import late

Lines = list["Line"]


class Line:
    """A line and the lines below it. `text` is without indentation; `key` and `value` are its parts at the colon.
    `unread` are lines somewhere below that no table knew."""

    __slots__ = ("below", "cut", "indent", "key", "number", "text", "unread", "value")

    def __init__(self, text: str, indent: int, number: int) -> None:
        self.text = text
        self.key = self.value = ""
        if ":" in text:
            key, _, value = text.partition(":")
            if not value or value[0] in " \t":
                self.key = key.rstrip()
                self.value = value.strip()
        self.indent = indent
        self.number = number
        self.below: Lines = []
        self.cut = False
        self.unread: Sequence[Line] = ()

    def extend(self, text: str) -> None:
        """Join a line that continues this one."""
        self.text += f"\n{text}"
        if self.key:
            self.value += f"\n{text}"

    def texts(self) -> list[str]:
        """Its value and all lines below it, in order: what stands in several lines."""
        found = [self.value] if self.value else []
        for line in self.below:
            found += line.all_texts()
        return found

    def all_texts(self) -> list[str]:
        """Its text and all lines below it."""
        return [self.text, *(t for line in self.below for t in line.all_texts())]

    def find(self, *keys: str) -> Line | None:
        """The first line below with one of these keys."""
        return next((line for line in self.below if line.key in keys), None)


_PROBES = frozenset({"Liveness", "Readiness", "Startup"})
_PROBE_ENDS = late(r"#failure=\d+\s*\Z")
_EXIT_CODE = late(r" {5,7}Exit Code:")
_STATES = ("State", "Last State")
_OF_MORE_LINES = _PROBES | {"Message"}
_ROW_INDENT = 2
TABLES = frozenset({"Conditions", "Events"})
"""Sections of rows, whose last cell may be a message of several lines."""


def outline(lines: Sequence[str], first: int, known: Collection[str], whole: bool) -> Lines:
    """The top lines of one object. `known` are the keys that stand at column 0; `whole`: nothing is cut off."""
    tops: Lines = []
    stack: Lines = []
    last: Line | None = None
    resumes: re.Pattern[str] | None = None
    astray = False
    for number, raw in enumerate(lines, first):
        start = raw.lstrip()
        text = start.rstrip()
        if not text:
            continue
        indent = len(raw) - len(start)
        if indent == 0:
            if last is not None and not _is_top(text, known, last, resumes):
                last.extend(text)
                if resumes is _PROBE_ENDS and _PROBE_ENDS.search(text):
                    resumes = None
                else:
                    astray = True
                continue
            last = Line(text, 0, number)
            tops.append(last)
            stack = [last]
        elif last is None:
            continue
        elif (resumes or astray) and not _is_back(raw, resumes, stack[0], last):
            last.extend(text)
            continue
        elif resumes is _PROBE_ENDS:
            last.extend(text)
            resumes = None
            continue
        else:
            while len(stack) > 1 and stack[-1].indent >= indent:
                stack.pop()
            last = Line(text, indent, number)
            stack[-1].below.append(last)
            stack.append(last)
        astray = False
        resumes = _continued(last, stack) if last.key in _OF_MORE_LINES else None
    if not whole:
        _tear(tops)
    return tops


def _is_back(raw: str, resumes: re.Pattern[str] | None, top: Line, last: Line) -> bool:
    """Whether a line is one of the tree again, after text that kubectl passed on as it is."""
    if resumes is not None:
        return resumes.search(raw) is not None
    if top.key in TABLES:
        return len(raw) - len(raw.lstrip()) == _ROW_INDENT
    return last.key != "Message"


def unwrapped(lines: Sequence[str], known: Collection[str]) -> Sequence[str]:
    """Lines that a terminal has broken at its width, joined again. Lines that are merely long are left alone."""
    width = max(map(len, lines), default=0)
    full = [i for i, line in enumerate(lines[:-1]) if len(line) == width]
    if not _NARROWEST <= width <= _WIDEST or not full:
        return lines
    broken = {i for i in full if lines[i + 1][:2].strip() and lines[i + 1].partition(":")[0] not in known}
    if len(broken) < 2 or len(broken) < 0.7 * len(full):
        return lines
    joined: list[str] = []
    at = 0
    for i, line in enumerate(lines):
        if i - 1 in broken:
            joined[at] += line
            joined.append("")
        else:
            at = len(joined)
            joined.append(line)
    return joined


_NARROWEST, _WIDEST = 80, 300


def _is_top(text: str, known: Collection[str], last: Line, resumes: re.Pattern[str] | None) -> bool:
    key, colon, value = text.partition(":")
    if key in known and (not colon or value[:1] in ("", " ", "\t")):
        return True
    plain = bool(colon) and value[:1] in ("", " ") and key[:1].isupper() and len(key) < 60
    return plain and resumes is None and not last.text.count("\n") and last.key not in ("Message", "Events", "")


def _continued(line: Line, stack: Lines) -> re.Pattern[str] | None:
    """What ends the text that a line begins, when it may go on in lines of any shape."""
    if line.key == "Message":
        return _EXIT_CODE if len(stack) > 1 and stack[-2].key in _STATES else None
    open_probe = line.indent and not _PROBE_ENDS.search(line.value)
    return _PROBE_ENDS if open_probe else None


def _tear(tops: Lines) -> None:
    if not tops:
        return
    level = tops
    while level[-1].below:
        level[-1].cut = True
        level = level[-1].below
    level.pop()


def cells(row: str, starts: Sequence[int]) -> list[str]:
    """The cells of a row below a header whose columns begin at `starts`; by gaps when it is not aligned to it."""
    if all(len(row) < at or row[at - 1] == " " for at in starts if at):
        ends = [*starts[1:], None]
        return [row[a:b].strip() for a, b in zip(starts, ends, strict=True)]
    found = _GAP.split(row.strip(), len(starts) - 1)
    return found + [""] * (len(starts) - len(found))


_GAP = late(r"\s{2,}")
_HEADING = late(r"\S+(?: \S+)*")


def columns(header: str) -> tuple[list[str], list[int]]:
    """The names of a table's columns, and where they begin."""
    found = list(_HEADING.finditer(header))
    return [m[0] for m in found], [m.start() for m in found]


def rows(lines: Sequence[Line]) -> Iterator[dict[str, str]]:
    """The rows of a table: its first line is the header, a line of dashes is passed over."""
    if not lines:
        return
    names, starts = columns(lines[0].text)
    for line in lines[1:]:
        if line.text.strip("- "):
            yield dict(zip(names, cells(line.text, starts), strict=True))
