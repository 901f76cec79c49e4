"""Each operator: what holds, what does not, what cannot be told; and what its right side must be."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.language.operators import TABLE, Moment
from diagnose.language.patterns import Pattern
from diagnose.logs import Log
from diagnose.values import timestamp

NOON = timestamp("2026-01-01T12:00:00Z")
NOW, NEVER = Moment(NOON), Moment(None)
SELECTOR = {
    "matchLabels": {"app": "web"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}],
}
TAINT = {"key": "gpu", "value": "x", "effect": "NoSchedule"}


def holds(operator: str, value: Any, literal: Any, moment: Moment = NOW) -> Any:
    entry = TABLE[operator]
    found = entry.test(value, entry.prepare(literal), moment)
    return found if found is None else bool(found)


@pytest.mark.parametrize(
    ("operator", "literal", "passing", "failing"),
    [
        ("is", "a", ["a"], ["A", "", 1, None, ["a"]]),
        ("is", 1, [1, 1.0], ["1", True, 2]),
        ("is", True, [True], ["True", 1, "true", False]),
        ("is", False, [False], [0, "", None]),
        ("in", ["a", 1], ["a", 1], ["b", "1", True]),
        ("in", [], [], ["a", None]),
        ("matches", "b+", ["abbc", "b"], ["ac", "", 1, None, ["b"]]),
        ("matches", "(?i)^crash", ["CrashLoop"], ["the crash"]),
        ("contains", "b", ["abc", ["a", "b"]], ["ac", ["ab"], 1, {"b": 1}, None]),
        ("contains", 2, [[1, 2]], ["2", [1], ["2"]]),
        ("starts_with", "Failed to", ["Failed to pull"], ["failed to pull", " Failed to", 1]),
        ("lt", "1Gi", ["1023Mi", "1", 5, 0.5], ["1Gi", "2Gi", "a", None, True]),
        ("le", "500m", ["500m", "0.5", 0.5], ["501m", 1]),
        ("gt", 2, [3, "2001m", "3"], [2, "2", "1500m", "x"]),
        ("ge", "1k", ["1k", 1000, "1Ki"], ["999", 999]),
        (
            "older_than",
            "10m",
            ["2026-01-01T11:49:59Z", "2026-01-01T13:49:00+02:00"],
            ["2026-01-01T11:50:00Z", "2026-01-01T13:00:00Z", "then", 5],
        ),
        ("younger_than", "10m", ["2026-01-01T11:50:01Z", "2026-01-01T12:30:00Z"], ["2026-01-01T11:50:00Z", "then"]),
        ("version", ">=1.25,<1.30", ["v1.25.0", "1.29.7+k3s1"], ["v1.30.0", "1.24", "x", "", None, 1.27]),
        ("has_key", "a.b", [{"a.b": None}, {"a.b": ""}], [{"a": {"b": 1}}, "a.b", ["a.b"], {}]),
    ],
)
def test_what_holds(operator: str, literal: Any, passing: list[Any], failing: list[Any]) -> None:
    for value in passing:
        assert holds(operator, value, literal) is True, (operator, value, literal)
    for value in failing:
        assert holds(operator, value, literal) is False, (operator, value, literal)


@pytest.mark.parametrize("operator", ["older_than", "younger_than"])
def test_without_a_capture_time_no_age_is_known(operator: str) -> None:
    assert holds(operator, "2026-01-01T00:00:00Z", "10m", NEVER) is None
    assert holds(operator, "no time", "10m", NEVER) is False


def test_quantities_of_a_reference_are_read_too() -> None:
    assert TABLE["gt"].test("2Gi", "1Gi", NOW)
    assert not TABLE["gt"].test("2Gi", "much", NOW)
    assert TABLE["older_than"].test("2026-01-01T11:00:00Z", "30m", NOW)
    assert not TABLE["older_than"].test("2026-01-01T11:00:00Z", "a while", NOW)


def test_selects_reads_labels_and_expressions() -> None:
    assert TABLE["selects"].test(SELECTOR, {"app": "web", "tier": "b"}, NOW)
    assert not TABLE["selects"].test(SELECTOR, {"app": "web"}, NOW)
    assert not TABLE["selects"].test(SELECTOR, None, NOW)
    cores = {"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["8"]}]}
    assert TABLE["selects"].test(cores, {"cores": "16"}, NOW)
    assert not TABLE["selects"].test(cores, {"cores": "4"}, NOW)


def test_untolerated_by_gets_all_tolerations_at_once() -> None:
    assert TABLE["untolerated_by"].whole
    assert TABLE["untolerated_by"].test(TAINT, [], NOW)
    assert TABLE["untolerated_by"].test(TAINT, [{"key": "other", "operator": "Exists"}], NOW)
    assert not TABLE["untolerated_by"].test(TAINT, [{"key": "other"}, {"key": "gpu", "operator": "Exists"}], NOW)
    assert not TABLE["untolerated_by"].test({**TAINT, "effect": "PreferNoSchedule"}, [], NOW)
    assert not TABLE["untolerated_by"].test("gpu", [], NOW)


def test_of_a_log_the_last_match_counts() -> None:
    log = Log.of_text("a/p/c", "error: one\nerror: two\nbye\n")
    found = TABLE["matches"].test(log, TABLE["matches"].prepare(r"error: (?P<what>\w+)"), NOW)
    assert found["what"] == "two"
    assert log.line_at(found.start()) == "error: two"
    assert TABLE["contains"].test(log, "one", NOW)
    assert not TABLE["starts_with"].test(log, "error", NOW)


@pytest.mark.parametrize(
    ("operator", "literal", "expected"),
    [
        ("is", {"a": 1}, "a plain value"),
        ("in", "a", "a list, as [A, B]"),
        ("exists", "yes", "true or false"),
        ("matches", 5, "a regular expression in quotes"),
        ("matches", "(a", "a pattern of RE2 (missing ): (a)"),
        (
            "matches",
            r"(a)\1",
            r"a pattern of RE2, which has no lookaround and no backreferences (invalid escape sequence: \1)",
        ),
        ("starts_with", 1, "text"),
        ("lt", "much", "a number or a quantity, as 500m or 1Gi"),
        ("lt", True, "a number or a quantity, as 500m or 1Gi"),
        ("older_than", 5, "a duration, as 30s, 10m or 1h"),
        ("older_than", "5 min", "a duration, as 30s, 10m or 1h"),
        ("has_key", ["a"], "text"),
        ("selects", "app=web", "{ref: path} or a map of labels"),
        ("untolerated_by", "gpu", "{ref: path} or a list of tolerations"),
    ],
)
def test_a_wrong_right_side(operator: str, literal: Any, expected: str) -> None:
    with pytest.raises(ValueError) as caught:
        prepared = TABLE[operator].prepare(literal)
        if isinstance(prepared, Pattern):
            prepared.check()
    assert str(caught.value) == expected


def test_a_pattern_that_would_never_end_elsewhere_ends() -> None:
    assert holds("matches", "a" * 50_000 + "!", "^(a+)+$") is False


def test_the_table_is_documented() -> None:
    for name, operator in TABLE.items():
        assert name == operator.name
        assert operator.doc.endswith(".")
