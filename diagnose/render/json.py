"""The report as `diagnose.report/v1`: the same bytes for the same findings, described by report.v1.schema.json.

Every field is always there: what is unknown is null, what there is none of is an empty list. Characters that a terminal
would obey are escaped, which JSON allows for any character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import msgspec

from diagnose.model import (
    Cause,
    Changes,
    Evidence,
    Finding,
    Known,
    Location,
    NotEvaluated,
    ObjectRef,
    Past,
    SetAside,
    Severity,
    SnapshotInfo,
    State,
)
from diagnose.render import Options
from diagnose.render.layout import escape
from diagnose.render.view import View
from diagnose.values import format_timestamp

SCHEMA = "diagnose.report/v1"


def render(view: View, options: Options) -> bytes:
    """The whole report, indented, in UTF-8, ending with a line end."""
    return encoded(report(view))


def encoded(document: dict[str, Any] | list[Any]) -> bytes:
    """A document as these files are written: indented, harmless to a terminal, ending with a line end."""
    try:
        text = msgspec.json.encode(document)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_encodable(document))
    pretty = msgspec.json.format(text, indent=2).decode()
    return (_UNSAFE.sub(_escape, pretty) + "\n").encode()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what `render` writes."""
    text = resources.files(__package__).joinpath("report.v1.schema.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(text)
    return schema


def report(view: View) -> dict[str, Any]:
    """The document, its keys in the order in which they are written."""
    whole = view.report
    return {
        "schema": SCHEMA,
        "tool": {"name": "kube-diagnose", "version": whole.version, "rules": whole.rules},
        "snapshot": _snapshot(whole.snapshot),
        "causes": [_cause(cause, view) for cause in view.causes],
        "findings": [_finding(id, finding, view) for id, finding in view.findings.items()],
        "not_evaluated": [
            _not_evaluated(each)
            for each in sorted(whole.not_evaluated, key=lambda each: (each.rule, each.reason, each.needs))
        ],
        "summary": _summary(view),
        "changes": _changes(view.changes),
        "scope": {
            "rules": _sorted(whole.rule_ids),
            "namespaces": _sorted(whole.namespaces),
            "severity": view.lowest.name,
        },
        "set_aside": [_set_aside(each) for each in view.report.set_aside],
    }


def _set_aside(each: SetAside) -> dict[str, Any]:
    finding = each.finding
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity.name,
        "message": finding.message,
        "object": object_of(finding.object),
        "location": _location(finding.location),
        "by": each.by,
        "reason": each.reason,
        "place": each.place,
    }


def _snapshot(snapshot: SnapshotInfo) -> dict[str, Any]:
    return {
        "sources": [{"path": path, "format": format} for path, format in snapshot.sources],
        "captured_at": time_of(snapshot.captured_at),
        "captured_at_from": snapshot.captured_at_from or None,
        "server_version": snapshot.server_version or None,
        "objects": dict(sorted(snapshot.objects.items())),
        "coverage": {
            kind: known if isinstance(known, str) else sorted(known)
            for kind, known in sorted(snapshot.coverage.items())
        },
        "warnings": [
            {"message": warning.message, "file": warning.file or None}
            for warning in sorted(snapshot.warnings, key=lambda warning: (warning.file, warning.message))
        ],
        "logs": snapshot.logs,
        "incomplete": snapshot.incomplete,
    }


def _cause(cause: Cause, view: View) -> dict[str, Any]:
    finding = view.findings[cause.finding]
    return {
        "rank": cause.rank,
        "finding": cause.finding,
        "rule": finding.rule,
        "severity": finding.severity.name,
        "object": object_of(finding.object),
        "message": finding.message,
        "effects": list(cause.effects),
        "affected": cause.affected,
        "confidence": cause.confidence.name,
        "signals": cause.signals,
    }


def _finding(id: str, finding: Finding, view: View) -> dict[str, Any]:
    return {
        "id": id,
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.name,
        "title": finding.title,
        "message": finding.message,
        "object": object_of(finding.object),
        "key": list(finding.key),
        "container": finding.container or None,
        "count": finding.count,
        "objects": [object_of(ref) for ref in sorted(finding.objects)],
        "evidence": [_evidence(each) for each in finding.evidence],
        "fix": finding.fix or None,
        "commands": list(finding.commands),
        "docs": list(finding.docs),
        "refs": list(finding.refs),
        "since": time_of(finding.since),
        "symptom": finding.symptom or None,
        "caused_by": sorted(cause for cause in set(finding.caused_by) if cause in view.findings),
        "location": _location(finding.location),
        "known": _known(view.changes.known.get(id)) if view.changes else None,
    }


def _known(known: Known | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {
        "state": known.state.value,
        "first_seen": time_of(known.first_seen),
        "times_seen": known.times_seen,
        "flaps": known.flaps,
        "severity_before": known.severity_before.name if known.severity_before else None,
        "why": known.why or None,
    }


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    return {
        "against": changes.against,
        "since": time_of(changes.since),
        "counts": {state.value: changes.count(state) for state in State},
        "gone": [past(each) for each in changes.gone],
        "unseen": [past(each) for each in changes.unseen],
    }


def past(past: Past) -> dict[str, Any]:
    """A finding that is no more, or was not seen, as the document writes it."""
    finding = past.finding
    return {
        "id": past.id,
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.name,
        "title": finding.title,
        "message": finding.message,
        "object": object_of(finding.object),
        "key": list(finding.key),
        "container": finding.container or None,
        "first_seen": time_of(past.first_seen),
        "last_seen": time_of(past.last_seen),
        "times_seen": past.times_seen,
        "why": past.why or None,
    }


def object_of(ref: ObjectRef) -> dict[str, Any]:
    """An object as the documents write it."""
    return {
        "apiVersion": ref.api_version or None,
        "group": ref.group,
        "kind": ref.kind,
        "namespace": ref.namespace or None,
        "name": ref.name,
        "uid": ref.uid or None,
    }


_EVIDENCE = {"field": ("path", "value"), "event": ("event", "message"), "log": ("log", "line")}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    source, text = _EVIDENCE[evidence.kind]
    return {
        "object": object_of(evidence.object),
        source: evidence.source,
        text: evidence.text,
        "count": evidence.count,
        "first": time_of(evidence.first),
        "last": time_of(evidence.last),
    }


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    return {
        "file": location.file,
        "line": location.line or None,
        "column": location.column or None,
        "path": location.path or None,
        "origin": location.origin or None,
    }


def _not_evaluated(each: NotEvaluated) -> dict[str, Any]:
    return {
        "rule": each.rule,
        "reason": each.reason,
        "needs": sorted(each.needs),
        "objects": each.objects,
        "namespaces": _sorted(each.namespaces),
    }


def _summary(view: View) -> dict[str, Any]:
    counts = {severity.name: 0 for severity in reversed(Severity)}
    for finding in view.findings.values():
        counts[finding.severity.name] += 1
    return {**counts, "hidden": view.hidden, "examined": sum(view.report.snapshot.objects.values())}


def _sorted(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else sorted(texts)


def time_of(seconds: float | None) -> str | None:
    """A time as the documents write it; one that no calendar has is unknown."""
    text = None if seconds is None else format_timestamp(seconds)
    return text if text and text[0].isdigit() else None


_UNSAFE = re.compile("[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _encodable(value: Any) -> Any:
    """The same value with lone surrogates, which UTF-8 cannot hold, in visible form."""
    if isinstance(value, str):
        return value if value.isprintable() else "".join(escape(c) if "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, Mapping):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list) else value
