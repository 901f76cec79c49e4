"""Pods: the template as the API server completes it, and a status in the state asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.identity import Ids, Json, ago, metadata, owned_by
from benchmarks.nodes import LOST_SINCE, Nodes, Place
from benchmarks.workload import PodName, PodState, Workload

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod and what other objects say about it."""

    name: PodName
    object: Json
    state: PodState
    place: Place | None
    ready: bool


def pod(ids: Ids, workload: Workload, owner: Json, template: Json, nodes: Nodes) -> Pod:
    """One pod of the workload, on a node if its state lets it be scheduled."""
    name = f"{owner['metadata']['name']}-{ids.suffix(5)}"
    labels = {**workload.labels, "pod-template-hash": workload.template_hash}
    about = metadata(
        ids,
        name,
        workload.namespace,
        workload.age,
        annotations=template["metadata"]["annotations"],
        generateName=f"{owner['metadata']['name']}-",
        generation=1,
        labels=labels,
        ownerReferences=owned_by(owner),
    )
    identity = PodName(name, about["uid"])
    state = _state(workload, identity)
    place = None if state.unschedulable else nodes.place(avoid_lost=workload.broken)
    ready = state.ready and not (place is not None and place.lost)
    token = f"kube-api-access-{ids.suffix(5)}"
    spec = _spec(template["spec"], token, place)
    status = _status(ids, workload, spec, state, place, ready)
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec, "status": status}
    return Pod(identity, made, state, place, ready)


def _state(workload: Workload, name: PodName) -> PodState:
    if workload.fault is None or workload.fault.state is None:
        return PodState()
    return workload.fault.state(workload, name)


def _spec(template: Json, token: str, place: Place | None) -> Json:
    mount = {"mountPath": _TOKEN_PATH, "name": token, "readOnly": True}
    spec: Json = {
        **template,
        "containers": [
            {**container, "volumeMounts": [*container["volumeMounts"], mount]} for container in template["containers"]
        ],
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "tolerations": [_toleration("not-ready"), _toleration("unreachable")],
        "volumes": [*template["volumes"], _token_volume(token)],
    }
    if place is not None:
        spec["nodeName"] = place.node
    return spec


def _toleration(taint: str) -> Json:
    return {
        "effect": "NoExecute",
        "key": f"node.kubernetes.io/{taint}",
        "operator": "Exists",
        "tolerationSeconds": 300,
    }


def _token_volume(name: str) -> Json:
    namespace = {
        "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
        "path": "namespace",
    }
    return {
        "name": name,
        "projected": {
            "defaultMode": 420,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {
                    "configMap": {
                        "items": [{"key": "ca.crt", "path": "ca.crt"}],
                        "name": "kube-root-ca.crt",
                    }
                },
                {"downwardAPI": {"items": [namespace]}},
            ],
        },
    }


def _status(ids: Ids, workload: Workload, spec: Json, state: PodState, place: Place | None, ready: bool) -> Json:
    status: Json = {"phase": state.phase, "qosClass": "Burstable"}
    if place is None:
        status["conditions"] = [_unscheduled(workload, state)]
        return status
    total = _total(spec["containers"])
    return status | {
        "allocatedResources": total["requests"],
        "conditions": _conditions(workload, state, ready),
        "containerStatuses": [_container_status(ids, workload, container, state) for container in spec["containers"]],
        "hostIP": place.host_ip,
        "hostIPs": [{"ip": place.host_ip}],
        "observedGeneration": 1,
        "podIP": place.pod_ip,
        "podIPs": [{"ip": place.pod_ip}],
        "resources": total,
        "startTime": ago(workload.age),
    }


def _total(containers: list[Json]) -> Json:
    """What the pod asks for; a sidecar adds little and its share is left out."""
    resources: Json = containers[0]["resources"]
    return resources


def _unscheduled(workload: Workload, state: PodState) -> Json:
    return {
        "lastProbeTime": None,
        "lastTransitionTime": ago(workload.age),
        "message": state.unschedulable,
        "observedGeneration": 1,
        "reason": "Unschedulable",
        "status": "False",
        "type": "PodScheduled",
    }


def _conditions(workload: Workload, state: PodState, ready: bool) -> list[Json]:
    up = workload.age - 3
    why = {} if state.ready else _unready(workload)
    ready_since = up if ready or not state.ready else LOST_SINCE
    return [
        _condition("PodReadyToStartContainers", True, up, {}),
        _condition("Initialized", True, workload.age, {}),
        _condition("Ready", ready, ready_since, why),
        _condition("ContainersReady", state.ready, up, why),
        _condition("PodScheduled", True, workload.age, {}),
    ]


def _unready(workload: Workload) -> dict[str, str]:
    message = f"containers with unready status: [{workload.container}]"
    return {"message": message, "reason": "ContainersNotReady"}


def _condition(kind: str, holds: bool, since: int, why: Mapping[str, str]) -> Json:
    return {
        "lastProbeTime": None,
        "lastTransitionTime": ago(since),
        "observedGeneration": 1,
        "status": "True" if holds else "False",
        "type": kind,
        **why,
    }


def _container_status(ids: Ids, workload: Workload, container: Json, state: PodState) -> Json:
    mine = container["name"] == workload.container
    state = state if mine else PodState()
    image = container["image"]
    status: Json = {
        "image": image,
        "imageID": "",
        "lastState": {},
        "name": container["name"],
        "ready": state.ready,
        "restartCount": state.restarts,
        "started": state.started,
        "volumeMounts": [_mounted(mount) for mount in container["volumeMounts"]],
    }
    if state.waiting is not None:
        status["state"] = {"waiting": state.waiting}
    else:
        status["state"] = {"running": {"startedAt": ago(workload.age - 3)}}
    if state.waiting is None or state.last is not None:
        digest = workload.image_digest
        status["containerID"] = f"containerd://{ids.digest()}"
        status["imageID"] = f"{image.rpartition(':')[0]}@sha256:{digest}"
        status["allocatedResources"] = container["resources"]["requests"]
        status["resources"] = container["resources"]
    if state.last is not None:
        last = {**state.last, "containerID": status["containerID"]}
        status["lastState"] = {"terminated": last}
    return status


def _mounted(mount: Json) -> Json:
    return {**mount, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else mount
