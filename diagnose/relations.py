"""Relations: how one object points at another, declared once in rules/relations.yaml.

Each is one index probe, or one read backwards. `of` gives the related objects and, when some may
be missing from the snapshot, why: absence is evidence only if collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from diagnose import podspecs
from diagnose.decode import Record, Step, Unreadable
from diagnose.index import OPEN, World
from diagnose.kinds import KindKey, is_namespaced, key_of, parse_key
from diagnose.paths import Path
from diagnose.redact import is_unknown
from diagnose.view import View
from diagnose.views import TABLE as VIEWS

Related = tuple[list[Any], str | None]
ANY = "*"
UNREADABLE = "an object could not be decoded"
HIDDEN_NAME = "a name or selector that it goes by was redacted, or is not in the dump"


@dataclass(frozen=True)
class Relation:
    """One line of relations.yaml. `how` is one of HOW; `path` its path on the `source` object.

    `kind_path` and `api_path` name the target's kind where it varies (`scaleTargetRef`);
    `namespace_path` the target's namespace where it is not the object's own.
    """

    source: str
    name: str
    to: str
    how: str
    path: Path | None = None
    inverse: str = ""
    view: View | None = None
    kind_path: Path | None = None
    api_path: Path | None = None
    namespace_path: Path | None = None
    top: bool = False

    @property
    def target(self) -> KindKey | None:
        """The kind of the related objects; None when it varies or is a view."""
        return parse_key(self.to) if self.to != ANY and self.view is None else None

    def reads(self) -> list[tuple[Step, ...]]:
        """What it reads of the object that it starts from."""
        paths = (self.path, self.kind_path, self.api_path, self.namespace_path)
        found = [read for p in paths if p is not None for read in p.reads()]
        return found + (self.view.reads(()) if self.view else [])


HOW = {
    "name": "the path holds the name of the target",
    "labels": "the path holds a map of labels that selects the targets",
    "selector": "the path holds a LabelSelector",
    "inverse": "this relation of the target, read backwards",
    "involved": "the events about the object",
    "owner": "the controller in ownerReferences (`controller`), or the topmost one (`top`)",
    "owned": "the objects whose controller this is",
    "all": "every object of the target's kind, in the whole cluster",
    "view": "elements that a view makes of the object",
}


class Relations:
    """All relations, by kind (as rules write it) and name; `*` stands for every kind."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        self._table: dict[tuple[str, str], Relation] = {(r.source, r.name): r for r in relations}

    def get(self, kind: str, name: str) -> Relation | None:
        """The relation that a kind has; of several kinds (`A|B`) the first says which."""
        kind = kind.partition("|")[0]
        return self._table.get((kind, name)) or self._table.get((ANY, name))

    def names(self, kind: str) -> list[str]:
        """The relations that `kind` has, sorted."""
        return sorted({name for source, name in self._table if source in (kind, ANY)})

    def all(self) -> list[Relation]:
        return [self._table[key] for key in sorted(self._table)]

    def forward(self, relation: Relation) -> Relation:
        """The relation that an inverse one reads backwards; one that every kind has, as that of its target.
        Raises KeyError."""
        own = self._table.get((relation.to, relation.inverse))
        return own or replace(self._table[ANY, relation.inverse], source=relation.to)

    def of(self, world: World, relation: Relation, record: Record, data: Mapping[str, Any]) -> Related:
        """The objects (or view elements) related to one object."""
        return _EVALUATE[relation.how](self, world, relation, record, data)


def _by_name(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    assert r.path is not None
    found: list[Record] = []
    missing: str | None = None
    namespace = _namespace(r, record, data)
    key = r.target or _varying_target(r, data)
    if key is None:
        return [], None
    names = r.path.get(data)
    if any(is_unknown(n) for n in names):
        missing = HIDDEN_NAME
    for name in dict.fromkeys(n for n in names if isinstance(n, str) and not is_unknown(n)):
        there = world.find(key, namespace, name)
        if there is not None:
            found.append(there)
        else:
            missing = missing or world.coverage.missing(key, namespace if is_namespaced(key) else None)
    return found, missing


def _namespace(r: Relation, record: Record, data: Mapping[str, Any]) -> str:
    if r.namespace_path is not None:
        for value in r.namespace_path.get(data):
            if isinstance(value, str) and value:
                return value
    return record.meta.namespace


def _varying_target(r: Relation, data: Mapping[str, Any]) -> KindKey | None:
    if r.kind_path is None:
        return None
    kind = next((k for k in r.kind_path.get(data) if isinstance(k, str)), None)
    if kind is None:
        return None
    api = next((a for a in r.api_path.get(data) if isinstance(a, str)), "") if r.api_path else ""
    return key_of(api, kind) if api else parse_key(kind)


def _by_labels(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    known = world.memo.get(("selected", r.source, r.name, id(record)))
    if known is None:
        known = world.memo["selected", r.source, r.name, id(record)] = _select(world, r, record, data)
    selected: Related = known
    return selected


def _select(world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    assert r.path is not None and r.target is not None
    found: list[Record] = []
    namespace = record.meta.namespace if is_namespaced(record.key) else None
    for selector in r.path.get(data):
        if is_unknown(selector):
            return [], HIDDEN_NAME
        if selector or r.how == "selector":
            if r.target == podspecs.POD_SPEC:
                found += podspecs.select(world, namespace, selector)
            else:
                found += world.select(r.target, namespace, selector)
    if r.target == podspecs.POD_SPEC:
        return found, podspecs.missing(world, namespace)
    hidden = HIDDEN_NAME if world.coverage.labels_hidden(r.target, namespace) else None
    return found, world.coverage.missing(r.target, namespace) or hidden


def _inverse(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    forward = rs.forward(r)
    key = parse_key(forward.source)
    here = parse_key(forward.to)
    namespace = record.meta.namespace if is_namespaced(here) else None
    missing = world.coverage.missing(key, namespace)
    if forward.how == "name" and forward.namespace_path is None and forward.kind_path is None:
        assert forward.path is not None
        index = world.by_value(key, forward.path, namespace is not None)
        found = index.get(_entry(namespace, record.meta.name), [])
        if any(index.get(_entry(namespace, value)) for value in OPEN):
            missing = HIDDEN_NAME
    else:
        table, hidden = _backwards(rs, world, forward, key)
        found, missing = table.get(id(record), []), HIDDEN_NAME if hidden else missing
    return found, missing


def _entry(namespace: str | None, value: Any) -> Any:
    return value if namespace is None else (namespace, value)


def _backwards(rs: Relations, world: World, forward: Relation, key: KindKey) -> tuple[dict[int, list[Record]], bool]:
    """The objects that point at each object, and whether some hide where they point."""
    memo = ("backwards", forward.source, forward.name)
    if memo not in world.memo:
        table: dict[int, list[Record]] = {}
        hidden = False
        for row in world.rows(key):
            targets, missing = rs.of(world, forward, row, world.data(row))
            hidden = hidden or missing == HIDDEN_NAME
            for target in targets:
                table.setdefault(id(target), []).append(row)
        world.memo[memo] = table, hidden
    found: tuple[dict[int, list[Record]], bool] = world.memo[memo]
    return found


_EVENT = KindKey("", "Event")
_EVENTS_OF_CLUSTER = "default"
"""Where the events about objects without a namespace are."""


def _involved(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    if world.coverage.events_of(record.key, record.meta.namespace, record.meta.name):
        return world.events(record), None
    return world.events(record), world.coverage.missing(_EVENT, record.meta.namespace or _EVENTS_OF_CLUSTER)


def _owner(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    found, missing = world.owner(record)
    passed = {id(record)}
    while r.top and found is not None and id(found) not in passed:
        passed.add(id(found))
        above, missing = world.owner(found)
        if above is None:
            break
        found = above
    return ([found] if found else []), missing


def _owned(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    found = world.owned(record)
    key = r.target
    if key is None:
        return found, None
    return [f for f in found if f.key == key], world.coverage.missing(key, record.meta.namespace or None)


def _all(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    assert r.target is not None
    if r.target == podspecs.POD_SPEC:
        return podspecs.rows(world), podspecs.missing(world)
    return world.rows(r.target), world.coverage.missing(r.target)


def _view(rs: Relations, world: World, r: Relation, record: Record, data: Mapping[str, Any]) -> Related:
    assert r.view is not None
    if isinstance(data, Unreadable):
        return [], UNREADABLE
    return r.view.make(world, record, data if isinstance(data, dict) else {})


_EVALUATE = {
    "name": _by_name,
    "labels": _by_labels,
    "selector": _by_labels,
    "inverse": _inverse,
    "involved": _involved,
    "owner": _owner,
    "owned": _owned,
    "all": _all,
    "view": _view,
}
__all__ = ["ANY", "HOW", "VIEWS", "Related", "Relation", "Relations"]
