"""Dispatch by value: which plans an object is a candidate of, in one walk over the object.

All the guards of a kind's plans are laid into one tree of paths, so that a part of the object that
is not there costs one look-up, however many rules ask for something in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from diagnose import normalise
from diagnose.decode import Buffer
from diagnose.kinds import KindKey
from diagnose.language.plan import Guard, Plan
from diagnose.paths import Getter, Index, Key, Other, Path, Segment, Where, getter
from diagnose.redact import REDACTED_FORMS, is_unknown

_MOST_NEEDLES = 12
_ESCAPED = b"\\u00"
Numbers = list[int]
Visit = Callable[[Any, Numbers], None]
Filter = Callable[[dict[str, Any]], bool]


@dataclass
class _Node:
    """A place in the object: what is looked up there, and what lies below it."""

    below: dict[Segment, _Node] = field(default_factory=dict)
    values: dict[Any, Numbers] = field(default_factory=dict)
    present: Numbers = field(default_factory=list)
    interpreted: list[tuple[Getter, _Node]] = field(default_factory=list)

    def at(self, path: Path) -> _Node:
        node = self
        for i, segment in enumerate(path.segments):
            if isinstance(segment, Other):
                made = _Node()
                node.interpreted.append((getter(path.segments[i:]), made))
                return made
            node = node.below.setdefault(segment, _Node())
        return node

    def all(self) -> set[int]:
        """Every plan that something here or below leads to."""
        found = {n for numbers in self.values.values() for n in numbers} | set(self.present)
        for child in (*self.below.values(), *(n for _, n in self.interpreted)):
            found |= child.all()
        return found


class Dispatch:
    """The plans of one kind. `candidates` gives those that an object may be a subject of."""

    def __init__(self, key: KindKey) -> None:
        self._key = key
        self._plans: list[tuple[Plan, Filter | None]] = []
        self._always: Numbers = []
        self._root = _Node()
        self._visit: Visit | None = None
        self._needles: set[bytes] | None = set()

    def add(self, plan: Plan) -> None:
        number = len(self._plans)
        best = max(plan.guards, key=lambda g: g.rank, default=None)
        self._plans.append((plan, _filter([g for g in plan.guards if g is not best])))
        needles = _needles(best) if best is not None and not _is_made(best, self._key) else None
        self._needles = None if needles is None or self._needles is None else self._needles | needles
        if best is None:
            self._always.append(number)
            return
        for path in best.paths:
            node = self._root.at(path)
            if best.values is None:
                node.present.append(number)
            for value in sorted(best.values or (), key=repr):
                node.values.setdefault(value, []).append(number)

    def worth_decoding(self, raw: Buffer | msgspec.Raw) -> bool:
        """Whether any text that a plan needs stands in the bytes of an object; True when that is not known."""
        if self._needles is None or len(self._needles) > _MOST_NEEDLES:
            return True
        data = bytes(raw)
        return any(needle in data for needle in self._needles) or _ESCAPED in data

    def candidates(self, data: dict[str, Any]) -> list[Plan]:
        """The plans whose guards the object passes, in the order of rules."""
        if self._visit is None:
            self._visit = _compiled(self._root)
        numbers = list(self._always)
        self._visit(data, numbers)
        if not numbers:
            return []
        chosen = sorted(set(numbers)) if len(numbers) > 1 else numbers
        plans = self._plans
        return [plan for plan, passes in (plans[n] for n in chosen) if passes is None or passes(data)]


_MADE = (("kind",), ("apiVersion",), ("metadata", "name"), ("metadata", "namespace"))


def _is_made(guard: Guard, key: KindKey) -> bool:
    """Whether what a guard looks at may be made by normalising, so that it need not stand in the bytes."""
    starts = [tuple(s.name for s in path.segments[:2] if isinstance(s, Key)) for path in guard.paths]
    return bool(normalise.reads(key)) or any(
        made[: len(start)] == start[: len(made)] for start in starts for made in _MADE
    )


def _needles(guard: Guard) -> set[bytes] | None:
    """What stands in the JSON of every object that passes a guard; None when nothing certain does."""
    if guard.values is None:
        texts = [next((s.name for s in reversed(path.segments) if isinstance(s, Key)), "") for path in guard.paths]
        return {f'"{t}"'.encode() for t in texts} if all(map(_plain, texts)) else None
    texts = [v for v in guard.values if isinstance(v, str)]
    if len(texts) < len(guard.values) or not all(map(_plain, texts)):
        return None
    return {f'"{t}"'.encode() for t in (*texts, *REDACTED_FORMS)}


def _plain(text: str) -> bool:
    """Whether JSON has one way to write it, short of escaping what needs none (see _ESCAPED)."""
    return text.isascii() and text.replace("-", "").replace(".", "").isalnum()


def by_kind(plans: Iterable[Plan]) -> dict[KindKey, tuple[Dispatch, Dispatch]]:
    """For each kind that plans are about, the dispatch of all of them, and that of those for objects for
    which the template of a controller stands (which rules about templates look at instead)."""
    found: dict[KindKey, tuple[Dispatch, Dispatch]] = {}
    for plan in plans:
        for key in plan.keys:
            every, of_owned = found.setdefault(key, (Dispatch(key), Dispatch(key)))
            every.add(plan)
            if not plan.virtual:
                of_owned.add(plan)
    return found


def _compiled(node: _Node) -> Visit:
    """A function that looks at a value and all below it, appending the numbers of plans."""
    here = _lookup(node) if node.values or node.present else None
    keys = tuple((s.name, _compiled(n)) for s, n in node.below.items() if isinstance(s, Key))
    rest = tuple(_step(s, n) for s, n in node.below.items() if not isinstance(s, Key))
    rest += tuple(_interpreting(get, n) for get, n in node.interpreted)
    hidden = sorted(node.all())
    if here is not None and not keys and not rest:
        return here

    def visit(value: Any, numbers: Numbers) -> None:
        if here is not None:
            here(value, numbers)
        if isinstance(value, dict):
            get = value.get
            for key, go in keys:
                found = get(key)
                if found is not None:
                    go(found, numbers)
        elif is_unknown(value):
            numbers += hidden
            return
        for go in rest:
            go(value, numbers)

    return visit


def _lookup(node: _Node) -> Visit:
    table, present = node.values, node.present
    hidden = sorted({n for numbers in table.values() for n in numbers})

    def look(value: Any, numbers: Numbers) -> None:
        if present:
            numbers += present
        if isinstance(value, (dict, list)):
            return
        if is_unknown(value):
            numbers += hidden
            return
        found = table.get(value)
        if found is not None:
            numbers += found

    return look


def _step(segment: Segment, node: _Node) -> Visit:
    go = _compiled(node)
    match segment:
        case Index(number):

            def index(value: Any, numbers: Numbers) -> None:
                if isinstance(value, list) and number < len(value) and value[number] is not None:
                    go(value[number], numbers)

            return index
        case Where():
            return _interpreting(getter((segment,)), node)
        case _:
            return _each(go)


def _each(go: Visit) -> Visit:
    def each(value: Any, numbers: Numbers) -> None:
        if isinstance(value, list):
            for element in value:
                if element is not None:
                    go(element, numbers)
        elif isinstance(value, dict):
            for element in value.values():
                if element is not None:
                    go(element, numbers)

    return each


def _interpreting(get: Getter, node: _Node) -> Visit:
    go = _compiled(node)

    def interpret(value: Any, numbers: Numbers) -> None:
        for found in get(value):
            go(found, numbers)

    return interpret


def _filter(guards: Sequence[Guard]) -> Filter | None:
    if not guards:
        return None
    tests = [([p.get for p in g.paths], g.values) for g in guards]

    def passes(data: dict[str, Any]) -> bool:
        return all(any(_passes(get(data), wanted) for get in getters) for getters, wanted in tests)

    return passes


def _passes(values: Sequence[Any], wanted: frozenset[Any] | None) -> bool:
    if wanted is None:
        return bool(values)
    return any(isinstance(v, (dict, list)) or v in wanted or is_unknown(v) for v in values)
