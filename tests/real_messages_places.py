"""Where the messages of real_messages stood: for each reason a function that makes the small cluster around one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NOW, MINUTE, EARLIER, LONG_AGO = (f"2026-01-01T{at}:00Z" for at in ("12:00", "11:58", "11:45", "10:00"))
Object = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the file."""

    number: int
    category: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.number} {self.category} {self.reason}: {self.message[:100]!r}"


def _about(target: Object, row: Row, **fields: Any) -> Object:
    meta = target["metadata"]
    involved = {
        "apiVersion": target["apiVersion"],
        "kind": target["kind"],
        **{k: meta[k] for k in ("name", "namespace", "uid") if k in meta},
    }
    field_path = fields.pop("field_path", None)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "namespace": meta.get("namespace", "default"),
            "name": f"{meta['name']}.{len(fields)}{row.number}",
        },
        "involvedObject": {**involved, **({"fieldPath": f"spec.containers{{{field_path}}}"} if field_path else {})},
        "reason": row.reason,
        "message": row.message,
        "type": "Warning",
        "count": 5,
        "firstTimestamp": EARLIER,
        "lastTimestamp": MINUTE,
        **fields,
    }


def _object(kind: str, name: str, api: str = "v1", namespace: str = "a", **parts: Any) -> Object:
    meta = {"name": name, "uid": f"uid-{name}", "creationTimestamp": LONG_AGO, **parts.pop("meta", {})}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {**meta, **({"namespace": namespace} if namespace else {})},
        **parts,
    }


def _node(name: str = "n", **status: Any) -> Object:
    conditions = status.pop("conditions", [{"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}])
    spec = status.pop("spec", {})
    return _object(
        "Node",
        name,
        namespace="",
        spec=spec,
        status={"conditions": conditions, "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}, **status},
    )


def _pod(
    phase: str = "Running",
    *,
    spec: Object | None = None,
    status: Object | None = None,
    container: Object | None = None,
    **more: Any,
) -> Object:
    containers = [{"name": "c", "image": "img:1", **(container or {})}]
    node = {} if phase == "Pending" and "unplaced" in more else {"nodeName": "n"}
    more.pop("unplaced", None)
    return _object(
        "Pod",
        more.pop("name", "p"),
        meta={"labels": {"app": "p"}, **more.pop("meta", {})},
        spec={"containers": containers, **node, **(spec or {})},
        status={"phase": phase, "startTime": LONG_AGO, **(status or {})},
        **more,
    )


def _waits(reason: str, message: str | None = None, last: Object | None = None) -> Object:
    waiting = {"reason": reason, **({"message": message} if message is not None else {})}
    return {
        "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": LONG_AGO}],
        "containerStatuses": [
            {
                "name": "c",
                "ready": False,
                "restartCount": 5,
                "state": {"waiting": waiting},
                "lastState": {"terminated": last} if last else {},
            }
        ],
    }


def _runs(ready: bool, last: Object | None = None) -> Object:
    return {
        "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": LONG_AGO}],
        "containerStatuses": [
            {
                "name": "c",
                "ready": ready,
                "started": True,
                "restartCount": 2 if last else 0,
                "state": {"running": {"startedAt": EARLIER}},
                "lastState": {"terminated": last} if last else {},
            }
        ],
    }


def _crashes(message: str | None = None) -> Object:
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": MINUTE, **({"message": message} if message else {})}
    return _waits("CrashLoopBackOff", "back-off 5m0s restarting failed container=c pod=p_a(uid-p)", ended)


_CREATING = _waits("ContainerCreating")
_TALLY = re.compile(r"(\d+) (?:node\(s\) )?((?:[^,.{]*\{[^}]*\})?[^,.{]*)")


def _nodes_of(message: str) -> Iterator[Object]:
    """The nodes that the scheduler speaks of, each with what it says of it."""
    said = message.partition("are available: ")[2] or message.partition("predicates: ")[2]
    said = re.split(r"\.\s*preemption:", said)[0]
    tallies = (
        [(int(n), why) for n, why in _TALLY.findall(said)]
        if "predicates" not in message
        else [(int(n), why) for why, n in re.findall(r"(\w[\w ]*) \((\d+)\)", said)]
    )
    i = 0
    for number, why in tallies:
        for _ in range(number):
            i += 1
            yield _node_that(why, f"n{i}")


def _node_that(why: str, name: str) -> Object:
    taint = re.search(r"taint \{([^:}]+): ?([^}]*)\}", why)
    if taint:
        down = {"node.kubernetes.io/not-ready": "False", "node.kubernetes.io/unreachable": "Unknown"}.get(
            taint[1], "True"
        )
        ready = [
            {
                "type": "Ready",
                "status": down,
                "lastTransitionTime": LONG_AGO,
                "reason": "KubeletNotReady",
                "message": "x",
            }
        ]
        return _node(
            name,
            conditions=ready,
            spec={"taints": [{"key": taint[1], "value": taint[2], "effect": "NoSchedule"}]},
        )
    if "taints that the pod" in why:
        return _node(name, spec={"taints": [{"key": "own", "value": "x", "effect": "NoSchedule"}]})
    if "nschedulable" in why:
        return _node(name, spec={"unschedulable": True})
    if "NodeNotReady" in why:
        return _node(name, conditions=[{"type": "Ready", "status": "False", "lastTransitionTime": LONG_AGO}])
    node = _node(name)
    if "affinity/selector" in why or "node selector" in why:
        node["metadata"]["labels"] = {"other": "yes"}
    if "spread constraints" in why and "missing" not in why:
        node["metadata"]["labels"] = {"zone": "z"}
    return node


def _scheduling(row: Row) -> list[Object]:
    nodes = list(_nodes_of(row.message))
    spec: Object = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
    container: Object = {"resources": {"requests": {"cpu": "1", "memory": "3Gi"}}}
    if "Insufficient" in row.message or "predicates" in row.message:
        nodes.extend(
            [
                _pod(
                    name=f"busy{i}",
                    spec={
                        "nodeName": n["metadata"]["name"],
                        "containers": [{"name": "c", "resources": {"requests": {"cpu": "1500m", "memory": "3Gi"}}}],
                    },
                )
                for i, n in enumerate(nodes)
            ]
        )
    if "affinity/selector" in row.message or "node selector" in row.message:
        spec["nodeSelector"] = {"disk": "ssd"}
        for n in nodes:
            if n["kind"] == "Node" and not n["metadata"].get("labels"):
                n["metadata"]["labels"] = {"disk": "ssd"}
    if "anti-affinity" in row.message:
        spec["affinity"] = {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}
                ]
            }
        }
    if "topology spread" in row.message:
        spec["topologySpreadConstraints"] = [
            {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
        ]
    if "free ports" in row.message:
        container["ports"] = [{"containerPort": 80, "hostPort": 80}]
    status: Object = {}
    if row.reason == "Unschedulable":
        status["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": row.reason,
                "message": row.message,
                "lastTransitionTime": LONG_AGO,
            }
        ]
    pod = _pod("Pending", unplaced=True, spec=spec, container=container, status=status)
    extra = [] if row.reason == "Unschedulable" else [_about(pod, row)]
    claim = _object("PersistentVolumeClaim", "data", spec={"storageClassName": "s"}, status={"phase": "Bound"})
    unbound = "unbound immediate" in row.message
    return [pod, *nodes, *extra, *([] if unbound else [claim])]


def _probe(row: Row) -> list[Object]:
    kind = row.message.split()[0].lower() + "Probe"
    container = {kind: {"httpGet": {"path": "/healthz", "port": 8443}, "timeoutSeconds": 1}}
    killed = None if kind == "readinessProbe" else {"exitCode": 137, "reason": "Error", "finishedAt": EARLIER}
    pod = _pod(container=container, status=_runs(False, killed))
    return [_node(), pod, _about(pod, row, field_path="c")]


def _killing(row: Row) -> list[Object]:
    found = re.search(r"failed (liveness|startup) probe", row.message)
    if found is None:
        pod = _pod(status=_runs(True))
        return [_node(), pod, _about(pod, row, field_path="c", type="Normal")]
    probe = {f"{found[1]}Probe": {"httpGet": {"path": "/", "port": 1}}}
    pod = _pod(container=probe, status=_runs(False, {"exitCode": 137, "reason": "Error", "finishedAt": EARLIER}))
    unhealthy = {"reason": "Unhealthy", "message": f"{found[1].capitalize()} probe failed: x"}
    return [_node(), pod, _about(pod, row, field_path="c"), _about(pod, row, field_path="c", **unhealthy)]


def _pull(row: Row) -> list[Object]:
    found = re.search(r'pull(?:ing)? image "([^"]+)"', row.message)
    in_status = row.reason in ("ErrImagePull", "ImagePullBackOff")
    reason = row.reason if in_status else "ImagePullBackOff" if "Back" in row.message else "ErrImagePull"
    pod = _pod(
        "Pending",
        container={"image": found[1] if found else "img:1"},
        status=_waits(reason, row.message if in_status else None),
    )
    return [_node(), pod, *([] if in_status else [_about(pod, row, field_path="c")])]


def _pull_secret(row: Row) -> list[Object]:
    name = row.message.partition("(")[2].partition(")")[0]
    pod = _pod(
        "Pending",
        spec={"imagePullSecrets": [{"name": name}]},
        status=_waits("ErrImagePull", "unauthorized: authentication required"),
    )
    return [_node(), pod, _about(pod, row)]


def _failed(row: Row) -> list[Object]:
    """`Failed` events of the kubelet: the waiting state says the same without "Error: "."""
    text = row.message.removeprefix("Error: ")
    if text in ("ErrImagePull", "ImagePullBackOff") or "pull image" in text:
        return _pull(row)
    config = re.search(r"not found$|services have not|cannot find volume|find key", text) and "exec" not in text
    runs = "start container" in text or "containerd task" in text or "json message" in text
    reason = "CreateContainerConfigError" if config else "RunContainerError" if runs else "CreateContainerError"
    pod = _pod("Pending", status=_waits(reason, text))
    return [_node(), pod, _about(pod, row, field_path="c")]


def _cannot_start(row: Row) -> list[Object]:
    if row.reason == "RunContainerError":
        return [_node(), _pod(status=_waits(row.reason, row.message))]
    ended = {"exitCode": 127, "reason": row.reason, "message": row.message, "finishedAt": MINUTE}
    return [_node(), _pod(status=_waits("CrashLoopBackOff", last=ended))]


def _hook(row: Row) -> list[Object]:
    hook = {"lifecycle": {"postStart": {"exec": {"command": ["x"]}}}}
    if row.reason == "PostStartHookError":
        return [_node(), _pod(container=hook, status=_waits(row.reason, row.message))]
    pod = _pod(container=hook, status=_crashes())
    return [_node(), pod, _about(pod, row, field_path="c")]


def _crash(row: Row) -> list[Object]:
    return [_node(), _pod(status=_crashes(row.message))]


def _crash_loop(row: Row) -> list[Object]:
    if row.reason == "BackOff":
        pod = _pod(status=_crashes())
        return [_node(), pod, _about(pod, row, field_path="c")]
    return [
        _node(),
        _pod(status=_waits(row.reason, row.message, {"exitCode": 1, "reason": "Error", "finishedAt": MINUTE})),
    ]


def _not_ready(row: Row) -> list[Object]:
    status = _runs(False)
    status["conditions"][0] |= {"reason": row.reason, "message": row.message}
    labels = {"k8s-app": "kube-dns"} if row.category == "dns" else {"app": "p"}
    return [_node(), _pod(status=status, meta={"labels": labels})]


def _unknown_status(row: Row) -> list[Object]:
    ended = {"exitCode": 137, "reason": row.reason, "message": row.message}
    return [
        _node(),
        _pod("Failed", status={"containerStatuses": [{"name": "c", "ready": False, "state": {"terminated": ended}}]}),
    ]


def _job(row: Row) -> list[Object]:
    failed = {"type": "Failed", "status": "True", "reason": row.reason, "message": row.message}
    return [
        _object(
            "Job", "j", "batch/v1", spec={"selector": {"matchLabels": {"job": "j"}}}, status={"conditions": [failed]}
        )
    ]


def _kill_pod(row: Row) -> list[Object]:
    going = {"deletionTimestamp": LONG_AGO, "deletionGracePeriodSeconds": 30}
    pod = _pod(meta=going, status=_runs(True))
    return [_node(), pod, _about(pod, row)]


def _creation(row: Row) -> list[Object]:
    if row.message.startswith("create Pod"):
        owner = _object(
            "StatefulSet",
            "s",
            "apps/v1",
            spec={"replicas": 1, "selector": {"matchLabels": {"x": "y"}}},
            status={"replicas": 0, "observedGeneration": 1},
        )
    elif "Error creating: " in row.message:
        failure = {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": row.message.partition("Error creating: ")[2],
            "lastTransitionTime": LONG_AGO,
        }
        owner = _object(
            "ReplicaSet",
            "r",
            "apps/v1",
            spec={"replicas": 1, "selector": {"matchLabels": {"x": "y"}}},
            status={"replicas": 0, "conditions": [failure]},
        )
    else:
        owner = _object("Machine", "m", "machine.openshift.io/v1beta1")
    return [owner, _about(owner, row)]


def _volume(row: Row) -> list[Object]:
    names = [n for group in re.findall(r"unmounted volumes=\[([^\]]*)\]", row.message) for n in group.split()]
    names += re.findall(r'volume "([\w.-]+)"', row.message)
    pod = _pod(
        "Pending", spec={"volumes": [{"name": n, "emptyDir": {}} for n in dict.fromkeys(names)]}, status=_CREATING
    )
    return [_node(), pod, _about(pod, row)]


def _claim(row: Row) -> list[Object]:
    storage_class = re.search(r'(?:StorageClass|storageclass.storage.k8s.io) "([^"]+)"', row.message)
    known = {"FailedBinding": None, "ExternalProvisioning": "nfs"}
    name = known.get(row.reason, storage_class[1] if storage_class else "s")
    claim = _object(
        "PersistentVolumeClaim", "data", spec={"storageClassName": name} if name else {}, status={"phase": "Pending"}
    )
    exists = name and "not found" not in row.message
    made = (
        [_object("StorageClass", name, "storage.k8s.io/v1", namespace="", provisioner="local.net/nfs")]
        if exists and name
        else []
    )
    return [claim, *made, _about(claim, row)]


def _sandbox(row: Row) -> list[Object]:
    pod = _pod("Pending", status=_CREATING)
    return [_node(), pod, _about(pod, row)]


def _node_state(row: Row) -> list[Object]:
    """A node's condition, its event, or a pod's event that repeats it."""
    kind, status = {
        "KubeletHasInsufficientMemory": ("MemoryPressure", "True"),
        "NodeStatusUnknown": ("Ready", "Unknown"),
    }.get(row.reason, ("Ready", "False"))
    in_status = row.reason.startswith("Kubelet") or row.reason in ("NodeStatusUnknown", "NetworkNotReady")
    reason = "KubeletNotReady" if row.reason in ("NetworkNotReady", "NodeNotReady") else row.reason
    condition = {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": row.message if in_status else "[kubelet stopped]",
        "lastTransitionTime": EARLIER,
        "lastHeartbeatTime": EARLIER,
    }
    node = _node(conditions=[condition])
    if row.reason == "NetworkNotReady":
        pod = _pod("Pending", status=_CREATING)
        return [node, pod, _about(pod, row)]
    return [node, *([] if in_status else [_about(node, row)])]


def _node_event(row: Row) -> list[Object]:
    node = _node()
    events = [_about(node, row, type="Warning")]
    if row.reason.endswith("GCFailed"):
        down = {
            "type": "Ready",
            "status": "False",
            "reason": "KubeletNotReady",
            "message": "container runtime is down",
            "lastTransitionTime": EARLIER,
        }
        node["status"]["conditions"] = [down]
    return [node, *events]


def _evicted(row: Row) -> list[Object]:
    pressure = [
        {"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO},
        {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure", "lastTransitionTime": EARLIER},
    ]
    pod = _pod("Failed", status={"reason": row.reason, "message": row.message})
    return [_node(conditions=pressure), pod, _about(pod, row)]


def _rejected(row: Row) -> list[Object]:
    return [_node(), _pod("Failed", status={"reason": row.reason, "message": row.message})]


def _gated(row: Row) -> list[Object]:
    gated = {"type": "PodScheduled", "status": "False", "reason": row.reason, "message": row.message}
    return [_pod("Pending", unplaced=True, spec={"schedulingGates": [{"name": "g"}]}, status={"conditions": [gated]})]


def _balancer(row: Row) -> list[Object]:
    working = (
        {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}} if row.reason.startswith("Update") else {"loadBalancer": {}}
    )
    service = _object(
        "Service", "s", spec={"type": "LoadBalancer", "selector": {"app": "p"}, "ports": [{"port": 80}]}, status=working
    )
    return [service, _about(service, row), _pod(status=_runs(True)), _node()]


def _endpoints(row: Row) -> list[Object]:
    service = _object("Service", "s", spec={"selector": {"app": "p"}, "ports": [{"port": 80}]})
    return [service, _about(service, row), _pod(status=_runs(True)), _node()]


def _autoscaler(row: Row) -> list[Object]:
    active = {
        "type": "ScalingActive",
        "status": "False",
        "reason": "FailedGetResourceMetric",
        "message": row.message,
        "lastTransitionTime": LONG_AGO,
    }
    hpa = _object(
        "HorizontalPodAutoscaler",
        "h",
        "autoscaling/v2",
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
        status={"conditions": [active]},
    )
    return [hpa, _object("Deployment", "d", "apps/v1", spec={"replicas": 1}), _about(hpa, row)]


def _coredns(row: Row) -> list[Object]:
    return [_node(), {**_pod(meta={"labels": {"k8s-app": "kube-dns"}}, status=_crashes()), "log": row.message}]


def _pod_event(row: Row) -> list[Object]:
    pod = _pod(status=_runs(True))
    return [_node(), pod, _about(pod, row)]


def _kubelet_log(row: Row) -> list[Object]:
    unknown = {
        "type": "Ready",
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": EARLIER,
        "lastHeartbeatTime": EARLIER,
    }
    return [{**_node(conditions=[unknown]), "journal": f"I0101 12:00:00 kubelet\nE0101 12:00:00 {row.message}\n"}]


def _apiserver_log(row: Row) -> list[Object]:
    pod = _pod(meta={"namespace": "kube-system", "labels": {"component": "kube-apiserver"}}, status=_runs(True))
    for part in (pod["spec"]["containers"][0], pod["status"]["containerStatuses"][0]):
        part["name"] = "kube-apiserver"
    return [_node(), {**pod, "log": f"E0101 12:00:00 {row.message}\n" * 4}]


def _client_log(row: Row) -> list[Object]:
    """What the API server answered a client that gave up on it."""
    return [_node(), {**_pod(status=_crashes()), "log": f"applying\n{row.message}\n"}]


def _elsewhere(row: Row) -> list[Object]:
    operator = _object(
        "Deployment", "operator", "apps/v1", spec={"replicas": 1}, status={"replicas": 1, "availableReplicas": 1}
    )
    return [operator, _about(operator, row)]


PLACES = {
    **dict.fromkeys(("FailedScheduling", "Unschedulable"), _scheduling),
    **dict.fromkeys(("Unhealthy", "ProbeError"), _probe),
    **dict.fromkeys(("ErrImagePull", "ImagePullBackOff"), _pull),
    **dict.fromkeys(("ContainerCannotRun", "RunContainerError", "StartError"), _cannot_start),
    **dict.fromkeys(("PostStartHookError", "FailedPostStartHook"), _hook),
    **dict.fromkeys(("FailedMount", "FailedAttachVolume"), _volume),
    **dict.fromkeys(("FailedBinding", "ExternalProvisioning", "ProvisioningFailed"), _claim),
    **dict.fromkeys(("FailedCreate", "FailedUpdate"), _creation),
    **dict.fromkeys(("SyncLoadBalancerFailed", "UpdateLoadBalancerFailed"), _balancer),
    **dict.fromkeys(("FailedToUpdateEndpoint", "FailedToUpdateEndpointSlices"), _endpoints),
    **dict.fromkeys(("FailedGetResourceMetric", "FailedComputeMetricsReplicas"), _autoscaler),
    **dict.fromkeys(
        ("KubeletNotReady", "KubeletHasInsufficientMemory", "NodeStatusUnknown", "NodeNotReady", "NetworkNotReady"),
        _node_state,
    ),
    **dict.fromkeys(
        ("ContainerGCFailed", "ImageGCFailed", "InvalidDiskCapacity", "Rebooted", "SystemOOM"), _node_event
    ),
    **dict.fromkeys(("DNSConfigForming", "SandboxChanged", "TaintManagerEviction"), _pod_event),
    "BackoffLimitExceeded": _job,
    "ContainersNotReady": _not_ready,
    "ContainerStatusUnknown": _unknown_status,
    "CrashLoopBackOff": _crash_loop,
    "Error": _crash,
    "Evicted": _evicted,
    "Failed": _failed,
    "FailedCreatePodSandBox": _sandbox,
    "FailedKillPod": _kill_pod,
    "FailedToRetrieveImagePullSecret": _pull_secret,
    "InternalError": _client_log,
    "Killing": _killing,
    "OutOfcpu": _rejected,
    "SchedulingGated": _gated,
    "apiserver-log": _apiserver_log,
    "coredns-log": _coredns,
    "kubelet-log": _kubelet_log,
}


def place(row: Row) -> list[Object]:
    """The objects of a small cluster that shows the message."""
    if row.reason == "BackOff":
        return _pull(row) if "pulling image" in row.message else _crash_loop(row)
    return PLACES.get(row.reason, _elsewhere)(row)
