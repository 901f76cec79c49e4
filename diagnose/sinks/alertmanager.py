"""Alerts for an Alertmanager: POST /api/v2/alerts.

An alert is one root cause. Its labels stay the same from run to run, so that Alertmanager knows it again; `endsAt` lies
two intervals ahead, so that it resolves when runs do not repeat it. With a history what is gone is resolved at once.
Source: https://prometheus.io/docs/alerting/latest/clients/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from diagnose.model import Finding, Severity
from diagnose.render.layout import clean
from diagnose.render.phrases import count_of, headline, kind_of
from diagnose.render.view import View
from diagnose.sinks import Notice, Request, Target
from diagnose.sinks.changes import finding_of, first_seen, gone
from diagnose.values import format_timestamp

PATH = "/api/v2/alerts"
SOURCE = "kube-diagnose"
PER_REQUEST = 500
_LONGEST_LABEL, _LONGEST_TEXT = 250, 2000


def requests(notice: Notice, target: Target) -> Iterator[Request]:
    """The alerts, some hundreds a request."""
    alerts = list(_alerts(notice, target))
    for start in range(0, len(alerts), PER_REQUEST):
        yield Request("POST", PATH, msgspec.json.encode(alerts[start : start + PER_REQUEST]))


def _alerts(notice: Notice, target: Target) -> Iterator[dict[str, Any]]:
    view, more = target.view(notice), {"cluster": notice.cluster, **target.options["labels"]}
    ends = notice.now + 2 * target.options["interval"]
    captured = notice.report.snapshot.captured_at
    causes = {cause.finding: len(cause.effects) for cause in view.causes}
    for id, finding in view.findings.items():
        before = _severity_before(view, id)
        if before is not None and before >= target.severity:
            yield _resolved(labels(id, replace(finding, severity=before), more), None, notice.now)
        if finding.severity < target.severity or not (id in causes or target.options["effects"]):
            continue
        seen = first_seen(view, id) or captured
        yield {
            "labels": labels(id, finding, more),
            "annotations": _annotations(finding, causes.get(id, 0)),
            "startsAt": format_timestamp(notice.now if seen is None else min(seen, notice.now)),
            "endsAt": format_timestamp(ends),
        }
    for past in gone(view):
        yield _resolved(labels(past.id, finding_of(past), more), past.first_seen, notice.now)


def _severity_before(view: View, id: str) -> Severity | None:
    known = view.changes.known.get(id) if view.changes else None
    return known.severity_before if known else None


def _resolved(labels: dict[str, str], since: float | None, now: float) -> dict[str, Any]:
    """An alert that is over; Alertmanager wants it to end after it began."""
    starts = now - 1 if since is None else min(since, now - 1)
    return {"labels": labels, "startsAt": format_timestamp(starts), "endsAt": format_timestamp(now)}


def labels(id: str, finding: Finding, more: Mapping[str, str]) -> dict[str, str]:
    """What identifies an alert: nothing here changes while the finding stays. Empty labels are left out."""
    about = finding.object
    found = {
        "alertname": finding.rule,
        "rule": finding.rule,
        "finding": id,
        "source": SOURCE,
        "severity": finding.severity.name,
        "category": finding.category,
        "kind": kind_of(about),
        "namespace": about.namespace,
        "name": about.name,
        **more,
    }
    return {name: clean(value, _LONGEST_LABEL) for name, value in found.items() if value.strip()}


def _annotations(finding: Finding, effects: int) -> dict[str, str]:
    found = {
        "summary": headline(finding),
        "title": finding.title,
        "message": finding.message,
        "container": finding.container,
        "fix": finding.fix,
        "commands": "\n".join(clean(command, _LONGEST_TEXT) for command in finding.commands),
        "docs": finding.docs[0] if finding.docs else "",
        "effects": count_of(effects, "consequence") if effects else "",
    }
    return {
        name: value if name == "commands" else clean(value, _LONGEST_TEXT)
        for name, value in found.items()
        if value.strip()
    }
