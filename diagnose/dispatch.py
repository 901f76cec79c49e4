"""Dispatch by value: which plans an object is a candidate of, in one walk over the object.

All the guards of a kind's plans are laid into one tree of paths, so that a part of the object that
is not there costs one look-up, however many rules ask for something in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec

from diagnose import normalise
from diagnose.decode import Buffer
from diagnose.kinds import KindKey
from diagnose.language.operators import Moment
from diagnose.language.plan import Early, Guard, Plan
from diagnose.paths import Key
from diagnose.redact import REDACTED_FORMS, is_unknown
from diagnose.told import is_told
from diagnose.trie import Node, Numbers, Visit, closures, generated

_MOST_NEEDLES = 12
_MANY = 500
"""After so many objects it pays to generate the walk."""
_ESCAPED = b"\\u00"
Filter = Callable[[dict[str, Any]], bool]


class Dispatch:
    """The plans of one kind. `candidates` gives those that an object may be a subject of."""

    def __init__(self, key: KindKey) -> None:
        self._key = key
        self._plans: list[tuple[Plan, Filter | None]] = []
        self._always: Numbers = []
        self._with_log: Numbers = []
        self._root = Node()
        self._visit: Visit | None = None
        self._seen = 0
        self._needles: set[bytes] | None = set()

    def add(self, plan: Plan) -> None:
        number = len(self._plans)
        best = max(plan.guards, key=lambda g: g.rank, default=None)
        self._plans.append((plan, _filter([g for g in plan.guards if g is not best], plan.early)))
        needles = _needles(best) if best is not None and not _is_made(best, self._key) else None
        self._needles = None if needles is None or self._needles is None else self._needles | needles
        if best is None:
            (self._with_log if plan.reads_log else self._always).append(number)
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
        return any(needle in data for needle in self._needles) or _ESCAPED in data or is_told(data)

    def candidates(self, data: dict[str, Any], logged: bool = True) -> list[Plan]:
        """The plans whose guards the object passes, in the order of rules; without a log, none that reads it."""
        self._seen += 1
        if self._visit is None:
            self._visit = closures(self._root)
        elif self._seen == _MANY:
            self._visit = generated(self._root)
        numbers = self._always + self._with_log if logged else list(self._always)
        self._visit(data, numbers)
        if not numbers:
            return []
        chosen = sorted(set(numbers)) if len(numbers) > 1 else numbers
        plans = self._plans
        return [
            plan
            for plan, passes in (plans[n] for n in chosen)
            if (logged or not plan.reads_log) and (passes is None or passes(data))
        ]


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


_NO_MATCH = SimpleNamespace(moment=Moment(None))
"""What early tests run in: they look at no binding and no time."""


def _filter(guards: Sequence[Guard], early: Early) -> Filter | None:
    if not guards and not early:
        return None
    tests = [([p.get for p in g.paths], g.values) for g in guards]
    alternatives = [[(path.get, passes) for path, passes in tests] for tests in early] or [[]]
    nothing: Any = _NO_MATCH

    def passes(data: dict[str, Any]) -> bool:
        for getters, wanted in tests:
            for get in getters:
                if _passes(get(data), wanted):
                    break
            else:
                return False
        for several in alternatives:
            for get, may in several:
                if may(get(data), nothing, {}) is False:
                    break
            else:
                return True
        return False

    return passes


def _passes(values: Sequence[Any], wanted: frozenset[Any] | None) -> bool:
    if wanted is None:
        return bool(values)
    for value in values:
        if value.__class__ is str and value in wanted:
            return True
        if isinstance(value, (dict, list)) or value in wanted or is_unknown(value):
            return True
    return False
