"""The JSON Schema and the reference page, made from the tables of the language."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from diagnose import library
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.operators import TABLE as OPERATORS
from diagnose.language.problems import CHECKS
from diagnose.language.reference import reference
from diagnose.language.schema import TAKES, rule_schema
from diagnose.language.syntax import CASE_KEYS, CLAUSE_KEYS, CLAUSES, REPORT_KEYS, RULE_KEYS
from diagnose.language.templates import FILTERS
from diagnose.positions import load_all

SCHEMA = rule_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SKETCH = Path(__file__).parent / "sketch.yaml"
REFERENCE = Path(__file__).parent.parent.parent / "docs" / "rule-reference.md"

GOOD: dict[str, Any] = {
    "id": "r",
    "title": "T",
    "severity": "error",
    "match": [
        {"for": "Pod", "where": {"$.a": {"ge": {"param": "p"}}, "$.b": [1, 2], "$.c": None}},
        {
            "some": "pod -> events",
            "as": "event",
            "where": [{"$.a": {"not": {"in": ["x"]}}}, {"$.b": {"is": {"ref": "pod.x"}}}],
        },
        {"count": "Node", "is": {"ge": 1}},
        {"let": {"n": {"length": ["pod.a", "pod.b"]}, "m": {"image": "pod.c"}}},
        {"when": {"n": 1}},
    ],
    "report": {"message": "m"},
    "explains": [{"symptom": "pod-pending", "via": "pod"}],
}


def test_the_schema_is_a_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)


def test_every_built_in_rule_fits() -> None:
    number = 0
    for path in library.rule_files(library.builtin_folder()):
        for document in load_all(path.read_text(encoding="utf-8"), str(path)):
            VALIDATOR.validate(document.data)
            number += 1
    assert number


def test_rules_of_every_shape_fit() -> None:
    for document in load_all(SKETCH.read_text(encoding="utf-8")):
        VALIDATOR.validate(document.data)
    VALIDATOR.validate(GOOD)


MISTAKES: list[tuple[list[Any], Any]] = [
    (["severty"], "error"),
    (["severity"], "bad"),
    (["id"], "Not_Kebab"),
    (["id"], None),
    (["match"], []),
    (["match", 0], {"fro": "Pod"}),
    (["match", 0, "where"], "text"),
    (["match", 0, "where", "$.a"], {"matchs": "x"}),
    (["match", 0, "where", "$.a"], {"exists": "yes"}),
    (["match", 0, "where", "$.a"], {"exists": {"ref": "pod.x"}}),
    (["match", 0, "where", "$.a"], {"in": "x"}),
    (["match", 0, "where", "$.a"], {"older_than": 5}),
    (["match", 0, "where", "$.a"], {"matches": {"ref": "pod.x"}}),
    (["match", 1, "were"], {}),
    (["match", 1, "none"], "pod -> events"),
    (["match", 3, "let"], {"n": {"average": "pod.a"}}),
    (["match", 3, "let"], {"n": {"ratio": ["pod.a"]}}),
    (["match", 3, "let"], {"n": {"image": ["pod.a", "pod.b"]}}),
    (["match", 3, "where"], {"$.a": 1}),
    (["report"], {}),
    (["report", "text"], "m"),
    (["cases"], [{"id": "a", "message": "m"}]),
    (["explains", 0], {"symptom": "x"}),
    (["docs"], "https://kubernetes.io/"),
]


@pytest.mark.parametrize(("path", "value"), MISTAKES, ids=[f"{p} {v}" for p, v in MISTAKES])
def test_a_mistake_does_not_fit(path: list[Any], value: Any) -> None:
    made = copy.deepcopy(GOOD)
    target: Any = made
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert not VALIDATOR.is_valid(made)


def test_every_table_is_in_the_schema() -> None:
    assert list(SCHEMA["properties"]) == list(RULE_KEYS)
    defs = SCHEMA["$defs"]
    assert list(defs["report"]["properties"]) == list(REPORT_KEYS)
    assert list(defs["case"]["properties"]) == list(CASE_KEYS)
    assert list(defs["operators"]["properties"]) == list(OPERATORS)
    assert list(defs["functions"]["properties"]) == list(FUNCTIONS)
    assert [c["required"][0] for c in defs["clause"]["oneOf"]] == list(CLAUSES)
    assert {o.takes for o in OPERATORS.values()} == set(TAKES)


def page() -> str:
    tables = library.load(library.Selection(builtin=False))
    return reference(tables.relations, tables.symptoms)


def test_the_reference_page_is_fresh() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == page(), (
        "docs/rule-reference.md is stale: diagnose rules reference > docs/rule-reference.md"
    )


def test_every_table_is_in_the_reference() -> None:
    text = page()
    for table in (RULE_KEYS, CASE_KEYS, REPORT_KEYS, CLAUSES, CLAUSE_KEYS, OPERATORS, FUNCTIONS, FILTERS, CHECKS):
        for name in table:
            assert f"| `{name}` |" in text, name
