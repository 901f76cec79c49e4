"""Sonobuoy results: `resources/{cluster,ns/NAMESPACE}/GROUP_VERSION_RESOURCE.json`, pod logs, node journals.

Empty lists are not written, so a kind that is missing may have been empty or not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import msgspec

from diagnose.kinds import KindKey, from_resource
from diagnose.logs import NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.generic import version_in
from diagnose.sources.layout import Covers, Layout, Logs, Objects
from diagnose.sources.log_files import derived
from diagnose.values import timestamp

_TARBALL = re.compile(r"(?:^|/)(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)_sonobuoy_")
_RUN_TIME = re.compile(r'(?:"time":"|time=")(\d{4}-\d\d-\d\dT[^"]+)"')
_JOURNAL = re.compile(r"plugins/systemd-logs/results/(?P<node>[^/]+)/systemd_logs")
_UNIT = re.compile(rb'"_SYSTEMD_UNIT":"([\w@.-]{1,64})\.service"')
_UNITS = frozenset({b"kubelet", b"containerd", b"crio", b"docker", b"k3s", b"rke2-server"})


def _kind(resource: str, group: str) -> KindKey | None:
    return from_resource(resource.lower(), "" if group == "core" else group or None)


def _marks(folder: Folder) -> bool:
    if "meta/query-time.json" in folder.files:
        return True
    resources = folder.dirs.get("resources")
    return (
        "serverversion.json" in folder.files and resources is not None and bool({"ns", "non-ns"} & set(resources.dirs))
    )


def _facts(folder: Folder, into: Builder) -> None:
    version_in(folder.text("serverversion.json").encode(), into)
    size = folder.files.get("meta/run.log", 0)
    times = (
        _RUN_TIME.findall(folder.read_at("meta/run.log", max(0, size - 4096), 4096).decode("utf-8", "replace"))
        if size
        else []
    )
    last = max((t for t in map(timestamp, times) if t is not None), default=None)
    if last is not None:
        into.captured(last, "meta/run.log")
    elif found := _TARBALL.search(folder.label):
        year, month, day, hour, minute = found.groups()
        seconds = timestamp(f"{year}-{month}-{day}T{hour}:{minute}:00Z")
        if seconds is not None:
            into.captured(seconds, "name of the archive", 10)
    for path, length in folder.files.items():
        if found := _JOURNAL.fullmatch(path):
            _add_journals(folder, path, length, found["node"], into)


def _add_journals(folder: Folder, path: str, size: int, node: str, into: Builder) -> None:
    read = partial(folder.read_at, path, 0, size)
    units = set(_UNIT.findall(folder.read_at(path, 0, 1 << 20))) & _UNITS
    for unit in sorted(units):
        log = derived(folder.name(path), size, partial(_lines_of, read, unit))
        into.add_log(NodeLog(node, unit.decode()), log)


class _Entry(msgspec.Struct):
    MESSAGE: str | list[int] | None = None


_entry = msgspec.json.Decoder(_Entry)


def _lines_of(read: Callable[[], bytes], unit: bytes) -> bytes:
    """The messages of one unit from journal entries, one JSON object a line."""
    mark = b'"_SYSTEMD_UNIT":"' + unit + b'.service"'
    lines = []
    for line in read().split(b"\n"):
        if mark in line:
            try:
                message = _entry.decode(line).MESSAGE
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            lines.append(message if isinstance(message, str) else "")
    return "\n".join(lines).encode()


SONOBUOY = Layout(
    "sonobuoy",
    _marks,
    objects=(
        Objects(
            re.compile(r"resources/cluster/(?P<group>[^/_]+)_[^/_]+_(?P<resource>[^/]+)\.json"), Covers.CLUSTER, _kind
        ),
        Objects(
            re.compile(r"resources/ns/(?P<ns>[^/]+)/(?P<group>[^/_]+)_[^/_]+_(?P<resource>[^/]+)\.json"),
            Covers.NAMESPACE,
            _kind,
        ),
        Objects(re.compile(r"resources/(?:cluster|non-ns)/(?P<resource>[^/]+)\.json"), Covers.CLUSTER, _kind),
        Objects(re.compile(r"resources/ns/(?P<ns>[^/]+)/(?P<resource>[^/]+)\.json"), Covers.NAMESPACE, _kind),
    ),
    logs=(Logs(re.compile(r"podlogs/(?P<ns>[^/]+)/(?P<pod>[^/]+)/(?:logs/)?(?P<container>[^/]+?)\.(?:txt|log)")),),
    facts=_facts,
)
