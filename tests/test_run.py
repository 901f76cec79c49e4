"""One diagnosis from beginning to end: versions, the snapshot's own facts, what was examined, and part of a report."""

from __future__ import annotations

import dataclasses
import json

import pytest

from diagnose.model import InputWarning
from diagnose.run import diagnose, within
from diagnose.snapshot import Builder
from tests.builders import messages, obj, pod, report, rule_text, rules, snapshot, undecided

POD_RULE = rule_text("for: Pod", "{pod.metadata.name}")


@pytest.mark.parametrize(
    ("version", "wanted", "told", "why"),
    [
        ("v1.25.0", ">=1.25", ["p"], []),
        ("v1.24.9", ">=1.25", [], []),
        ("v1.30.1+k3s1", ">=1.25,<1.31", ["p"], []),
        ("v1.31.0", ">=1.25,<1.31", [], []),
        ("", ">=1.25", [], [("r", "the server's version is not known")]),
    ],
)
def test_a_rule_for_some_versions(version: str, wanted: str, told: list[str], why: list[tuple[str, str]]) -> None:
    found = report(
        rule_text("for: Pod", "{pod.metadata.name}", head=f"kubernetes: '{wanted}'"), [pod()], version=version
    )
    assert (messages(found), undecided(found)) == (told, why)


def test_the_facts_of_the_snapshot_are_bindings() -> None:
    text = rule_text("for: Pod", "{snapshot.version} {snapshot.captured_at} {snapshot.server}")
    assert messages(report(text, [pod()], version="v1.30.0")) == ["v1.30.0 2026-01-01T12:00:00Z none"]
    made = dataclasses.replace(snapshot([pod()]), server="https://api:6443")
    assert messages(diagnose(made, rules(text))) == ["none 2026-01-01T12:00:00Z https://api:6443"]


def test_what_was_examined() -> None:
    made = Builder()
    made.sources.append(("dump", "must-gather"))
    made.warn("not read: odd", "x.json", incomplete=True)
    made.add_object(pod())
    made.add_object(obj("Node", "n"))
    info = diagnose(made.build(at=0.0), rules(POD_RULE)).snapshot
    assert (info.sources, info.objects, info.captured_at, info.captured_at_from) == (
        (("dump", "must-gather"),),
        {"Node": 1, "Pod": 1},
        0.0,
        "--at",
    )
    assert (info.warnings, info.incomplete, info.coverage) == ((InputWarning("not read: odd", "x.json"),), True, {})


def test_an_object_that_cannot_be_decoded_is_told_and_decides_nothing() -> None:
    made = Builder()
    made.coverage.add_everything()
    whole = json.dumps(
        {"kind": "PodList", "apiVersion": "v1", "items": [pod("bad", spec={"x": "MARK"}), pod("good", spec={"x": 1})]}
    )
    made.add_json(whole.replace("MARK", "\xff").encode("latin-1"), "pods.json")
    texts = [
        rule_text("{for: Pod, where: {$.spec.x: {exists: %s}}}" % answer, "{pod.metadata.name}", rule=f"r-{answer}")  # noqa: UP031
        for answer in ("true", "false")
    ]
    told = diagnose(made.build(), rules(*texts, rule_text("for: Pod\n{none: pod -> containers}", rule="none")))
    assert [(f.rule, f.object.name) for f in told.findings] == [("none", "good"), ("r-true", "good")]
    assert undecided(told) == [
        ("none", "an object could not be decoded"),
        ("r-false", "a value that it reads was redacted, or is not in the dump"),
        ("r-true", "a value that it reads was redacted, or is not in the dump"),
    ]
    assert told.snapshot.warnings == (InputWarning("Pod/a/bad could not be decoded", "pods.json"),)
    assert (told.snapshot.incomplete, told.snapshot.coverage) == (True, {"Pod": "partial"})


def test_the_rules_are_counted_and_the_snapshot_stays_as_it_is() -> None:
    made = snapshot([pod()])
    compiled = rules(POD_RULE, rule_text("for: Node", rule="other"))
    first, second = diagnose(made, compiled), diagnose(made, compiled)
    assert first == second
    assert first.rules == 2


CAUSE = rule_text("for: Node", "node", rule="cause", tail="explains: [{symptom: pod-not-ready, via: node -> pods}]")
EFFECT = rule_text("for: Pod", "{pod.metadata.name}", rule="effect", tail="symptom: pod-not-ready")


def test_part_of_a_report_keeps_the_causes_elsewhere() -> None:
    objects = [obj("Node", "n"), obj("Node", "m"), *(pod(n, n, spec={"nodeName": "n"}) for n in "ab")]
    whole = report([CAUSE, EFFECT], objects)
    part = within(whole, frozenset({"b"}))
    assert [(f.rule, f.object.name) for f in whole.findings] == [
        ("cause", "n"),
        ("effect", "a"),
        ("effect", "b"),
        ("cause", "m"),
    ]
    assert [(f.rule, f.object.name) for f in part.findings] == [("cause", "n"), ("effect", "b")]
    names = {f.id: f.object.name for f in whole.findings}
    assert [(c.rank, names[c.finding], [names[e] for e in c.effects]) for c in part.causes] == [(1, "n", ["b"])]
    assert within(whole, frozenset({"none"})).findings == ()
    assert part.snapshot == whole.snapshot and part.not_evaluated == whole.not_evaluated
