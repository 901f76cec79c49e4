"""Plans x snapshot -> matches told as raw findings, and what could not be decided.

Two phases. *Scan*: every object of a kind that rules are about is decoded once; its values are
looked up in the kind's dispatch table, its entries go into the indexes that joins will probe, and
it is let go. *Join*: the clauses of the few candidates run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from diagnose.decode import Reading, Record
from diagnose.dispatch import Dispatch, by_kind
from diagnose.index import World, enter
from diagnose.kinds import KindKey, is_custom, is_measured, is_observed
from diagnose.language.compiler import RuleSet
from diagnose.language.conditions import Captures
from diagnose.language.operators import Moment
from diagnose.language.plan import CompiledCase, Plan
from diagnose.language.scope import SNAPSHOT
from diagnose.language.steps import Step, Unknown, hidden, keep
from diagnose.match import Match
from diagnose.model import NotEvaluated
from diagnose.paths import Getter, parse
from diagnose.values import format_timestamp, version_in_range
from diagnose.views import TABLE as VIEWS

_EVENT = KindKey("", "Event")
NO_CUSTOM = "its custom resources were not collected, or their kinds are not installed"
NO_OBSERVATIONS = "it asks for alerts, probes or states of systemd units, and there are none beside the objects"
NO_MEASUREMENTS = "it asks what a Prometheus measured, and none was asked (--prometheus URL)"
_MOST_NAMESPACES = 100
_SHARED_NEEDS = ("was not collected", "could not be collected", "was collected only in part")


@dataclass(frozen=True)
class Hit:
    """One match of one rule: the case that holds, the subject, and the object that it is about."""

    plan: Plan
    case: CompiledCase
    match: Match
    subject: Record
    object: Record


About = tuple[str, str, str]
"""Kind, namespace and name of an object that a rule could not be decided for."""


@dataclass
class Undecided:
    """Why rules could not be decided: reason to the objects it was for (None: all of them), by rule."""

    reasons: dict[tuple[str, str], set[About | None]] = field(default_factory=lambda: defaultdict(set))

    def add(self, rule: str, reason: str, about: About | None = None) -> None:
        self.reasons[rule, reason].add(about)

    def told(self) -> tuple[NotEvaluated, ...]:
        """One entry for each rule and reason, sorted."""
        return tuple(
            NotEvaluated(rule, reason, _needs(reason), len(objects - {None}), _namespaces(objects))
            for (rule, reason), objects in sorted(self.reasons.items())
        )


def _namespaces(objects: Iterable[About | None]) -> tuple[str, ...] | None:
    """Where a rule could not be decided; None is anywhere, also when there are too many places to name."""
    found: set[str] = set()
    for about in objects:
        if about is None:
            return None
        found.add(about[1])
    return tuple(sorted(found)) if len(found) <= _MOST_NAMESPACES else None


def _needs(reason: str) -> tuple[str, ...]:
    first = reason.split(" ", 1)[0]
    return (first,) if any(word in reason for word in _SHARED_NEEDS) else ()


def run(rules: RuleSet, world: World) -> tuple[list[Hit], Undecided]:
    """Every match of every rule, in a stable order, and what could not be decided.

    All plans of one object are run before the next object, so that what their joins decode is still there.
    """
    undecided = Undecided()
    plans = [_placed(p, world) for p in rules.plans if _applies(p, world, undecided)]
    hits: dict[str, list[Hit]] = {p.rule.id: [] for p in plans}
    for record, candidates in _scan(rules, plans, world):
        for plan in candidates:
            hits[plan.rule.id] += _join(plan, record, world, undecided)
    return [hit for found in hits.values() for hit in found], undecided


def _placed(plan: Plan, world: World) -> Plan:
    """A plan about every object, with the kinds that there are."""
    if plan.keys:
        return plan
    return replace(plan, keys=tuple(k for k in world.snapshot.tables if not is_observed(k) and k != _EVENT))


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
    if not plan.keys or any(world.coverage.collected(key) or world.rows(key) for key in plan.keys):
        return True
    why = world.coverage.missing(plan.keys[0]) or f"{plan.keys[0]} was not collected"
    if all(map(is_observed, plan.keys)) and not world.coverage.failed().keys() & set(map(str, plan.keys)):
        why = NO_MEASUREMENTS if all(map(is_measured, plan.keys)) else NO_OBSERVATIONS
    undecided.add(plan.rule.id, NO_CUSTOM if all(map(is_custom, plan.keys)) else why)
    return False


# --- scan


Candidates = list[tuple[Record, list[Plan]]]
Indexes = Sequence[tuple[Getter, dict[Any, list[Record]], bool]]


def _scan(rules: RuleSet, plans: Sequence[Plan], world: World) -> Candidates:
    dispatch = by_kind(plans)
    indexes: dict[KindKey, list[tuple[Getter, dict[Any, list[Record]], bool]]] = defaultdict(list)
    for key, text, namespaced in sorted(rules.reads.indexes):
        path = parse(text)
        indexes[key].append((path.get, world.start_by_value(key, path, namespaced), namespaced))
    involved = rules.reads.involved
    if involved:
        world.start_involved()
    candidates: Candidates = []
    readings = rules.scanning()
    for key in sorted({*dispatch, *indexes, *({_EVENT} if involved else ())}):
        scan = _Scan(readings.get(key), dispatch.get(key), indexes.get(key, ()), involved and key == _EVENT)
        candidates += scan.kind(key, world)
    return candidates


@dataclass(frozen=True)
class _Scan:
    """What one pass over the objects of a kind does."""

    reading: Reading | None
    dispatch: tuple[Dispatch, Dispatch] | None
    indexes: Indexes
    events: bool

    def kind(self, key: KindKey, world: World) -> Candidates:
        indexes, logged, subjects = self.indexes, world.logged, world.subjects
        every, of_owned = self.dispatch or (None, None)
        by_text = every if not indexes and not self.events else None
        candidates: Candidates = []
        for record in world.rows(key):
            judged = subjects is None or id(record) in subjects
            if not judged and not indexes and not self.events:
                continue
            if by_text is not None and not by_text.worth_decoding(record.raw):
                continue
            data = world.decode(record, self.reading)
            for get, index, namespaced in indexes:
                values = get(data)
                if values:
                    enter(index, record, values, namespaced)
            if self.events:
                world.index_event(record, data)
            if every is None or of_owned is None or not judged:
                continue
            owned = record.meta.ownerReferences and world.owner(record)[0] is not None
            has_log = (record.meta.namespace, record.meta.name) in logged
            plans = (of_owned if owned else every).candidates(data, has_log)
            if plans:
                candidates.append((record, plans))
        return candidates


# --- join


def _join(plan: Plan, record: Record, world: World, undecided: Undecided) -> Iterator[Hit]:
    def unknown(match: Match, reason: str) -> None:
        undecided.add(plan.rule.id, reason, (record.key.kind, record.meta.namespace, record.meta.name))

    subjects, untold = _subjects(plan, record, world)
    if untold:
        undecided.add(plan.rule.id, untold, (record.key.kind, record.meta.namespace, record.meta.name))
    beginning = _beginning(world)
    for subject in subjects:
        match = beginning.copy()
        match.records[plan.name] = record
        match.values[plan.name] = match.values["$"] = subject
        if plan.where is not None:
            captures: Captures = {}
            verdict = plan.where(subject, match, captures)
            if verdict is None:
                unknown(match, hidden(match))
            if not verdict:
                continue
            keep(match, captures)
        for found in _walk(plan.steps, match, unknown):
            hit = _hit(plan, found, record, unknown)
            if hit is not None:
                yield hit


def _walk(steps: Sequence[Step], match: Match, unknown: Unknown) -> Sequence[Match]:
    """The matches that pass all steps."""
    matches: Sequence[Match] = (match,)
    for step in steps:
        matches = step(matches[0], unknown) if len(matches) == 1 else [m for b in matches for m in step(b, unknown)]
        if not matches:
            return ()
    return matches


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


def _subjects(plan: Plan, record: Record, world: World) -> tuple[list[dict[str, Any]], str | None]:
    data = world.data(record)
    return VIEWS["podspec"].make(world, record, data) if plan.virtual else ([data], None)


def _beginning(world: World) -> Match:
    """The match that every rule begins with: the snapshot's own facts."""
    match: Match | None = world.memo.get(SNAPSHOT)
    if match is None:
        snapshot = world.snapshot
        match = world.memo[SNAPSHOT] = Match(world, Moment(world.now))
        match.values[SNAPSHOT] = {
            "server": snapshot.server,
            "version": snapshot.server_version or None,
            "captured_at": format_timestamp(world.now) if world.now is not None else None,
        }
    return match
