"""Reports that were saved with `-o json`, read back: `diagnose.report/v1` as render/json.py writes it.

Fields that a newer program of the same schema added are passed over; what an older one did not write stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from diagnose.errors import InputError
from diagnose.model import (
    Cause,
    Changes,
    Confidence,
    Evidence,
    Finding,
    InputWarning,
    Known,
    Location,
    NotEvaluated,
    ObjectRef,
    Past,
    Report,
    Severity,
    SnapshotInfo,
    State,
)
from diagnose.values import timestamp

SCHEMA = "diagnose.report/v1"
_PREFIX = b"diagnose.report/"
_HEAD = 200
_Level = Literal["info", "warning", "error", "critical"]
_Time = str | None


def is_report(head: bytes) -> bool:
    """Whether a file is a saved report, of any version, by its first bytes: `schema` is the first key of one."""
    return head.lstrip()[:1] == b"{" and _PREFIX in head[:_HEAD]


def read_report(data: bytes, file: str) -> Report:
    """The report in the bytes of `file`. Raises InputError with the place of what is wrong."""
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema != SCHEMA:
            raise InputError(f"{file}: a report of schema {schema[:60]!r}; this version reads {SCHEMA}")
        return _report(msgspec.json.decode(data, type=_Report), file)
    except msgspec.ValidationError as error:
        raise InputError(f"{file}: not as {SCHEMA} says: {error}") from None
    except RecursionError:
        raise InputError(f"{file}: nested too deeply for a report") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: no whole JSON: {error}; the report may have been cut off") from None


# --- the document, as far as it is read -------------------------------------------------------------------------------


class _Head(msgspec.Struct):
    schema: str


class _Tool(msgspec.Struct):
    version: str
    rules: int


class _Source(msgspec.Struct):
    path: str
    format: str


class _Warning(msgspec.Struct):
    message: str
    file: str | None = None


class _Snapshot(msgspec.Struct):
    sources: list[_Source]
    captured_at: _Time
    captured_at_from: str | None
    server_version: str | None
    objects: dict[str, int]
    coverage: dict[str, str | list[str]]
    warnings: list[_Warning]
    incomplete: bool
    logs: int = 0


class _Object(msgspec.Struct):
    kind: str
    name: str
    group: str = ""
    namespace: str | None = None
    api_version: str | None = msgspec.field(name="apiVersion", default=None)
    uid: str | None = None

    def ref(self) -> ObjectRef:
        return ObjectRef(self.kind, self.namespace or "", self.name, self.group, self.api_version or "", self.uid or "")


class _Cause(msgspec.Struct):
    rank: int
    finding: str
    effects: list[str]
    affected: int
    confidence: Literal["low", "medium", "high"] = "high"
    signals: int = 1


class _Evidence(msgspec.Struct):
    object: _Object
    path: str | None = None
    value: str = ""
    event: str | None = None
    message: str = ""
    log: str | None = None
    line: str = ""
    count: int = 1
    first: _Time = None
    last: _Time = None


class _Location(msgspec.Struct):
    file: str
    line: int | None = None
    column: int | None = None
    path: str | None = None
    origin: str | None = None


class _Known(msgspec.Struct):
    state: Literal["new", "back", "still", "unknown"]
    first_seen: _Time
    times_seen: int
    flaps: int
    severity_before: _Level | None = None
    why: str | None = None


class _Finding(msgspec.Struct):
    id: str
    rule: str
    category: str
    severity: _Level
    title: str
    message: str
    object: _Object
    key: list[str]
    objects: list[_Object]
    evidence: list[_Evidence]
    commands: list[str]
    docs: list[str]
    caused_by: list[str]
    refs: list[str] = []
    count: int = 1
    container: str | None = None
    fix: str | None = None
    since: _Time = None
    symptom: str | None = None
    location: _Location | None = None
    known: _Known | None = None


class _NotEvaluated(msgspec.Struct):
    rule: str
    reason: str
    needs: list[str]
    objects: int = 0
    namespaces: list[str] | None = None


class _Past(msgspec.Struct):
    id: str
    rule: str
    category: str
    severity: _Level
    title: str
    message: str
    object: _Object
    key: list[str]
    container: str | None
    first_seen: _Time
    last_seen: _Time
    times_seen: int
    why: str | None = None


class _Changes(msgspec.Struct):
    against: str
    since: _Time
    gone: list[_Past]
    unseen: list[_Past]


class _Scope(msgspec.Struct):
    rules: list[str] | None
    namespaces: list[str] | None
    severity: _Level


class _Report(msgspec.Struct):
    tool: _Tool
    snapshot: _Snapshot
    causes: list[_Cause]
    findings: list[_Finding]
    not_evaluated: list[_NotEvaluated]
    changes: _Changes | None = None
    scope: _Scope | None = None


# --- to the values that everything else works with --------------------------------------------------------------------


def _report(document: _Report, file: str) -> Report:
    scope = document.scope or _Scope(None, None, "info")
    return Report(
        version=document.tool.version,
        rules=document.tool.rules,
        snapshot=_snapshot(document.snapshot),
        causes=tuple(
            Cause(c.rank, c.finding, tuple(c.effects), c.affected, c.signals, Confidence[c.confidence])
            for c in document.causes
        ),
        findings=tuple(_finding(each, file, place) for place, each in enumerate(document.findings)),
        not_evaluated=tuple(
            NotEvaluated(n.rule, n.reason, tuple(n.needs), n.objects, _texts(n.namespaces))
            for n in document.not_evaluated
        ),
        rule_ids=_texts(scope.rules),
        namespaces=_texts(scope.namespaces),
        lowest=Severity[scope.severity],
        changes=_changes(document),
    )


def _snapshot(found: _Snapshot) -> SnapshotInfo:
    return SnapshotInfo(
        sources=tuple((source.path, source.format) for source in found.sources),
        captured_at=timestamp(found.captured_at),
        captured_at_from=found.captured_at_from or "",
        server_version=found.server_version or "",
        objects=found.objects,
        coverage=found.coverage,
        warnings=tuple(InputWarning(each.message, each.file or "") for each in found.warnings),
        logs=found.logs,
        incomplete=found.incomplete,
    )


def _finding(found: _Finding, file: str, place: int) -> Finding:
    at = f"$.findings[{place}]"
    finding = Finding(
        rule=found.rule,
        category=found.category,
        severity=Severity[found.severity],
        title=found.title,
        message=found.message,
        object=found.object.ref(),
        key=tuple(found.key),
        objects=tuple(each.ref() for each in found.objects),
        container=found.container or "",
        count=found.count,
        evidence=tuple(_evidence(each, file, f"{at}.evidence[{n}]") for n, each in enumerate(found.evidence)),
        fix=found.fix or "",
        commands=tuple(found.commands),
        docs=tuple(found.docs),
        refs=tuple(found.refs),
        since=timestamp(found.since),
        symptom=found.symptom or "",
        location=_location(found.location),
        caused_by=tuple(found.caused_by),
    )
    if finding.id != found.id:
        raise InputError(f"{file}: the id {found.id[:40]!r} is not that of its rule, object and key - at `{at}.id`")
    return finding


def _evidence(found: _Evidence, file: str, at: str) -> Evidence:
    for kind, source, text in (
        ("field", found.path, found.value),
        ("event", found.event, found.message),
        ("log", found.log, found.line),
    ):
        if source is not None:
            first, last = timestamp(found.first), timestamp(found.last)
            return Evidence(kind, found.object.ref(), source, text, found.count, last, first)
    raise InputError(f"{file}: evidence is a path, an event or a log, and this names none of them - at `{at}`")


def _location(found: _Location | None) -> Location | None:
    if found is None:
        return None
    return Location(found.file, found.line or 0, found.column or 0, found.path or "", found.origin or "")


def _changes(document: _Report) -> Changes | None:
    found = document.changes
    if found is None:
        return None
    known = {f.id: _known(f.known) for f in document.findings if f.known is not None}
    return Changes(found.against, timestamp(found.since), known, _past(found.gone), _past(found.unseen))


def _known(found: _Known) -> Known:
    before = Severity[found.severity_before] if found.severity_before else None
    first = timestamp(found.first_seen)
    return Known(State(found.state), first, found.times_seen, found.flaps, before, found.why or "")


def _past(found: Iterable[_Past]) -> tuple[Past, ...]:
    return tuple(
        Past(
            id=each.id,
            finding=Finding(
                rule=each.rule,
                category=each.category,
                severity=Severity[each.severity],
                title=each.title,
                message=each.message,
                object=each.object.ref(),
                key=tuple(each.key),
                container=each.container or "",
            ),
            first_seen=timestamp(each.first_seen),
            last_seen=timestamp(each.last_seen),
            times_seen=each.times_seen,
            why=each.why or "",
        )
        for each in found
    )


def _texts(values: Sequence[Any] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
