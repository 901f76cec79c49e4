"""Events: those of a fresh rollout, those a fault leaves behind, and those of a lost node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.identity import Ids, Json, ago, ago_micro, metadata
from benchmarks.nodes import LOST_SINCE
from benchmarks.objects import STORAGE_CLASS
from benchmarks.pods import Pod
from benchmarks.workload import Sign, Workload

# How long the API server keeps an event.
_KEPT = 3600
_STARTUP_REFUSED = 0.1


def rollout(ids: Ids, workload: Workload, deployment: Json, replica_set: Json) -> Iterator[Json]:
    """A Deployment scaled up its ReplicaSet."""
    message = f"Scaled up replica set {replica_set['metadata']['name']} from 0 to {workload.replicas}"
    sign = Sign("Normal", "ScalingReplicaSet", message, source="deployment-controller")
    yield _event(ids, deployment, sign, workload.age)


def pod_created(ids: Ids, workload: Workload, replica_set: Json, pod: Pod) -> Iterator[Json]:
    """A ReplicaSet created a pod and the scheduler placed it."""
    message = f"Created pod: {pod.name.name}"
    sign = Sign("Normal", "SuccessfulCreate", message, source="replicaset-controller")
    yield _event(ids, replica_set, sign, workload.age)
    if pod.place is not None:
        text = f"Successfully assigned {workload.namespace}/{pod.name.name} to {pod.place.node}"
        yield _scheduler_event(ids, pod.object, Sign("Normal", "Scheduled", text), workload.age, "Binding")


def pod_started(ids: Ids, workload: Workload, pod: Pod) -> Iterator[Json]:
    """The kubelet started the containers; now and then the first probe came too early."""
    if pod.place is None:
        return
    for reason, message in (
        ("Pulled", workload.pulled),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ):
        yield _kubelet_event(ids, workload, pod, Sign("Normal", reason, message), workload.age - 2)
    if ids.chance(_STARTUP_REFUSED):
        address = f"{pod.place.pod_ip}:8080"
        refused = f'Get "http://{address}/readyz": dial tcp {address}: connect: connection refused'
        sign = Sign("Warning", "Unhealthy", f"Readiness probe failed: {refused}")
        yield _kubelet_event(ids, workload, pod, sign, workload.age - 3)


def pod_signs(ids: Ids, workload: Workload, pod: Pod) -> Iterator[Json]:
    """What the pod's state left behind."""
    for sign in pod.state.signs:
        if sign.source == "default-scheduler":
            yield _scheduler_event(ids, pod.object, sign, workload.age, "Scheduling")
        else:
            yield _kubelet_event(ids, workload, pod, sign, workload.age)


def node_lost(ids: Ids, pods: Sequence[Pod]) -> Iterator[Json]:
    """The node controller marked the pods of a lost node."""
    sign = Sign("Warning", "NodeNotReady", "Node is not ready", source="node-controller")
    for pod in pods:
        if pod.place is not None and pod.place.lost:
            yield _event(ids, pod.object, sign, LOST_SINCE)


def nodes_lost(ids: Ids, nodes: Sequence[Json]) -> Iterator[Json]:
    """The node controller noticed the lost nodes."""
    for node in nodes:
        name = node["metadata"]["name"]
        message = f"Node {name} status is now: NodeNotReady"
        yield _event(ids, node, Sign("Normal", "NodeNotReady", message, source="node-controller"), LOST_SINCE)


def claim_events(ids: Ids, workload: Workload, claim: Json) -> Iterator[Json]:
    """The volume controller could not find the claim's class."""
    wanted = claim["spec"]["storageClassName"]
    if wanted != STORAGE_CLASS:
        message = f'storageclass.storage.k8s.io "{wanted}" not found'
        sign = Sign("Warning", "ProvisioningFailed", message, 120, "persistentvolume-controller")
        yield _event(ids, claim, sign, workload.age)


def _kubelet_event(ids: Ids, workload: Workload, pod: Pod, sign: Sign, age: int) -> Json:
    more = {"fieldPath": f"spec.containers{{{workload.container}}}"} if sign.of_container else {}
    host = pod.place.node if pod.place is not None else ""
    made = _event(ids, pod.object, sign, age, **more)
    made["reportingInstance"] = host
    made["source"] = {"component": "kubelet", "host": host}
    return made


def _event(ids: Ids, about: Json, sign: Sign, age: int, **more: Any) -> Json:
    last = age if sign.count == 1 else ids.between(5, 290)
    return {
        "apiVersion": "v1",
        "count": sign.count,
        "eventTime": None,
        "firstTimestamp": ago(age),
        "involvedObject": {**_reference(about), **more},
        "kind": "Event",
        "lastTimestamp": ago(last),
        "message": sign.message,
        "metadata": _metadata(ids, about, age),
        "reason": sign.reason,
        "reportingComponent": sign.source,
        "reportingInstance": "",
        "source": {"component": sign.source},
        "type": sign.type,
    }


def _scheduler_event(ids: Ids, about: Json, sign: Sign, age: int, action: str) -> Json:
    made: Json = {
        "action": action,
        "apiVersion": "v1",
        "eventTime": ago_micro(age),
        "firstTimestamp": None,
        "involvedObject": _reference(about),
        "kind": "Event",
        "lastTimestamp": None,
        "message": sign.message,
        "metadata": _metadata(ids, about, age),
        "reason": sign.reason,
        "reportingComponent": "default-scheduler",
        "reportingInstance": "default-scheduler-control-1",
        "source": {},
        "type": sign.type,
    }
    if sign.count > 1:
        made["series"] = {"count": sign.count, "lastObservedTime": ago_micro(ids.between(5, 290))}
    return made


def _reference(about: Json) -> Json:
    meta = about["metadata"]
    made = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
    }
    if "namespace" in meta:
        made |= {"namespace": meta["namespace"], "resourceVersion": meta["resourceVersion"]}
    return made


def _metadata(ids: Ids, about: Json, age: int) -> Json:
    meta = about["metadata"]
    return metadata(ids, f"{meta['name']}.{ids.hex(16)}", meta.get("namespace", "default"), age)


def kept(age: int) -> bool:
    """Whether events of something that old are still there."""
    return age < _KEPT
