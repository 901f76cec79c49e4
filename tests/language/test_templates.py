"""Templates: holes, braces, filters, and how values are shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.language.templates import FILTERS, Hole, parse, show, show_all
from diagnose.logs import Log
from diagnose.values import timestamp

NOW = timestamp("2026-01-01T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("{a.b}", [Hole("a.b", "", 0)]),
        ("x {a|age} y", ["x ", Hole("a", "age", 2), " y"]),
        ("{ a.b | bytes }", [Hole("a.b", "bytes", 0)]),
        ("{a}{b}", [Hole("a", "", 0), Hole("b", "", 3)]),
        ("{{x}}", ["{", "x", "}"]),
        ("{{{a}}}", ["{", Hole("a", "", 2), "}"]),
        ("{a[?(@.b=='c')].d}", [Hole("a[?(@.b=='c')].d", "", 0)]),
    ],
)
def test_parse(text: str, parts: list[Any]) -> None:
    assert parse(text) == parts


@pytest.mark.parametrize(
    ("text", "token"),
    [("{", "{"), ("a { b", "{"), ("}", "}"), ("{a}}", "}"), ("{{a}", "}"), ("{a{b}", "{")],
)
def test_a_lone_brace(text: str, token: str) -> None:
    with pytest.raises(ValueError, match="a lone") as caught:
        parse(text)
    assert str(caught.value) == f"a lone '{token}' in a template; write '{token}{token}' for the character itself"


@pytest.mark.parametrize("text", ["{}", "{ }", "{|age}"])
def test_an_empty_placeholder(text: str) -> None:
    with pytest.raises(ValueError, match="names no path"):
        parse(text)


@given(st.text())
def test_any_text_can_be_escaped(text: str) -> None:
    parts = parse(text.replace("{", "{{").replace("}", "}}"))
    assert "".join(p for p in parts if isinstance(p, str)) == text
    assert all(isinstance(p, str) for p in parts)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.5, "0.5"),
        (2.0, "2"),
        (1 / 3, "0.3333333333"),
        ({"b": 1, "a": "x"}, '{"a": "x", "b": 1}'),
        (["a"], '["a"]'),
        (Log.of_text("a/p/c", "one\ntwo\n\n"), "two"),
    ],
)
def test_show(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_show_all_lists_each_value_once() -> None:
    assert show_all(["b", "a", "b"]) == "b, a"
    assert show_all([]) == "none"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("age", "2026-01-01T11:30:00Z", "30m"),
        ("age", NOW, "0s"),
        ("age", "whenever", "some time"),
        ("age", None, "some time"),
        ("bytes", "1610612736", "1.5Gi"),
        ("bytes", "2Gi", "2Gi"),
        ("bytes", "much", "much"),
        ("labels", {"b": "2", "a": "1"}, "a=1,b=2"),
        ("labels", {"matchLabels": {"app": "web"}}, "app=web"),
        (
            "labels",
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["a", "b"]},
                    {"key": "zone", "operator": "NotIn", "values": ["z"]},
                    {"key": "gpu", "operator": "Exists"},
                    {"key": "spot", "operator": "DoesNotExist"},
                    {"key": "cores", "operator": "Gt", "values": ["8"]},
                ],
            },
            "app=web,tier in (a,b),zone notin (z),gpu,!spot,cores>8",
        ),
        (
            "labels",
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]},
            "metadata.name in (n1)",
        ),
        ("labels", {"matchExpressions": "text"}, "matchExpressions=text"),
        ("labels", {}, ""),
        ("labels", "text", ""),
    ],
)
def test_filters(name: str, value: Any, shown: str) -> None:
    assert FILTERS[name].apply(value, NOW) == shown


def test_without_a_capture_time_an_age_is_some_time() -> None:
    assert FILTERS["age"].apply("2026-01-01T11:30:00Z", None) == "some time"


def test_a_shell_gets_quoted_values() -> None:
    from tests.builders import NOW as AT
    from tests.builders import only, pod, report, rule_text

    text = rule_text("for: Pod", tail="commands: ['kubectl get pod {pod.spec.nodeName}', 'echo {{x}}']")
    found = only(report(text, [pod(spec={"nodeName": "$(reboot) 'x'"})], at=AT))
    assert found.commands == ("kubectl get pod '$(reboot) '\"'\"'x'\"'\"''", "echo {x}")
