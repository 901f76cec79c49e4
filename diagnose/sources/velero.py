"""Velero backup tarballs: one JSON object a file, some of them once per API version.

A backup holds what somebody chose to back up: nothing follows from what is missing.
"""

from __future__ import annotations

import re

import msgspec

from diagnose.decode import MALFORMED
from diagnose.kinds import KindKey
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, Layout, Objects, by_resource
from diagnose.values import timestamp

_VERSION = r"(?:[^/]+-preferredversion/)?"
_STATE_FILES = ("velero-backup.json", "ark-backup.json")


class _Status(msgspec.Struct):
    started: str | None = msgspec.field(name="startTimestamp", default=None)
    completed: str | None = msgspec.field(name="completionTimestamp", default=None)


class _Backup(msgspec.Struct):
    status: _Status | None = None


def _kind(resource: str, group: str) -> KindKey | None:
    return by_resource(resource, group or "core")


def _marks(folder: Folder) -> bool:
    resources = folder.dirs.get("resources")
    if resources is None:
        return False
    if "metadata/version" in folder.files:
        return True
    return any({"namespaces", "cluster"} & set(below.dirs) for below in resources.dirs.values())


def _facts(folder: Folder, into: Builder) -> None:
    for name in _STATE_FILES:
        try:
            status = msgspec.json.decode(folder.text(name) or "{}", type=_Backup).status
        except MALFORMED:
            continue
        seconds = timestamp(status.completed or status.started) if status else None
        if seconds is not None:
            into.captured(seconds, name)


VELERO = Layout(
    "velero backup",
    _marks,
    objects=(
        Objects(
            re.compile(
                rf"resources/(?P<resource>[^/.]+)(?:\.(?P<group>[^/]+))?/{_VERSION}namespaces/(?P<ns>[^/]+)/[^/]+\.json"
            ),
            Covers.PART,
            _kind,
        ),
        Objects(
            re.compile(rf"resources/(?P<resource>[^/.]+)(?:\.(?P<group>[^/]+))?/{_VERSION}cluster/[^/]+\.json"),
            Covers.PART,
            _kind,
        ),
    ),
    facts=_facts,
)
