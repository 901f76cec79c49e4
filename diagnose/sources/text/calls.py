"""Which service calls which: lists of dependencies and call trees, as tracing tools print them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnose.snapshot import Builder
from diagnose.sources.text import observed
from diagnose.sources.text.base import Block
from diagnose.sources.text.late import late

_WORDS = late(r"depend|call|topolog|upstream|downstream", re.I)
_SECTION = late(
    r"\[?(?P<what>service|upstream|downstream|callers?|callees?)\b[^:\]\n]{0,40}\]?\s*:\s*(?P<rest>.*)\Z", re.I
)
_BRANCH = late(r"(?P<drawn>[\s│|]*(?:[├└|`+]\s?[─-]{1,3}>? ?))(?P<name>[a-z0-9][\w.-]*)")
_ROOT = late(r"(?P<name>[a-z0-9][\w.-]*)\s*\Z")
_ARROW = late(r"\s*(?P<caller>[a-z0-9][\w.-]*)\s*(?:--?>|→|calls)\s*(?P<callee>[a-z0-9][\w.-]*)\s*\Z")
_NAME = late(r"[a-z0-9][\w.-]*\Z")
_LOOKED_AT = 12


class Calls:
    """Call trees."""

    name = "calls between services"

    def recognises(self, block: Block) -> bool:
        lines = block.lines[:_LOOKED_AT]
        if not (_WORDS.search(block.path) or any(_WORDS.search(line) for line in lines)):
            return False
        sections = sum(bool(_SECTION.match(line)) for line in lines if line[:1] in "[SsUuDdCc")
        return sections >= 2 or any(_BRANCH.match(line) or _ARROW.match(line) for line in lines)

    def read(self, block: Block, into: Builder) -> None:
        for caller, callee in dict.fromkeys(_calls(block.lines)):
            if caller != callee:
                observed.call(caller, callee, block.file, into)


def _calls(lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    service = ""
    above: list[tuple[int, str]] = []
    for line in lines:
        if section := _SECTION.match(line):
            above = []
            what, names = section["what"].lower(), _names(section["rest"])
            if what == "service":
                service = names[0] if names else ""
            elif service:
                yield from ((n, service) if what in ("upstream", "caller", "callers") else (service, n) for n in names)
        elif branch := _BRANCH.match(line):
            depth = len(branch["drawn"])
            while above and above[-1][0] >= depth:
                above.pop()
            caller = above[-1][1] if above else service
            if caller:
                yield caller, branch["name"]
            above.append((depth, branch["name"]))
        elif arrow := _ARROW.match(line):
            yield arrow["caller"], arrow["callee"]
        elif root := _ROOT.match(line):
            above = [(0, root["name"])]


def _names(text: str) -> list[str]:
    """The names in `a, b (entry)`; what stands in brackets is a remark."""
    plain = re.sub(r"\([^)]*\)", "", text)
    return [name for part in plain.split(",") if (name := part.strip()) and _NAME.match(name)]


CALLS = Calls()
