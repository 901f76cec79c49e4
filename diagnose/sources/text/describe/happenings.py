"""The Events section, which is the same for every kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnose.sources.text.describe.outline import Line, cells, columns, outline
from diagnose.sources.text.events import Involved, event_telling, times
from diagnose.sources.text.late import late
from diagnose.tellings import Telling
from diagnose.told import Ago

_RANK = 3
_ROW = late(
    r"(Normal|Warning|\w+)\s{2,}(\S+(?: \S+)*?)\s{2,}(<\w+>|[\dydhms]+(?: \(x\d+ over (?:<\w+>|[\dydhms]+)\))?)"
    r"\s{2,}(?:(\S+(?: \S+)?)\s{2,})?(.*)\Z",
    re.DOTALL,
)
_OLD = "FirstSeen"
_INDENT = "  "


def is_section(lines: Sequence[str], at: int) -> bool:
    """Whether at a line an Events section begins that stands alone."""
    if lines[at].rstrip() != "Events:":
        return False
    names = columns(lines[at + 1].strip())[0] if at + 1 < len(lines) else []
    return {"Reason", "Message"} <= {*names}


def is_single(line: str) -> bool:
    """Whether a line is a row of such a section, cut out of it."""
    match = _ROW.match(line.strip())
    return match is not None and match[1] in ("Normal", "Warning") and bool(match[4])


def single(lines: Sequence[str], about: Involved, file: str) -> list[Telling]:
    """The events of rows that stand without their section."""
    head = [f"{_INDENT}{name}" for name in ("Type    Reason  Age  From  Message",)]
    rows = [f"{_INDENT}{line.strip()}" for line in lines if is_single(line)]
    tops = outline(["Events:", *head, *rows], 1, ("Events",), True)
    return events(tops[0], about, file)


def events(line: Line, about: Involved, file: str) -> list[Telling]:
    """The events of an object, oldest first as kubectl sorts them. Lines that are no row continue the message above."""
    told: list[Telling] = []
    for row in _rows(line):
        kind, reason, message, source = row["Type"], row["Reason"], row["Message"], row["From"]
        component, _, host = source.partition(", ")
        count, first, last = times(row["Age"]) if "Age" in row else _seen(row)
        told.append(
            event_telling(
                about,
                reason,
                kind,
                message,
                file,
                rank=_RANK,
                count=count,
                first=first,
                last=last,
                component=component,
                host=host,
            )
        )
    return told


def _seen(row: dict[str, str]) -> tuple[int | None, Ago | None, Ago | None]:
    """The columns of kubectl before 1.6: FirstSeen, LastSeen, Count."""
    _, _, last = times(row.get("LastSeen", ""))
    _, _, first = times(row.get(_OLD, ""))
    count = row.get("Count", "")
    return int(count) if count.isdecimal() else None, first, last


def _rows(line: Line) -> list[dict[str, str]]:
    if not line.below:
        return []
    names, starts = columns(line.below[0].text)
    if "Message" not in names or "Reason" not in names:
        return []
    found: list[dict[str, str]] = []
    for below in line.below[1:]:
        if not below.text.strip("- "):
            continue
        row = _row(below, names, starts) if below.indent == line.below[0].indent else None
        if row is not None:
            found.append(row)
        elif found:
            found[-1]["Message"] += f"\n{below.text}"
        for text in [t for inner in below.below for t in inner.all_texts()]:
            if found:
                found[-1]["Message"] += f"\n{text}"
    return found


def _row(line: Line, names: list[str], starts: list[int]) -> dict[str, str] | None:
    text = line.text
    if _OLD in names:
        return {"From": "", "Type": "", **dict(zip(names, cells(text, starts), strict=True))}
    if len(names) == 5 and _is_aligned(text, starts):
        kind, reason, age, source, message = cells(text, starts)
        if kind in ("Normal", "Warning"):
            return {"Type": kind, "Reason": reason, "Age": age, "From": source, "Message": message}
    match = _ROW.match(text)
    if match is None:
        return None
    return {"Type": match[1], "Reason": match[2], "Age": match[3], "From": match[4] or "", "Message": match[5]}


def _is_aligned(text: str, starts: list[int]) -> bool:
    """Whether every cell begins where its column does; only the source may be empty."""
    after_gap = all(
        text[at - 2 : at] == "  " and text[at : at + 1] not in (" ", "") for at in (*starts[1:3], starts[4])
    )
    source = text[starts[3] : starts[4]]
    return after_gap and text[starts[3] - 2 : starts[3]] == "  " and (not source.strip() or source[0] != " ")
