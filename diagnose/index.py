"""The snapshot with its indexes: by name, label, owner, involved object and value, each built on first use.

Objects are decoded on demand, to the fields that rules read, and a bounded number stays decoded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from diagnose import normalise
from diagnose.decode import WHOLE, Reading, Record, Unreadable, decode_projected, decode_whole
from diagnose.kinds import KindKey, info, is_namespaced, key_of
from diagnose.paths import Path
from diagnose.redact import REDACTED_FORMS, environment_values, hide_environment
from diagnose.snapshot import Snapshot
from diagnose.told import is_told
from diagnose.values import UNKNOWN, as_map, selects

Decoders = Mapping[KindKey, Reading]
_KEPT = 4_000
_EVENT = KindKey("", "Event")
_NODE = KindKey("", "Node")
_NOTHING: list[Record] = []
OPEN: tuple[Any, ...] = (UNKNOWN, *REDACTED_FORMS)
"""Under these a value index keeps the objects whose value is hidden: they may equal anything."""


class World:
    """What the engine asks: objects, how they are found, and what was not collected."""

    def __init__(
        self,
        snapshot: Snapshot,
        decoders: Decoders | None = None,
        joining: Decoders | None = None,
        subjects: frozenset[int] | None = None,
    ) -> None:
        """`decoders` say what of each kind is decoded; `joining` what of objects that a join finds.

        `subjects` are the records that rules are run for, by identity; None: all. The others are there to be found.
        """
        self.snapshot = snapshot
        self.subjects = subjects
        self.coverage = snapshot.coverage
        self.now = snapshot.captured_at
        self._decoders = decoders or {}
        self._joining = joining or {}
        self._decoded: dict[int, dict[str, Any]] = {}
        self._joined: dict[int, dict[str, Any]] = {}
        self._names: dict[KindKey, dict[tuple[str, str], Record]] = {}
        self._rows: dict[KindKey, dict[str, list[Record]]] = {}
        self._labels: dict[KindKey, dict[str, dict[tuple[str, str], list[Record]]]] = {}
        self._values: dict[tuple[KindKey, str, bool], dict[Any, list[Record]]] = {}
        self._involved: dict[tuple[str, str, str], list[Record]] | None = None
        self._owned: dict[int, list[Record]] | None = None
        self._credentials: dict[int, frozenset[str]] = {}
        self.unreadable: dict[int, Record] = {}
        self.memo: dict[Any, Any] = {}
        self.logged = {(log.namespace, log.pod) for log in snapshot.logs}

    def rows(self, key: KindKey, namespace: str | None = None) -> list[Record]:
        """All objects of a kind, or those of one namespace, in order of namespace and name."""
        if namespace is None:
            return self.snapshot.tables.get(key, _NOTHING)
        if key not in self._rows:
            by_namespace: dict[str, list[Record]] = defaultdict(list)
            for record in self.rows(key):
                by_namespace[record.meta.namespace].append(record)
            self._rows[key] = by_namespace
        return self._rows[key].get(namespace, _NOTHING)

    def decode(self, record: Record, how: Reading | None = None) -> dict[str, Any]:
        """The fields of an object that rules read (or that `how` says), fresh from its bytes."""
        how = how or self._decoders.get(record.key, WHOLE)
        data = decode_projected(how.decoder, record.raw) if how.decoder else decode_whole(record.raw)
        if how.environment:
            hide_environment(data)
        if isinstance(data, Unreadable):
            self.unreadable.setdefault(id(record), record)
        return normalise.apply(record, data)

    def data(self, record: Record) -> dict[str, Any]:
        """As `decode`, remembered for a while."""
        there = self._decoded.get(id(record))
        if there is None:
            if len(self._decoded) >= _KEPT:
                self._decoded.clear()
            there = self._decoded[id(record)] = self.decode(record)
        return there

    def joined(self, record: Record) -> dict[str, Any]:
        """The fields of an object that rules read where a join finds it; remembered for a while."""
        there = self._decoded.get(id(record)) or self._joined.get(id(record))
        if there is None:
            if len(self._joined) >= _KEPT:
                self._joined.clear()
            there = self._joined[id(record)] = self.decode(record, self._joining.get(record.key))
        return there

    def credentials(self, record: Record) -> frozenset[str]:
        """The credentials in the environment of the object's containers."""
        known = self._credentials.get(id(record))
        if known is None:
            known = self._credentials[id(record)] = environment_values(decode_whole(record.raw))
        return known

    def find(self, key: KindKey, namespace: str, name: str) -> Record | None:
        """The object of that name; `namespace` is ignored for cluster-scoped kinds."""
        if key not in self._names:
            namespaced = is_namespaced(key)
            self._names[key] = {(r.meta.namespace if namespaced else "", r.meta.name): r for r in self.rows(key)}
        names = self._names[key]
        if not is_namespaced(key):
            return names.get(("", name))
        return names.get((namespace, name)) or (names.get(("", name)) if info(key) is None else None)

    def select(self, key: KindKey, namespace: str | None, selector: Any) -> list[Record]:
        """The objects that a label selector selects, in one namespace or (None) in all."""
        if namespace is None:
            return [r for r in self.rows(key) if selects(selector, r.meta.labels)]
        wanted, all_of_it = fixed_labels(selector)
        if not wanted:
            rows = self.rows(key, namespace)
        else:
            postings = self._label_index(key).get(namespace, {})
            lists = [postings.get(pair, _NOTHING) for pair in wanted]
            rows = lists[0] if len(lists) == 1 else min(lists, key=len)
            if not rows or (all_of_it and len(lists) == 1):
                return rows
            if all_of_it:
                pairs = dict(wanted).items()
                return [r for r in rows if pairs <= (r.meta.labels or {}).items()]
        return [r for r in rows if selects(selector, r.meta.labels)]

    def _label_index(self, key: KindKey) -> dict[str, dict[tuple[str, str], list[Record]]]:
        if key not in self._labels:
            index: dict[str, dict[tuple[str, str], list[Record]]] = {}
            for record in self.rows(key):
                if record.meta.labels:
                    postings = index.setdefault(record.meta.namespace, {})
                    for pair in record.meta.labels.items():
                        postings.setdefault(pair, []).append(record)
            self._labels[key] = index
        return self._labels[key]

    def owner(self, record: Record) -> tuple[Record | None, str | None]:
        """The controller of an object; the text says why it cannot be found, when there should be one."""
        for reference in record.meta.ownerReferences or ():
            if reference.controller:
                key = key_of(reference.apiVersion, reference.kind)
                found = self.find(key, record.meta.namespace, reference.name)
                if found and _same_uid(reference.uid, found.meta.uid):
                    return found, None
                return None, self.coverage.missing(key, record.meta.namespace if is_namespaced(key) else None)
        if is_told(record.raw) and as_map(self.data(record).get("metadata")).get("ownerReferences") is UNKNOWN:
            return None, f"the text does not tell what controls this {record.key.kind}"
        return None, None

    def owned(self, record: Record) -> list[Record]:
        """The objects whose controller this is: `owner` read backwards."""
        if self._owned is None:
            self._owned = {}
            for rows in self.snapshot.tables.values():
                for row in rows:
                    if row.meta.ownerReferences:
                        owner, _ = self.owner(row)
                        if owner is not None:
                            self._owned.setdefault(id(owner), []).append(row)
        return self._owned.get(id(record), _NOTHING)

    def events(self, record: Record) -> list[Record]:
        """The events about an object: of its kind, namespace and name, and of the same uid."""
        meta = record.meta
        found = self._involved_index().get((record.key.kind, meta.namespace, meta.name), _NOTHING)
        uid = "" if record.key == _NODE or _is_mirror(record) else meta.uid
        return [e for e in found if self._is_about(e, record.key, uid)] if found else found

    def _is_about(self, event: Record, key: KindKey, uid: str) -> bool:
        about = as_map(self.data(event).get("involvedObject"))
        api = about.get("apiVersion")
        if isinstance(api, str) and api and key_of(api, key.kind) != key:
            return False
        return _same_uid(about.get("uid"), uid)

    def _involved_index(self) -> dict[tuple[str, str, str], list[Record]]:
        if self._involved is None:
            self._involved = {}
            for event in self.rows(_EVENT):
                self.index_event(event, self.decode(event))
        return self._involved

    def start_involved(self) -> None:
        """Begin the involved-object index, to be filled by `index_event` for every event."""
        self._involved = {}

    def index_event(self, event: Record, data: Mapping[str, Any]) -> None:
        """Enter one event into the involved-object index."""
        about = as_map(data.get("involvedObject"))
        kind, name = about.get("kind"), about.get("name")
        if self._involved is not None and isinstance(kind, str) and isinstance(name, str):
            key = key_of(str(about.get("apiVersion") or ""), kind)
            namespace = str(about.get("namespace") or "")
            if not is_namespaced(key):
                namespace = ""
            elif not namespace and info(key) is not None:
                namespace = event.meta.namespace
            self._involved.setdefault((kind, namespace, name), []).append(event)

    def by_value(self, key: KindKey, path: Path, namespaced: bool = False) -> dict[Any, list[Record]]:
        """Objects by the values a path has in them; keys are `(namespace, value)` when `namespaced`."""
        index = self._values.get((key, path.text, namespaced))
        if index is None:
            index = self.start_by_value(key, path, namespaced)
            for record in self.rows(key):
                enter(index, record, path.get(self.decode(record)), namespaced)
        return index

    def start_by_value(self, key: KindKey, path: Path, namespaced: bool) -> dict[Any, list[Record]]:
        """An empty value index, to be filled with `enter` for every object of the kind."""
        return self._values.setdefault((key, path.text, namespaced), {})


def enter(index: dict[Any, list[Record]], record: Record, values: Iterable[Any], namespaced: bool) -> None:
    """Put an object under each of its values, once."""
    for value in values:
        if isinstance(value, (str, int, float)) or value is UNKNOWN:
            rows = index.setdefault((record.meta.namespace, value) if namespaced else value, [])
            if not rows or rows[-1] is not record:
                rows.append(record)


def _same_uid(a: object, b: object) -> bool:
    """Whether two uids may be of one object; one that is not told fits any."""
    return not a or not b or a == b


def _is_mirror(record: Record) -> bool:
    """A static pod's mirror: the kubelet's events carry the uid of the file, not of the mirror."""
    return any(o.kind == "Node" for o in record.meta.ownerReferences or ())


def fixed_labels(selector: Any) -> tuple[list[tuple[str, str]], bool]:
    """The labels that a selector asks for by value, and whether it asks for nothing else."""
    labels = as_map(selector)
    of_map = isinstance(labels.get("matchLabels"), dict)
    more = isinstance(labels.get("matchExpressions"), list)
    wanted = as_map(labels.get("matchLabels")) if of_map or more else labels
    fixed = [(k, v) for k, v in wanted.items() if isinstance(v, str)]
    return fixed, len(fixed) == len(wanted) and not (more and labels.get("matchExpressions"))
