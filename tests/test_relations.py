"""Every relation of rules/relations.yaml, forwards and backwards, and why one may not be decided."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.decode import Record
from diagnose.index import World
from diagnose.kinds import is_namespaced, parse_key
from diagnose.views import TEMPLATED
from tests.builders import event, obj, owned_by, pod, relations, world

HIDDEN = "a name or selector that it goes by was redacted, or is not in the dump"


def uid(number: int) -> dict[str, str]:
    return {"uid": str(number)}


SELECTOR = {"matchLabels": {"app": "x"}, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}]}
NODE = obj("Node", "n", meta=uid(1))
CLAIM = obj("PersistentVolumeClaim", "c", "a", spec={"storageClassName": "fast", "volumeName": "v"})
SERVICE = obj("Service", "s", "a", spec={"selector": {"app": "x"}})
DEPLOYMENT = obj("Deployment", "d", "a", meta=uid(2), spec={"selector": SELECTOR})
APP = {"labels": {"app": "x"}}
RS = obj("ReplicaSet", "d-1", "a", meta={**uid(3), **APP, **owned_by(DEPLOYMENT)}, spec={"selector": SELECTOR})
CRONJOB = obj("CronJob", "cron", "a", meta=uid(4))
JOB = obj("Job", "cron-1", "a", meta={**uid(5), **owned_by(CRONJOB)}, spec={"selector": SELECTOR})
POD = pod(
    "p",
    labels={"app": "x"},
    meta={**uid(6), **owned_by(RS)},
    spec={
        "nodeName": "n",
        "serviceAccountName": "sa",
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "w", "emptyDir": {}}],
        "containers": [{"name": "main"}],
    },
)
BACKEND = {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "s"}}}]}}], "ingressClassName": "nginx"}
OBJECTS = [
    NODE,
    CLAIM,
    SERVICE,
    DEPLOYMENT,
    RS,
    CRONJOB,
    JOB,
    POD,
    obj("StatefulSet", "sts", "a", meta=APP, spec={"selector": SELECTOR, "serviceName": "s"}),
    obj("DaemonSet", "ds", "a", spec={"selector": SELECTOR}),
    obj("PodDisruptionBudget", "pdb", "a", spec={"selector": SELECTOR}),
    obj("NetworkPolicy", "np", "a", spec={"podSelector": {}}),
    obj("ServiceAccount", "sa", "a"),
    obj("StorageClass", "fast"),
    obj("PersistentVolume", "v"),
    obj("IngressClass", "nginx"),
    obj("Ingress", "i", "a", spec=BACKEND),
    obj(
        "HorizontalPodAutoscaler",
        "hpa",
        "a",
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
    ),
    event(POD, "Failed", name="e1"),
    event(NODE, "Rebooted", name="e2"),
]
# the same names where they must not be found: another namespace, another group, other labels
STRANGERS = [
    pod("p", "b", labels={"app": "x"}, spec={"nodeName": "other", "serviceAccountName": "sa"}),
    pod("db", labels={"app": "x", "tier": "db"}, spec={}),
    pod("bare", spec={}),
    obj("PersistentVolumeClaim", "c", "b", spec={"storageClassName": "slow"}),
    obj("Service", "s", "b", spec={"selector": {"app": "x"}}),
    obj("Deployment", "d", "b", meta=uid(9), spec={"selector": SELECTOR}),
    obj("Deployment.example.com", "d", "a", spec={"selector": SELECTOR}),
    obj("Node.config.openshift.io", "n"),
    obj("ServiceAccount", "sa", "b"),
    event(pod("p", "b"), "Failed", name="e3"),
    event(pod("p", meta=uid(99)), "Failed", name="e4"),
]
EXPECTED = {
    ("Pod", "node"): "Node/n",
    ("Node", "pods"): "Pod/a/p",
    ("Pod", "claims"): "PersistentVolumeClaim/a/c",
    ("PersistentVolumeClaim", "pods"): "Pod/a/p",
    ("Pod", "serviceaccount"): "ServiceAccount/a/sa",
    ("ServiceAccount", "pods"): "Pod/a/p",
    ("Pod", "services"): "Service/a/s",
    ("Pod", "replicasets"): "ReplicaSet/a/d-1",
    ("Service", "pods"): "Pod/a/db Pod/a/p",
    ("Service", "replicasets"): "ReplicaSet/a/d-1",
    ("Service", "statefulsets"): "StatefulSet/a/sts",
    ("Deployment", "pods"): "Pod/a/p",
    ("ReplicaSet", "pods"): "Pod/a/p",
    ("StatefulSet", "pods"): "Pod/a/p",
    ("DaemonSet", "pods"): "Pod/a/p",
    ("Job", "pods"): "Pod/a/p",
    ("Deployment", "replicasets"): "ReplicaSet/a/d-1",
    ("CronJob", "jobs"): "Job/a/cron-1",
    ("PodDisruptionBudget", "pods"): "Pod/a/p",
    ("NetworkPolicy", "pods"): "Pod/a/bare Pod/a/db Pod/a/p",
    ("PersistentVolumeClaim", "class"): "StorageClass/fast",
    ("PersistentVolumeClaim", "volume"): "PersistentVolume/v",
    ("StorageClass", "claims"): "PersistentVolumeClaim/a/c",
    ("HorizontalPodAutoscaler", "target"): "Deployment/a/d",
    ("Ingress", "class"): "IngressClass/nginx",
    ("Ingress", "services"): "Service/a/s",
    ("Service", "ingresses"): "Ingress/a/i",
    ("StatefulSet", "service"): "Service/a/s",
    ("Pod", "owner"): "ReplicaSet/a/d-1",
    ("Pod", "workload"): "Deployment/a/d",
    ("ReplicaSet", "owned"): "Pod/a/p",
    ("Deployment", "owned"): "ReplicaSet/a/d-1",
    ("Job", "workload"): "CronJob/a/cron",
    ("Pod", "events"): "Event/a/e1",
    ("Node", "events"): "Event/default/e2",
    ("Service", "events"): "",
}


def of(made: World, kind: str, name: str, relation: str) -> tuple[list[Any], str | None]:
    key = parse_key(kind)
    record = next(r for r in made.rows(key) if r.meta.name == name and r.meta.namespace != "b")
    found = relations().get(kind, relation)
    assert found is not None
    return relations().of(made, found, record, made.data(record))


def shown(found: list[Any]) -> str:
    return " ".join(sorted("/".join(p for p in (r.key.kind, r.meta.namespace, r.meta.name) if p) for r in found))


@pytest.mark.parametrize(("kind", "relation"), EXPECTED)
def test_a_relation_leads_to_its_objects_and_no_others(kind: str, relation: str) -> None:
    made = world([*OBJECTS, *STRANGERS])
    name = next(o["metadata"]["name"] for o in OBJECTS if o["kind"] == kind)
    found, missing = of(made, kind, name, relation)
    assert (shown(found), missing) == (EXPECTED[kind, relation], None)


def test_every_sort_of_relation_is_tested_here() -> None:
    tested = {found.how for kind, name in EXPECTED if (found := relations().get(kind, name))}
    assert {r.how for r in relations().all()} - tested == {"view", "all"}


def test_a_selector_that_is_absent_selects_nothing_and_an_empty_one_everything() -> None:
    made = world([pod(), obj("Service", "s", "a", spec={"selector": {}}), obj("Deployment", "d", "a", spec={})])
    assert of(made, "Service", "s", "pods") == ([], None)
    assert of(made, "Deployment", "d", "pods") == ([], None)
    every = world([pod(), pod("p", "b"), obj("Deployment", "d", "a", spec={"selector": {}})])
    assert shown(of(every, "Deployment", "d", "pods")[0]) == "Pod/a/p"


def test_objects_of_manifests_without_a_namespace_stay_together() -> None:
    made = world(
        [pod("p", "", labels={"app": "x"}), pod("q", "b", labels={"app": "x"}), {**SERVICE, "metadata": {"name": "s"}}]
    )
    assert shown(of(made, "Service", "s", "pods")[0]) == "Pod/p"
    assert shown(of(made, "Pod", "p", "services")[0]) == "Service/s"
    mine, theirs = (pod(n, where, spec={"serviceAccountName": "sa"}) for n, where in (("p", ""), ("q", "b")))
    accounts = world([mine, theirs, obj("ServiceAccount", "sa")])
    assert shown(of(accounts, "ServiceAccount", "sa", "pods")[0]) == "Pod/p"


@pytest.mark.parametrize(
    ("kind", "relation", "collected", "missing"),
    [
        ("Pod", "node", {}, "Node was not collected"),
        ("Pod", "claims", {"PersistentVolumeClaim": ["b"]}, "PersistentVolumeClaim was not collected in namespace a"),
        ("Pod", "claims", {"PersistentVolumeClaim": ["a"]}, None),
        ("Node", "pods", {"Pod": ["a"]}, "Pod was not collected in all namespaces"),
        ("PersistentVolumeClaim", "pods", {"Pod": ["a"]}, None),
        ("Service", "pods", {"Pod": ["b"]}, "Pod was not collected in namespace a"),
        ("Pod", "services", {"Service": ["b"]}, "Service was not collected in namespace a"),
        ("Pod", "services", {"Service": ["a"]}, None),
        ("Pod", "owner", {}, "ReplicaSet.apps was not collected"),
        ("Deployment", "replicasets", {}, "ReplicaSet.apps was not collected"),
        (
            "StorageClass",
            "claims",
            {"PersistentVolumeClaim": ["a"]},
            "PersistentVolumeClaim was not collected in all namespaces",
        ),
        ("HorizontalPodAutoscaler", "target", {}, "Deployment.apps was not collected"),
        ("Pod", "events", {"Event": ["b"]}, "Event was not collected in namespace a"),
        ("Pod", "events", {"Event": ["a"]}, None),
        ("Node", "events", {"Event": ["a"]}, "Event was not collected in namespace default"),
        ("Node", "events", {"Event": ["default"]}, None),
    ],
)
def test_what_was_not_collected_may_be_missing(kind: str, relation: str, collected: Any, missing: str | None) -> None:
    (subject,) = [o for o in OBJECTS if o["kind"] == kind]
    made = world([subject], collected=[kind], namespaces=collected)
    assert of(made, kind, subject["metadata"]["name"], relation) == ([], missing)


def test_a_name_or_selector_that_is_hidden_leads_nowhere_for_sure() -> None:
    service = obj("Service", "s", "a", spec={"selector": "[redacted]"})
    made = world([NODE, pod(spec={"nodeName": "[redacted]"}, labels={"a": "b"}), service])
    assert of(made, "Pod", "p", "services") == ([], HIDDEN)
    assert of(made, "Pod", "p", "node") == ([], HIDDEN)
    assert of(made, "Node", "n", "pods") == ([], HIDDEN)
    assert of(made, "Service", "s", "pods") == ([], HIDDEN)


@pytest.mark.parametrize("value", [None, 3, [], {}, [None], ["x", {"a": 1}]])
def test_odd_types_lead_nowhere(value: Any) -> None:
    spec = {"nodeName": value, "volumes": value, "selector": value, "scaleTargetRef": value, "rules": value}
    kinds = ["Pod", "Service", "Deployment", "HorizontalPodAutoscaler", "Ingress"]
    made = world([obj(kind, "x", "a", spec=spec) for kind in kinds])
    for relation in relations().all():
        if relation.source in kinds and relation.view is None:
            found, _ = of(made, relation.source, "x", relation.name)
            assert [r for r in found if r.key.kind != "Pod"] == []


def test_owners_in_a_circle_end() -> None:
    one, two = obj("Job", "j", "a"), pod("p")
    one["metadata"] |= owned_by(two)
    two["metadata"] |= owned_by(one)
    made = world([one, two])
    assert shown(of(made, "Pod", "p", "workload")[0]) in ("Job/a/j", "Pod/a/p")


def test_a_chain_of_owners_stops_where_the_dump_does() -> None:
    made = world([POD, RS], collected=["Pod", "ReplicaSet"])
    found, missing = of(made, "Pod", "p", "workload")
    assert (shown(found), missing) == ("ReplicaSet/a/d-1", "Deployment.apps was not collected")


NAMES = st.sampled_from(["x", "y"])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(NAMES, NAMES, NAMES, st.sampled_from(["x", "y", None])), max_size=6),
    st.lists(st.tuples(NAMES, st.dictionaries(NAMES, NAMES, max_size=2)), max_size=3),
)
def test_an_inverse_relation_is_the_relation_read_backwards(pods: list[Any], services: list[Any]) -> None:
    objects = [
        pod(f"p{i}", where, labels={"x": label}, spec={"nodeName": node, "serviceAccountName": node, "volumes": [
            {"persistentVolumeClaim": {"claimName": label}}, {"persistentVolumeClaim": {"claimName": node}}
        ]})
        for i, (where, label, _, node) in enumerate(pods)
    ]  # fmt: skip
    objects += [obj("Service", f"s{i}", where, spec={"selector": sel}) for i, (where, sel) in enumerate(services)]
    for kind in ("Node", "ServiceAccount", "PersistentVolumeClaim"):
        objects += [obj(kind, n, w) for n in "xy" for w in ("xy" if is_namespaced(parse_key(kind)) else [""])]
    made = world(objects)
    for inverse in [r for r in relations().all() if r.how == "inverse"]:
        forward = relations().forward(inverse)
        pairs = {(id(s), id(t)) for s in rows_of(made, forward.source) for t in both(made, forward, s)}
        back = {(id(t), id(s)) for s in rows_of(made, inverse.source) for t in both(made, inverse, s)}
        assert pairs == back


def rows_of(made: World, kind: str) -> list[Record]:
    """The objects of a kind; of PodSpec all that have a template."""
    kinds = TEMPLATED if kind == "PodSpec" else (kind,)
    return [row for each in kinds for row in made.rows(parse_key(each))]


def both(made: World, relation: Any, record: Record) -> list[Record]:
    return relations().of(made, relation, record, made.data(record))[0]


def test_all_objects_of_a_kind_wherever_they_are() -> None:
    made = world([NODE, pod("p"), pod("p", "b")])
    assert shown(of(made, "Node", "n", "all-pods")[0]) == "Pod/a/p Pod/b/p"
    partial = world([NODE, pod("p")], collected=["Node"], namespaces={"Pod": ["a"]})
    assert of(partial, "Node", "n", "all-pods")[1] == "Pod was not collected in all namespaces"
