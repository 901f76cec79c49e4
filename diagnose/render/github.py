"""The report as workflow commands of GitHub Actions: each finding an annotation on its line of the pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from diagnose.model import Finding, Severity
from diagnose.render import Options, phrases
from diagnose.render.layout import escape
from diagnose.render.places import place_of, text_of
from diagnose.render.view import View

_COMMANDS = {
    Severity.critical: "error",
    Severity.error: "error",
    Severity.warning: "warning",
    Severity.info: "notice",
}


def render(view: View, options: Options) -> str:
    """A line for each finding, worst first; then what was not read, and a summary."""
    return "".join(f"{line}\n" for line in _lines(view, options))


def _lines(view: View, options: Options) -> Iterator[str]:
    for finding in view.findings.values():
        yield _annotation(finding)
    snapshot = view.report.snapshot
    for warning in phrases.warnings(snapshot):
        yield f"::warning::{_data(warning)}"
    if snapshot.incomplete:
        yield f"::error::{_data(phrases.INCOMPLETE)}"
    if view.findings:
        yield escape(phrases.summary(view, options.severity))
    else:
        yield escape(phrases.nothing_found(view, options.severity))


def _annotation(finding: Finding) -> str:
    properties = {"title": f"{finding.title or finding.rule} ({finding.rule})"}
    place = place_of(finding)
    if place is not None:
        file, line, column = place
        properties = {"file": file, "line": str(line), "col": str(column), **properties}
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(text_of(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")
