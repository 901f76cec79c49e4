"""`journalctl` as text: which unit of which node, from the lines themselves or from the path."""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnose.logs import NodeLog
from diagnose.sources.text.commands import Command

LINE = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z))"
    r" (?P<host>[\w.-]+) (?P<ident>[\w@./:-]+?)(?:\[\d+\])?: "
)
_BEGIN = re.compile(r"-- (?:Logs begin|Journal begins) at|-- No entries --")
_NODE = re.compile(r"(?:\A|/)(?:nodes?|hosts?)/(?P<node>[^/]+)/")
_UNIT = re.compile(
    r"(?:\A|[^a-z0-9])(kubelet|containerd|cri-?o|docker|kube-[a-z]+(?:-[a-z]+)?|etcd|k3s|rke2)(?![a-z0-9])"
)
_HEAD = 12


def whole(head: str, path: str) -> NodeLog | None:
    """The journal that a file is, from its beginning; None when it is none."""
    lines = head.split("\n", _HEAD)[:_HEAD]
    first = next((line for line in lines if line.strip()), "")
    if not LINE.match(first) and not _BEGIN.match(first):
        return None
    return of_lines(lines, path)


def of_lines(lines: Sequence[str], path: str, unit: str = "") -> NodeLog | None:
    """Node and unit of some lines of a journal; the place of the file names the node when it does."""
    found = [match for line in lines if (match := LINE.match(line))]
    node = node_of(path) or (found[0]["host"] if found else "")
    return NodeLog(node, unit or _unit(found, path)) if node else None


def _unit(found: Sequence[re.Match[str]], path: str) -> str:
    idents = [match["ident"].rpartition("/")[2] for match in found]
    own = {ident for ident in idents if ident not in ("systemd", "kernel")}
    if len(own) == 1:
        return own.pop()
    named = _UNIT.search(path.rpartition("/")[2].lower())
    return named[1] if named else "journal"


def of_command(command: Command, text: str) -> NodeLog | None:
    """The journal that `journalctl -u UNIT` has printed."""
    unit = command.option("-u", "--unit").removesuffix(".service")
    return of_lines(text.split("\n", _HEAD)[:_HEAD], "", unit)


def node_of(path: str) -> str:
    """The node that a path names, as `nodes/NODE/kubelet.txt`; empty when it names none."""
    found = _NODE.search(path)
    return found["node"] if found else ""
