"""What `kubectl get -o wide` prints of an object, for tests: a row by the rules of the API server's printers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def pod(value: Object) -> list[str]:
    spec, status = value.get("spec") or {}, value.get("status") or {}
    total, ready, restarts = len(_list(spec.get("containers"))), 0, 0
    reason = status.get("reason") or status.get("phase") or "Unknown"
    conditions = {c["type"]: c for c in _list(status.get("conditions"))}
    if conditions.get("PodScheduled", {}).get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    inits = {c["name"]: c for c in _list(spec.get("initContainers"))}
    sidecars = {name for name, c in inits.items() if c.get("restartPolicy") == "Always"}
    total += len(sidecars)
    initializing = False
    done = sidecar_restarts = 0
    for i, container in enumerate(_list(status.get("initContainerStatuses"))):
        restarts += container.get("restartCount", 0)
        state = container.get("state") or {}
        ended, waits = state.get("terminated"), state.get("waiting")
        if container["name"] in sidecars:
            sidecar_restarts += container.get("restartCount", 0)
        if ended and ended.get("exitCode") == 0:
            done += 1
            continue
        if container["name"] in sidecars and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if ended:
            reason = f"Init:{ended.get('reason') or 'ExitCode:' + str(ended.get('exitCode'))}"
        elif waits and waits.get("reason") not in (None, "PodInitializing"):
            reason = f"Init:{waits['reason']}"
        else:
            reason = f"Init:{i}/{len(inits)}"
        initializing = True
        break
    if not initializing or conditions.get("Initialized", {}).get("status") == "True":
        restarts, running = sidecar_restarts, False
        for container in reversed(_list(status.get("containerStatuses"))):
            restarts += container.get("restartCount", 0)
            state = container.get("state") or {}
            ended, waits = state.get("terminated") or {}, state.get("waiting") or {}
            if waits.get("reason"):
                reason = waits["reason"]
            elif ended.get("reason"):
                reason = ended["reason"]
            elif ended:
                reason = f"ExitCode:{ended.get('exitCode')}"
            elif container.get("ready") and state.get("running") is not None:
                running, ready = True, ready + 1
        if reason == "Completed" and running:
            reason = "Running" if conditions.get("Ready", {}).get("status") == "True" else "NotReady"
    if value["metadata"].get("deletionTimestamp"):
        reason = "Terminating" if status.get("phase") not in ("Succeeded", "Failed") else reason
    gates = _list(spec.get("readinessGates"))
    met = sum(conditions.get(g.get("conditionType"), {}).get("status") == "True" for g in gates)
    return [
        value["metadata"]["name"], f"{ready}/{total}", reason, str(restarts), "5d",
        status.get("podIP") or "<none>", spec.get("nodeName") or "<none>", status.get("nominatedNodeName") or "<none>",
        f"{met}/{len(gates)}" if gates else "<none>",
    ]  # fmt: skip


def service(value: Object) -> list[str]:
    spec = value.get("spec") or {}
    ports = [
        f"{p['port']}" + (f":{p['nodePort']}" if p.get("nodePort") else "") + f"/{p.get('protocol', 'TCP')}"
        for p in _list(spec.get("ports"))
    ]
    kind = spec.get("type", "ClusterIP")
    ingress = _list(((value.get("status") or {}).get("loadBalancer") or {}).get("ingress"))
    outside = (
        {
            "ExternalName": spec.get("externalName", ""),
            "LoadBalancer": ",".join(i.get("ip") or i.get("hostname") for i in ingress) or "<pending>",
        }.get(kind)
        or ",".join(_list(spec.get("externalIPs")))
        or "<none>"
    )
    return [
        value["metadata"]["name"], kind, spec.get("clusterIP") or "<none>", outside, ",".join(ports) or "<none>", "5d",
        pairs(spec.get("selector")),
    ]  # fmt: skip


def pairs(labels: Any) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted((labels or {}).items())) or "<none>"


def selector(value: Any) -> str:
    value = value or {}
    words = {"In": "in", "NotIn": "notin"}
    parts = [f"{k}={v}" for k, v in sorted((value.get("matchLabels") or {}).items())]
    for e in _list(value.get("matchExpressions")):
        word = words.get(e["operator"])
        many = f"{e['key']} {word} ({','.join(_list(e.get('values')))})"
        parts.append(many if word else ("!" if e["operator"] == "DoesNotExist" else "") + e["key"])
    return ",".join(parts) or "<none>"


def _template(value: Object) -> list[str]:
    containers = _list(value["spec"]["template"]["spec"].get("containers"))
    return [",".join(c["name"] for c in containers), ",".join(c["image"] for c in containers)]


def deployment(value: Object) -> list[str]:
    spec, status = value["spec"], value.get("status") or {}
    number = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [
        value["metadata"]["name"], f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}", *map(str, number),
        "5d", *_template(value), selector(spec.get("selector")),
    ]  # fmt: skip


def replica_set(value: Object) -> list[str]:
    spec, status = value["spec"], value.get("status") or {}
    number = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [value["metadata"]["name"], *map(str, number), "5d", *_template(value), selector(spec.get("selector"))]


def daemon_set(value: Object) -> list[str]:
    status = value.get("status") or {}
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        value["metadata"]["name"], *(str(status.get(f, 0)) for f in fields),
        pairs(value["spec"]["template"]["spec"].get("nodeSelector")), "5d", *_template(value),
        selector(value["spec"].get("selector")),
    ]  # fmt: skip


def stateful_set(value: Object) -> list[str]:
    ready = f"{(value.get('status') or {}).get('readyReplicas', 0)}/{value['spec'].get('replicas', 0)}"
    return [value["metadata"]["name"], ready, "5d", *_template(value)]


def endpoints(value: Object) -> list[str]:
    shown = [
        f"{a['ip']}:{p['port']}"
        for s in _list(value.get("subsets"))
        for p in _list(s.get("ports"))
        for a in _list(s.get("addresses"))
    ]
    more = f" + {len(shown) - 3} more..." if len(shown) > 3 else ""
    cell = ",".join(shown[:3]) + more if value.get("subsets") else "<none>"
    return [value["metadata"]["name"], cell, "5d"]


def node(value: Object) -> list[str]:
    status = value["status"]
    ready = next((c["status"] for c in _list(status.get("conditions")) if c["type"] == "Ready"), None)
    states = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    states += ",SchedulingDisabled" if value["spec"].get("unschedulable") else ""
    addresses = {a["type"]: a["address"] for a in _list(status.get("addresses"))}
    info = status["nodeInfo"]
    return [
        value["metadata"]["name"], states, "<none>", "5d", info["kubeletVersion"],
        addresses.get("InternalIP", "<none>"), addresses.get("ExternalIP", "<none>"), info["osImage"],
        info["kernelVersion"], info["containerRuntimeVersion"],
    ]  # fmt: skip


def claim(value: Object) -> list[str]:
    spec, status = value["spec"], value.get("status") or {}
    bound = bool(spec.get("volumeName"))
    state = "Terminating" if value["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        value["metadata"]["name"], state, spec.get("volumeName") or "",
        (status.get("capacity") or {}).get("storage", "") if bound else "",
        modes(status.get("accessModes")) if bound else "", spec.get("storageClassName") or "", "<unset>", "5d",
        spec.get("volumeMode") or "<unset>",
    ]  # fmt: skip


def modes(value: Any) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return ",".join(short[m] for m in _list(value))


def volume(value: Object) -> list[str]:
    spec, status = value["spec"], value.get("status") or {}
    of = spec.get("claimRef") or {}
    state = "Terminating" if value["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        value["metadata"]["name"], spec["capacity"]["storage"], modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""), state, f"{of['namespace']}/{of['name']}" if of else "",
        spec.get("storageClassName") or "", "<unset>", status.get("reason") or "", "5d",
        spec.get("volumeMode") or "<unset>",
    ]  # fmt: skip


_TEMPLATE = ("CONTAINERS", "IMAGES", "SELECTOR")
PRINTERS: dict[str, tuple[tuple[str, ...], Callable[[Object], list[str]]]] = {
    "Pod": (
        ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"),
        pod,
    ),
    "Service": (("NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"), service),
    "Deployment": (("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", *_TEMPLATE), deployment),
    "ReplicaSet": (("NAME", "DESIRED", "CURRENT", "READY", "AGE", *_TEMPLATE), replica_set),
    "DaemonSet": (
        ("NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE", *_TEMPLATE),
        daemon_set,
    ),
    "StatefulSet": (("NAME", "READY", "AGE", "CONTAINERS", "IMAGES"), stateful_set),
    "Endpoints": (("NAME", "ENDPOINTS", "AGE"), endpoints),
    "Node": (
        (
            "NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION",
            "CONTAINER-RUNTIME",
        ),
        node,
    ),
    "PersistentVolumeClaim": (
        (
            "NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE",
            "VOLUMEMODE",
        ),
        claim,
    ),
    "PersistentVolume": (
        (
            "NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS",
            "VOLUMEATTRIBUTESCLASS", "REASON", "AGE", "VOLUMEMODE",
        ),
        volume,
    ),
}  # fmt: skip
