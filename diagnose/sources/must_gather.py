"""OpenShift `oc adm must-gather`, and `oc adm inspect`, which writes the same tree without the image's folder.

YAML, each kind as a typed list, as single objects, or both; logs with `--timestamps`; the journals of
the masters' units in one file a unit, the hosts mixed by time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from diagnose.kinds import KindKey
from diagnose.logs import NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, Layout, Logs, Objects
from diagnose.sources.log_files import derived
from diagnose.values import timestamp

# Beginning with a newline, they are found several times as fast as with a `^`.
_TIME = rb"\n[A-Z][a-z]{2} [ \d]\d [\d:.]+ "
_HOST = re.compile(_TIME + rb"(\S+) ")
_MASTERS = re.compile(r"host_service_logs/masters/(?P<unit>[^/]+)_service\.log")
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d)")
_SAMPLE = 1 << 17
_FILE = r"\.(?:yaml|json)"


def _marks(folder: Folder) -> bool:
    cluster = folder.dirs.get("cluster-scoped-resources")
    namespaces = folder.dirs.get("namespaces")
    if cluster and cluster.dirs:
        return True
    return namespaces is not None and any(_is_namespace(name, below) for name, below in namespaces.dirs.items())


def _is_namespace(name: str, folder: Folder) -> bool:
    if f"{name}.yaml" in folder.files or "core" in folder.dirs:
        return True
    pods = folder.dirs.get("pods")
    return pods is not None and any(
        f"{pod}.yaml" in below.files or any(c in inner.dirs for c, inner in below.dirs.items())
        for pod, below in pods.dirs.items()
    )


def _namespace(resource: str, group: str) -> KindKey:
    return KindKey("", "Namespace")


def _pod(resource: str, group: str) -> KindKey:
    return KindKey("", "Pod")


def _facts(folder: Folder, into: Builder) -> None:
    stamps = _GO_TIME.findall(folder.text("timestamp"))
    if stamps:
        day, clock, hours, minutes = stamps[-1]
        seconds = timestamp(f"{day}T{clock}{hours}:{minutes}")
        if seconds is not None:
            into.captured(seconds, "timestamp")
    for path, size in folder.files.items():
        found = _MASTERS.fullmatch(path)
        if found and size:
            _add_journal(folder, path, size, found["unit"], into)


def _add_journal(folder: Folder, path: str, size: int, unit: str, into: Builder) -> None:
    """One log for each master that has lines in the beginning, the middle or the end of a journal."""
    hosts: set[bytes] = set()
    for start in (0, size // 2, max(0, size - _SAMPLE)):
        hosts.update(_HOST.findall(b"\n" + folder.read_at(path, start, _SAMPLE)))
    nodes = [name for _, name in into.names(KindKey("", "Node"))]
    for host in sorted(hosts):
        make = partial(_lines_of, partial(folder.read_at, path, 0, size), host)
        into.add_log(
            NodeLog(_node(host.decode("utf-8", "replace"), nodes), unit), derived(folder.name(path), size, make)
        )


def _node(host: str, nodes: list[str]) -> str:
    """The node of a host, whose journal may have only the first label of its name."""
    return next((node for node in nodes if node == host or node.startswith(f"{host}.")), host)


def _lines_of(read: Callable[[], bytes], host: bytes) -> bytes:
    text = b"\n" + read()
    lines = re.findall(_TIME + re.escape(host) + rb" .*", text)
    end = b"\n" if lines and not text.endswith(lines[-1]) else b""
    return b"".join(lines)[1:] + end


MUST_GATHER = Layout(
    "must-gather",
    _marks,
    objects=(
        Objects(re.compile(rf"cluster-scoped-resources/(?P<group>[^/]+)/(?P<resource>[^/]+){_FILE}"), Covers.CLUSTER),
        Objects(
            re.compile(rf"cluster-scoped-resources/(?P<group>[^/]+)/(?P<resource>[^/]+)/[^/]+{_FILE}"), Covers.PART
        ),
        Objects(re.compile(rf"namespaces/(?P<ns>[^/]+)/(?P=ns){_FILE}"), Covers.PART, _namespace),
        Objects(re.compile(rf"namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/(?P=pod){_FILE}"), Covers.PART, _pod),
        Objects(re.compile(rf"namespaces/all/(?P<group>[^/]+)/(?P<resource>[^/]+){_FILE}"), Covers.CLUSTER),
        Objects(re.compile(rf"namespaces/(?P<ns>[^/]+)/(?P<group>[^/]+)/(?P<resource>[^/]+){_FILE}"), Covers.NAMESPACE),
        Objects(
            re.compile(rf"namespaces/(?P<ns>[^/]+)/(?!pods/)(?P<group>[^/]+)/(?P<resource>[^/]+)/[^/]+{_FILE}"),
            Covers.PART,
        ),
    ),
    logs=(
        Logs(
            re.compile(
                r"namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/(?P<container>[^/]+)/(?P=container)/logs/"
                r"(?:current|(?P<previous>previous(?:\.insecure)?))\.log(?:\.gz)?"
            ),
            "stamped",
        ),
        Logs(re.compile(r"nodes/(?P<node>[^/]+)/(?P=node)_logs_(?P<unit>[^/.]+)(?:\.log)?(?:\.gz)?"), "plain"),
    ),
    facts=_facts,
)
