"""Indexes answer as a search through all objects would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.decode import Record
from diagnose.index import OPEN, World
from diagnose.kinds import KindKey
from diagnose.paths import parse
from diagnose.values import selects
from tests.builders import event, obj, owned_by, pod, world

POD, NODE = KindKey("", "Pod"), KindKey("", "Node")


def record(made: World, kind: KindKey, name: str) -> Record:
    return next(r for r in made.rows(kind) if r.meta.name == name)


def names(rows: list[Record]) -> list[str]:
    return [f"{r.meta.namespace}/{r.meta.name}" for r in rows]


# --- names and namespaces


def test_rows_are_those_of_one_kind_and_namespace_in_order() -> None:
    made = world([pod("b"), pod("a"), pod("c", "other"), obj("Pod.example.com", "z", "a")])
    assert names(made.rows(POD)) == ["a/a", "a/b", "other/c"]
    assert names(made.rows(POD, "a")) == ["a/a", "a/b"]
    assert names(made.rows(POD, "none")) == []
    assert names(made.rows(KindKey("example.com", "Pod"))) == ["a/z"]


@pytest.mark.parametrize(
    ("kind", "namespace", "found"),
    [
        ("Pod", "a", "a"),
        ("Pod", "b", None),
        ("Node", "whatever", ""),
        ("StorageClass.storage.k8s.io", "a", ""),
        ("Tenant.example.com", "a", ""),
        ("Gadget.example.com", "a", "a"),
        ("Gadget.example.com", "b", None),
    ],
)
def test_find_knows_what_has_no_namespace(kind: str, namespace: str, found: str | None) -> None:
    where = {"Pod": "a", "Gadget.example.com": "a"}
    made = world([obj(kind, "x", where.get(kind, ""))])
    (key,) = made.snapshot.tables
    there = made.find(key, namespace, "x")
    assert (there.meta.namespace if there else None) == found


def test_find_ignores_a_namespace_on_an_object_that_cannot_have_one() -> None:
    made = world([obj("Node", "n", "stray")])
    assert made.find(NODE, "", "n") is made.rows(NODE)[0]


# --- labels

LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)
EXPRESSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from("abc"),
            "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Nonsense"]),
            "values": st.lists(st.sampled_from("xyz"), max_size=2),
        }
    ),
    max_size=2,
)
SELECTORS = st.one_of(
    LABELS,
    st.fixed_dictionaries({}, optional={"matchLabels": LABELS, "matchExpressions": EXPRESSIONS}),
    st.sampled_from([None, "x", 3, [], {"a": None}, {"a": 1}, {"matchLabels": {"a": 1}}, {"matchLabels": "x"}]),
    st.fixed_dictionaries({"matchLabels": st.just("x"), "a": st.just("x")}),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["n", "m"]), LABELS), max_size=6), SELECTORS, st.sampled_from(["n", "m", None])
)
def test_select_is_a_filter(pods: list[tuple[str, dict[str, str]]], selector: Any, namespace: str | None) -> None:
    made = world([pod(f"p{i}", where, labels=labels) for i, (where, labels) in enumerate(pods)])
    naive = [r for r in made.rows(POD) if namespace in (None, r.meta.namespace) and selects(selector, r.meta.labels)]
    assert made.select(POD, namespace, selector) == naive


# --- owners


def uid(number: str) -> dict[str, str]:
    return {"uid": number}


@pytest.mark.parametrize(
    ("theirs", "said", "found"),
    [("1", "1", True), ("1", "2", False), ("", "2", True), ("1", "", True), ("", "", True)],
)
def test_an_owner_has_the_uid_that_is_said_of_it(theirs: str, said: str, found: bool) -> None:
    owner = obj("ReplicaSet", "rs", "a", meta=uid(theirs))
    said_owner = obj("ReplicaSet", "rs", "a", meta=uid(said))
    made = world([owner, pod(meta=owned_by(said_owner))])
    rs, p = record(made, KindKey("apps", "ReplicaSet"), "rs"), record(made, POD, "p")
    assert made.owner(p) == ((rs, None) if found else (None, None))
    assert made.owned(rs) == ([p] if found else [])


def test_only_the_controller_owns() -> None:
    owner = obj("ReplicaSet", "rs", "a", meta=uid("1"))
    made = world([owner, pod(meta=owned_by(owner, controller=False))])
    assert made.owner(record(made, POD, "p")) == (None, None)
    assert made.owned(record(made, KindKey("apps", "ReplicaSet"), "rs")) == []


def test_an_owner_is_of_the_same_namespace_and_group() -> None:
    owner = obj("ReplicaSet", "rs", "a")
    twins = [obj("ReplicaSet", "rs", "b"), obj("ReplicaSet.example.com", "rs", "a")]
    made = world([*twins, pod(meta=owned_by(owner))])
    assert made.owner(record(made, POD, "p")) == (None, None)


def test_an_owner_that_was_not_collected() -> None:
    made = world([pod(meta=owned_by(obj("ReplicaSet", "rs", "a")))], collected=["Pod"])
    assert made.owner(record(made, POD, "p")) == (None, "ReplicaSet.apps was not collected")


def test_a_cluster_scoped_owner() -> None:
    made = world([obj("Node", "n"), pod(meta=owned_by(obj("Node", "n")))])
    node, p = record(made, NODE, "n"), record(made, POD, "p")
    assert made.owner(p) == (node, None)
    assert made.owned(node) == [p]


# --- events


def reasons(made: World, kind: KindKey, name: str) -> list[str]:
    return [made.data(e)["reason"] for e in made.events(record(made, kind, name))]


def test_events_are_of_the_same_object_not_of_an_earlier_one_of_that_name() -> None:
    now, before = pod(meta=uid("2")), pod(meta=uid("1"))
    nameless = event(pod(), "Nameless", name="e3")
    made = world([now, event(now, "Now", name="e1"), event(before, "Before", name="e2"), nameless])
    assert reasons(made, POD, "p") == ["Now", "Nameless"]


def test_events_of_a_node_carry_its_name_as_uid() -> None:
    node = obj("Node", "n", meta=uid("1-2-3"))
    said = event(node, "Rebooted")
    said["involvedObject"] = {"kind": "Node", "name": "n", "uid": "n"}
    made = world([node, said])
    assert reasons(made, NODE, "n") == ["Rebooted"]


def test_events_of_a_static_pod_carry_the_uid_of_its_file() -> None:
    mirror = pod(meta={"uid": "api", **owned_by(obj("Node", "n"))})
    made = world([mirror, event(pod(meta=uid("file")), "BackOff")])
    assert reasons(made, POD, "p") == ["BackOff"]


def test_events_of_objects_without_namespace_are_in_default() -> None:
    volume, tenant = obj("PersistentVolume", "v", meta=uid("1")), obj("Tenant.example.com", "t", meta=uid("2"))
    made = world([volume, tenant, event(volume, "Failed", name="e1"), event(tenant, "Denied", name="e2")])
    assert reasons(made, KindKey("", "PersistentVolume"), "v") == ["Failed"]
    assert reasons(made, KindKey("example.com", "Tenant"), "t") == ["Denied"]


def test_events_are_told_apart_by_namespace_and_group() -> None:
    core, knative = obj("Service", "s", "a"), obj("Service.serving.knative.dev", "s", "a")
    elsewhere = obj("Service", "s", "b")
    told = [event(o, r, name=r.lower()) for o, r in ((core, "Core"), (knative, "Knative"), (elsewhere, "Elsewhere"))]
    made = world([core, knative, *told])
    assert reasons(made, KindKey("", "Service"), "s") == ["Core"]
    assert reasons(made, KindKey("serving.knative.dev", "Service"), "s") == ["Knative"]


def test_events_of_both_apis_and_of_odd_types() -> None:
    p = pod(meta=uid("1"))
    about = {"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": "a", "uid": "1"}
    new = {**obj("Event.events.k8s.io", "n", "a"), "reason": "New", "note": "text", "regarding": about}
    series = {"count": 7, "lastObservedTime": "2026-01-01T11:00:00.000000Z"}
    odd = [
        obj("Event", "o1", "a", involvedObject=["x"]),
        obj("Event", "o2", "a", involvedObject={"kind": 3, "name": []}),
        obj("Event", "o3", "a", involvedObject=None, series=5, count="many", lastTimestamp=7),
    ]
    made = world([p, {**new, "eventTime": "2026-01-01T10:00:00Z", "series": series}, *odd])
    (found,) = made.events(record(made, POD, "p"))
    data = made.data(found)
    assert (data["reason"], data["message"], data["count"], data["lastTimestamp"]) == (
        "New",
        "text",
        7,
        "2026-01-01T11:00:00.000000Z",
    )


# --- values

VALUES = st.sampled_from(["x", "y", 1, 1.0, True, False, 0, None, [], ["x"], {"a": "x"}, "[redacted]"])


@settings(deadline=None)
@given(st.lists(st.lists(VALUES, max_size=3), max_size=5), st.sampled_from(["x", 1, True, 0]))
def test_a_value_index_has_every_object_that_may_equal(rows: list[list[Any]], wanted: Any) -> None:
    made = world([pod(f"p{i}", spec={"l": values}) for i, values in enumerate(rows)])
    path = parse("$.spec.l[*]")
    index = made.by_value(POD, path)
    found = [r for value in (wanted, *OPEN) for r in index.get(value, [])]
    fits = [r for r in made.rows(POD) if wanted in path.get(made.data(r))]
    assert all(r in found for r in fits)
    assert all(len(entries) == len(set(map(id, entries))) for entries in index.values())


def test_a_value_index_by_namespace() -> None:
    made = world([pod("p", "a", spec={"x": "v"}), pod("p", "b", spec={"x": "v"})])
    index = made.by_value(POD, parse("$.spec.x"), True)
    assert {key: names(rows) for key, rows in index.items()} == {("a", "v"): ["a/p"], ("b", "v"): ["b/p"]}


def test_decoded_objects_are_forgotten_but_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnose.index._KEPT", 2)
    made = world([pod(f"p{i}", spec={"i": i}) for i in range(5)])
    rows = made.rows(POD)
    assert [made.data(r)["spec"]["i"] for r in (*rows, *reversed(rows))] == [0, 1, 2, 3, 4, 4, 3, 2, 1, 0]
