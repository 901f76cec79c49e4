"""The report as `diagnose.report/v1`."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.model import Location, ObjectRef, Severity
from diagnose.render import Options, render
from diagnose.render.json import json_schema

from .builders import cause, event, field, finding, log, night, ref, report


def rendered(of: object, **options: Any) -> bytes:
    out = render(of, "json", Options(**options))  # type: ignore[arg-type]
    assert isinstance(out, bytes)
    return out


def document(of: object, **options: Any) -> Any:
    return json.loads(rendered(of, **options))


def everything() -> object:
    """A report with every field filled."""
    known = ObjectRef("Deployment", "shop", "web", "apps", "apps/v1", "1b4e28ba")
    proofs = (
        field("Pod a/b", "p", "v"),
        event("Pod a/b", "R", "m", 2, "2026-11-23T03:28:12Z"),
        log("Pod a/b", "l", "t"),
    )
    pod = finding("rule/case", "Pod a/b", key=("k",), container="c", fix="Mend it.", symptom="s", since=1.5)
    full = dataclasses.replace(
        pod,
        object=known,
        objects=(ref("Pod a/b"), known),
        evidence=proofs,
        commands=("x",),
        docs=("d",),
        refs=("CIS-1",),
        location=Location("f.yaml", 3, 4, "spec"),
    )
    base = night()
    causes = (*base.causes, dataclasses.replace(base.causes[0], rank=99, finding=full.id, effects=()))
    return dataclasses.replace(base, findings=(*base.findings, full), causes=causes)


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "of", [night(), everything(), report(), report(captured_at=None, server_version="", captured_at_from="")]
)
def test_reports_are_valid(of):
    jsonschema.validate(document(of), json_schema(), jsonschema.Draft202012Validator)


def walk(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> None:
    """The schema names the keys in the order in which they are written, and describes each."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for branch in schema.get("oneOf", ()):
        if value is not None and set(branch.get("properties", value)) == set(value):
            walk(branch, value, root)
    if "properties" in schema:
        assert list(value) == list(schema["properties"]) == schema["required"]
        assert schema["additionalProperties"] is False
        for key, inner in schema["properties"].items():
            assert inner.get("description") or "$ref" in inner
            walk(inner, value[key], root)
    if isinstance(value, list) and "items" in schema:
        for each in value:
            walk(schema["items"], each, root)


def test_schema_has_exactly_what_is_written():
    schema = json_schema()
    walk(schema, document(everything()), schema)


def test_unknown_is_null():
    one = document(report([finding("r", "Node n")]))["findings"][0]
    unknown = {"container", "fix", "since", "symptom", "location", "known"}
    assert {key for key, value in one.items() if value is None} == unknown
    assert one["object"] == {
        "apiVersion": None,
        "group": "",
        "kind": "Node",
        "namespace": None,
        "name": "n",
        "uid": None,
    }


def test_times_are_rfc3339():
    snapshot = document(night())["snapshot"]
    assert snapshot["captured_at"] == "2026-11-23T03:28:45Z"


def test_causes_come_first_and_effects_behind_them():
    whole = document(night())
    ids = [each["id"] for each in whole["findings"]]
    expected = [id for each in whole["causes"] for id in (each["finding"], *each["effects"])]
    assert ids == expected
    assert [each["rank"] for each in whole["causes"]] == list(range(1, 11))


def test_the_order_of_the_input_does_not_show():
    base = night()
    for seed in range(5):
        shuffle = random.Random(seed).sample
        mixed = dataclasses.replace(
            base,
            findings=tuple(shuffle(base.findings, len(base.findings))),
            causes=tuple(shuffle(base.causes, len(base.causes))),
            not_evaluated=tuple(shuffle(base.not_evaluated, len(base.not_evaluated))),
        )
        assert rendered(mixed) == rendered(base)
        assert render(mixed, "text") == render(base, "text")


def test_layout_of_the_bytes():
    out = rendered(report()).decode()
    assert out.startswith('{\n  "schema": "diagnose.report/v1",\n  "tool": {\n    "name": "kube-diagnose",\n')
    assert out.endswith("}\n") and not out.endswith("\n\n")


def test_severity_leaves_no_reference_to_what_is_hidden():
    low = finding("low", "Pod a/l", severity="warning")
    mid = finding("mid", "Pod a/m", severity="info", caused_by=(low.id,))
    high = finding("high", "Pod a/h", caused_by=(mid.id, low.id))
    other = finding("other", "Pod a/o", severity="warning")
    whole = document(
        report([low, mid, high, other], [cause(1, other), cause(2, low, mid, high)]), severity=Severity.error
    )
    assert [(each["rank"], each["effects"]) for each in whole["causes"]] == [(2, [high.id])]
    assert [each["caused_by"] for each in whole["findings"]] == [[], [low.id]]
    assert whole["summary"] == {"critical": 0, "error": 1, "warning": 1, "info": 0, "hidden": 2, "examined": 394}


def test_nothing_a_terminal_obeys_is_raw():
    hostile = "\x1b[2J\x7f\x9b\u202e\u2066\u200b\u2028\ufeff"
    out = rendered(report([finding("r", "Pod a/p", hostile)])).decode()
    assert out.replace("\n", "").isprintable()
    assert json.loads(out)["findings"][0]["message"] == hostile


def test_lone_surrogates_are_written_visibly():
    whole = document(report([finding("r", "Pod a/p", "\x1b\udc80")]))
    assert whole["findings"][0]["message"] == "\x1b\\udc80"


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_text_survives(value):
    whole = document(report([finding("r", "Pod a/p", value, fix=value or "x")], warnings=()))
    assert whole["findings"][0]["message"] == value


def test_documented_example_is_valid():
    page = Path(__file__).parents[2].joinpath("docs", "report.md").read_text(encoding="utf-8")
    example = json.loads(page.partition("```json\n")[2].partition("```")[0])
    schema = json_schema()
    jsonschema.validate(example, schema, jsonschema.Draft202012Validator)
    walk(schema, example, schema)
