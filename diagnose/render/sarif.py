"""The report as SARIF 2.1.0: code scanning of GitHub, Azure DevOps, editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from diagnose.model import Finding, InputWarning, NotEvaluated, SetAside, Severity
from diagnose.render import Options, phrases
from diagnose.render.json import encoded
from diagnose.render.layout import escape
from diagnose.render.places import place_of
from diagnose.render.view import View

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "diagnoseFinding/v1"
_LEVELS = {
    Severity.critical: "error",
    Severity.error: "error",
    Severity.warning: "warning",
    Severity.info: "note",
}
_ROOT = "%SRCROOT%"


def render(view: View, options: Options) -> bytes:
    """The whole log, with one run; `results` is there when there are none."""
    aside = [each for each in view.report.set_aside if each.finding.severity >= options.severity]
    findings = [*view.findings.values(), *(each.finding for each in aside)]
    rules = {finding.rule: finding for finding in reversed(findings)}
    order = {rule: number for number, rule in enumerate(sorted(rules))}
    results = [_result(finding, order) for finding in view.findings.values()]
    results += [{**_result(each.finding, order), "suppressions": [_suppression(each)]} for each in aside]
    run = {
        "tool": {
            "driver": {
                "name": "kube-diagnose",
                "semanticVersion": view.report.version,
                "rules": [_rule(rule, rules[rule]) for rule in order],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not view.report.snapshot.incomplete,
                "toolExecutionNotifications": list(_notifications(view)),
            }
        ],
        "results": results,
    }
    return encoded({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(id: str, finding: Finding) -> dict[str, Any]:
    """What is told of a rule, from one of its findings."""
    title = escape(finding.title or id)
    fix = [escape(line.rstrip()) for line in finding.fix.strip().splitlines()]
    docs = [escape(link) for link in finding.docs]
    own = f"diagnose rules show {id.partition('/')[0]}"
    made: dict[str, Any] = {
        "id": id,
        "shortDescription": {"text": title},
        "help": {
            "text": "\n".join([title, *fix, *docs, own]),
            "markdown": "\n".join(
                [f"**{_plain(title)}**", "", *_block(fix), *(f"- <{link}>" for link in docs), f"- `{own}`"]
            ),
        },
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": [finding.category, *finding.refs], "precision": "high"},
    }
    if docs:
        made["helpUri"] = docs[0]
    return made


def _plain(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text)


def _block(lines: list[str]) -> list[str]:
    """Lines as they stand, in a block that no back tick of theirs ends."""
    return ["~~~~text", *(line.replace("~~~~", "~~~") for line in lines), "~~~~", ""] if lines else []


def _result(finding: Finding, order: dict[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": order[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": phrases.headline(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": {"severity": finding.severity.name},
    }
    return made


def _location(finding: Finding) -> dict[str, Any]:
    location = finding.location
    logical = {"fullyQualifiedName": str(finding.object), "kind": "object"}
    if location is not None and location.path:
        logical["fullyQualifiedName"] += f" {location.path}"
    made: dict[str, Any] = {"logicalLocations": [logical]}
    place = place_of(finding)
    if location is not None and place is not None:
        file, line, column = place
        region: dict[str, Any] = {"startLine": line, "startColumn": column}
        if location.excerpt and file == location.file:
            region["snippet"] = {"text": escape(location.excerpt)}
        made["physicalLocation"] = {"artifactLocation": _artifact(file), "region": region}
    return made


def _artifact(file: str) -> dict[str, str]:
    uri = quote(file.encode("utf-8", "surrogateescape"), safe="/-_.~()=+,@!$&';")
    return {"uri": f"file://{uri}"} if file.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}


def _suppression(each: SetAside) -> dict[str, str]:
    kind = "inSource" if each.by == "annotation" else "external"
    return {"kind": kind, "status": "accepted", "justification": escape(f"{each.by} {each.place}: {each.reason}")}


def _notifications(view: View) -> Iterator[dict[str, Any]]:
    """What was not read, and what could not be decided."""
    snapshot = view.report.snapshot
    if snapshot.incomplete:
        yield {"level": "error", "message": {"text": phrases.INCOMPLETE}}
    yield from (_warning(each) for each in sorted(snapshot.warnings, key=lambda each: (each.file, each.message)))
    yield from (_undecided(each) for each in sorted(view.report.not_evaluated, key=lambda n: (n.rule, n.reason)))


def _warning(warning: InputWarning) -> dict[str, Any]:
    return {"level": "warning", "message": {"text": escape(str(warning))}}


def _undecided(each: NotEvaluated) -> dict[str, Any]:
    return {"level": "note", "message": {"text": f"{escape(each.rule)}: not evaluated: {phrases.reason(each)}"}}
