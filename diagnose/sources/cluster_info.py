"""`kubectl cluster-info dump`: a directory of lists, or all of them in one stream with the logs.

Nodes, and per namespace seven kinds, never anything else; no previous logs, no version, no time.
kubectl up to 1.13 wrote Go's own encoding (`go_internal`).
"""

from __future__ import annotations

import re
from functools import partial

from diagnose.decode import MALFORMED, Buffer, documents
from diagnose.kinds import KindKey, from_resource
from diagnose.logs import ContainerLog
from diagnose.snapshot import Added, Builder
from diagnose.sources import content, go_internal
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, cover
from diagnose.sources.log_files import blocks, log_of

LISTS = ("events", "replication-controllers", "services", "daemonsets", "deployments", "replicasets", "pods")
_OBJECTS = re.compile(rf"(?:nodes|(?P<ns>[^/]+)/(?:{'|'.join(LISTS)}))\.(?:json|yaml)")
_BLOCKS = re.compile(r"(?P<ns>[^/]+)/(?P<pod>[^/]+)/logs\.txt")
_PREVIOUS = re.compile(r"(?P<ns>[^/]+)/(?P<pod>[^/]+)/logs?-(?P<container>[^/]+?)-previous\.(?:txt|log)")
_EVENT = KindKey("", "Event")
_MARK = b"==== START logs for container "
_HEAD = re.compile(
    rb'\A\s*(?:\{\s*"kind"\s*:\s*"NodeList"|\{\s*(?:"(?:selfLink|resourceVersion)"\s*:\s*"[^"]*"\s*,\s*)*"Items"\s*:'
    rb"|(?:---\s*)?apiVersion: v1\n(?:items:|kind: NodeList))"
)


class Directory:
    """`kubectl cluster-info dump --output-directory`."""

    name = "cluster-info dump"

    def detect(self, folder: Folder) -> bool:
        nodes = any(f"nodes.{suffix}" in folder.files for suffix in ("json", "yaml"))
        return nodes and any(
            f"{name}.{suffix}" in below.files
            for below in folder.dirs.values()
            for name in ("events", "replication-controllers", "pods")
            for suffix in ("json", "yaml")
        )

    def read(self, folder: Folder, into: Builder) -> None:
        for path, size in folder.files.items():
            if not size:
                continue
            if found := _OBJECTS.fullmatch(path):
                _read_list(folder, path, found["ns"] or "", into)
            elif _BLOCKS.fullmatch(path):
                read_blocks(folder, path, into)
            elif found := _PREVIOUS.fullmatch(path):
                key = ContainerLog(found["ns"], found["pod"], found["container"], previous=True)
                into.add_log(key, log_of(folder, path, size))


def _read_list(folder: Folder, path: str, namespace: str, into: Builder) -> None:
    kind = from_resource(path.rpartition("/")[2].rpartition(".")[0].replace("-", ""))
    try:
        data = content.load(folder, path)
    except OSError:
        content.add_file(folder, path, into, kind, namespace)
        return
    added = _add(data, path, folder.name(path), into, kind, namespace)
    cover(added, Covers.NAMESPACE if namespace else Covers.CLUSTER, namespace, into)


def _add(data: Buffer, path: str, name: str, into: Builder, kind: KindKey | None, namespace: str) -> Added:
    if go_internal.is_internal(data):
        resource = path.rpartition("/")[2].rpartition(".")[0].replace("-", "")
        try:
            data = go_internal.normalise(data, resource) or b""
        except MALFORMED as error:
            into.warn(f"not read to its end: {error}", name, incomplete=True)
            return Added(broken=True)
    return content.add_data(data, path, name, into, kind, namespace)


def read_blocks(folder: Folder, path: str, into: Builder) -> None:
    """The container logs in a `logs.txt`."""
    try:
        data = content.load(folder, path)
    except OSError as error:
        into.warn(f"not read: {error.strerror}", folder.name(path))
        return
    same = len(data) == folder.files[path]
    read = partial(folder.read_at, path) if same else partial(_slice, data)
    for key, log, _, _ in blocks(data, folder.name(path), read):
        into.add_log(key, log)


def _slice(data: Buffer, offset: int, length: int) -> bytes:
    return bytes(data[offset : offset + length])


class Stream:
    """`kubectl cluster-info dump` to standard output, saved in one file."""

    name = "cluster-info dump (stdout)"

    def detect(self, folder: Folder) -> bool:
        """Never: the file may lie anywhere, so `generic` looks at every file it reads."""
        return not folder.files

    def read(self, folder: Folder, into: Builder) -> None:
        for path in folder.here:
            data = content.load(folder, path)
            if is_stream(data):
                read_stream(data, path, folder.name(path), into)


def is_stream(data: Buffer) -> bool:
    """Whether text is such a dump: it begins with the nodes, and has log blocks or more lists."""
    if not _HEAD.match(data[:4096]):
        return False
    if go_internal.is_internal(data) or re.search(rb"(?m)^" + _MARK, data):
        return True
    return bool(re.search(rb'(?m)^\{\s*"kind": "EventList"|^kind: EventList', data))


def read_stream(data: Buffer, path: str, name: str, into: Builder) -> None:
    """The lists and logs of a dump in one file."""
    read = partial(_slice, data)
    lists: list[Added] = []
    begin = 0
    for key, log, start, end in blocks(data, name, read):
        into.add_log(key, log)
        lists += _read_lists(data[begin:start], path, name, into)
        begin = end
    lists += _read_lists(data[begin:], path, name, into)
    _cover(lists, into)


def _read_lists(data: Buffer, path: str, name: str, into: Builder) -> list[Added]:
    head = bytes(data[:4096]).lstrip()
    if head.startswith((b"---", b"apiVersion:", b"items:")):
        return [
            content.add_data(part, ".yaml", name, into, None, "")
            for part in re.split(rb"(?m)^---\s*$", bytes(data))
            if part
        ]
    if not head.startswith((b"{", b"[")):
        return []
    added = []
    try:
        for document in documents(data):
            added.append(_add(document.raw, path, name, into, None, ""))
    except MALFORMED:
        added.append(_add(data, path, name, into, None, ""))
    return added


def _cover(lists: list[Added], into: Builder) -> None:
    """The nodes, then seven lists a namespace that begin with its events.

    An empty list does not say its namespace: another one of the same seven does.
    """
    group: list[Added] = []
    for added in [*lists, Added(lists=[_EVENT])]:
        if _EVENT in added.lists:
            namespaces = set().union(*(names for one in group for names in one.namespaces.values())) - {""}
            for one in group:
                cover(one, Covers.NAMESPACE, next(iter(namespaces)) if len(namespaces) == 1 else "", into)
            group = []
        group.append(added)
