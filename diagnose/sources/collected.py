"""A folder of `kubectl get KIND -A -o json` files with logs and the time beside them; `diagnose collect` writes it.

captured-at                              RFC 3339 time
collection.json                          what was asked for and what came of it: see `About`
get/RESOURCE[.GROUP].json                one list a resource; get/version.json: kubectl version -o json
logs/NAMESPACE/POD/CONTAINER[.previous].log
nodes/NODE/UNIT.log
cluster-info/                            kubectl cluster-info dump --output-directory
"""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from diagnose.decode import MALFORMED
from diagnose.kinds import KindKey, is_namespaced, parse_key
from diagnose.snapshot import PARTIAL, Added, Builder
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
_MARKS = frozenset({"captured-at", "collection.json"})


class About(msgspec.Struct):
    """What was asked for (`namespaces` null: all) and what was refused or failed, by kind, and why.

    Where `coverage` is told, by kind as in the report, it holds as far as the `objects` (how many there are of each
    kind) are here; else each list counts as all there is. `served` are the API groups of the server at the URL
    `server`.
    """

    namespaces: list[str] | None = None
    refused: dict[str, str] = {}
    failed: dict[str, str] = {}
    coverage: dict[str, str | list[str]] | None = None
    objects: dict[str, int] = {}
    served: list[str] | None = None
    server: str = ""
    warnings: list[str] = []
    incomplete: bool = False


class Collected:
    """The folder described above."""

    name = "collected"

    def detect(self, folder: Folder) -> bool:
        get = folder.dirs.get("get")
        if get is None or not any(path.endswith((".json", ".yaml")) for path in get.here):
            return False
        return bool(_MARKS & set(folder.here)) or any(name in folder.dirs for name in _BESIDE)

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
        asked = _about(into, about)
        found: Counter[KindKey] = Counter()
        for path in folder.here:
            if path == "version.json":
                version_in(folder.text(path).encode(), into)
            elif is_candidate(folder, path):
                kind = named_kind(path)
                added = content.add_file(folder, path, into, kind)
                if asked is None:
                    lists.add(added, kind)
                elif asked.coverage is None:
                    _cover(added, kind, asked.namespaces, into)
                found.update(added.objects)
        lists.cover(into.coverage)
        if asked and asked.coverage:
            for name, covered in asked.coverage.items():
                _cover_as_told(name, covered, found[parse_key(name)], asked.objects.get(name, 0), into)


def _about(into: Builder, text: str) -> About | None:
    """What was asked for; None when the folder does not tell."""
    if not text:
        return None
    try:
        about = msgspec.json.decode(text, type=About)
    except MALFORMED as error:
        into.warn(f"not read: {error}", "collection.json")
        return None
    for kind, why in about.refused.items():
        into.coverage.deny(parse_key(kind), why)
    for kind, why in about.failed.items():
        into.coverage.fail(parse_key(kind), why)
    for warning in about.warnings:
        into.warn(warning)
    into.incomplete = into.incomplete or about.incomplete
    into.server = about.server or into.server
    if about.served is not None:
        into.served = frozenset(about.served)
    return about


def _cover_as_told(kind: str, covered: str | list[str], here: int, told: int, into: Builder) -> None:
    key = parse_key(kind)
    if here < told:
        into.warn(f"{here:,} of {told:,} {kind} objects that were collected are here", incomplete=True)
    if here < told or covered == PARTIAL:
        into.coverage.add_partial(key)
    else:
        into.coverage.add(key, covered if isinstance(covered, list) else None)


def _cover(added: Added, named: KindKey | None, namespaces: list[str] | None, into: Builder) -> None:
    for key in {*added.objects, *(key for key in (*added.lists, named) if key and added.lists)}:
        if added.broken or not added.lists:
            into.coverage.add_partial(key)
        else:
            into.coverage.add(key, namespaces if is_namespaced(key) else None)
