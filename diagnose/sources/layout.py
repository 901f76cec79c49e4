"""A dump format as a table: which paths hold objects, which hold logs, and what they cover.

Most formats are nothing more: a `Layout` with patterns, and a function for version and time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from diagnose.kinds import KindKey, from_resource, is_namespaced
from diagnose.logs import ContainerLog, NodeLog
from diagnose.snapshot import Added, Builder
from diagnose.sources import content
from diagnose.sources.base import Folder
from diagnose.sources.log_files import log_of


class Covers(Enum):
    """What a list in a file says about absence: nothing of its kind elsewhere in the cluster, or the namespace."""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    PART = "part"


KindOf = Callable[[str, str], KindKey | None]


def by_resource(resource: str, group: str) -> KindKey | None:
    """The kind behind the resource and group of a path."""
    return from_resource(resource, group or None)


@dataclass(frozen=True)
class Objects:
    """Files of objects. Groups of `pattern`: `ns`, `resource`, `group`, each optional."""

    pattern: re.Pattern[str]
    covers: Covers
    kind: KindOf = by_resource


@dataclass(frozen=True)
class Logs:
    """Files of logs. Groups of `pattern`: `ns`, `pod`, `container`, `previous`; or `node`, `unit`.

    `framing` is as in `logs.Log`, or empty to look at the first line.
    """

    pattern: re.Pattern[str]
    framing: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Layout:
    """A format made of patterns; `facts` adds what no pattern tells."""

    name: str
    marks: Callable[[Folder], bool]
    objects: tuple[Objects, ...] = ()
    logs: tuple[Logs, ...] = ()
    facts: Callable[[Folder, Builder], None] | None = None

    def detect(self, folder: Folder) -> bool:
        return self.marks(folder)

    def read(self, folder: Folder, into: Builder) -> None:
        for path, size in folder.files.items():
            if size:
                self._read_file(folder, path, size, into)
        if self.facts:
            self.facts(folder, into)

    def _read_file(self, folder: Folder, path: str, size: int, into: Builder) -> None:
        for rule in self.objects:
            found = rule.pattern.fullmatch(path)
            if found:
                add_objects(folder, path, found.groupdict(default=""), rule, into)
                return
        for logs in self.logs:
            found = logs.pattern.fullmatch(path)
            if found:
                add_log(folder, path, size, found.groupdict(default=""), logs, into)
                return


def add_objects(folder: Folder, path: str, words: dict[str, str], rule: Objects, into: Builder) -> Added:
    """One file of objects, and what it covers."""
    kind = rule.kind(words.get("resource", ""), words.get("group", ""))
    namespace = words.get("ns", "")
    added = content.add_file(folder, path, into, kind, namespace)
    cover(added, rule.covers, namespace, into)
    return added


def cover(added: Added, covers: Covers, namespace: str, into: Builder) -> None:
    """Say what the lists of a file prove to be all there is."""
    if covers is Covers.PART or added.broken or not added.lists:
        for key in added.objects:
            into.coverage.add_partial(key)
        return
    for key in {*added.objects, *(key for key in added.lists if key)}:
        if covers is Covers.CLUSTER or not is_namespaced(key):
            into.coverage.add(key)
        else:
            _cover_namespaces(key, (added.namespaces.get(key) or {namespace}) - {""}, into)


def _cover_namespaces(key: KindKey, namespaces: set[str], into: Builder) -> None:
    if namespaces:
        into.coverage.add(key, namespaces)
    else:
        into.coverage.add_partial(key)


def add_log(folder: Folder, path: str, size: int, words: dict[str, str], rule: Logs, into: Builder) -> None:
    """One log file under its container or its node and unit."""
    key: ContainerLog | NodeLog
    if "node" in words:
        key = NodeLog(words["node"], words.get("unit") or rule.unit)
    else:
        key = ContainerLog(words["ns"], words["pod"], words["container"], bool(words.get("previous")))
    into.add_log(key, log_of(folder, path, size, rule.framing))
