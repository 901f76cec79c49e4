"""Plans x snapshot -> matches told as raw findings, and what could not be decided.

Two phases. *Scan*: every object of a kind that rules are about is decoded once; its values are
looked up in the kind's dispatch table, its entries go into the indexes that joins will probe, and
it is let go. *Join*: the clauses of the few candidates run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnose.decode import Record
from diagnose.index import World, enter
from diagnose.kinds import KindKey
from diagnose.language.compiler import RuleSet
from diagnose.language.conditions import Captures
from diagnose.language.operators import Moment
from diagnose.language.plan import CompiledCase, Guard, Plan
from diagnose.language.scope import SNAPSHOT
from diagnose.language.steps import hidden, keep
from diagnose.match import Match
from diagnose.model import NotEvaluated
from diagnose.paths import Getter, parse
from diagnose.values import UNKNOWN, format_timestamp, version_in_range
from diagnose.views import TABLE as VIEWS

_EVENT = KindKey("", "Event")
_SHARED_NEEDS = ("was not collected", "could not be collected", "was collected only in part")


@dataclass(frozen=True)
class Hit:
    """One match of one rule: the case that holds, the subject, and the object that it is about."""

    plan: Plan
    case: CompiledCase
    match: Match
    subject: Record
    object: Record


@dataclass
class Undecided:
    """Why rules could not be decided: reason to the objects it was for, by rule."""

    reasons: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, rule: str, reason: str, about: str = "") -> None:
        self.reasons[rule, reason].add(about)

    def told(self) -> tuple[NotEvaluated, ...]:
        """One entry for each rule and reason, sorted."""
        return tuple(
            NotEvaluated(rule, reason, _needs(reason), len(objects - {""}))
            for (rule, reason), objects in sorted(self.reasons.items())
        )


def _needs(reason: str) -> tuple[str, ...]:
    first = reason.split(" ", 1)[0]
    return (first,) if any(word in reason for word in _SHARED_NEEDS) else ()


def run(rules: RuleSet, world: World) -> tuple[list[Hit], Undecided]:
    """Every match of every rule, in a stable order, and what could not be decided."""
    undecided = Undecided()
    plans = [p for p in rules.plans if _applies(p, world, undecided)]
    candidates = _scan(rules, plans, world)
    hits: list[Hit] = []
    for plan in plans:
        for record in candidates.get(id(plan), ()):
            hits += _join(plan, record, world, undecided)
    return hits, undecided


def _applies(plan: Plan, world: World, undecided: Undecided) -> bool:
    """Whether the rule's subject was collected and its version range holds."""
    wanted = plan.rule.kubernetes
    if wanted:
        version = world.snapshot.server_version
        if not version:
            undecided.add(plan.rule.id, "the server's version is not known")
            return False
        if not version_in_range(version, wanted):
            return False
    if any(world.coverage.collected(key) or world.rows(key) for key in plan.keys):
        return True
    undecided.add(plan.rule.id, world.coverage.missing(plan.keys[0]) or f"{plan.keys[0]} was not collected")
    return False


# --- scan


Filter = Callable[[dict[str, Any]], bool]


@dataclass
class _Dispatch:
    """The plans of one kind by what they look for first."""

    by_value: list[tuple[Getter, dict[Any, list[int]]]] = field(default_factory=list)
    present: list[tuple[Getter, list[int]]] = field(default_factory=list)
    always: list[int] = field(default_factory=list)
    plans: list[tuple[Plan, Filter | None]] = field(default_factory=list)


def _scan(rules: RuleSet, plans: Sequence[Plan], world: World) -> dict[int, list[Record]]:
    dispatch = _dispatch(plans)
    indexes: dict[KindKey, list[tuple[Getter, dict[Any, list[Record]], bool]]] = defaultdict(list)
    for key, text, namespaced in sorted(rules.reads.indexes):
        path = parse(text)
        indexes[key].append((path.get, world.start_by_value(key, path, namespaced), namespaced))
    if rules.reads.involved:
        world.start_involved()
    candidates: dict[int, list[Record]] = defaultdict(list)
    for key in {*dispatch, *indexes, *({_EVENT} if rules.reads.involved else ())}:
        _scan_kind(key, dispatch.get(key), indexes.get(key, []), world, rules.reads.involved, candidates)
    return candidates


def _scan_kind(
    key: KindKey,
    dispatch: _Dispatch | None,
    indexes: Sequence[tuple[Getter, dict[Any, list[Record]], bool]],
    world: World,
    involved: bool,
    candidates: dict[int, list[Record]],
) -> None:
    events = involved and key == _EVENT
    for record in world.rows(key):
        data = world.decode(record)
        for get, index, namespaced in indexes:
            values = get(data)
            if values:
                enter(index, record, values, namespaced)
        if events:
            world.index_event(record, data)
        if dispatch is not None:
            for plan in _selected(dispatch, data):
                candidates[id(plan)].append(record)


def _selected(dispatch: _Dispatch, data: dict[str, Any]) -> Iterator[Plan]:
    numbers: list[int] = []
    for get, table in dispatch.by_value:
        for value in get(data):
            if value is UNKNOWN:
                numbers += [n for plans in table.values() for n in plans]
            else:
                try:
                    numbers += table.get(value, ())
                except TypeError:
                    continue
    for get, waiting in dispatch.present:
        if get(data):
            numbers += waiting
    for number in sorted({*numbers, *dispatch.always}) if numbers else dispatch.always:
        plan, passes = dispatch.plans[number]
        if passes is None or passes(data):
            yield plan


def _dispatch(plans: Iterable[Plan]) -> dict[KindKey, _Dispatch]:
    by_kind: dict[KindKey, _Dispatch] = {}
    values: dict[tuple[KindKey, str], dict[Any, list[int]]] = {}
    present: dict[tuple[KindKey, str], list[int]] = {}
    for plan in plans:
        best = max(plan.guards, key=lambda g: g.rank, default=None)
        rest = [g for g in plan.guards if g is not best]
        for key in plan.keys:
            d = by_kind.setdefault(key, _Dispatch())
            number = len(d.plans)
            d.plans.append((plan, _filter(rest)))
            if best is None:
                d.always.append(number)
                continue
            for path in best.paths:
                at = (key, path.text)
                if best.values is None:
                    if at not in present:
                        present[at] = []
                        d.present.append((path.get, present[at]))
                    present[at].append(number)
                    continue
                if at not in values:
                    values[at] = {}
                    d.by_value.append((path.get, values[at]))
                for value in sorted(best.values, key=repr):
                    values[at].setdefault(value, []).append(number)
    return by_kind


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
    return any(v is UNKNOWN or isinstance(v, (dict, list)) or v in wanted for v in values)


# --- join


def _join(plan: Plan, record: Record, world: World, undecided: Undecided) -> Iterator[Hit]:
    if plan.virtual and _is_owned(record, world):
        return
    about = str((record.key.kind, record.meta.namespace, record.meta.name))

    def unknown(match: Match, reason: str) -> None:
        undecided.add(plan.rule.id, reason, about)

    for subject in _subjects(plan, record, world):
        match = Match(world, Moment(world.now))
        match.values[SNAPSHOT] = _snapshot_values(world)
        match.bind(plan.name, subject, record)
        if plan.where is not None:
            captures: Captures = {}
            verdict = plan.where(subject, match, captures)
            if verdict is None:
                unknown(match, hidden(match))
            if not verdict:
                continue
            keep(match, captures)
        for found in _walk(plan.steps, 0, match, unknown):
            hit = _hit(plan, found, record, unknown)
            if hit is not None:
                yield hit


def _walk(steps: Sequence[Any], at: int, match: Match, unknown: Any) -> Iterator[Match]:
    if at == len(steps):
        yield match
        return
    for made in steps[at](match, unknown):
        yield from _walk(steps, at + 1, made, unknown)


def _hit(plan: Plan, match: Match, subject: Record, unknown: Any) -> Hit | None:
    about = match.records.get(plan.object, subject)
    for case in plan.cases:
        if case.when is None:
            return Hit(plan, case, match, subject, about)
        captures: Captures = {}
        verdict = case.when(None, match, captures)
        if verdict:
            made = match.copy()
            keep(made, captures)
            return Hit(plan, case, made, subject, about)
        if verdict is None:
            unknown(match, hidden(match))
            return None
    return None


def _subjects(plan: Plan, record: Record, world: World) -> list[dict[str, Any]]:
    data = world.data(record)
    return VIEWS["podspec"].make(world, record, data)[0] if plan.virtual else [data]


def _is_owned(record: Record, world: World) -> bool:
    return world.owner(record)[0] is not None


def _snapshot_values(world: World) -> dict[str, Any]:
    values = world.memo.get(SNAPSHOT)
    if values is None:
        snapshot = world.snapshot
        values = world.memo[SNAPSHOT] = {
            "server": snapshot.server,
            "version": snapshot.server_version or None,
            "captured_at": format_timestamp(world.now) if world.now is not None else None,
        }
    found: dict[str, Any] = values
    return found
