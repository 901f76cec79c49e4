"""Views: what belongs together in one value, whatever the types of the dump."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.index import World
from diagnose.kinds import parse_key
from diagnose.logs import Log
from diagnose.values import UNKNOWN
from diagnose.views import OTHER_READS, TABLE, WORKLOADS
from tests.builders import obj, pod, relations, world


def elements(made: World, kind: str, relation: str) -> tuple[list[dict[str, Any]], str | None]:
    (record,) = made.rows(parse_key(kind))
    found = relations().get(kind, relation)
    assert found is not None
    return relations().of(made, found, record, made.data(record))


FULL = pod(
    spec={
        "initContainers": [{"name": "setup"}, {"name": "proxy", "restartPolicy": "Always"}],
        "containers": [{"name": "main", "image": "x:1"}],
        "ephemeralContainers": [{"name": "debug"}],
    },
    status={
        "initContainerStatuses": [{"name": "setup", "ready": True}],
        "containerStatuses": [{"name": "main", "restartCount": 2}, {"name": "ghost"}],
        "ephemeralContainerStatuses": None,
    },
)


def test_containers_join_spec_status_role_and_logs() -> None:
    logs = {("a", "p", "main"): "now\n", ("a", "p", "main", "previous"): "before\n", ("a", "p", "setup"): "\n"}
    found, missing = elements(world([FULL], logs=logs), "Pod", "containers")
    assert missing is None
    assert [(c["name"], c["role"], c["status"]) for c in found] == [
        ("setup", "init", {"name": "setup", "ready": True}),
        ("proxy", "sidecar", {}),
        ("main", "app", {"name": "main", "restartCount": 2}),
        ("debug", "ephemeral", {}),
    ]
    main = next(c for c in found if c["name"] == "main")
    assert main["image"] == "x:1"
    assert [log.text for log in main["logs"]] == ["before\n", "now\n"]
    assert isinstance(main["log"], Log) and isinstance(main["previous_log"], Log)
    assert (main["log"].text, main["previous_log"].text) == ("now\n", "before\n")
    assert [c["log"] for c in found if c["name"] != "main"] == [None, None, None]


ODD: list[Any] = [None, 3, "x", [], {}, [None], [3], [[]], [{"name": None}], [{"name": [1]}], [{"name": {}}]]


@pytest.mark.parametrize("odd", ODD)
def test_containers_of_odd_types(odd: Any) -> None:
    for made in (
        pod(spec=odd, status=odd),
        pod(spec={"containers": odd, "initContainers": odd}, status={"containerStatuses": odd}),
    ):
        found, missing = elements(world([made]), "Pod", "containers")
        assert missing is None
        assert all(isinstance(c["spec"], dict) and isinstance(c["status"], dict) for c in found)


SERVICE = obj("Service", "s", "a")
SLICE = obj(
    "EndpointSlice",
    "s-1",
    "a",
    meta={"labels": {"kubernetes.io/service-name": "s"}},
    ports=[{"name": "http", "port": 80}],
    endpoints=[
        {
            "addresses": ["10.0.0.1", "10.0.0.2"],
            "conditions": {"ready": True},
            "nodeName": "n",
            "targetRef": {"name": "p"},
        },
        {"addresses": ["10.0.0.3"], "conditions": {"ready": False}},
        {"addresses": ["10.0.0.4"]},
    ],
)
ENDPOINTS = obj(
    "Endpoints",
    "s",
    "a",
    subsets=[
        {
            "addresses": [{"ip": "10.0.0.1", "nodeName": "n"}],
            "notReadyAddresses": [{"ip": "10.0.0.3"}],
            "ports": [{"port": 80}],
        }
    ],
)


def addresses(found: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(e["address"], e["ready"]) for e in found]


def test_endpoints_are_those_of_the_slices() -> None:
    other = {**SLICE, "metadata": {**SLICE["metadata"], "name": "o", "labels": {"kubernetes.io/service-name": "other"}}}
    elsewhere = {**SLICE, "metadata": {**SLICE["metadata"], "namespace": "b"}}
    found, missing = elements(world([SERVICE, SLICE, other, elsewhere]), "Service", "endpoints")
    assert missing is None
    assert addresses(found) == [("10.0.0.1", True), ("10.0.0.2", True), ("10.0.0.3", False), ("10.0.0.4", True)]
    assert found[0] == {
        "address": "10.0.0.1",
        "ready": True,
        "node": "n",
        "target": {"name": "p"},
        "ports": [{"name": "http", "port": 80}],
    }


def test_endpoints_stand_in_where_slices_were_not_collected() -> None:
    made = world([SERVICE, ENDPOINTS], collected=["Service", "Endpoints"])
    assert addresses(elements(made, "Service", "endpoints")[0]) == [("10.0.0.1", True), ("10.0.0.3", False)]


@pytest.mark.parametrize(
    ("collected", "namespaces", "missing"),
    [
        (["Service"], {}, "Endpoints was not collected"),
        (["Service"], {"EndpointSlice": ["b"]}, "Endpoints was not collected"),
        (["Service"], {"EndpointSlice": ["a"]}, None),
        (["Service", "Endpoints"], {}, None),
    ],
)
def test_endpoints_that_were_not_collected(collected: list[str], namespaces: Any, missing: str | None) -> None:
    made = world([SERVICE], collected=collected, namespaces=namespaces)
    assert elements(made, "Service", "endpoints") == ([], missing)


@pytest.mark.parametrize(
    "odd", [*ODD, [{"addresses": "x"}], [{"addresses": 3, "conditions": []}], [{"addresses": [None, {}]}]]
)
def test_endpoints_of_odd_types(odd: Any) -> None:
    made = world([SERVICE, {**SLICE, "endpoints": odd, "ports": odd}])
    assert elements(made, "Service", "endpoints")[1] is None
    old = world([SERVICE, {**ENDPOINTS, "subsets": odd}], collected=["Service", "Endpoints"])
    assert elements(old, "Service", "endpoints")[1] is None


def test_the_load_of_a_node() -> None:
    def asking(name: str, cpu: str, phase: str, node: str = "n") -> dict[str, Any]:
        return pod(
            name,
            spec={"nodeName": node, "containers": [{"resources": {"requests": {"cpu": cpu}}}]},
            status={"phase": phase},
        )

    node = obj("Node", "n", status={"allocatable": {"cpu": "4", "memory": "1Gi", "odd": []}})
    pods = [
        asking("p", "500m", "Running"),
        asking("q", "1", "Pending"),
        asking("done", "2", "Succeeded"),
        asking("r", "8", "Running", "m"),
    ]
    usage = obj("NodeMetrics.metrics.k8s.io", "n", usage={"cpu": "3"})
    (load,), missing = elements(world([node, *pods, usage]), "Node", "load")
    assert missing is None
    assert load == {
        "allocatable": {"cpu": 4.0, "memory": 1073741824.0, "odd": None},
        "requested": {"cpu": 1.5},
        "used": {"cpu": "3"},
        "pods": 2,
    }
    (bare,), missing = elements(world([node], collected=["Node"]), "Node", "load")
    assert (bare["pods"], bare["requested"], bare["used"], missing) == (UNKNOWN, UNKNOWN, None, None)


@pytest.mark.parametrize("kind", WORKLOADS)
def test_the_template_of_every_workload(kind: str) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"hostNetwork": True}}
    places = {
        "Pod": (template, "$.spec"),
        "CronJob": (
            {"spec": {"jobTemplate": {"spec": {"template": template}}}},
            "$.spec.jobTemplate.spec.template.spec",
        ),
    }
    fields, path = places.get(kind, ({"spec": {"template": template}}, "$.spec.template.spec"))
    made = world(
        [obj(kind, "x", "a", **{k: v for k, v in fields.items() if k != "metadata"}, meta={"labels": {"a": "b"}})]
    )
    (record,) = made.rows(parse_key(kind))
    ((element,), missing) = TABLE["podspec"].make(made, record, made.data(record))
    assert (element["spec"], element["path"], missing) == ({"hostNetwork": True}, path, None)
    assert element["metadata"]["labels"] == {"a": "b"}
    assert element["object"]["metadata"]["name"] == "x"


@pytest.mark.parametrize("odd", [None, 3, "x", [], {"template": 3}, {"template": {"spec": []}}])
def test_what_has_no_template_has_no_pod_spec(odd: Any) -> None:
    made = world([obj("Deployment", "d", "a", spec=odd)])
    (record,) = made.rows(parse_key("Deployment"))
    assert TABLE["podspec"].make(made, record, made.data(record)) == ([], None)


def test_containers_of_a_template_have_the_security_context_in_force() -> None:
    spec = {
        "securityContext": {"runAsUser": 1, "runAsNonRoot": True},
        "containers": [{"name": "c", "image": "x", "securityContext": {"runAsUser": 0}}],
        "initContainers": [{"name": "i", "restartPolicy": "Always"}],
    }
    found, _ = TABLE["template-containers"].make(world([]), None, {"spec": spec, "path": "$.spec.template.spec"})  # type: ignore[arg-type]
    assert [(c["name"], c["role"], c["path"], c["security"]) for c in found] == [
        ("i", "sidecar", "$.spec.template.spec.initContainers[0]", {"runAsUser": 1, "runAsNonRoot": True}),
        ("c", "app", "$.spec.template.spec.containers[0]", {"runAsUser": 0, "runAsNonRoot": True}),
    ]


def test_what_a_view_documents_is_what_it_makes() -> None:
    made = world([FULL, SERVICE, SLICE, obj("Node", "n")])
    for view in TABLE.values():
        if view.name in ("containers", "endpoints", "load"):
            found, _ = elements(made, view.of[0], view.name)
            assert {frozenset(e) for e in found} == {frozenset(view.fields)}
    assert set(OTHER_READS) <= set(TABLE)
