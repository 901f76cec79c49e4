"""A snapshot: what is known of a cluster at one moment, and what is not.

Sources fill a `Builder`; `Builder.build()` gives the frozen `Snapshot` that all above reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from diagnose import decode, redact
from diagnose.capture_time import newest_timestamp
from diagnose.decode import Record
from diagnose.kinds import KindKey, info, is_custom, is_namespaced, is_observed, key_of, parse_key
from diagnose.logs import ContainerLog, Log, NodeLog
from diagnose.model import InputWarning
from diagnose.secret_values import Addresses, SecretValues
from diagnose.tellings import Tables, Tellings

PARTIAL = "partial"


class Coverage:
    """What was collected, by kind and namespace: absence is evidence only where this says so."""

    def __init__(self) -> None:
        self._all: set[KindKey] = set()
        self._namespaces: dict[KindKey, set[str]] = {}
        self._partial: set[KindKey] = set()
        self._denied: dict[KindKey, str] = {}
        self._failed: dict[KindKey, str] = {}
        self._everything = False
        self._served: frozenset[str] | None = None
        self._defined: frozenset[str] | None = None
        self._unlabelled: set[tuple[KindKey, str]] = set()
        self._eventful: set[tuple[KindKey, str, str]] = set()

    def add_everything(self) -> None:
        """All objects of every kind were collected: what tests and memory snapshots begin with."""
        self._everything = True

    def add(self, key: KindKey, namespaces: Iterable[str] | None = None) -> None:
        """All objects of `key` were collected: everywhere, or in `namespaces`."""
        if namespaces is None:
            self._all.add(key)
        else:
            self._namespaces.setdefault(key, set()).update(namespaces)

    def add_partial(self, key: KindKey) -> None:
        """Some objects of `key` are there, and nothing says that they are all."""
        self._partial.add(key)

    def deny(self, key: KindKey, why: str) -> None:
        """`key` was asked for and refused, as by RBAC."""
        self._denied[key] = why

    def fail(self, key: KindKey, why: str) -> None:
        """`key` was asked for, and no answer that can be used came."""
        self._failed[key] = why

    def refused(self) -> dict[str, str]:
        """The kinds that were refused, and why."""
        return dict(sorted((str(key), why) for key, why in self._denied.items()))

    def failed(self) -> dict[str, str]:
        """The kinds that could not be had for another reason, and why."""
        return dict(sorted((str(key), why) for key, why in self._failed.items()))

    def add_events_of(self, key: KindKey, namespace: str, name: str) -> None:
        """All events about one object were collected, as its description shows them."""
        self._eventful.add((key, namespace, name))

    def events_of(self, key: KindKey, namespace: str, name: str) -> bool:
        """Whether all events about one object are there, whatever is known of others."""
        return (key, namespace, name) in self._eventful

    def hide_labels(self, key: KindKey, namespace: str) -> None:
        """Some objects of a kind in a namespace do not tell their labels: any selector may select them."""
        self._unlabelled.add((key, namespace))

    def labels_hidden(self, key: KindKey, namespace: str | None) -> bool:
        """Whether a selector may select objects whose labels are not told."""
        return any(k == key and namespace in (None, n) for k, n in self._unlabelled)

    def only_groups(self, served: frozenset[str] | None, defined: frozenset[str] | None) -> None:
        """The API groups that the cluster serves (all APIServices), and those that custom resources define
        (all CustomResourceDefinitions); None where that was not collected. Of other groups nothing exists."""
        self._served, self._defined = served, defined

    def _cannot_exist(self, key: KindKey) -> bool:
        if is_observed(key):
            return False
        if self._served is not None and key.group:
            return key.group not in self._served
        return self._defined is not None and is_custom(key) and key.group not in self._defined

    def merge(self, other: Coverage) -> None:
        self._everything = self._everything or other._everything
        self._all |= other._all
        self._partial |= other._partial
        self._denied |= other._denied
        self._failed |= other._failed
        for key, namespaces in other._namespaces.items():
            self.add(key, namespaces)

    def collected(self, key: KindKey) -> bool:
        """Whether there is anything at all of `key` to look at."""
        some = key in self._all or key in self._partial or bool(self._namespaces.get(key))
        return self._everything or some or self._cannot_exist(key)

    def missing(self, key: KindKey, namespace: str | None = None) -> str | None:
        """Why the absence of an object cannot be concluded; None when it can.

        `namespace` None asks for all namespaces.
        """
        namespaces = self._namespaces.get(key, set())
        if self._everything or key in self._all or namespace in namespaces or self._cannot_exist(key):
            return None
        if why := self._denied.get(key) or self._failed.get(key):
            return f"{key} could not be collected: {why}"
        if namespaces:
            where = f"in namespace {namespace}" if namespace else "in all namespaces"
            return f"{key} was not collected {where}"
        if key in self._partial:
            return f"{key} was collected only in part"
        return f"{key} was not collected"

    def describe(self) -> dict[str, str | list[str]]:
        """For the report: kind to `all`, `partial`, `refused: why`, `failed: why` or the list of namespaces."""
        some = {key for key, namespaces in self._namespaces.items() if namespaces}
        known = self._all | self._partial | some | set(self._denied) | set(self._failed)
        return {str(key): self._describe(key) for key in sorted(known, key=str)}

    def _describe(self, key: KindKey) -> str | list[str]:
        if key in self._all:
            return "all"
        if self._namespaces.get(key):
            return sorted(self._namespaces[key])
        if key in self._partial:
            return PARTIAL
        return f"refused: {self._denied[key]}" if key in self._denied else f"failed: {self._failed[key]}"


@dataclass(frozen=True)
class Snapshot:
    """Objects by kind (each sorted by namespace and name), coverage, capture time and logs.

    `captured_at` is in UNIX seconds, None when nothing in the dump tells a time. `server` is the
    URL of the API server that answered and `served` its API groups, None where a dump does not tell
    them. `secrets` are the values to keep out of every output; `addresses` what they tell of Services and ports, by
    namespace and name of the Secret, and key.
    """

    tables: Mapping[KindKey, list[Record]]
    coverage: Coverage
    captured_at: float | None = None
    captured_at_from: str = ""
    server_version: str = ""
    server: str | None = None
    served: frozenset[str] | None = None
    logs: Mapping[ContainerLog, Log] = field(default_factory=dict)
    node_logs: Mapping[NodeLog, Log] = field(default_factory=dict)
    sources: tuple[tuple[str, str], ...] = ()
    warnings: tuple[InputWarning, ...] = ()
    incomplete: bool = False
    secrets: frozenset[str] = frozenset()
    addresses: Addresses = field(default_factory=dict)

    def objects(self) -> dict[str, int]:
        """How many objects of each kind there are."""
        return {str(key): len(rows) for key, rows in sorted(self.tables.items(), key=lambda i: str(i[0])) if rows}


class Builder:
    """Collects what sources find, then makes one snapshot of it."""

    def __init__(self) -> None:
        self.coverage = Coverage()
        self.logs: dict[ContainerLog, Log] = {}
        self.node_logs: dict[NodeLog, Log] = {}
        self.sources: list[tuple[str, str]] = []
        self.warnings: list[InputWarning] = []
        self.incomplete = False
        self.server: str | None = None
        self.served: frozenset[str] | None = None
        self._tables: dict[KindKey, dict[tuple[str, str], Record]] = {}
        self._times: list[tuple[int, float, str]] = []
        self._version = ""
        self._secrets = SecretValues()
        self.told = Tellings()
        self._late: list[Callable[[Tables], None]] = []

    def warn(self, message: str, file: str = "", *, incomplete: bool = False) -> None:
        """Tell the user of something not read; `incomplete` when objects may be missing for it."""
        self.warnings.append(InputWarning(message, file))
        self.incomplete = self.incomplete or incomplete

    def captured(self, seconds: float, origin: str, rank: int = 0) -> None:
        """A capture time and where it stands; the lowest `rank` wins, then the latest time."""
        self._times.append((rank, -seconds, origin))

    def version(self, text: str) -> None:
        """The server's version, as `v1.36.2`; the first that is told stays."""
        self._version = self._version or text

    def add_log(self, key: ContainerLog | NodeLog, log: Log) -> None:
        """A log; of two for the same container the larger stays."""
        log = replace(log, of=key)
        if isinstance(key, ContainerLog):
            if key not in self.logs or self.logs[key].size < log.size:
                self.logs[key] = log
        elif key not in self.node_logs or self.node_logs[key].size < log.size:
            self.node_logs[key] = log

    def add_json(self, data: decode.Buffer, file: str, kind: KindKey | None = None, namespace: str = "") -> Added:
        """All objects in JSON bytes: single, list, typed list, array, or several documents in a row.

        `kind` and `namespace` stand in where items do not say them. What is malformed becomes a
        warning. Returns what was found, for the source to derive coverage from.
        """
        added = Added()
        try:
            for document in decode.documents(data):
                self._add_document(document, file, kind, namespace, added)
        except RecursionError:
            self.warn("not read: nested too deeply", file, incomplete=True)
            added.broken = True
        except decode.MALFORMED as error:
            self.warn(f"not read to its end: {error}", file, incomplete=True)
            added.broken = True
        return added

    def add_object(self, value: dict[str, object], file: str = "", kind: KindKey | None = None) -> Added:
        """One object that was made in memory."""
        return self.add_json(decode.encode(value), file, kind)

    def _add_document(
        self, document: decode.Document, file: str, kind: KindKey | None, namespace: str, added: Added
    ) -> None:
        if document.items is None:
            if info(key_of(document.api_version, document.kind.removesuffix("List"))) and document.kind.endswith(
                "List"
            ):
                self.warn(f"not read: a {document.kind} without a list of items", file, incomplete=True)
                added.broken = True
            elif document.kind or kind:
                self._add_raw(document.raw, document.api_version, file, kind, namespace, added)
            return
        item_kind = document.kind.removesuffix("List") if document.kind != "List" else ""
        list_key = key_of(document.api_version, item_kind) if item_kind else kind
        if document.api_version and not document.kind:
            self.warn("not read to its end: a list that is cut off before its kind", file, incomplete=True)
            added.broken = True
        added.lists.append(list_key)
        before = added.nameless
        for raw in document.items:
            self._add_raw(raw, document.api_version if item_kind else "", file, list_key, namespace, added)
        if list_key and added.nameless > before:
            self.warn(f"{added.nameless - before:,} items of the list were not read: no names", file, incomplete=True)
            added.broken = True

    def _add_raw(
        self,
        raw: decode.Buffer | msgspec.Raw,
        api_version: str,
        file: str,
        hint: KindKey | None,
        namespace: str,
        added: Added,
    ) -> None:
        who = decode.identity(raw)
        if who.kind:
            key = key_of(who.apiVersion, who.kind)
        elif hint is not None:
            key = hint
        else:
            return
        if who.kind.endswith("List") and who.metadata and not who.metadata.name:
            return
        if who.metadata is None or not who.metadata.name:
            if who.metadata is not None or hint is not None:
                added.nameless += 1
            return
        if not who.metadata.namespace and namespace and is_namespaced(key):
            who.metadata.namespace = namespace
        meta = who.metadata
        if meta.uid or meta.creationTimestamp:
            added.live += 1
        if key in added.objects:
            added.objects[key] += 1
            added.namespaces[key].add(meta.namespace)
        else:
            added.objects[key] = 1
            added.namespaces[key] = {meta.namespace}
        emptied = redact.empty(raw) if key.kind == "Secret" and not key.group else None
        kept = emptied.raw if emptied else raw
        newest = self._keep(Record(key, who.apiVersion or api_version, who.metadata, kept, file))
        if emptied:
            self._secrets.add((meta.namespace, meta.name), emptied, newest)

    def _keep(self, record: Record) -> bool:
        table = self._tables.setdefault(record.key, {})
        name = (record.meta.namespace, record.meta.name)
        there = table.get(name)
        newest = there is None or _newer(record, there)
        if newest:
            table[name] = record
        return newest

    def defer(self, step: Callable[[Tables], None]) -> None:
        """Do a step when all objects are known: it gets them by kind, then by namespace and name."""
        self._late.append(step)

    def names(self, key: KindKey) -> list[tuple[str, str]]:
        """Namespace and name of the objects of a kind so far, sorted."""
        return sorted(self._tables.get(key, ()))

    def build(self, at: float | None = None) -> Snapshot:
        """The snapshot; `at` overrides the capture time (UNIX seconds)."""
        seconds, origin = self._capture_time(at, {key: list(table.values()) for key, table in self._tables.items()})
        self.told.settle(self._tables, self.coverage, seconds)
        for step in self._late:
            step(self._tables)
        tables = {key: [table[name] for name in sorted(table)] for key, table in sorted(self._tables.items())}
        served = self.served if self.served is not None else self._groups(tables, _API_SERVICE)
        self.coverage.only_groups(served, self._groups(tables, _DEFINITION))
        return Snapshot(
            tables=tables,
            coverage=self.coverage,
            captured_at=seconds,
            captured_at_from=origin,
            server_version=self._version or _kubelet_version(tables),
            server=self.server,
            served=self.served,
            logs=self.logs,
            node_logs=self.node_logs,
            sources=tuple(self.sources),
            warnings=tuple(self.warnings),
            incomplete=self.incomplete,
            secrets=self._secrets.to_hide(tables),
            addresses=self._secrets.addresses(tables),
        )

    def _groups(self, tables: Mapping[KindKey, list[Record]], key: KindKey) -> frozenset[str] | None:
        """The API groups that objects of a kind stand for; None when not all of them were collected."""
        if self.coverage.missing(key) or not tables.get(key):
            return None
        specs = (decode.decode_projected(_group, record.raw).get("spec") for record in tables[key])
        return frozenset(str(spec.get("group", "")) for spec in specs if isinstance(spec, dict))

    def _capture_time(self, at: float | None, tables: Mapping[KindKey, list[Record]]) -> tuple[float | None, str]:
        if at is not None:
            return at, "--at"
        told = sorted(t for t in self._times if t[0] < LAST_RESORT)
        if told:
            return -told[0][1], told[0][2]
        newest = newest_timestamp(tables)
        if newest:
            return newest
        rest = sorted(self._times)
        return (-rest[0][1], rest[0][2]) if rest else (None, "")


LAST_RESORT = 90


@dataclass
class Added:
    """What one file held: the objects by kind, their namespaces, and the lists (None: of unknown kind).

    `live` counts the objects that a cluster has given a uid or a time of creation; others are manifests.
    """

    objects: dict[KindKey, int] = field(default_factory=dict)
    namespaces: dict[KindKey, set[str]] = field(default_factory=dict)
    lists: list[KindKey | None] = field(default_factory=list)
    live: int = 0
    nameless: int = 0
    broken: bool = False

    def __bool__(self) -> bool:
        return bool(self.objects or self.lists)


def _newer(a: Record, b: Record) -> bool:
    def rank(r: Record) -> tuple[int, str, int]:
        version = r.meta.resourceVersion.lstrip("0") if r.meta.resourceVersion.isdecimal() else ""
        return (len(version), version, len(memoryview(r.raw)))

    return rank(a) > rank(b)


_API_SERVICE = parse_key("APIService")
_DEFINITION = parse_key("CustomResourceDefinition")
_group = decode.projection([("spec", "group")])
_kubelet = decode.projection([("status", "nodeInfo", "kubeletVersion")])


def _kubelet_version(tables: Mapping[KindKey, list[Record]]) -> str:
    for record in tables.get(KindKey("", "Node"), []):
        status = decode.decode_projected(_kubelet, record.raw).get("status")
        info = status.get("nodeInfo") if isinstance(status, dict) else None
        if isinstance(info, dict) and info.get("kubeletVersion"):
            return str(info["kubeletVersion"])
    return ""
