"""A folder of `kubectl get KIND -A -o json` files with logs and the time beside them; `diagnose collect` writes it.

captured-at                              RFC 3339 time
collection.json                          what was asked for: {"namespaces": null or [...], "refused": {KIND: why}}
get/RESOURCE[.GROUP].json                one list a resource; get/version.json: kubectl version -o json
logs/NAMESPACE/POD/CONTAINER[.previous].log
nodes/NODE/UNIT.log
cluster-info/                            kubectl cluster-info dump --output-directory
"""

from __future__ import annotations

import re

import msgspec

from diagnose.decode import MALFORMED
from diagnose.kinds import KindKey, is_namespaced, parse_key
from diagnose.snapshot import Added, Builder
from diagnose.sources import cluster_info, content
from diagnose.sources.base import Folder
from diagnose.sources.generic import Lists, is_candidate, named_kind, version_in
from diagnose.sources.layout import Logs, add_log
from diagnose.values import timestamp

_LOGS = (
    Logs(re.compile(r"logs/(?P<ns>[^/]+)/(?P<pod>[^/]+)/(?P<container>[^/]+?)(?P<previous>\.previous)?\.log(?:\.gz)?")),
    Logs(re.compile(r"nodes/(?P<node>[^/]+)/(?P<unit>[^/]+?)\.log(?:\.gz)?"), "plain"),
)
_BESIDE = ("logs", "nodes", "cluster-info")


class Collected:
    """The folder described above."""

    name = "collected"

    def detect(self, folder: Folder) -> bool:
        get = folder.dirs.get("get")
        if get is None or not any(path.endswith((".json", ".yaml")) for path in get.here):
            return False
        return "captured-at" in folder.files or any(name in folder.dirs for name in _BESIDE)

    def read(self, folder: Folder, into: Builder) -> None:
        seconds = timestamp(folder.text("captured-at").strip())
        if seconds is not None:
            into.captured(seconds, "captured-at")
        self._read_lists(folder.dirs["get"], folder.text("collection.json"), into)
        for path, size in folder.files.items():
            for rule in _LOGS if size else ():
                if found := rule.pattern.fullmatch(path):
                    add_log(folder, path, size, found.groupdict(default=""), rule, into)
        below = folder.dirs.get("cluster-info")
        if below and cluster_info.Directory().detect(below):
            cluster_info.Directory().read(below, into)

    def _read_lists(self, folder: Folder, about: str, into: Builder) -> None:
        lists = Lists()
        asked = _collection(into, about)
        for path in folder.here:
            if path == "version.json":
                version_in(folder.text(path).encode(), into)
            elif is_candidate(folder, path):
                kind = named_kind(path)
                added = content.add_file(folder, path, into, kind)
                if asked is None:
                    lists.add(added, kind)
                else:
                    _cover(added, kind, asked.namespaces, into)
        lists.cover(into.coverage)


class _Collection(msgspec.Struct):
    namespaces: list[str] | None = None
    refused: dict[str, str] = {}


def _collection(into: Builder, text: str) -> _Collection | None:
    """What was asked for; None when the folder does not tell."""
    if not text:
        return None
    try:
        asked = msgspec.json.decode(text, type=_Collection)
    except MALFORMED as error:
        into.warn(f"not read: {error}", "collection.json")
        return None
    for kind, why in asked.refused.items():
        into.coverage.deny(parse_key(kind), why)
    return asked


def _cover(added: Added, named: KindKey | None, namespaces: list[str] | None, into: Builder) -> None:
    for key in {*added.objects, *(key for key in (*added.lists, named) if key and added.lists)}:
        if added.broken or not added.lists:
            into.coverage.add_partial(key)
        else:
            into.coverage.add(key, namespaces if is_namespaced(key) else None)
