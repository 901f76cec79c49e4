"""What code hosts read: SARIF against the schema of OASIS, annotations of GitHub, Code Quality of GitLab."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from diagnose.model import Finding, InputWarning, Location, Report, SetAside, Severity
from diagnose.render import Options, render

from .builders import finding, night, report

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.schema.json").read_bytes())
"""The schema of the technical committee: https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""


def placed(**more: Any) -> Finding:
    where = Location("deploy/we b.yaml", 19, 11, "$.spec.x", excerpt="    privileged: true")
    more = {"location": where, "container": "web", "fix": "Take it out:\n  x: y", **more}
    return finding("privileged-container", "Deployment shop/web", "container web is privileged", **more)


def sarif(made: Report, severity: Severity = Severity.info) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(made, "sarif", Options(severity=severity)))
    Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER).validate(log)
    return log["runs"][0]  # type: ignore[no-any-return]


def test_sarif_of_a_finding() -> None:
    made = placed(docs=("https://example.com/a",), refs=("PSS/baseline",), category="pod-security")
    run = sarif(report([made]))
    assert run["results"] == [
        {
            "ruleId": "privileged-container",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "Deployment shop/web: container web is privileged"},
            "locations": [
                {
                    "logicalLocations": [{"fullyQualifiedName": "Deployment/shop/web $.spec.x", "kind": "object"}],
                    "physicalLocation": {
                        "artifactLocation": {"uri": "deploy/we%20b.yaml", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 19, "startColumn": 11, "snippet": {"text": "    privileged: true"}},
                    },
                }
            ],
            "partialFingerprints": {"diagnoseFinding/v1": made.id},
            "properties": {"severity": "error"},
        }
    ]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule == {
        "id": "privileged-container",
        "shortDescription": {"text": "Privileged container"},
        "help": {
            "text": "Privileged container\nTake it out:\n  x: y\nhttps://example.com/a\n"
            "diagnose rules show privileged-container",
            "markdown": "**Privileged container**\n\n~~~~text\nTake it out:\n  x: y\n~~~~\n\n- <https://example.com/a>\n"
            "- `diagnose rules show privileged-container`",
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["pod-security", "PSS/baseline"], "precision": "high"},
        "helpUri": "https://example.com/a",
    }


def test_sarif_of_a_clean_run_has_results() -> None:
    run = sarif(report([]))
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_says_what_was_not_read_or_set_aside() -> None:
    made = report([])
    aside = SetAside(placed(severity="warning"), "annotation", "it formats disks", "a.yaml:3:5")
    told = InputWarning("not read: \x1b[31m", "a.yaml")
    made = replace(made, set_aside=(aside,), snapshot=replace(made.snapshot, incomplete=True, warnings=(told,)))
    run = sarif(made)
    assert [(r["level"], r["suppressions"]) for r in run["results"]] == [
        (
            "warning",
            [{"kind": "inSource", "status": "accepted", "justification": "annotation a.yaml:3:5: it formats disks"}],
        )
    ]
    assert run["invocations"][0] == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "The input was read only in part: objects may be missing."}},
            {"level": "warning", "message": {"text": "a.yaml: not read: \\x1b[31m"}},
        ],
    }
    assert sarif(made, Severity.error)["results"] == []


def test_sarif_of_a_whole_night_and_of_what_has_no_file() -> None:
    run = sarif(night())
    assert run["results"]
    assert all("physicalLocation" not in result["locations"][0] for result in run["results"])


def test_what_was_made_from_a_template_points_at_the_template() -> None:
    where = Location("stdin", 19, 11, "$.spec.x", "web/templates/a.yaml", "x: y")
    made = report([placed(location=where)])
    place = sarif(made)["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "web/templates/a.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1},
    }
    first = str(render(made, "github")).splitlines()[0]
    assert first.startswith("::error file=web/templates/a.yaml,line=1,col=1,")
    assert "at stdin:19:11 $.spec.x (made from web/templates/a.yaml)" in first


@pytest.mark.parametrize(
    ("severity", "command"), [("critical", "error"), ("error", "error"), ("warning", "warning"), ("info", "notice")]
)
def test_github_annotations(severity: str, command: str) -> None:
    where = Location("a,b:c.yaml", 2, 3)
    made = report([placed(severity=severity, location=where, fix="100%\nx", title="A, b: c")])
    assert str(render(made, "github")).splitlines()[0] == (
        f"::{command} file=a%2Cb%3Ac.yaml,line=2,col=3,title=A%2C b%3A c (privileged-container)::"
        "Deployment shop/web: container web is privileged [privileged-container]%0A100%25%0Ax"
    )


def test_a_name_cannot_begin_a_command_of_its_own() -> None:
    made = report([replace(placed(title="a\n::b", fix="\r::stop-commands::x"), message="x\n::error::y")])
    lines = str(render(made, "github")).splitlines()
    assert len(lines) == 2
    assert lines[1] == "1 cause (1 error)"


def test_gitlab() -> None:
    made = placed(severity="warning")
    assert json.loads(render(report([made]), "gitlab")) == [
        {
            "description": "Deployment shop/web: container web is privileged [privileged-container]\n"
            "Take it out:\n  x: y",
            "check_name": "privileged-container",
            "fingerprint": made.id,
            "severity": "major",
            "location": {"path": "deploy/we b.yaml", "lines": {"begin": 19}},
        }
    ]
    assert json.loads(render(report([]), "gitlab")) == []


def test_gitlab_tells_that_the_input_was_not_whole() -> None:
    made = report([])
    made = replace(made, snapshot=replace(made.snapshot, incomplete=True))
    (entry,) = json.loads(render(made, "gitlab"))
    assert (entry["check_name"], entry["severity"]) == ("input-incomplete", "critical")
