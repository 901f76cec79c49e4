"""One diagnosis, from a snapshot and rules to a report. Pure: no clock, no files, no output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnose.correlate import correlate
from diagnose.decode import Record
from diagnose.engine import run
from diagnose.findings import fold, ref_of
from diagnose.index import World
from diagnose.language.compiler import RuleSet
from diagnose.model import InputWarning, Report, SnapshotInfo
from diagnose.redact import Redactor
from diagnose.snapshot import PARTIAL, Snapshot
from diagnose.version import VERSION


def diagnose(snapshot: Snapshot, rules: RuleSet) -> Report:
    """Evaluate compiled rules against a snapshot."""
    world = World(snapshot, rules.decoders(), rules.joining())
    hits, undecided = run(rules, world)
    folded = fold(hits, world, Redactor(snapshot.secrets))
    causes, findings = correlate(folded, rules, world)
    return Report(
        version=VERSION,
        rules=len(rules.plans),
        snapshot=describe(snapshot, world.unreadable.values()),
        causes=causes,
        findings=findings,
        not_evaluated=undecided.told(),
        rule_ids=tuple(sorted(plan.rule.id for plan in rules.plans)),
    )


def within(report: Report, namespaces: frozenset[str]) -> Report:
    """The part of a report about some namespaces: their findings, and the causes of them anywhere."""
    if report.namespaces is not None:
        namespaces = namespaces.intersection(report.namespaces)
    by_id = {f.id: f for f in report.findings}
    keep: set[str] = set()
    open_ = [f.id for f in report.findings if f.object.namespace in namespaces]
    while open_:
        current = open_.pop()
        if current in by_id and current not in keep:
            keep.add(current)
            open_ += by_id[current].caused_by
    causes = [c for c in report.causes if c.finding in keep]
    return replace(
        report,
        causes=tuple(
            replace(c, rank=rank, effects=tuple(e for e in c.effects if e in keep)) for rank, c in enumerate(causes, 1)
        ),
        findings=tuple(f for f in report.findings if f.id in keep),
        namespaces=tuple(sorted(namespaces)),
    )


def describe(snapshot: Snapshot, unreadable: Iterable[Record] = ()) -> SnapshotInfo:
    """What the report says of its input; `unreadable` are the objects that could not be decoded."""
    records = list(unreadable)
    lost = tuple(InputWarning(f"{ref_of(r)} could not be decoded", r.file) for r in records)
    return SnapshotInfo(
        sources=snapshot.sources,
        captured_at=snapshot.captured_at,
        captured_at_from=snapshot.captured_at_from,
        server_version=snapshot.server_version,
        objects=snapshot.objects(),
        coverage=snapshot.coverage.describe() | {str(r.key): PARTIAL for r in records},
        warnings=(*snapshot.warnings, *lost),
        logs=len(snapshot.logs) + len(snapshot.node_logs),
        incomplete=snapshot.incomplete or bool(lost),
    )
