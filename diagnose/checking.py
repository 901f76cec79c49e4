"""Manifests against rules: the same engine, with three answers to what a set of files cannot show alone.

A set of manifests is a part of a cluster. What it refers to and has not is broken only where the set is complete, or
where a dump or a cluster beside it was looked into; else it is worth knowing: "not in this set".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagnose.decode import Record
from diagnose.engine import Undecided, run
from diagnose.findings import Placed, fold
from diagnose.index import World
from diagnose.kinds import FILE, KindKey, is_observed
from diagnose.language.compiler import RuleSet
from diagnose.locate import Locator
from diagnose.model import Evidence, Finding, NotEvaluated, Report, Severity
from diagnose.redact import Redactor
from diagnose.run import describe
from diagnose.snapshot import Coverage, Snapshot
from diagnose.sources.manifests import Layer, ManifestSet
from diagnose.version import VERSION

NOT_IN_SET = "not in this set"


@dataclass(frozen=True)
class Set:
    """One set of manifests, judged by itself: what the user named, or what a program made with some `values`."""

    manifests: ManifestSet
    values: str = ""


def check(sets: Sequence[Set], rules: RuleSet, *, complete: bool = False, against: Snapshot | None = None) -> Report:
    """The report on sets of manifests.

    `complete`: what is not in a set does not exist. `against`: what else there is.
    """
    reports = [_checked(each.manifests, rules, complete, against) for each in sets]
    found: dict[str, tuple[Finding, list[str]]] = {}
    for each, report in zip(sets, reports, strict=True):
        for finding in report.findings:
            found.setdefault(finding.id, (finding, []))[1].append(each.values)
    variants = sum(bool(each.values) for each in sets)
    infos = [report.snapshot for report in reports]
    return replace(
        reports[0],
        findings=tuple(_with_values(finding, values, variants) for finding, values in found.values()),
        not_evaluated=_once(report.not_evaluated for report in reports),
        snapshot=replace(
            infos[0],
            sources=tuple(dict.fromkeys(source for info in infos for source in info.sources)),
            objects=_summed(info.objects for info in infos),
            warnings=tuple(dict.fromkeys(warning for info in infos for warning in info.warnings)),
            incomplete=any(info.incomplete for info in infos),
        ),
    )


def _with_values(finding: Finding, values: Sequence[str], variants: int) -> Finding:
    """A finding that not every set of values shows says which ones do."""
    told = [each for each in dict.fromkeys(values) if each]
    if not told or variants < 2 or len(told) == variants:
        return finding
    return replace(finding, evidence=(*finding.evidence, Evidence("field", finding.object, "values", "; ".join(told))))


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _checked(manifests: ManifestSet, rules: RuleSet, complete: bool, against: Snapshot | None) -> Report:
    placed = Locator(manifests.manifests)
    findings: list[Finding] = []
    undecided: list[tuple[NotEvaluated, ...]] = []
    unreadable: list[Record] = []
    for number, layer in enumerate(manifests.layers):
        judged = _layer(layer, rules, placed, complete, against)
        findings += map(_told_apart, judged.findings) if number else judged.findings
        undecided.append(judged.undecided.told())
        unreadable += judged.unreadable
    told = describe(manifests.layers[0].snapshot, unreadable)
    return Report(
        version=VERSION,
        rules=len(rules.plans),
        snapshot=replace(told, objects=_summed({str(each.key): 1} for each in manifests.manifests.values())),
        causes=(),
        findings=tuple(findings),
        not_evaluated=_once(undecided),
        rule_ids=tuple(sorted(plan.rule.id for plan in rules.plans)),
    )


def _told_apart(finding: Finding) -> Finding:
    """A finding on an object whose name an earlier one has: its file tells them apart."""
    return replace(finding, key=(*finding.key, finding.location.file if finding.location else ""))


def _once(parts: Iterable[Iterable[NotEvaluated]]) -> tuple[NotEvaluated, ...]:
    return tuple(dict.fromkeys(each for part in parts for each in part))


# --- one snapshot -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judged:
    """What rules found in one snapshot, and what they could not decide."""

    findings: list[Finding]
    undecided: Undecided
    unreadable: list[Record]


def _judge(snapshot: Snapshot, rules: RuleSet, subjects: frozenset[int] | None, placed: Placed) -> _Judged:
    world = World(snapshot, rules.decoders(), rules.joining(), subjects)
    hits, undecided = run(rules, world)
    folded = fold(hits, world, Redactor(snapshot.secrets), placed)
    return _Judged([each.finding for each in folded], undecided, list(world.unreadable.values()))


def _layer(layer: Layer, rules: RuleSet, placed: Placed, complete: bool, against: Snapshot | None) -> _Judged:
    if against is not None:
        return _against(layer, rules, placed, against)
    if complete:
        return _judge(replace(layer.snapshot, coverage=_everything()), rules, layer.subjects, placed)
    sure = _judge(replace(layer.snapshot, coverage=_partial(layer.snapshot, rules)), rules, layer.subjects, placed)
    open_ = {rule for rule, _ in sure.undecided.reasons}
    if not open_:
        return sure
    rest = replace(rules, plans=tuple(plan for plan in rules.plans if plan.rule.id in open_))
    whole = replace(layer.snapshot, coverage=_everything())
    supposed = _judge(whole, rest, _open_subjects(layer, sure.undecided), placed)
    known = {finding.id for finding in sure.findings}
    findings = [*sure.findings, *(_not_in_set(f) for f in supposed.findings if f.id not in known)]
    return _Judged(findings, supposed.undecided, [*sure.unreadable, *supposed.unreadable])


def _open_subjects(layer: Layer, undecided: Undecided) -> frozenset[int] | None:
    """The objects that some rule could not be decided for; None: any of them."""
    abouts = set().union(*undecided.reasons.values())
    if None in abouts:
        return layer.subjects
    found = {
        id(record)
        for rows in layer.snapshot.tables.values()
        for record in rows
        if (record.key.kind, record.meta.namespace, record.meta.name) in abouts
    }
    return frozenset(found) if layer.subjects is None else layer.subjects & found


def _not_in_set(finding: Finding) -> Finding:
    """What would be wrong if the set were all there is."""
    return replace(
        finding,
        severity=Severity.info,
        title=f"{finding.title}, as far as this set shows",
        message=f"{NOT_IN_SET}: {finding.message}",
        fix="",
        commands=(),
    )


def _everything() -> Coverage:
    coverage = Coverage()
    coverage.add_everything()
    return coverage


def _partial(snapshot: Snapshot, rules: RuleSet) -> Coverage:
    """Some of every kind is there."""
    coverage = Coverage()
    coverage.add(FILE)
    for key in {*snapshot.tables, *_kinds(rules)} - {FILE}:
        coverage.add_partial(key)
    return coverage


def _kinds(rules: RuleSet) -> Iterator[KindKey]:
    for plan in rules.plans:
        yield from (key for key in plan.keys if not is_observed(key))
    yield from (key for key in rules.reads.kinds() if not is_observed(key))


def _against(layer: Layer, rules: RuleSet, placed: Placed, there: Snapshot) -> _Judged:
    """The manifests as if they were applied to what is there."""
    tables = {key: {(r.meta.namespace, r.meta.name): r for r in rows} for key, rows in there.tables.items()}
    for key, rows in layer.snapshot.tables.items():
        tables.setdefault(key, {}).update(((r.meta.namespace, r.meta.name), r) for r in rows)
    coverage = Coverage()
    coverage.merge(there.coverage)
    coverage.add(FILE)
    for key in layer.snapshot.tables:
        coverage.add_partial(key)
    own = frozenset(id(r) for rows in layer.snapshot.tables.values() for r in rows)
    merged = replace(
        layer.snapshot,
        tables={
            key: layer.snapshot.tables[FILE] if key == FILE else [rows[name] for name in sorted(rows)]
            for key, rows in sorted(tables.items())
        },
        coverage=coverage,
        server=there.server,
        served=there.served,
        secrets=layer.snapshot.secrets | there.secrets,
    )
    return _judge(merged, rules, own if layer.subjects is None else layer.subjects, placed)
