"""Selectors, taints and node affinity: the cases Kubernetes itself tests, a naive model, and input of any type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose import values
from diagnose.values import UNKNOWN

anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=3),
        st.just(UNKNOWN),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


def shaped(*keys: str) -> st.SearchStrategy[Any]:
    """Mappings with the keys a function reads, and anything under them."""
    nested = st.one_of(anything, st.lists(st.dictionaries(st.sampled_from(keys), anything, max_size=3), max_size=3))
    return st.one_of(anything, st.dictionaries(st.sampled_from(keys), nested, max_size=len(keys)))


# --- selectors --------------------------------------------------------------------------------------------------------

label_maps = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)
requirements = st.one_of(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from("abc"),
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(st.sampled_from("xyz"), min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries({"key": st.sampled_from("abc"), "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)


def naive(requirement: dict[str, Any], labels: dict[str, str]) -> bool:
    value = labels.get(requirement["key"])
    match requirement["operator"]:
        case "In":
            return value in requirement["values"]
        case "NotIn":
            return value not in requirement["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


@given(label_maps, st.lists(requirements, max_size=3), label_maps)
def test_selectors_against_a_naive_model(
    wanted: dict[str, str], some: list[dict[str, Any]], labels: dict[str, str]
) -> None:
    equal = set(wanted.items()) <= set(labels.items())
    assert values.selects(wanted, labels) == equal
    assert values.selects({"matchLabels": wanted}, labels) == equal
    both = equal and all(naive(each, labels) for each in some)
    assert values.selects({"matchLabels": wanted, "matchExpressions": some}, labels) == both


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        (None, {"a": "x"}, False), ({}, {"a": "x"}, True), ({}, None, True), ({"matchLabels": {}}, {}, True),
        ({"matchLabels": None, "matchExpressions": []}, {}, True), ({"a": "x"}, None, False),
        ({"matchLabels": "x"}, {"matchLabels": "x"}, True), ({"matchLabels": "x"}, {}, False),
        ({"matchLabels": "x", "a": "y"}, {"matchLabels": "x", "a": "y"}, True),
        ({"matchLabels": {"a": "x"}, "a": "unread"}, {"a": "x"}, True),
        ({"a": None}, {"a": ""}, True), ({"a": 1}, {"a": True}, False), ({"a": "1"}, {"a": 1}, False),
        ({"matchLabels": []}, {}, False), ({"matchLabels": {}, "matchExpressions": {}}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}, {"a": "x"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": []}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]}, {"a": "x"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "exists"}]}, {"a": "x"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, {"a": "2"}, False),
        ({"matchExpressions": [{"operator": "DoesNotExist"}]}, {}, False), ({"matchExpressions": ["a"]}, {}, False),
        (["a"], {}, False), (UNKNOWN, {}, False),
    ],
)  # fmt: skip
def test_selects(selector: object, labels: Any, expected: bool) -> None:
    assert values.selects(selector, labels) is expected


# --- taints -----------------------------------------------------------------------------------------------------------

TAINT = {"key": "k", "value": "v", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True), ({"key": "", "operator": "Exists", "effect": ""}, True),
        ({"operator": "Exists", "effect": "NoExecute"}, False), ({"key": "k", "operator": "Exists"}, True),
        ({"key": "k", "value": "v"}, True), ({"key": "k", "operator": "", "value": "v"}, True),
        ({"key": "k", "operator": "Equal", "value": "w"}, False), ({"key": "k"}, False),
        ({"key": "j", "value": "v"}, False),
        ({"key": "k", "value": "v", "effect": "NoSchedule"}, True),
        ({"key": "k", "value": "v", "effect": "NoExecute"}, False),
        ({"key": "k", "operator": "exists"}, False), ({"key": "k", "operator": "Gt", "value": "1"}, False), ({}, False),
    ],
)  # fmt: skip
def test_tolerates(toleration: dict[str, object], expected: bool) -> None:
    assert values.tolerates(toleration, TAINT) is expected


def test_a_taint_without_a_value_equals_an_empty_one() -> None:
    assert values.tolerates({"key": "k", "value": ""}, {"key": "k", "effect": "NoSchedule"})
    assert values.tolerates({"key": "k"}, {"key": "k", "value": None, "effect": "NoSchedule"})


@pytest.mark.parametrize(
    ("operator", "taint", "toleration", "expected"),
    [
        ("Gt", "950", "750", True), ("Gt", "800", "950", False), ("Gt", "950", "950", False),
        ("Lt", "800", "950", True),
        ("Lt", "950", "800", False), ("Gt", "-50", "-100", True), ("Lt", "-9223372036854775808", "0", True),
        ("Gt", "9223372036854775807", "9223372036854775806", True), ("Gt", "9223372036854775808", "0", False),
        ("Gt", "200", "0100", False), ("Gt", "200", "+100", False), ("Gt", "200", "100.5", False),
        ("Gt", "high", "1", False),
        ("Gt", "0200", "100", False), ("Lt", " 1 ", "2", False), ("Lt", "", "2", False), ("Gt", "1", "-0", False),
        ("Gt", 5, "1", False), ("Gt", "5", None, False),
    ],
)  # fmt: skip
def test_tolerations_that_compare(operator: str, taint: object, toleration: object, expected: bool) -> None:
    tainted = {"key": "k", "value": taint, "effect": "NoSchedule"}
    assert values.tolerates({"key": "k", "operator": operator, "value": toleration}, tainted) is expected


def test_only_effects_that_repel_are_untolerated() -> None:
    assert values.untolerated(TAINT, [])
    assert values.untolerated({**TAINT, "effect": "NoExecute"}, None)
    assert not values.untolerated({**TAINT, "effect": "PreferNoSchedule"}, [])
    assert not values.untolerated({"key": "k"}, [])
    assert not values.untolerated(TAINT, ["junk", {"key": "other"}, {"key": "k", "operator": "Exists"}])


# --- node affinity ----------------------------------------------------------------------------------------------------

NODE = {"metadata": {"name": "n1", "labels": {"zone": "a", "cpus": "8", "disk": "ssd"}}}


def affinity(*terms: object) -> dict[str, Any]:
    required = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def labelled(key: str, operator: str, *wanted: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(wanted)}]}


def named(operator: str, *names: str) -> dict[str, Any]:
    return {"matchFields": [{"key": "metadata.name", "operator": operator, "values": list(names)}]}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, True), ({"nodeSelector": {}}, True), ({"nodeSelector": {"zone": "a"}}, True),
        ({"nodeSelector": {"zone": "b"}}, False),
        ({"nodeSelector": {"matchLabels": "a"}}, False), (affinity(), False), (affinity({}), False),
        (affinity({"matchExpressions": [], "matchFields": []}), False),
        (affinity({}, labelled("zone", "In", "a", "b")), True),
        (affinity(labelled("zone", "In", "b"), labelled("disk", "Exists")), True),
        (affinity(labelled("zone", "NotIn", "a")), False),
        (affinity(labelled("gpu", "NotIn", "a")), True), (affinity(labelled("gpu", "DoesNotExist")), True),
        (affinity(labelled("cpus", "Gt", "4")), True), (affinity(labelled("cpus", "Gt", "8")), False),
        (affinity(labelled("cpus", "Lt", "+016")), True), (affinity(labelled("cpus", "Lt", "9", "10")), False),
        (affinity(labelled("zone", "Gt", "1")), False), (affinity(labelled("gpu", "Lt", "1")), False),
        (affinity(named("In", "n1")), True), (affinity(named("In", "n2")), False),
        (affinity(named("NotIn", "n1")), False),
        (affinity(named("In", "n1", "n2")), False), (affinity(named("Exists")), False),
        (affinity({**labelled("zone", "In", "a"), **named("In", "n2")}), False),
        ({**affinity(labelled("zone", "In", "a")), "nodeSelector": {"zone": "b"}}, False),
        ({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}}}, True),
        (affinity("junk", {"matchExpressions": "junk"}, {"matchExpressions": [1]}), False),
    ],
)  # fmt: skip
def test_node_affinity(spec: dict[str, Any], expected: bool) -> None:
    assert values.node_affinity_matches(spec, NODE) is expected


# --- anything at all --------------------------------------------------------------------------------------------------


@given(
    shaped("matchLabels", "matchExpressions", "key", "operator", "values"),
    shaped("key", "operator", "value", "effect"),
    shaped("containers", "initContainers", "overhead", "resources", "nodeSelector", "affinity"),
    anything,
)
def test_no_structure_makes_a_function_raise(selector: Any, taint: Any, spec: Any, other: Any) -> None:
    assert isinstance(values.selects(selector, other), bool)
    assert isinstance(values.tolerates(taint, other), bool)
    assert isinstance(values.tolerates(other, taint), bool)
    assert isinstance(values.untolerated(taint, other), bool)
    assert isinstance(values.node_affinity_matches(spec, other), bool)
    assert isinstance(values.node_affinity_matches(affinity(selector, spec), {"metadata": {"labels": other}}), bool)
    assert isinstance(values.effective_requests(spec), dict)
