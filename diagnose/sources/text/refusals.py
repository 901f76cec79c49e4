"""What kubectl and ssh say instead of an answer: nothing is told by it, except that a container has not started."""

from __future__ import annotations

from diagnose.kinds import parse_key
from diagnose.snapshot import Builder
from diagnose.sources.text.base import Block
from diagnose.sources.text.late import late
from diagnose.tellings import Telling
from diagnose.values import UNKNOWN

_WAITS = late(
    r'(?:Error: )?Error from server \(BadRequest\): (?:init )?container "(?P<container>[^"]+)" in pod "(?P<pod>[^"]+)"'
    r" is waiting to start: (?P<reason>\w+)\s*\Z"
)
_OTHER = late(
    r"(?:Error: )?(?:Error from server \((?:BadRequest|NotFound|InternalError|ServiceUnavailable|Timeout)\)"
    r"|error: (?:the server doesn't have a resource type|no matching resources|You must be logged in|unable to)"
    r"|Unable to connect to the server|The connection to the server \S+ was refused"
    r"|Failed to connect to |ssh: |kex_exchange_identification|previous terminated container \")"
)
_POD = parse_key("Pod")


class Refusals:
    """Errors."""

    name = "errors of kubectl"

    def recognises(self, block: Block) -> bool:
        first = next((line for line in block.lines if line.strip()), "")
        return bool(_OTHER.match(first))

    def read(self, block: Block, into: Builder) -> None:
        for line in block.lines:
            if found := _WAITS.match(line):
                status = {"name": found["container"], "state": {"waiting": {"reason": found["reason"]}}}
                fields = {"status": {"containerStatuses": [status, UNKNOWN]}}
                if line.find("init container") < 0:
                    into.told.add(Telling(_POD, None, found["pod"], fields, block.file))


REFUSALS = Refusals()
