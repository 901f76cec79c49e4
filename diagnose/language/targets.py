"""Targets compiled: what a clause goes through. A chain of relations, the elements of a path, or a kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from diagnose import podspecs
from diagnose.decode import Record
from diagnose.index import OPEN, World
from diagnose.kinds import BY_KIND, KindKey, is_namespaced, parse_key
from diagnose.language.conditions import Check, CompiledTest
from diagnose.language.reading import among, suggest
from diagnose.language.scope import EVERY_KIND, VIRTUAL, Bound, Scope, from_match
from diagnose.language.syntax import Clause, Place, Ref
from diagnose.logs import Log
from diagnose.match import Match
from diagnose.paths import Path
from diagnose.redact import is_unknown
from diagnose.relations import Relation
from diagnose.values import UNKNOWN, timestamp

_EVENTS_KEPT = 3600.0
HIDDEN_VALUE = "a value that it reads was redacted, or is not in the dump"
EXPIRED = "the events of the object have expired (the API server keeps them for an hour)"
_KIND = re.compile(r"[A-Z]\w*(\.[a-z0-9.-]+)?\Z")


class Item:
    """One candidate: an object, decoded when it is looked at, or an element and what to call it."""

    __slots__ = ("_value", "_world", "label", "record")

    def __init__(self, value: Any = None, record: Record | None = None, label: str = "", world: World | None = None):
        self._value = value
        self._world = world
        self.record = record
        self.label = label

    @property
    def value(self) -> Any:
        """The object's fields, or the element."""
        if self._world is not None and self.record is not None:
            return self._world.joined(self.record)
        return self._value


class Template(Item):
    """The pod template of an object, as a candidate."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The element that the view `podspec` makes of the object."""
        assert self._world is not None and self.record is not None
        return podspecs.value(self._world, self.record)


def objects(world: World, records: Iterable[Record]) -> Iterator[Item]:
    """Objects as candidates."""
    return (Item(record=r, world=world) for r in records)


class Found(NamedTuple):
    """The candidates (to be gone through once), and why there may be more that the snapshot does not have."""

    items: Iterable[Item]
    missing: str | None = None


TargetOf = Callable[[Match], Found]


@dataclass(frozen=True)
class Target:
    """A compiled target and what its binding is. `scans`: all objects of this kind, so a value index may stand in."""

    of: TargetOf
    bound: Bound
    scans: KindKey | None = None


def compile_target(clause: Clause, scope: Scope, stateful: bool) -> Target | None:
    """The target of a clause, resolved; None (with errors told) when it is wrong."""
    text = clause.target
    if "->" in text:
        return _chain(clause, scope, stateful)
    if _KIND.match(text):
        return _kind(clause, scope)
    found = scope.resolve(text, clause.at)
    if found is None:
        return None
    path, bound = found
    scope.targets.append((clause, path, bound))
    if not path.segments and bound.form == "object":
        scope.wrong(
            f"'{text}' is one object, not a list; name a relation (`{text} -> events`) or a path in it", clause.at
        )
        return None
    base = bound.name if bound.form == "object" else bound.base
    prefix = path.segments if bound.form == "object" else (*bound.prefix, *path.segments)
    view = bound.view if bound.form == "element" else None
    if view is not None:
        made = Bound(clause.name, "element", base=bound.name, prefix=path.segments, of=((path, bound),))
    else:
        made = Bound(clause.name, "element", base=base, prefix=prefix, of=((path, bound),))
    return Target(_elements(from_match(path)), made)


def _elements(get: Callable[[Match], Sequence[Any]]) -> TargetOf:
    def of(match: Match) -> Found:
        values = get(match)
        missing = HIDDEN_VALUE if UNKNOWN in values else None
        return Found([Item(v, label=label_of(v)) for v in values if v is not UNKNOWN], missing)

    return of


def label_of(value: Any) -> str:
    """What to call an element: its name, type or key, or the value itself."""
    if isinstance(value, dict):
        return next((str(value[k]) for k in ("name", "type", "key", "ip", "address") if k in value), "")
    return str(value) if isinstance(value, (str, int, float)) else ""


def _chain(clause: Clause, scope: Scope, stateful: bool) -> Target | None:
    start, *names = (part.strip() for part in clause.target.split("->"))
    bound = scope.binding(start, clause.at)
    if bound is None:
        return None
    resolved = resolve_chain(bound, names, scope, clause.at)
    if resolved is None:
        return None
    relations, kind = resolved
    last = relations[-1]
    form = "element" if last.view is not None else "object"
    if last.view is not None:
        made = (
            Bound(clause.name, form, base=bound.name, view=last)
            if len(relations) == 1
            else Bound(clause.name, form, kind=relations[-2].to, view=last)
        )
    else:
        made = Bound(clause.name, form, kind=kind)
    return Target(_walk(scope, bound, relations, stateful), made)


def resolve_chain(bound: Bound, names: list[str], scope: Scope, at: Place) -> tuple[list[Relation], str] | None:
    """The relations of `a -> b -> c` and the kind at its end, recording what they read."""
    if bound.form != "object":
        scope.wrong(f"'{bound.name}' is not an object, so it has no relations", at)
        return None
    relations: list[Relation] = []
    kind = bound.kind
    for name in names:
        relation = scope.relations.get(kind, name)
        if relation is None:
            known = scope.relations.names(kind)
            of = "an object of any kind" if kind in ("", EVERY_KIND) else kind
            scope.wrong(f"{of} has no relation '{name}'{among(name, known, 'it has')}", at)
            return None
        if relations and relations[-1].view is not None:
            scope.wrong(f"'{relations[-1].name}' gives elements, not objects; a chain ends there", at)
            return None
        _record(relation, kind, scope)
        relations.append(relation)
        kind = relation.to
    return relations, kind


def _record(relation: Relation, kind: str, scope: Scope) -> None:
    from diagnose.language.scope import keys_of
    from diagnose.views import OTHER_READS, WORKLOADS

    if relation.to in VIRTUAL:
        scope.reads.needed.update(podspecs.KEYS)
        scope.read(Bound("", "object", kind=relation.to), ("metadata", "labels"))
    elif relation.target is not None:
        scope.reads.needed.add(relation.target)
    elif relation.view is None:
        scope.reads.needed.update(map(parse_key, WORKLOADS))
    if relation.how == "inverse":
        forward = scope.relations.forward(relation)
        if forward.to in VIRTUAL:
            scope.read(Bound("", "object", kind=forward.to), ("metadata", "labels"))
        for steps in forward.reads():
            scope.reads.add(parse_key(forward.source), steps)
        if forward.how == "name" and forward.path is not None and forward.namespace_path is None:
            namespaced = is_namespaced(parse_key(forward.to))
            scope.reads.indexes.add((parse_key(forward.source), forward.path.text, namespaced))
        return
    if relation.how == "involved":
        scope.reads.involved = True
        scope.reads.add(parse_key("Event"), ("involvedObject",))
    if relation.view is None:
        for key in keys_of(kind):
            for steps in relation.reads():
                scope.reads.add(key, steps)
        if kind in VIRTUAL:
            for steps in relation.reads():
                scope.read(Bound("", "object", kind=kind), steps)
        return
    for key, paths in OTHER_READS.get(relation.view.name, {}).items():
        for steps in paths:
            scope.reads.add(key, steps)
    for steps in relation.view.reads(("name",)):
        scope.read(Bound("", "object", kind=kind), steps)


def _walk(scope: Scope, bound: Bound, relations: list[Relation], stateful: bool) -> TargetOf:
    table = scope.relations
    name = bound.name
    first, rest = relations[0], relations[1:]

    def of(match: Match) -> Found:
        record = match.records.get(name)
        if record is None:
            value = match.values.get(name)
            return Found((), "an object that it starts from is not in the dump" if value is UNKNOWN else None)
        world = match.world
        found, missing = table.of(world, first, record, match.values[name])
        if first.how == "involved" and stateful and not found and missing is None:
            missing = _expired(world, record)
        before = first
        for relation in rest:
            below: dict[int, Any] = {}
            for item in found:
                data = podspecs.value(world, item) if before.to in VIRTUAL else world.joined(item)
                more, gap = table.of(world, relation, item, data)
                below.update((id(m), m) for m in more)
                missing = missing or gap
            found, before = list(below.values()), relation
        if before.to in VIRTUAL:
            return Found((Template(record=f, world=world) for f in found), missing)
        return Found(Rows(world, found), missing)

    return of


class Rows:
    """Objects or elements as candidates, made as they are asked for: mostly the first one decides."""

    __slots__ = ("_rows", "_world")

    def __init__(self, world: World, rows: Sequence[Any]) -> None:
        self._world = world
        self._rows = rows

    def __bool__(self) -> bool:
        return bool(self._rows)

    def __iter__(self) -> Iterator[Item]:
        world = self._world
        return (_item(world, row) for row in self._rows)

    def first(self, where: Check, match: Match) -> tuple[Item | None, dict[str, Any], bool]:
        """The first candidate that passes a condition on itself alone, what was captured, and whether some could not
        be decided."""
        world, undecided = self._world, False
        for row in self._rows:
            captures: dict[str, Any] = {}
            verdict = where(world.joined(row) if row.__class__ is Record else row, match, captures)
            if verdict:
                return _item(world, row), captures, undecided
            undecided = undecided or verdict is None
        return None, {}, undecided


def _expired(world: World, record: Record) -> str | None:
    created = timestamp(record.meta.creationTimestamp)
    if created is None or world.now is None or world.now - created <= _EVENTS_KEPT:
        return None
    return EXPIRED


def _item(world: World, found: Any) -> Item:
    if isinstance(found, Record):
        return Item(record=found, world=world)
    return Item(found, label=label_of(found))


def _kind(clause: Clause, scope: Scope) -> Target | None:
    kind = clause.target
    if kind in VIRTUAL:
        scope.wrong(f"{kind} can open a rule (`for: {kind}`), not be joined; go along a relation to it", clause.at)
        return None
    if "." not in kind and kind not in BY_KIND:
        guess = suggest(kind, BY_KIND) or f"; a custom resource is written with its group, as {kind}.example.com"
        scope.wrong(f"unknown kind '{kind}'{guess}", clause.at)
        return None
    key = parse_key(kind)
    made = Bound(clause.name, "object", kind=kind)
    scope.reads.paths[key]
    if clause.named:
        name = scope.getter(clause.named, clause.at)
        namespace = scope.getter(clause.namespace, clause.at) if clause.namespace else None
        return Target(_named(key, name, namespace), made)
    return Target(_scan(key), made, key)


def _named(
    key: KindKey, name: Callable[[Match], Sequence[Any]], namespace: Callable[[Match], Sequence[Any]] | None
) -> TargetOf:
    def of(match: Match) -> Found:
        told = next(iter(namespace(match)), None) if namespace is not None else None
        if is_unknown(told):
            return Found((), HIDDEN_VALUE)
        where = told or _namespace_of(match)
        items: list[Item] = []
        missing = None
        for n in name(match):
            if is_unknown(n):
                missing = HIDDEN_VALUE
                continue
            record = match.world.find(key, str(where), str(n))
            if record is not None:
                items.append(Item(record=record, world=match.world))
            else:
                missing = missing or match.world.coverage.missing(key, str(where) if is_namespaced(key) else None)
        return Found(items, missing)

    return of


def _namespace_of(match: Match) -> str:
    subject = next(iter(match.records.values()), None)
    return subject.meta.namespace if subject is not None else ""


def _scan(key: KindKey) -> TargetOf:
    def of(match: Match) -> Found:
        world = match.world
        return Found(objects(world, world.rows(key)), world.coverage.missing(key))

    return of


def joined_by_value(target: Target, tests: list[list[CompiledTest]], scope: Scope) -> TargetOf | None:
    """The target as an index probe, when its `where` equates a path with a binding's value.

    A join on `$.metadata.namespace` stays in that namespace; any other is a value index.
    """
    if target.scans is None or len(tests) != 1:
        return None
    key = target.scans
    for test in tests[0]:
        source = test.source
        if not source.path.startswith("$") or len(source.uses) != 1:
            continue
        use = source.uses[0]
        if use.operator != "is" or not isinstance(use.argument, Ref) or use.argument.path.startswith("$"):
            continue
        right = scope.getter(use.argument.path, use.argument.at)
        path = scope.path(source.path, source.at)
        if path is None:
            continue
        if path.text == "$.metadata.namespace":
            return _in_namespace(key, right)
        scope.reads.indexes.add((key, path.text, False))
        return _probe(key, path, right)
    return None


def _in_namespace(key: KindKey, right: Callable[[Match], Sequence[Any]]) -> TargetOf:
    def of(match: Match) -> Found:
        world = match.world
        items: list[Item] = []
        missing = None
        for namespace in right(match):
            if is_unknown(namespace):
                missing = HIDDEN_VALUE
                continue
            items += objects(world, world.rows(key, str(namespace)))
            missing = missing or world.coverage.missing(key, str(namespace))
        return Found(items, missing)

    return of


def _probe(key: KindKey, path: Path, right: Callable[[Match], Sequence[Any]]) -> TargetOf:
    scan = _scan(key)

    def of(match: Match) -> Found:
        world = match.world
        index = world.by_value(key, path)
        values = right(match)
        if any(isinstance(v, (dict, list)) for v in values):
            return scan(match)
        rows: dict[int, Record] = {}
        for value in (*values, *OPEN):
            rows.update((id(r), r) for r in index.get(value, ()))
        missing = HIDDEN_VALUE if any(is_unknown(v) for v in values) else world.coverage.missing(key)
        return Found(objects(world, rows.values()), missing)

    return of


__all__ = [
    "EVERY_KIND",
    "EXPIRED",
    "HIDDEN_VALUE",
    "Found",
    "Item",
    "Log",
    "Target",
    "TargetOf",
    "compile_target",
    "joined_by_value",
]
