"""The report as a Code Quality report of GitLab: the merge request shows each finding beside its line.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

from diagnose.model import Finding, Severity
from diagnose.render import Options, phrases
from diagnose.render.json import encoded
from diagnose.render.places import place_of, text_of
from diagnose.render.view import View

_SEVERITIES = {
    Severity.critical: "blocker",
    Severity.error: "critical",
    Severity.warning: "major",
    Severity.info: "info",
}
_NO_FILE = "."


def render(view: View, options: Options) -> bytes:
    """A list with an entry for each finding, worst first, and one when the input was not read whole."""
    entries = [_entry(id, finding) for id, finding in view.findings.items()]
    if view.report.snapshot.incomplete:
        text = "\n".join([phrases.INCOMPLETE, *phrases.warnings(view.report.snapshot)])
        entries.append(_written(text, "input-incomplete", "input-incomplete", "critical", _NO_FILE, 1))
    return encoded(entries)


def _entry(id: str, finding: Finding) -> dict[str, Any]:
    file, line, _ = place_of(finding) or (_NO_FILE, 1, 1)
    return _written(text_of(finding), finding.rule, id, _SEVERITIES[finding.severity], file, line)


def _written(description: str, name: str, fingerprint: str, severity: str, file: str, line: int) -> dict[str, Any]:
    return {
        "description": description,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line}},
    }
