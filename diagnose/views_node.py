"""Views of a node: what it can give and is asked for, and its journals."""

from __future__ import annotations

from typing import Any

from diagnose.decode import EVERY, Record
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.paths import parse
from diagnose.values import UNKNOWN, as_map, effective_requests, quantity
from diagnose.view import Elements, Steps, View, fixed, untold

_POD = KindKey("", "Pod")
_NODE_METRICS = KindKey("metrics.k8s.io", "NodeMetrics")
_NODE_NAME = parse("$.spec.nodeName")


def _load(world: World, record: Record, node: dict[str, Any]) -> Elements:
    allocatable = as_map(as_map(node.get("status")).get("allocatable"))
    index = world.by_value(_POD, _NODE_NAME, False)
    requested: dict[str, float] = {}
    pods = 0
    told = True
    for row in index.get(record.meta.name, []):
        pod = world.joined(row)
        if as_map(pod.get("status")).get("phase") in ("Succeeded", "Failed"):
            continue
        pods += 1
        told = told and not untold(pod, "spec", "containers")
        for resource, amount in effective_requests(as_map(pod.get("spec"))).items():
            requested[resource] = requested.get(resource, 0.0) + amount
    metrics = world.find(_NODE_METRICS, "", record.meta.name)
    whole = world.coverage.missing(_POD) is None
    element = {
        "allocatable": UNKNOWN
        if untold(node, "status", "allocatable")
        else {k: quantity(v) for k, v in allocatable.items()},
        "requested": requested if whole and told else _summed(node),
        "used": as_map(world.joined(metrics).get("usage")) if metrics else None,
        "pods": pods if whole else as_map(node.get("allocated")).get("pods", UNKNOWN),
    }
    return [element], None


def _summed(node: dict[str, Any]) -> Any:
    """The sum of the pods' requests as `kubectl describe node` tells it, which knows of pods that the dump has not."""
    requests = as_map(node.get("allocated")).get("requests")
    if not isinstance(requests, dict):
        return UNKNOWN
    return {k: amount for k, v in requests.items() if (amount := quantity(v)) is not None}


def _journal(world: World, record: Record, node: dict[str, Any]) -> Elements:
    logs = world.snapshot.node_logs
    return [{"unit": k.unit, "log": log} for k, log in sorted(logs.items()) if k.node == record.meta.name], None


VIEWS = (
    View(
        "load",
        ("Node",),
        "What a node can give and what is asked of it, in base units (cores, bytes).",
        {
            "allocatable": "what pods may use, by resource",
            "requested": "the sum of its pods' requests, as the scheduler counts them",
            "used": "usage by metrics.k8s.io, when collected",
            "pods": "the number of pods that count",
        },
        _load,
        fixed(("status", "allocatable"), ("allocated",)),
    ),
    View(
        "journal",
        ("Node",),
        "Each unit of a node whose journal the snapshot has.",
        {"unit": "the unit, as kubelet", "log": "its journal"},
        _journal,
        fixed(),
    ),
)

OTHER_READS: dict[str, dict[KindKey, tuple[Steps, ...]]] = {
    "load": {
        _POD: (
            ("spec", "nodeName"),
            ("status", "phase"),
            ("spec", "containers", EVERY, "resources"),
            ("spec", "initContainers", EVERY, "resources"),
            ("spec", "initContainers", EVERY, "restartPolicy"),
            ("spec", "overhead"),
            ("spec", "resources"),
        ),
        _NODE_METRICS: (("usage",),),
    },
}
