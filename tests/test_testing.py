"""The tests beside rules: how a snapshot is made and changed, what is compared, and what is said of mistakes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnose import library
from diagnose.errors import LoadErrors
from diagnose.language.ruleset import load_rules
from diagnose.testing import load_tests, run_folder, run_test

TABLES = library.load(library.Selection(builtin=False))
RULE = """\
id: waits
title: T
severity: error
match:
- for: Pod
  where: {$.status.phase: Pending}
- each: pod -> containers
  as: container
- maybe: pod -> node
  as: node
cases:
- {id: on-node, when: {node: {exists: true}}, message: "{container.name} waits on {node.metadata.name}"}
- {id: logged, when: {container.log: {matches: 'error: (?P<said>.*)'}}, message: "{container.name}: {said}"}
- {id: other, message: "{container.name} waits since {pod.metadata.creationTimestamp|age}"}
fix: Wait.
"""
GIVEN = """\
rule: waits
at: "2026-01-01T12:00:00Z"
given:
- kind: Pod
  metadata: {namespace: a, name: p, creationTimestamp: "2026-01-01T11:00:00Z"}
  spec: {containers: [{name: c, image: x}]}
  status: {phase: Pending}
cases:
"""


def run(cases: str) -> list[str]:
    """What each case came to; "" for one that passed."""
    (rule,) = load_rules(RULE, "waits.yaml")
    (test,) = load_tests(GIVEN + cases, "waits.test.yaml")
    return [o.difference for o in run_test(test, rule, TABLES)]


def errors(text: str) -> str:
    with pytest.raises(LoadErrors) as caught:
        load_tests(text, "t")
    return str(caught.value)


PASSING = [
    '{name: fires, expect: [{subject: Pod/a/p, case: other, message: "c waits since 60m"}]}',
    "{name: changed, change: {Pod/a/p: {$.status.phase: Running}}, expect: []}",
    "{name: a field is gone, change: {Pod/a/p: {$.status.phase: null}}, expect: []}",
    "{name: the pod is gone, change: {Pod/a/p: null}, expect: []}",
    "{name: not collected, collected: [Node], expect: not evaluated}",
    "name: added\n  add: [{kind: Node, metadata: {name: n}}]\n  change: {Pod/a/p: {$.spec.nodeName: n}}\n  "
    'expect: [{case: on-node, message: "c waits on n"}]',
    '{name: logged, logs: {a/p/c: "error: boom"}, expect: [{case: logged, message: "c: boom", container: c, '
    "fix: Wait., severity: error, title: T}]}",
    '{name: an element, change: {Pod/a/p: {"$.spec.containers[0].name": d}}, expect: [{message: "d waits since 60m"}]}',
    "{name: by its name, change: {Pod/a/p: {\"$.spec.containers[?(@.name=='c')].name\": d}}, expect: "
    '[{message: "d waits since 60m"}]}',
    '{name: one more, change: {Pod/a/p: {"$.spec.containers[1]": {name: d}}}, expect: [{message: "c waits '
    'since 60m"}, {message: "d waits since 60m"}]}',
    '{name: one less, change: {Pod/a/p: {"$.spec.containers[0]": null}}, expect: []}',
    '{name: another time, at: "2026-01-01T11:00:05Z", expect: [{message: "c waits since 5s"}]}',
]


@pytest.mark.parametrize("case", PASSING, ids=lambda c: c.split(",")[0].split("\n")[0])
def test_a_case_that_passes(case: str) -> None:
    assert run(f"- {case}\n") == [""]


def test_a_case_changes_only_itself() -> None:
    assert run("".join(f"- {c}\n" for c in (PASSING[1], PASSING[0], PASSING[5], PASSING[0]))) == [""] * 4


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        (
            "{name: x, expect: []}",
            "expected: nothing\ngot: {'subject': 'Pod/a/p', 'case': 'other', 'message': 'c waits since 60m'}",
        ),
        (
            "{name: x, expect: [{case: other, message: c waits}]}",
            "expected: {'case': 'other', 'message': 'c waits'}\ngot: {'case': 'other', 'message': 'c waits since 60m'}",
        ),
        (
            "{name: x, change: {Pod/a/p: null}, expect: [{message: c waits}]}",
            "expected: {'message': 'c waits'}\ngot: nothing",
        ),
        (
            "{name: x, expect: not evaluated}",
            "expected: not evaluated\ngot: {'subject': 'Pod/a/p', 'case': 'other', 'message': 'c waits since 60m'}",
        ),
        (
            "{name: x, change: {Pod/a/p: {$.status.phase: Running}}, expect: not evaluated}",
            "expected: not evaluated\ngot: evaluated, and nothing found",
        ),
        (
            "{name: x, collected: [Node], expect: []}",
            "expected: nothing, decided\ngot: not evaluated: Pod was not collected",
        ),
    ],
)
def test_a_case_that_fails(case: str, difference: str) -> None:
    assert run(f"- {case}\n") == [difference]


def test_what_a_test_covers() -> None:
    (test,) = load_tests(GIVEN + "".join(f"- {PASSING[i]}\n" for i in (0, 1, 5)), "t")
    assert test.fires() == {"other", "on-node"}
    assert test.silent()
    (loud,) = load_tests(GIVEN + f"- {PASSING[0]}\n- {PASSING[4]}\n", "t")
    assert not loud.silent()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "t:1:1: a test is a map with rule, at, given and cases, not [a]"),
        ("rule: r\n", "t:1:1: a test needs cases, as `- {name: it is healthy, expect: []}`"),
        ("cases: [{name: a, expect: []}]\n", "t:1:1: the test has no 'rule': the id of the rule that it tests"),
        (
            "rule: r\ncase: []\ncases: [{name: a, expect: []}]\n",
            "t:2:1: unknown key 'case' in a test, did you mean 'cases'?",
        ),
        (
            "rule: r\ncases: [{name: a, expcet: []}]\n",
            "t:2:9: a case has a name and `expect`\nt:2:19: unknown key 'expcet' in a case, did you mean 'expect'?",
        ),
        ("rule: r\ncases: [5]\n", "t:2:9: a case is a map with name and expect, not 5"),
        ("rule: r\ncases: {a: b}\n", "t:2:8: 'cases' takes a list, not {a: b}"),
        (
            "rule: r\ncases: [{name: a, expect: nothing}]\n",
            "t:2:27: 'expect' is [], `not evaluated`, or a list of findings, not 'nothing'",
        ),
        (
            "rule: r\ncases: [{name: a, expect: [{subject: Pod/a/p}]}]\n",
            "t:2:28: a finding is expected with its message, as {subject: Pod/a/p, case: other, message: the "
            "whole message}",
        ),
        (
            "rule: r\ncases: [{name: a, expect: [{message: m, objct: x}]}]\n",
            "t:2:41: unknown key 'objct' in an expected finding, did you mean 'objects'?",
        ),
        (
            "rule: r\ngiven: [{kind: Pod}]\ncases: [{name: a, expect: []}]\n",
            "t:2:9: an object has a kind and metadata, as {kind: Pod, metadata: {namespace: a, name: p}}",
        ),
        (
            "rule: r\nat: noon\ncases: [{name: a, expect: []}]\n",
            "t:2:5: 'at' takes a time, as \"2026-01-01T12:00:00Z\", not 'noon'",
        ),
        (
            "rule: r\nlogs: {p: x}\ncases: [{name: a, expect: []}]\n",
            "t:2:8: 'p' is no name of a log; it is namespace/pod/container, the same with ' previous', or node/unit",
        ),
        (
            "rule: r\ncases: [{name: a, collected: [5], expect: []}]\n",
            "t:2:30: 'collected' takes kinds, as [Pod, Node], not 5",
        ),
        (
            GIVEN + "- {name: a, change: {Pod/a/q: null}, expect: []}\n",
            "t:9:22: there is no object 'Pod/a/q', did you mean 'Pod/a/p'?",
        ),
        (
            GIVEN + "- {name: a, change: {Pod/a/p: {'$.status.phase.x': 1}}, expect: []}\n",
            "t:9:32: '$.status.phase.x' cannot be changed: 'str' object does not support item assignment",
        ),
        (
            GIVEN + "- {name: a, change: {Pod/a/p: {'$.spec.containers[*].name': d}}, expect: []}\n",
            "t:9:32: '$.spec.containers[*].name' cannot be changed: a path with Each names no one place",
        ),
        (
            GIVEN + "- {name: a, change: {Pod/a/p: {'$': d}}, expect: []}\n",
            "t:9:32: '$' cannot be changed: the object itself cannot be replaced; take it out with `null` and "
            "add another",
        ),
        ("rule: r\n\tcases: []\n", "t:2:1: a tab cannot indent or separate here; use spaces"),
    ],
)
def test_a_mistake_in_a_test(text: str, message: str) -> None:
    assert errors(text) == message


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "waits.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "waits.test.yaml").write_text(GIVEN + f"- {PASSING[0]}\n- {{name: x, expect: []}}\n", encoding="utf-8")
    (tmp_path / "untested.yaml").write_text(RULE.replace("id: waits", "id: untested"), encoding="utf-8")
    loaded = library.load(library.Selection(folders=[str(tmp_path)], builtin=False))
    outcomes = run_folder(tmp_path, loaded)
    assert [(o.rule, o.case.name, o.case.line, bool(o.difference)) for o in outcomes] == [
        ("waits", "fires", 9, False),
        ("waits", "x", 10, True),
    ]
    again = run_folder(tmp_path / "waits.yaml", loaded)
    assert [(o.rule, o.difference) for o in again] == [(o.rule, o.difference) for o in outcomes]


def test_the_tests_of_another_rule_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "waits.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "waits.test.yaml").write_text(
        (GIVEN + f"- {PASSING[0]}\n").replace("rule: waits", "rule: wait"), encoding="utf-8"
    )
    loaded = library.load(library.Selection(folders=[str(tmp_path)], builtin=False))
    with pytest.raises(LoadErrors, match="there is no rule 'wait', did you mean 'waits'"):
        run_folder(tmp_path, loaded)


DOCUMENT: dict[str, Any] = {
    "rule": "r",
    "at": "2026-01-01T12:00:00Z",
    "version": "v1.30.0",
    "given": [{"kind": "Pod", "metadata": {"namespace": "a", "name": "p"}, "spec": {"containers": [{"name": "c"}]}}],
    "logs": {"a/p/c": "x", "n/kubelet": "y"},
    "cases": [
        {
            "name": "a",
            "expect": [{"message": "m", "case": "c"}],
            "change": {"Pod/a/p": {"$.spec.containers[0].name": "d"}},
        },
        {
            "name": "b",
            "expect": "not evaluated",
            "collected": ["Node"],
            "add": [{"kind": "Node", "metadata": {"name": "n"}}],
        },
    ],
}
junk = st.sampled_from(
    [None, True, 0, -1, "", "x", "$", "[", [], [None], {}, {"x": None}, {"$": 1}, [5], "not evaluated", {"Pod/a/p": 5}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for k, v in inside for p in places(v, (*path, k)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(DOCUMENT)[1:]), junk)
def test_no_document_fails_otherwise(path: tuple[Any, ...], value: Any) -> None:
    made = copy.deepcopy(DOCUMENT)
    target: Any = made
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    try:
        load_tests(json.dumps(made), "t")
    except LoadErrors as caught:
        assert all(e.line >= 1 for e in caught.errors)
