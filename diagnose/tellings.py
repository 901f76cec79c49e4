"""What texts tell of objects, collected until all are read, then made into records.

Only at the end is it known which namespace a table without a NAMESPACE column is of, which texts are about the same
object, what time an age means, and which manifests complete (or were never applied).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from diagnose.decode import Meta, OwnerReference, Record, decode_whole
from diagnose.inherited import POD, Templates
from diagnose.kinds import MANIFEST, KindKey, api_version, is_namespaced, is_observed
from diagnose.owned import owners
from diagnose.told import Whole, encode, is_told, merge, time_text, whole

if TYPE_CHECKING:
    from diagnose.snapshot import Coverage

Name = tuple[str, str]
Tables = dict[KindKey, dict[Name, Record]]
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease", "default")
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


MENTIONED = -1
"""The rank of what a text says of another object in passing: it adds to what others tell, and makes no object."""
SUPPOSED = -2
"""The rank of an object that something of it shows, such as a node's journal: it is there only where nothing else
tells of any object of its kind."""


class Telling(NamedTuple):
    """What one text tells of one object. `namespace` is None where the text does not say it; of two that
    tell the same field, the one with the higher `rank` counts."""

    key: KindKey
    namespace: str | None
    name: str
    fields: dict[str, Any]
    file: str
    rank: float = 0


@dataclass
class Tellings:
    """All tellings of an input, and the lists that are complete."""

    _all: list[Telling] = field(default_factory=list)
    _listed: list[tuple[KindKey, str | None, str]] = field(default_factory=list)
    _eventful: list[Telling] = field(default_factory=list)

    def __iter__(self) -> Iterator[Telling]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all) + len(self._listed)

    def add(self, telling: Telling) -> None:
        self._all.append(telling)

    def listed(self, key: KindKey, namespace: str | None, file: str) -> None:
        """A list of all objects of a kind: of one namespace, of one that is not named (None), or of all ("*")."""
        self._listed.append((key, namespace, file))

    def with_events(self, telling: Telling) -> None:
        """A text that tells an object and all its events, also that there are none."""
        self.add(telling)
        self._eventful.append(telling)

    def settle(self, tables: Tables, coverage: Coverage, now: float | None) -> None:
        """Put all tellings into the tables. A real object in them stays; a manifest is merged with what is told."""
        if not self._all and not self._listed:
            return
        places = _Places(self._all, tables)
        found: dict[tuple[KindKey, Name], list[Telling]] = defaultdict(list)
        for telling in self._all:
            namespace = telling.namespace
            if namespace is None or not is_namespaced(telling.key):
                namespace = places.of(telling.key, namespace, telling.file) if is_namespaced(telling.key) else ""
            found[telling.key, (namespace, telling.name)].append(telling)
        others = {key for key, table in tables.items() if table} | {t.key for t in self._all if t.rank > MENTIONED}
        found = {at: told for at, told in found.items() if _is_there(told, others=at[0] in others)}
        listed = [
            (key, places.of(key, namespace, file) if is_namespaced(key) else "*")
            for key, namespace, file in self._listed
        ]
        for key, namespace in listed:
            coverage.add(key, None if namespace == "*" else [namespace])
        for t in self._eventful:
            namespace = places.of(t.key, t.namespace, t.file) if is_namespaced(t.key) else ""
            coverage.add_events_of(t.key, namespace, t.name)
        known = {*found, *((key, name) for key, table in tables.items() for name in table)}
        merged: dict[tuple[KindKey, Name], tuple[dict[str, Any], str]] = {}
        for key in {key for key, _ in found}:
            coverage.add_partial(key)
        for (key, name), tellings in found.items():
            told = _merged(key, name, tellings, tables, known)
            if told is not None:
                merged[key, name] = told
        templates = Templates({at: fields for at, (fields, _) in merged.items()})
        for (key, name), (fields, file) in merged.items():
            told_of = templates.complete(name[0], fields) if key == POD else fields
            record = tables[key][name] = _record(key, name, told_of, file, now)
            if record.meta.labels is None and not isinstance(fields.get("metadata", {}).get("labels"), dict):
                coverage.hide_labels(key, name[0])
        _set_aside_manifests(tables, listed, places.default)


def _is_there(tellings: list[Telling], *, others: bool) -> bool:
    """Whether tellings make an object; `others`: something else tells of objects of its kind."""
    ranks = {t.rank for t in tellings}
    return max(ranks) > MENTIONED or (SUPPOSED in ranks and not others)


def _merged(
    key: KindKey, name: Name, tellings: list[Telling], tables: Tables, known: Container[tuple[KindKey, Name]]
) -> tuple[dict[str, Any], str] | None:
    """All that is told of an object, with its manifest, and the file that tells most; None when it is there itself."""
    table = tables.setdefault(key, {})
    there = table.get(name) or (table.pop(("", name[1]), None) if is_namespaced(key) else None)
    if there is not None and not is_manifest(there):
        table[name] = there
        return None
    ranked = sorted(tellings, key=lambda t: -t.rank) if len(tellings) > 1 else tellings
    fields = {**ranked[0].fields}
    for telling in ranked[1:]:
        fields = merge(fields, telling.fields)
    if there is not None:
        fields = merge(fields, _of_manifest(there))
    metadata = fields.get("metadata") or {}
    if "ownerReferences" not in metadata and (found := owners(key, name, known)):
        fields["metadata"] = {**metadata, "ownerReferences": found}
    return fields, ranked[0].file


def is_manifest(record: Record) -> bool:
    """Whether a record is of a manifest: no cluster has given it a uid or a time of creation."""
    return not (record.meta.uid or record.meta.creationTimestamp or is_told(record.raw) or is_observed(record.key))


def _of_manifest(record: Record) -> dict[str, Any]:
    data = decode_whole(record.raw)
    metadata = data.get("metadata")
    kept = {k: whole(v) for k, v in data.items() if k not in ("metadata", "status", "kind", "apiVersion")}
    if isinstance(metadata, dict):
        kept["metadata"] = {k: whole(v) for k, v in metadata.items() if k in ("labels", "annotations")}
    return kept


def _record(key: KindKey, name: Name, fields: dict[str, Any], file: str, now: float | None) -> Record:
    metadata = fields.get("metadata") or {}
    version = fields.get("apiVersion") or api_version(key)
    labels = metadata.get("labels")
    owners = metadata.get("ownerReferences")
    meta = Meta(
        name=name[1],
        namespace=name[0],
        uid=metadata.get("uid") or "",
        labels={str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else None,
        ownerReferences=[
            OwnerReference(o.get("kind", ""), o.get("name", ""), o.get("uid", ""), o.get("apiVersion", ""), True)
            for o in owners
        ]
        if isinstance(owners, list)
        else None,
    )
    created = time_text(metadata.get("creationTimestamp"), now)
    meta.creationTimestamp = created if isinstance(created, str) else None
    return Record(key, version, meta, encode(fields, now), file)


class _Places:
    """Which namespace a text is of that does not say it."""

    def __init__(self, tellings: Iterable[Telling], tables: Tables) -> None:
        self._homes: dict[tuple[KindKey, str], set[str]] = defaultdict(set)
        counts: Counter[str] = Counter()
        rows: dict[tuple[KindKey, str], list[str]] = defaultdict(list)
        for key, namespace, name in _known(tellings, tables):
            self._homes[key, name].add(namespace)
            counts[namespace] += namespace not in _SYSTEM
        for t in tellings:
            if t.namespace is None and is_namespaced(t.key):
                rows[t.key, t.file].append(t.name)
        self._names = {*counts, *_SYSTEM}
        best = counts.most_common(1)
        self.default = best[0][0] if best and best[0][1] else next(iter(counts), "")
        self._of_file = {at: self._vote(at[0], names, at[1]) for at, names in rows.items()}

    def of(self, key: KindKey, namespace: str | None, file: str) -> str:
        if namespace is not None:
            return namespace
        known = self._of_file.get((key, file))
        return known if known is not None else self._named_in(file) or self.default

    def _vote(self, key: KindKey, names: list[str], file: str) -> str:
        votes = Counter(ns for name in names for ns in self._homes.get((key, name), ()))
        named = self._named_in(file)
        if named and (not votes or votes[named]):
            return named
        return votes.most_common(1)[0][0] if votes else self.default

    def _named_in(self, file: str) -> str:
        words = set(_WORD.findall(file.lower()))
        inside = [n for n in self._names if n and (n in words or any(w.endswith(f"-{n}") for w in words))]
        return max(inside, key=len, default="")


def _known(tellings: Iterable[Telling], tables: Tables) -> Iterator[tuple[KindKey, str, str]]:
    for t in tellings:
        if t.namespace is not None and is_namespaced(t.key):
            yield t.key, t.namespace, t.name
    for key, table in tables.items():
        if is_namespaced(key):
            for (namespace, name), record in table.items():
                if namespace and not is_manifest(record):
                    yield key, namespace, name


def _set_aside_manifests(tables: Tables, listed: list[tuple[KindKey, str]], default: str) -> None:
    """Manifests of kinds that were listed, without an object: they were not applied, or refused. They become
    `Manifest` objects, which rules can ask for, and are no part of the cluster."""
    complete = set(listed)
    aside = tables.setdefault(MANIFEST, {})
    for key, table in list(tables.items()):
        for name, record in [(n, r) for n, r in table.items() if is_manifest(r)]:
            namespace = name[0] or (default if is_namespaced(key) else "")
            if not {(key, namespace), (key, "*")} & complete:
                continue
            del table[name]
            label = f"{key.kind.lower()}.{name[1]}"
            fields = {"target": {"kind": key.kind, "namespace": namespace, "name": name[1]}}
            about = Whole({**whole(fields), "object": whole(decode_whole(record.raw))})
            aside[namespace, label] = _record(MANIFEST, (namespace, label), about, record.file, None)
    if not aside:
        del tables[MANIFEST]
