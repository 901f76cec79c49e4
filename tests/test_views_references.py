"""What a pod template needs and is not there, by kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.kinds import parse_key
from diagnose.told import Partial
from diagnose.values import UNKNOWN
from diagnose.views import TABLE
from tests.builders import obj, world

VIEWS = ("missing-configmaps", "missing-secrets", "missing-accounts")


def found(spec: Any, view: str, *others: dict[str, Any], **more: Any) -> tuple[list[tuple[Any, ...]], str | None]:
    made = world([obj("Deployment", "web", "a", spec={"template": {"spec": spec}}), *others], **more)
    record = next(iter(made.rows(parse_key("Deployment"))))
    elements, missing = TABLE[view].make(made, record, {"spec": spec})
    return [(e["name"], e["place"], e["pull"]) for e in elements], missing


FULL = {
    "initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "m1"}}, {"secretRef": {"name": "s1"}}]}],
    "containers": [
        {
            "name": "c",
            "env": [
                {"name": "PLAIN", "value": "x"},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m2", "key": "a"}}},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "m2", "key": "b"}}},
                {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s2", "key": "c"}}},
                {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s9", "key": "c", "optional": True}}},
            ],
        }
    ],
    "volumes": [
        {"name": "v", "configMap": {"name": "m3"}},
        {"name": "w", "secret": {"secretName": "s3"}},
        {"name": "o", "secret": {"secretName": "s9", "optional": True}},
        {"name": "p", "projected": {"sources": [{"configMap": {"name": "m4"}}, {"secret": {"name": "s4"}}]}},
        {"name": "ca", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}},
        {"name": "e", "emptyDir": {}},
    ],
    "imagePullSecrets": [{"name": "s5"}, {"name": "s1"}],
    "serviceAccountName": "web",
}


def test_of_every_source() -> None:
    assert found(FULL, "missing-configmaps") == (
        [
            ("m1", "envFrom of container i", False),
            ("m2", "variable A of container c", False),
            ("m3", "volume v", False),
            ("m4", "volume p", False),
        ],
        None,
    )
    assert found(FULL, "missing-secrets") == (
        [
            ("s1", "envFrom of container i", False),
            ("s2", "variable C of container c", False),
            ("s3", "volume w", False),
            ("s4", "volume p", False),
            ("s5", "imagePullSecrets", True),
            ("s1", "imagePullSecrets", True),
        ],
        None,
    )
    assert found(FULL, "missing-accounts") == ([("web", "serviceAccountName", False)], None)


def test_what_is_there_is_left_out() -> None:
    maps = [obj("ConfigMap", name, "a") for name in ("m1", "m2", "m3")]
    assert found(FULL, "missing-configmaps", *maps) == ([("m4", "volume p", False)], None)
    assert found(FULL, "missing-accounts", obj("ServiceAccount", "web", "a")) == ([], None)
    elsewhere = obj("ServiceAccount", "web", "b")
    assert found(FULL, "missing-accounts", elsewhere)[0] == [("web", "serviceAccountName", False)]


def test_a_kind_that_was_not_collected_is_undecided_by_itself() -> None:
    collected = ["Deployment", "ConfigMap"]
    assert found(FULL, "missing-secrets", collected=collected) == ([], "Secret was not collected")
    assert len(found(FULL, "missing-configmaps", collected=collected)[0]) == 4
    assert found(FULL, "missing-configmaps", collected=collected)[1] is None
    assert found({"containers": [{"name": "c"}]}, "missing-secrets", collected=collected) == ([], None)


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": UNKNOWN},
        {"volumes": [UNKNOWN]},
        {"volumes": [{"name": "v", "secret": {"secretName": UNKNOWN}}]},
        {"volumes": [{"name": "v", "secret": Partial({"secretName": "s"})}]},
        {"volumes": [Partial({"name": "v"})]},
        {"containers": [{"name": "c", "env": UNKNOWN}]},
        {"containers": [{"name": "c", "envFrom": [UNKNOWN, 1]}]},
        {"containers": [{"name": "c", "env": [Partial({"name": "A"})]}]},
    ],
)
def test_what_is_not_told_is_undecided(spec: Any) -> None:
    elements, missing = found(spec, "missing-secrets")
    assert elements == []
    assert missing == "a value that it reads was redacted, or is not in the dump"


def test_a_hidden_account_is_undecided_and_hidden_containers_are_none_of_its_concern() -> None:
    assert found({"containers": UNKNOWN}, "missing-accounts") == ([], None)
    assert found({"serviceAccountName": UNKNOWN}, "missing-accounts")[1] is not None
    told = {"containers": [{"name": "c", "env": [Partial({"name": "A", "value": "x"})]}]}
    assert found(told, "missing-secrets") == ([], None)


KEYS = [
    "name",
    "env",
    "envFrom",
    "valueFrom",
    "secretKeyRef",
    "configMapRef",
    "volumes",
    "containers",
    "secret",
    "configMap",
    "projected",
    "sources",
    "optional",
    "imagePullSecrets",
    "serviceAccountName",
]
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(HOSTILE)
def test_any_template_gives_an_answer(spec: Any) -> None:
    made = world([obj("Deployment", "web", "a", spec={})])
    record = next(iter(made.rows(parse_key("Deployment"))))
    for view in VIEWS:
        for element in TABLE[view].make(made, record, {"spec": spec})[0]:
            assert isinstance(element["name"], str)
