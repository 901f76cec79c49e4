"""A baseline: the findings that were there when checking began, so that only new ones fail.

It knows them by their fingerprints: rule, object and element, never the line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import msgspec

from diagnose.errors import UsageError
from diagnose.model import Finding, InputWarning, Report, SetAside

SCHEMA = "diagnose.baseline/v1"
BASELINE = "baseline"


class _Entry(msgspec.Struct, frozen=True):
    id: str
    rule: str
    object: str
    message: str = ""


class _Baseline(msgspec.Struct, frozen=True):
    schema: str
    findings: list[_Entry]


def written(report: Report) -> bytes:
    """The baseline of a report: all its findings and those that an earlier baseline set aside, one a line."""
    findings = [*report.findings, *(each.finding for each in report.set_aside if each.by == BASELINE)]
    lines = [msgspec.json.encode(_entry(each)).decode() for each in _sorted(findings)]
    body = ",\n    ".join(lines)
    inside = f"\n    {body}\n  " if lines else ""
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [{inside}]\n}}\n'.encode()


def _entry(finding: Finding) -> _Entry:
    return _Entry(finding.id, finding.rule, str(finding.object), finding.message)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted({f.id: f for f in findings}.values(), key=lambda f: (str(f.object), f.rule, f.id))


def apply(report: Report, data: bytes, file: str, objects: Collection[str] | None = None) -> Report:
    """The report without what a baseline knows; what of the baseline is gone becomes a warning. Raises UsageError.

    Gone is only what was looked for: its rule was asked, and its object is one of `objects` (None: they are all).
    """
    asked = set(report.rule_ids or ()) - {each.rule for each in report.not_evaluated}
    known = {entry.id: entry for entry in _read(data, file).findings}
    kept = tuple(f for f in report.findings if f.id not in known)
    aside = [SetAside(f, BASELINE, "it was there before", file) for f in report.findings if f.id in known]
    there = {each.finding.id for each in (*aside, *report.set_aside)}
    gone = [
        entry
        for id, entry in known.items()
        if id not in there and entry.rule.partition("/")[0] in asked and (objects is None or entry.object in objects)
    ]
    warnings = report.snapshot.warnings
    if gone:
        first = f"{gone[0].rule} on {gone[0].object}"
        number = f"{len(gone)} findings of the baseline are" if len(gone) > 1 else "a finding of the baseline is"
        example = f" ({first}, for one)" if len(gone) > 1 else f" ({first})"
        text = f"{number} gone{example}; write it anew with --write-baseline, so that they cannot come back unseen"
        warnings = (*warnings, InputWarning(text, file))
    return replace(
        report,
        findings=kept,
        set_aside=(*report.set_aside, *aside),
        snapshot=replace(report.snapshot, warnings=warnings),
    )


def _read(data: bytes, file: str) -> _Baseline:
    try:
        found = msgspec.json.decode(data, type=_Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: not a baseline: {error}; write one with --write-baseline") from None
    if found.schema != SCHEMA:
        raise UsageError(f"{file}: a baseline of schema {found.schema[:60]!r}; this version reads {SCHEMA}")
    return found
