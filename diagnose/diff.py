"""Two reports beside each other: what is new, what is gone, what is still there, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from diagnose.looked import looked_at, trace_of, why_unseen
from diagnose.model import Changes, Finding, Known, Past, Report, Severity, State


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports under the names the user gave them; `changes` are those of `after` since `before`."""

    before: Report
    after: Report
    before_name: str
    after_name: str
    changes: Changes

    def pairs(self, state: State) -> list[tuple[Finding, Known]]:
        """The findings of `after` in one state, worst first, with what is known of them."""
        found = [(f, self.changes.known[f.id]) for f in self.after.findings]
        return sorted(((f, k) for f, k in found if k.state is state), key=lambda pair: finding_order(pair[0]))


def compared(before: Report, after: Report, before_name: str, after_name: str) -> Comparison:
    """Two reports beside each other."""
    changes = compare(before, after, before_name)
    return Comparison(before, replace(after, changes=changes), before_name, after_name, changes)


def compare(before: Report, after: Report, against: str) -> Changes:
    """What changed from one report to another; `against` names the first one."""
    old = {finding.id: finding for finding in before.findings}
    new = {finding.id: finding for finding in after.findings}
    was, now = looked_at(before), looked_at(after)
    known: dict[str, Known] = {}
    for id, finding in new.items():
        if id in old:
            known[id] = _still(old[id], finding, before)
        else:
            why = why_unseen(trace_of(finding), was, now)
            state = State.new if why is None else State.unknown
            known[id] = Known(state, after.snapshot.captured_at, why=why or "")
    missing = [(f, why_unseen(trace_of(f), now, was)) for id, f in old.items() if id not in new]
    return Changes(
        against,
        before.snapshot.captured_at,
        known,
        gone=_ordered(_past(f, before, "") for f, why in missing if why is None),
        unseen=_ordered(_past(f, before, why) for f, why in missing if why is not None),
    )


def alarming(report: Report, level: Severity) -> list[Finding]:
    """The findings that are new at or over a severity: not there before, back again, or grown that bad since."""
    changes = report.changes
    if changes is None:
        return []
    return [f for f in report.findings if f.severity >= level and _is_news(changes.known.get(f.id), level)]


def _is_news(known: Known | None, level: Severity) -> bool:
    if known is None:
        return False
    worse = known.severity_before is not None and known.severity_before < level
    return known.state in (State.new, State.back) or worse


def _still(old: Finding, finding: Finding, before: Report) -> Known:
    earlier = before.changes.known.get(old.id) if before.changes else None
    first = earlier.first_seen if earlier else before.snapshot.captured_at
    changed = old.severity if old.severity != finding.severity else None
    return Known(State.still, first, (earlier.times_seen if earlier else 1) + 1, severity_before=changed)


def _past(finding: Finding, before: Report, why: str) -> Past:
    earlier = before.changes.known.get(finding.id) if before.changes else None
    captured = before.snapshot.captured_at
    return Past(
        finding.id,
        finding,
        earlier.first_seen if earlier else captured,
        captured,
        earlier.times_seen if earlier else 1,
        why,
    )


def _ordered(past: Iterable[Past]) -> tuple[Past, ...]:
    return tuple(sorted(past, key=past_order))


def past_order(past: Past) -> tuple[Any, ...]:
    """Worst first, then a fixed order."""
    return *finding_order(past.finding)[:-1], past.id


def finding_order(finding: Finding) -> tuple[Any, ...]:
    """Worst first, then a fixed order."""
    return -finding.severity, finding.object, finding.rule, finding.id
