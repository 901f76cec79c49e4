"""`kind export logs`: what lies in /var/log of every node, and no objects at all.

`NODE/pods/NAMESPACE_POD_UID/CONTAINER/N.log` in the framing of the container runtime: the highest N
is the current run, the one below it the previous.
"""

from __future__ import annotations

import re

from diagnose.logs import ContainerLog, NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.log_files import log_of
from diagnose.values import timestamp

_POD_LOG = re.compile(r"pods/(?P<ns>[^_/]+)_(?P<pod>[^_/]+)_[^/]+/(?P<container>[^/]+)/(?P<run>\d+)\.log")
_UNITS = ("kubelet", "containerd", "journal")
_LINE_TIME = re.compile(r"(?m)^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ")
_TAIL = 2048
_FROM_LOGS = 95


class KindLogs:
    """The folder that `kind export logs` writes."""

    name = "kind export logs"

    def detect(self, folder: Folder) -> bool:
        return any(_is_node(below) for below in folder.dirs.values())

    def read(self, folder: Folder, into: Builder) -> None:
        for name, node in folder.dirs.items():
            if _is_node(node):
                _read_node(name, node, into)


def _is_node(folder: Folder) -> bool:
    has_file = "kubelet.log" in folder.files or "kubernetes-version.txt" in folder.files
    return has_file and ("pods" in folder.dirs or "containers" in folder.dirs)


def _read_node(name: str, node: Folder, into: Builder) -> None:
    version = node.text("kubernetes-version.txt", 64).strip()
    if version.startswith("v"):
        into.version(version)
    for unit in _UNITS:
        path = f"{unit}.log"
        if node.files.get(path):
            into.add_log(NodeLog(name, unit), log_of(node, path, node.files[path], "plain"))
    runs: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for path in node.files:
        if found := _POD_LOG.fullmatch(path):
            key = (found["ns"], found["pod"], found["container"])
            runs.setdefault(key, []).append((int(found["run"][:9]), path))
    for (namespace, pod, container), paths in runs.items():
        for (_, path), previous in zip(sorted(paths, reverse=True), (False, True), strict=False):
            if node.files[path]:
                into.add_log(ContainerLog(namespace, pod, container, previous), log_of(node, path, node.files[path]))
                _note_time(node, path, into)


def _note_time(node: Folder, path: str, into: Builder) -> None:
    tail = node.read_at(path, max(0, node.files[path] - _TAIL), _TAIL).decode("utf-8", "replace")
    times = _LINE_TIME.findall(tail)
    seconds = timestamp(times[-1]) if times else None
    if seconds is not None:
        into.captured(seconds, "last line of a log", _FROM_LOGS)
