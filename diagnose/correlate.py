"""Which findings are causes, and which follow from them.

A cause explains a symptom along a relation: `explains` of its rule, or what its own symptom leads
to (symptoms.yaml). What something explains is an effect; what nothing explains is a root.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from diagnose.decode import Record
from diagnose.findings import Folded, objects_of, sort_key
from diagnose.index import World
from diagnose.language.compiler import RuleSet
from diagnose.language.plan import Way
from diagnose.model import Cause, Confidence, Finding
from diagnose.relations import Relations

Edges = dict[int, set[int]]


def correlate(folded: Sequence[Folded], rules: RuleSet, world: World) -> tuple[tuple[Cause, ...], tuple[Finding, ...]]:
    """The ranked roots, and all findings (each root followed by its effects)."""
    ordered = sorted(folded, key=lambda f: sort_key(f.finding))
    explained = _explained(ordered, rules, world)
    caused_by = _acyclic(ordered, explained)
    effects: Edges = defaultdict(set)
    for effect, causes in caused_by.items():
        for cause in causes:
            effects[cause].add(effect)
    findings = [
        replace(f.finding, caused_by=tuple(ordered[c].finding.id for c in sorted(caused_by[i])))
        if caused_by.get(i)
        else f.finding
        for i, f in enumerate(ordered)
    ]
    roots = [i for i in range(len(ordered)) if not caused_by.get(i)]
    reach = {i: _reach(i, effects) for i in roots}
    affected = {i: _affected([ordered[j] for j in (i, *reach[i])]) for i in roots}
    signals = _signals(findings, reach)
    sure = {i: _confidence(findings[i], signals[i]) for i in roots}
    roots.sort(key=lambda i: (-findings[i].severity, -sure[i], -len(reach[i]), -affected[i], sort_key(findings[i])))
    ranked = tuple(
        Cause(rank, findings[i].id, tuple(findings[j].id for j in reach[i]), affected[i], signals[i], sure[i])
        for rank, i in enumerate(roots, 1)
    )
    seen: dict[int, None] = {}
    for i in roots:
        seen.update(dict.fromkeys((i, *reach[i])))
    return ranked, tuple(findings[i] for i in seen)


def _explained(ordered: Sequence[Folded], rules: RuleSet, world: World) -> Edges:
    """Effect to causes, by position."""
    by_symptom: dict[tuple[str, int], set[int]] = defaultdict(set)
    for i, f in enumerate(ordered):
        if f.finding.symptom:
            for record in objects_of(f.hits):
                by_symptom[f.finding.symptom, record].add(i)
    found: Edges = defaultdict(set)
    for i, f in enumerate(ordered):
        for symptom, record in _targets(f, rules, world):
            for effect in by_symptom.get((symptom, record), ()):
                if effect != i:
                    found[effect].add(i)
    return found


def _targets(folded: Folded, rules: RuleSet, world: World) -> Iterable[tuple[str, int]]:
    """The symptoms that a finding leads to, with the objects that would show them."""
    open_: list[tuple[str, Record]] = []

    def follow(ways: Iterable[Way], start: Record) -> None:
        for way in ways:
            open_.extend((way.symptom, r) for r in _along(way, start, rules.relations, world))

    for hit in folded.hits:
        for way in hit.plan.explains:
            start = hit.match.records.get(way.root)
            if start is not None:
                follow((way,), start)
        if hit.case.symptom:
            for record in (hit.subject, hit.object):
                follow(_consequences(hit.case.symptom, record, rules), record)
    seen: set[tuple[str, int]] = set()
    while open_:
        name, record = open_.pop()
        if (name, id(record)) not in seen:
            seen.add((name, id(record)))
            follow(_consequences(name, record, rules), record)
    return seen


def _consequences(name: str, record: Record, rules: RuleSet) -> tuple[Way, ...]:
    """What follows from a symptom of an object; nothing when objects of its kind cannot show it."""
    symptom, ways = rules.symptoms[name]
    return ways if symptom.of in ("*", record.key.kind) else ()


def _along(way: Way, start: Record, relations: Relations, world: World) -> list[Record]:
    memo = ("along", way.symptom, way.root, tuple((r.source, r.name) for r in way.relations), id(start))
    if memo in world.memo:
        known: list[Record] = world.memo[memo]
        return known
    found = [start]
    for relation in way.relations:
        below: dict[int, Record] = {}
        for record in found:
            for item in relations.of(world, relation, record, world.data(record))[0]:
                if isinstance(item, Record):
                    below[id(item)] = item
        found = list(below.values())
    world.memo[memo] = found
    return found


def _acyclic(ordered: Sequence[Folded], explained: Edges) -> Edges:
    """The same without circles: of two findings that explain each other the worse (the earlier) is the cause."""
    kept: Edges = {}
    for cause, effect in sorted((cause, effect) for effect, causes in explained.items() for cause in causes):
        if not _leads(cause, effect, kept):
            kept.setdefault(effect, set()).add(cause)
    return kept


def _leads(start: int, to: int, caused_by: Edges) -> bool:
    """Whether `to` is among the causes of `start`."""
    open_: list[int] = [start]
    seen: set[int] = set()
    while open_:
        current = open_.pop()
        if current == to:
            return True
        if current not in seen:
            seen.add(current)
            open_ += caused_by.get(current, ())
    return False


def _reach(root: int, effects: Edges) -> list[int]:
    seen: dict[int, None] = {}
    open_ = sorted(effects.get(root, ()))
    while open_:
        current = open_.pop(0)
        if current not in seen and current != root:
            seen[current] = None
            open_ += sorted(effects.get(current, ()))
    return list(seen)


def _signals(findings: Sequence[Finding], reach: dict[int, list[int]]) -> dict[int, int]:
    """For each root how many rules agree: its own, those of its effects, and others about the same object."""
    about: dict[Any, set[str]] = defaultdict(set)
    for finding in findings:
        for ref in {finding.object, *finding.objects}:
            about[ref].add(_rule(finding))
    return {
        root: len({_rule(findings[root]), *map(_rule, (findings[j] for j in effects))} | about[findings[root].object])
        for root, effects in reach.items()
    }


def _rule(finding: Finding) -> str:
    return finding.rule.partition("/")[0]


def _confidence(finding: Finding, signals: int) -> Confidence:
    return Confidence(min(signals, Confidence.high)) if finding.inferred else Confidence.high


def _affected(folded: Iterable[Folded]) -> int:
    """How many distinct objects show a cause or its effects."""
    refs: set[Any] = set()
    for f in folded:
        refs.update(f.finding.objects or (f.finding.object,))
    return len(refs)
