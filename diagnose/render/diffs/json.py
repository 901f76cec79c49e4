"""A comparison as `diagnose.diff/v1`, described by diff.v1.schema.json: every field is always there."""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec

from diagnose.diff import Comparison
from diagnose.model import Finding, Known, Past, Report, State
from diagnose.render import Options
from diagnose.render import json as report_json

SCHEMA = "diagnose.diff/v1"


def render(comparison: Comparison, options: Options) -> bytes:
    """The whole comparison, indented, in UTF-8, ending with a line end."""
    return report_json.encoded(document(comparison, options))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what `render` writes."""
    text = resources.files(__package__).joinpath("diff.v1.schema.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(text)
    return schema


def document(of: Comparison, options: Options) -> dict[str, Any]:
    """The document, its keys in the order in which they are written."""
    lowest = options.severity
    by_state = {state: [pair for pair in of.pairs(state) if pair[0].severity >= lowest] for state in State}
    past = {
        name: [each for each in found if each.finding.severity >= lowest]
        for name, found in (("gone", of.changes.gone), ("unseen", of.changes.unseen))
    }
    return {
        "schema": SCHEMA,
        "before": _report(of.before, of.before_name),
        "after": _report(of.after, of.after_name),
        "new": [_finding(*pair) for pair in by_state[State.new]],
        "gone": [_past(each) for each in past["gone"]],
        "still": [_finding(*pair) for pair in by_state[State.still]],
        "unknown": [_finding(*pair) for pair in by_state[State.unknown]],
        "unseen": [_past(each) for each in past["unseen"]],
        "severity": lowest.name,
    }


def _report(report: Report, name: str) -> dict[str, Any]:
    snapshot = report.snapshot
    return {
        "name": name,
        "captured_at": report_json.time_of(snapshot.captured_at),
        "version": report.version,
        "rules": report.rules,
        "findings": len(report.findings),
        "incomplete": snapshot.incomplete,
    }


def _finding(finding: Finding, known: Known) -> dict[str, Any]:
    before = known.severity_before
    return {**_about(finding, finding.id), "severity_before": before.name if before else None, "why": known.why or None}


def _past(past: Past) -> dict[str, Any]:
    return {**_about(past.finding, past.id), "severity_before": None, "why": past.why or None}


def _about(finding: Finding, id: str) -> dict[str, Any]:
    return {
        "id": id,
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.name,
        "title": finding.title,
        "message": finding.message,
        "object": report_json.object_of(finding.object),
        "key": list(finding.key),
        "container": finding.container or None,
    }
