"""`systemctl status` as text: the state of kubelet, container runtime and the other units of a node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from diagnose.logs import Log, NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.text import commands, journals, observed
from diagnose.sources.text.base import Block
from diagnose.sources.text.late import late
from diagnose.told import Ago
from diagnose.values import format_timestamp, timestamp

_UNIT = late(
    r"(?:[^\w\s]{1,3} )?(?P<unit>[\w@:.\\-]+)\.(?P<type>service|socket|timer|target|mount|slice|path|scope)"
    r"(?: - (?P<description>.*))?\Z"
)
_LOADED = late(r"\s*Loaded: (?P<load>[\w-]+)(?: \((?P<more>.*)\))?")
_ACTIVE = late(
    r"\s*Active: (?P<active>[\w-]+)(?: \((?P<sub>[^)]*)\))?(?: \(Result: (?P<result>[^)]*)\))?"
    r"(?: since (?P<since>[^;]*)(?:; (?P<ago>.*) ago)?)?"
)
_EXIT = late(r"code=(?:exited|killed|dumped), (?:status|signal)=(?P<code>\d+|[A-Z]+)(?:/(?P<name>\w+))?")
_MISSING = late(r"(?:Failed to get unit file state for |Unit )(?P<unit>[\w@:.\\-]+)\.service(?: could not be found|:)")
_NODE = late(r"--hostname-override[= ](?P<node>[\w.-]+)")
_SINCE = late(r"(?:\w{3} )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?: (\S+))?")
_PART = late(r"(\d+) ?(years?|months?|weeks?|days?|h|min|s|ms|us)\b")
_SECONDS = {"year": 31557600, "month": 2629800, "week": 604800, "day": 86400, "h": 3600, "min": 60, "s": 1}
_ZONES = {
    "UTC": "+00:00",
    "GMT": "+00:00",
    "CET": "+01:00",
    "CEST": "+02:00",
    "EET": "+02:00",
    "EEST": "+03:00",
    "WET": "+00:00",
    "WEST": "+01:00",
    "MSK": "+03:00",
    "JST": "+09:00",
    "KST": "+09:00",
    "PDT": "-07:00",
    "MDT": "-06:00",
    "EDT": "-04:00",
    "CDT": "-05:00",
}
"""Time zones whose names mean one offset; others (CST, IST, BST...) mean several, and tell nothing."""
_ENABLED = (
    "enabled",
    "disabled",
    "static",
    "masked",
    "indirect",
    "generated",
    "transient",
    "enabled-runtime",
    "linked",
)
_NOW_RANK = 40
_LOOKED_AT = 6


def is_begin(lines: Sequence[str], at: int) -> bool:
    """Whether the state of a unit begins at a line."""
    return bool(_UNIT.match(lines[at])) and at + 1 < len(lines) and bool(_LOADED.match(lines[at + 1]))


class Units:
    """States of units."""

    name = "systemctl status"

    def recognises(self, block: Block) -> bool:
        first = block.lines[:_LOOKED_AT]
        return any(_MISSING.match(line) or is_begin(first, n) for n, line in enumerate(first))

    def read(self, block: Block, into: Builder) -> None:
        for lines in _split(block.lines):
            if missing := _MISSING.match(lines[0]):
                node = journals.node_of(block.path) or None
                observed.unit({**_BLANK, "node": node, "unit": missing["unit"], **_NOT_FOUND}, block.file, into)
            else:
                _read(lines, block, into)


_BLANK: dict[str, Any] = dict.fromkeys(
    ["description", "loadState", "enabled", "activeState", "subState", "result", "since", "exitCode"]
)
_NOT_FOUND = {"loadState": "not-found", "activeState": "inactive", "subState": "dead"}


def _split(lines: tuple[str, ...]) -> Iterator[list[str]]:
    starts = [
        number
        for number, line in enumerate(lines)
        if line[:1] not in (" ", "") and (_MISSING.match(line) or is_begin(lines, number))
    ]
    for begin, end in pairwise((*starts, len(lines))):
        yield list(lines[begin:end])


def _read(lines: list[str], block: Block, into: Builder) -> None:
    """One unit: its head to the first empty line, then lines of its journal."""
    blank = next((n for n, line in enumerate(lines) if not line.strip()), len(lines))
    head, journal = lines[:blank], [line for line in lines[blank:] if line.strip()]
    first = _UNIT.match(lines[0])
    assert first is not None
    unit = first["unit"] if first["type"] == "service" else f"{first['unit']}.{first['type']}"
    node = _node(block, head, journal)
    told: dict[str, Any] = {**_BLANK, "node": node or None, "unit": unit, "description": first["description"]}
    for line in head[1:]:
        _head_line(line, told, into, f"systemctl status in {block.file}")
    observed.unit(told, block.file, into)
    if journal and node:
        journals.keep(NodeLog(node, unit), Log.of_text(block.file, "\n".join(journal)), into)


def _node(block: Block, head: list[str], journal: list[str]) -> str:
    if named := journals.node_of(block.path):
        return named
    for line in head:
        if found := _NODE.search(line):
            return found["node"]
    for line in journal:
        if entry := journals.LINE.match(line):
            return entry["host"]
    return commands.parse(block.command).option("-H", "--host").rpartition("@")[2]


def _head_line(line: str, told: dict[str, Any], into: Builder, origin: str) -> None:
    if loaded := _LOADED.match(line):
        told["loadState"] = loaded["load"]
        words = [word.strip() for word in (loaded["more"] or "").split(";")]
        told["enabled"] = next((word for word in words[:2] if word in _ENABLED), None)
    elif active := _ACTIVE.match(line):
        told |= {"activeState": active["active"], "subState": active["sub"], "result": active["result"]}
        told["since"] = _since(active["since"], active["ago"], into, origin)
    elif ("Main PID:" in line or "ExecStart=" in line) and (ended := _EXIT.search(line)):
        code = ended["code"]
        told["exitCode"] = int(code) if code.isdecimal() else None
        told["result"] = told["result"] or ended["name"]


def _since(text: str | None, ago: str | None, into: Builder, origin: str) -> Any:
    """When a state began: a time where the zone is known, else an age."""
    seconds, finest = _age(ago or "")
    found = _SINCE.match(text or "")
    if found is None:
        return None if seconds is None else Ago(seconds)
    zone = found[3] or ""
    offset = _ZONES.get(zone) or (
        f"{zone}00"[:5].replace("UTC", "") if re.fullmatch(r"[+-]\d\d(?:\d\d)?", zone) else ""
    )
    at = timestamp(f"{found[1]}T{found[2]}{_with_colon(offset)}") if offset else None
    if at is None:
        return None if seconds is None else Ago(seconds)
    if seconds is not None and finest <= _SECONDS["min"]:
        into.captured(at + seconds, origin, _NOW_RANK)
    return format_timestamp(at)


def _with_colon(offset: str) -> str:
    return offset if ":" in offset else f"{offset[:3]}:{offset[3:5] or '00'}"


def _age(text: str) -> tuple[float | None, float]:
    """Seconds of "1h 39min", and how fine its smallest part is."""
    parts = [(int(number), _SECONDS.get(unit.removesuffix("s") or "s", 0)) for number, unit in _PART.findall(text)]
    if not parts:
        return None, 0
    return float(sum(number * size for number, size in parts)), min(size for _, size in parts)


UNITS = Units()
