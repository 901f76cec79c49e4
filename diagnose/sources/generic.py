"""`kubectl get -o json|yaml` in any shape and any folder, and whatever no other format claims.

Lists, typed lists, single objects, several documents in a row, bare arrays. The content says the
kind; the name of the file does for a list that is empty or typed by nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from diagnose import decode
from diagnose.kinds import TABLE as KINDS
from diagnose.kinds import KindKey, from_resource, is_namespaced, is_observed, parse_key
from diagnose.snapshot import Added, Builder, Coverage
from diagnose.sources import cluster_info, content
from diagnose.sources.base import Folder

_NEVER_DATA = (
    ".log",
    ".html",
    ".htm",
    ".xml",
    ".out",
    ".md",
    ".png",
    ".svg",
    ".pdf",
    ".zip",
    ".tgz",
    ".gz",
    ".xz",
    ".sh",
)
_SUFFIX = re.compile(r"\.(?:json|ya?ml)(?:\.gz)?\Z|\.txt\Z")
_LONGEST_VERSION = 1 << 14


class _Version(msgspec.Struct):
    git: str = msgspec.field(name="gitVersion", default="")


class _Versions(msgspec.Struct):
    """What `kubectl version -o json` or the API's /version says."""

    server: _Version | None = msgspec.field(name="serverVersion", default=None)
    git: str = msgspec.field(name="gitVersion", default="")
    kind: str = ""


_OF_A_SWEEP = frozenset(
    parse_key(kind)
    for kind in (
        "ControllerRevision",
        "FlowSchema",
        "PriorityLevelConfiguration",
        "IPAddress",
        "ServiceCIDR",
        "APIService",
    )
)
_ENOUGH = 4
_LEFT_OUT = frozenset(parse_key(kind) for kind in ("Secret", "ConfigMap", "Event"))


@dataclass
class Lists:
    """The files of one folder, from which follows what was collected.

    A list that spans namespaces, or lies beside one that does, was taken with -A: it is all there
    is. A list of one namespace is all of that namespace. Single objects prove nothing, and where
    they outnumber the listed ones, the list was of chosen objects too.
    """

    files: list[tuple[Added, KindKey | None]] = field(default_factory=list)

    def add(self, added: Added, named: KindKey | None) -> None:
        """One file; `named` is the kind that its name tells."""
        if added:
            self.files.append((added, named))

    def cover(self, into: Coverage) -> None:
        """Tell what all of them prove."""
        wide = any(_spans(added) for added, _ in self.files)
        chosen = self._chosen()
        for added, named in self.files:
            empty = {key for key in (*added.lists, named) if key} if added.lists and not added.objects else set()
            for key in {*added.objects, *empty}:
                if key in chosen:
                    into.add_partial(key)
                else:
                    self._cover(key, added, wide, into)
        if wide:
            self._cover_dropped(into)

    def _cover_dropped(self, into: Coverage) -> None:
        """A loop over `kubectl api-resources` that saved no empty list shows that the kinds without a
        file are empty, in the API groups that it saved. That it was such a loop, the kinds tell that
        nobody would name one by one. Secrets are often left out on purpose."""
        seen = {key for added, _ in self.files for key in added.objects}
        if len(seen & _OF_A_SWEEP) < _ENOUGH or any(added.lists and not added.objects for added, _ in self.files):
            return
        groups = {key.group for key in seen}
        for kind in KINDS:
            key = KindKey(kind.group, kind.kind)
            if key.group in groups and key not in seen and key not in _LEFT_OUT:
                into.add(key)

    def _chosen(self) -> set[KindKey]:
        balance: Counter[KindKey] = Counter()
        for added, _ in self.files:
            for key, count in added.objects.items():
                balance[key] += -count if added.lists else count
        return {key for key, surplus in balance.items() if surplus > 0}

    def _cover(self, key: KindKey, added: Added, wide: bool, into: Coverage) -> None:
        namespaces = added.namespaces.get(key, set())
        if not added.lists or added.broken:
            into.add_partial(key)
        elif wide or not is_namespaced(key) or namespaces == {""}:
            into.add(key)
        elif namespaces:
            into.add(key, namespaces)
        else:
            into.add_partial(key)


def _spans(added: Added) -> bool:
    return bool(added.lists) and len(set().union(*added.namespaces.values()) - {""}) > 1


class Generic:
    """Files of objects that no other format claims."""

    name = "kubectl get"

    def detect(self, folder: Folder) -> bool:
        return any(is_candidate(folder, path) for path in folder.files)

    def read(self, folder: Folder, into: Builder) -> None:
        self.read_files(folder, into, loud=True)

    def read_files(self, folder: Folder, into: Builder, *, loud: bool, beside: bool = False) -> bool:
        """Read every file that may hold objects; whether any did.

        `loud` tells of all files that cannot be read; else only of those that hold objects. `beside` tells that
        the state of the cluster is known from elsewhere, so that manifests alone need no warning.
        """
        by_folder: dict[str, Lists] = {}
        stream = found = False
        live = beside
        for path in folder.files:
            if not folder.files[path] or not is_candidate(folder, path):
                continue
            added, is_stream = self._read_file(folder, path, into, loud)
            stream, found = stream or is_stream, found or bool(added)
            live = live or bool(added.live) or not added.objects
            by_folder.setdefault(path.rpartition("/")[0], Lists()).add(added, named_kind(path))
        for lists in by_folder.values():
            lists.cover(into.coverage)
        if not live and found:
            into.warn("its objects have no uid: manifests, not the state of a cluster", folder.label or folder.here[0])
        if found:
            into.sources.append((folder.label or next(iter(folder.files)), self.name))
        return found or stream

    def _read_file(self, folder: Folder, path: str, into: Builder, loud: bool) -> tuple[Added, bool]:
        try:
            data = content.load(folder, path)
        except OSError:
            return content.add_file(folder, path, into, loud=loud), False
        if cluster_info.is_stream(data):
            into.sources.append((folder.name(path), cluster_info.Stream.name))
            cluster_info.read_stream(data, path, folder.name(path), into)
            return Added(), True
        added = content.add_data(data, path, folder.name(path), into, named_kind(path), "", loud=loud)
        if not added.objects and _is_alert_list(data, folder.name(path), into):
            return added, True
        if not added and len(data) < _LONGEST_VERSION:
            version_in(data, into)
        return added, False


def _is_alert_list(data: decode.Buffer, name: str, into: Builder) -> bool:
    """Whether JSON that holds no object is a list of alerts; they are put into the builder."""
    from diagnose.sources.text import alerts

    if not alerts.read_json(data, name, into):
        return False
    into.sources.append((name, alerts.NAME))
    return True


def is_candidate(folder: Folder, path: str) -> bool:
    """Whether a file may hold objects, from its name or, when that says nothing, its first bytes."""
    lowered = path.lower()
    if lowered.endswith(content.JSON + content.YAML):
        return True
    if lowered.endswith(_NEVER_DATA) and len(folder.files) > 1:
        return False
    return content.looks_like_data(folder, path)


def named_kind(path: str) -> KindKey | None:
    """The kind that a file name tells: `pods.json`, `horizontalpodautoscalers.autoscaling.json`."""
    key = from_resource(_SUFFIX.sub("", path.rpartition("/")[2]))
    return None if key is None or is_observed(key) else key


def version_in(data: decode.Buffer, into: Builder) -> None:
    """The server's version, when the file holds it."""
    try:
        found = msgspec.json.decode(data, type=_Versions)
    except decode.MALFORMED:
        return
    if found.server:
        into.version(found.server.git)
    elif found.git.startswith("v1.") and not found.kind:
        into.version(found.git)
