"""`journalctl` as text: which unit of which node, from the lines themselves or from the path.

Where nothing else tells of a node, the host of a kubelet's journal is one of which nothing more is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnose.kinds import parse_key
from diagnose.logs import Log, NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.text.commands import Command
from diagnose.sources.text.late import late
from diagnose.tellings import SUPPOSED, Telling

LINE = late(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z))"
    r" (?P<host>[\w.-]+) (?P<ident>[\w@./:-]+?)(?:\[\d+\])?: "
)
_BEGIN = late(r"-- (?:Logs begin|Journal begins) at|-- No entries --")
_NODE = late(r"(?:\A|/)(?:nodes?|hosts?)/(?P<node>[^/]+)/")
_UNIT = late(r"(?:\A|[^a-z0-9])(kubelet|containerd|cri-?o|docker|kube-[a-z]+(?:-[a-z]+)?|etcd|k3s|rke2)(?![a-z0-9])")
_HEAD = 60
_KUBELETS = frozenset(("kubelet", "k3s", "k3s-agent", "rke2", "rke2-server", "rke2-agent"))
"""The units that only a node of Kubernetes has."""
_ALL = "journal"
"""What the journal of several units is called."""
_NODE_KEY = parse_key("Node")


def keep(key: NodeLog, log: Log, into: Builder) -> None:
    """Give the builder a journal; that of a kubelet shows that its host is a node."""
    into.add_log(key, log)
    if key.unit.removesuffix(".service") in _KUBELETS:
        into.told.add(Telling(_NODE_KEY, None, key.node, {"metadata": {"name": key.node}}, log.name, SUPPOSED))


def keep_kubelet(key: NodeLog, log: Log, into: Builder) -> None:
    """Give the builder a journal; of one of all units of a host, what its kubelet says is a journal too."""
    keep(key, log, into)
    if key.unit == _ALL:
        for unit in sorted(_KUBELETS):
            said = [line for line in log.text.split("\n") if (found := LINE.match(line)) and found["ident"] == unit]
            if said:
                keep(NodeLog(key.node, unit), Log.of_text(log.name, "\n".join(said)), into)


def is_journal(lines: Sequence[str]) -> bool:
    """Whether lines are of a journal: the first that says something is one of its entries."""
    return bool(LINE.match(next((line for line in lines if line.strip()), "")))


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
    return named[1] if named else _ALL


def of_command(command: Command, text: str) -> NodeLog | None:
    """The journal that `journalctl -u UNIT` has printed, or that stands there without a command."""
    unit = command.option("-u", "--unit").removesuffix(".service")
    return of_lines(text.split("\n", _HEAD)[:_HEAD], "", unit)


def node_of(path: str) -> str:
    """The node that a path names, as `nodes/NODE/kubelet.txt`; empty when it names none."""
    found = _NODE.search(path)
    return found["node"] if found else ""
