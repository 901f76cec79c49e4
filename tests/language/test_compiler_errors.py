"""Every mistake has its message: what was seen, what was expected, what to do, and the place.

`errors/NAME.yaml` is a rule with one mistake, `errors/NAME.out` all that is said of it. To write the
outputs anew after a change of wording: `KUBE_DIAGNOSE_WRITE=1 pytest tests/language/test_compiler_errors.py`.
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from diagnose.errors import LoadErrors
from diagnose.language.compiler import compile_rules
from diagnose.language.ruleset import load_rules
from tests.language.tables import RELATIONS, SYMPTOMS

FOLDER = Path(__file__).parent / "errors"
MISTAKES = sorted(FOLDER.glob("*.yaml"))


def said(text: str, file: str) -> str:
    """What loading and compiling a rule file complains of."""
    try:
        compile_rules(load_rules(text, file), RELATIONS, SYMPTOMS)
    except LoadErrors as errors:
        return f"{errors}\n"
    return "nothing\n"


@pytest.mark.parametrize("path", MISTAKES, ids=lambda p: p.stem)
def test_message(path: Path) -> None:
    expected = path.with_suffix(".out")
    got = said(path.read_text(encoding="utf-8"), path.name)
    if os.environ.get("KUBE_DIAGNOSE_WRITE"):
        expected.write_text(got, encoding="utf-8")
    assert got == expected.read_text(encoding="utf-8")
    assert got != "nothing\n"


def test_every_output_has_its_rule() -> None:
    assert {p.stem for p in FOLDER.glob("*.out")} == {p.stem for p in MISTAKES}


@pytest.mark.parametrize("path", MISTAKES, ids=lambda p: p.stem)
def test_every_message_has_a_place_inside_the_file(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    with pytest.raises(LoadErrors) as caught:
        compile_rules(load_rules(path.read_text(encoding="utf-8"), path.name), RELATIONS, SYMPTOMS)
    for error in caught.value.errors:
        assert error.file == path.name
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1


GOOD: dict[str, Any] = {
    "id": "good",
    "title": "A pod waits",
    "severity": "error",
    "params": {"least": 2},
    "match": [
        {"for": "Pod", "where": {"$.status.phase": {"in": ["Pending"]}, "$.spec.priority": {"ge": {"param": "least"}}}},
        {"each": "pod -> containers", "as": "container", "where": {"$.status.ready": False}},
        {
            "maybe": "pod -> events",
            "as": "event",
            "newest": "$.lastTimestamp",
            "where": {"$.message": {"matches": "(?P<x>a)"}},
        },
        {"count": "Node", "as": "nodes", "is": {"ge": 1}},
        {"let": {"text": {"values": ["container.status.state.waiting.message", "event.message"]}}},
        {"when": [{"text[*]": {"not": {"contains": "x"}}}, {"event": {"exists": False}}]},
    ],
    "cases": [
        {"id": "a", "when": {"nodes": {"gt": 3}}, "message": "waits for {nodes}", "severity": "warning"},
        {"id": "b", "message": "waits {event.lastTimestamp|age}"},
    ],
    "evidence": ["event.message"],
    "commands": ["kubectl get pod {pod.metadata.name}"],
    "explains": [{"symptom": "pod-pending", "via": "pod"}],
    "kubernetes": ">=1.25",
}

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(
        ["", "x", "$", "$.", "pod ->", "-> events", "{", "[", "pod", "Pod", "*", "a.b[*", "->", "\x00", "é"]
    ),
    st.lists(st.sampled_from(["a", 1, None, {}]), max_size=2),
    st.dictionaries(
        st.sampled_from(["ref", "param", "not", "is", "in", "for", "x", "$.a", ""]),
        st.sampled_from(["a", 1, None, [], {}]),
        max_size=2,
    ),
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for k, v in inside for p in paths_of(v, (*path, k)))]


def test_the_rule_that_is_mutated_is_right() -> None:
    assert said(json.dumps(GOOD), "good.yaml") == "nothing\n"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(paths_of(GOOD)[1:]), junk), min_size=1, max_size=3))
@example([(("match", 1, "as"), "pod")])
def test_no_document_makes_the_loader_fail_otherwise(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    made: Any = copy.deepcopy(GOOD)
    for path, value in changes:
        target = made
        for step in path[:-1]:
            try:
                target = target[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(target, dict) or (isinstance(target, list) and path[-1] in range(len(target))):
                target[path[-1]] = copy.deepcopy(value)
    said(json.dumps(made), "good.yaml")


def test_the_same_id_twice_names_both_files(tmp_path: Path) -> None:
    from diagnose import library

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "twice.yaml").write_text(
            "id: twice\ntitle: t\nseverity: error\nmatch: [{for: Pod}]\nreport: {message: m}\n", encoding="utf-8"
        )
    with pytest.raises(LoadErrors) as caught:
        library.load(library.Selection(folders=[str(tmp_path)], builtin=False))
    assert str(caught.value) == (
        f"{tmp_path}/two/twice.yaml:1:5: there is a rule 'twice' already, in {tmp_path}/one/twice.yaml; "
        "`replaces: true` takes its place"
    )
