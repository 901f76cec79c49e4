"""Generated conditions: the same verdicts as the chain of checks that they stand for."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.language import conditions_code
from diagnose.language.operators import Moment
from diagnose.match import Match
from diagnose.redact import REDACTED_FORMS
from diagnose.told import Partial, Whole
from diagnose.values import UNKNOWN
from tests.builders import rule_text, rules, world

PATHS = ("$.a", "$.b", "$.a.b", "$.a.a", "$.b.a.b", "$.a[*]", "$.a[*].b", "$.b['a']")
TEXTS = st.sampled_from(["t", "u", "7", REDACTED_FORMS[0]])
LITERALS = st.one_of(TEXTS, st.booleans(), st.integers(0, 2))
USES = st.one_of(
    LITERALS,
    LITERALS.map(lambda v: {"not": v}),
    st.booleans().map(lambda v: {"exists": v}),
    st.lists(TEXTS, min_size=1, max_size=3).map(lambda v: {"in": v}),
    st.lists(TEXTS, min_size=1, max_size=3).map(lambda v: {"not": {"in": v}}),
    st.just({"matches": "t|7"}),
    st.just({"gt": 1}),
    st.just({"exists": True, "not": "t"}),
    st.just({"older_than": "1m"}),
)
WHERE = st.dictionaries(st.sampled_from(PATHS), USES, min_size=1, max_size=2)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(0, 2))
LEAVES = st.one_of(SCALARS, st.sampled_from([None, UNKNOWN, UNKNOWN, "2026-01-01T11:00:00Z"]))
MAPS = st.sampled_from([dict, dict, dict, Partial, Whole])


def of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Maps with the keys that the paths name, or most of them, and now and then a list."""
    maps = st.builds(lambda kind, fields: kind(fields), MAPS, st.dictionaries(st.sampled_from("ab"), inner, min_size=1))
    return st.one_of(maps, maps, st.lists(inner, max_size=3))


OBJECTS = of(st.one_of(LEAVES, of(st.one_of(LEAVES, of(LEAVES)))))


def checks(where: dict[str, Any]) -> tuple[Any, Any]:
    """The chain of checks of a condition, and the code that is generated for it."""
    parts: list[Any] = []

    def lazily(chain: Any, own: Any) -> Any:
        parts.append((chain, conditions_code.generated(chain, own)))
        return chain

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(conditions_code, "lazily", lazily)
        rules(rule_text(f"{{for: Pod, where: {json.dumps(where)}}}"))
    (found,) = parts
    return found  # type: ignore[no-any-return]


@settings(max_examples=150, deadline=None)
@given(WHERE, st.lists(OBJECTS, min_size=8, max_size=30))
def test_the_verdicts_are_the_same(where: dict[str, Any], values: list[Any]) -> None:
    chain, generated = checks(where)
    empty = world([])
    for value in values:
        match = Match(empty, Moment(1767268800.0))
        assert generated(value, match, {}) is chain(value, match, {}), value


EVERY_USE = ("t", True, False, 1, {"not": "t"}, {"not": True}, {"not": False}, {"exists": True}, {"exists": False})
EVERY_USE += ({"in": ["t", "u"]}, {"not": {"in": ["t", "u"]}}, {"matches": "t"}, {"not": {"matches": "t"}})
EVERY_USE += ({"is": REDACTED_FORMS[0]}, {"not": 1}, {"not": {"exists": True}}, {"gt": 0}, {"exists": True, "not": "t"})
EVERY_VALUE = (
    None,
    "t",
    "u",
    "x",
    *REDACTED_FORMS,
    True,
    False,
    1,
    1.0,
    UNKNOWN,
    [],
    ["t"],
    {},
    {"b": "t"},
    Partial(),
    Whole(),
)


@pytest.mark.parametrize("path", ["$.a", "$.a.b", "$.a.a.b"])
@pytest.mark.parametrize("use", EVERY_USE, ids=json.dumps)
def test_each_operator_on_each_value(path: str, use: Any) -> None:
    chain, generated = checks({path: use})
    match = Match(world([]), Moment(1767268800.0))
    keys = path.removeprefix("$.").split(".")
    for value in EVERY_VALUE:
        for kinds in product((dict, Partial, Whole), repeat=len(keys)):
            nested: Any = value
            for key, kind in zip(reversed(keys), kinds, strict=True):
                nested = kind({key: nested})
            for told in (nested, kinds[-1](), value):
                assert generated(told, match, {}) is chain(told, match, {}), told
