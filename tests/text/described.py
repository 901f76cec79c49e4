"""Whole objects as `kubectl describe` prints them, one function a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.text.describing import (
    Object,
    conditions,
    containers,
    controller,
    date,
    joined,
    notes,
    pairs,
    selector,
    text,
    tolerations,
    volume,
    volumes,
)

_SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _head(o: Object, *more: str) -> Iterator[str]:
    yield f"Name:\t{o['metadata']['name']}"
    if "namespace" in o["metadata"]:
        yield f"Namespace:\t{o['metadata']['namespace']}"
    yield from more


def _meta(o: Object) -> Iterator[str]:
    yield from pairs("Labels", o["metadata"].get("labels"))
    yield from notes(o["metadata"].get("annotations"))


def _pod(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o, f"Priority:\t{spec.get('priority', 0)}")
    if spec.get("priorityClassName"):
        yield f"Priority Class Name:\t{spec['priorityClassName']}"
    if spec.get("serviceAccountName"):
        yield f"Service Account:\t{spec['serviceAccountName']}"
    node = spec.get("nodeName")
    yield f"Node:\t{node}/{status.get('hostIP', '')}" if node else "Node:\t<none>"
    if status.get("startTime"):
        yield f"Start Time:\t{date(status['startTime'])}"
    yield from _meta(o)
    yield f"Status:\t{status.get('phase', '')}"
    for title in ("Reason", "Message"):
        if status.get(title.lower()):
            yield f"{title}:\t{status[title.lower()]}"
    yield f"IP:\t{status.get('podIP', '')}"
    yield "IPs:" + ("" if status.get("podIPs") else "\t<none>")
    yield from (f"  IP:\t{ip['ip']}" for ip in status.get("podIPs") or ())
    yield from controller(o)
    if status.get("nominatedNodeName"):
        yield f"NominatedNodeName:\t{status['nominatedNodeName']}"
    if spec.get("initContainers"):
        yield from containers("Init Containers", spec["initContainers"], status.get("initContainerStatuses"), "")
    yield from containers("Containers", spec["containers"], status.get("containerStatuses"), "")
    if spec.get("ephemeralContainers"):
        inner = spec["ephemeralContainers"]
        yield from containers("Ephemeral Containers", inner, status.get("ephemeralContainerStatuses"), "")
    yield from conditions(o, "type", "status")
    yield from volumes(spec.get("volumes"), "")
    yield f"QoS Class:\t{status.get('qosClass', '')}"
    yield from pairs("Node-Selectors", spec.get("nodeSelector"))
    yield from tolerations(spec.get("tolerations"), "")
    for t in spec.get("topologySpreadConstraints") or ():
        about = f"{t['topologyKey']}:{t['whenUnsatisfiable']} when max skew {t['maxSkew']} is exceeded"
        yield f"Topology Spread Constraints:\t{about} for selector {selector(t.get('labelSelector'))}"


def _template(t: Object) -> Iterator[str]:
    spec = t["spec"]
    yield "Pod Template:"
    yield from pairs("Labels", t.get("metadata", {}).get("labels"), "  ")
    if t.get("metadata", {}).get("annotations"):
        yield from notes(t["metadata"]["annotations"], "  ")
    if spec.get("serviceAccountName"):
        yield f"  Service Account:\t{spec['serviceAccountName']}"
    if spec.get("initContainers"):
        yield from containers("Init Containers", spec["initContainers"], None, " ")
    yield from containers("Containers", spec["containers"], None, " ")
    yield from volumes(spec.get("volumes"), " ")
    if spec.get("priorityClassName"):
        yield f"  Priority Class Name:\t{spec['priorityClassName']}"
    yield from pairs("Node-Selectors", spec.get("nodeSelector"), "  ")
    yield from tolerations(spec.get("tolerations"), "  ")


def _created(o: Object) -> str:
    return f"CreationTimestamp:\t{date(o['metadata'].get('creationTimestamp'))}"


def _deployment(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o, _created(o))
    yield from _meta(o)
    yield f"Selector:\t{selector(spec['selector'])}"
    n = [status.get(f"{word}eplicas", 0) for word in ("updatedR", "r", "availableR", "unavailableR")]
    words = f"{n[0]} updated | {n[1]} total | {n[2]} available | {n[3]} unavailable"
    yield f"Replicas:\t{spec['replicas']} desired | {words}"
    yield f"StrategyType:\t{spec['strategy']['type']}"
    yield f"MinReadySeconds:\t{spec.get('minReadySeconds', 0)}"
    rolling = spec["strategy"].get("rollingUpdate")
    if rolling:
        yield f"RollingUpdateStrategy:\t{rolling['maxUnavailable']} max unavailable, {rolling['maxSurge']} max surge"
    yield from _template(spec["template"])
    yield from conditions(o, "type", "status", "reason")
    yield "OldReplicaSets:\t<none>"
    yield f"NewReplicaSet:\t{o['metadata']['name']}-5d8 ({spec['replicas']}/{spec['replicas']} replicas created)"


def _pods_status(status: Object) -> str:
    ready = status.get("readyReplicas", 0)
    return f"Pods Status:\t{ready} Running / 1 Waiting / 0 Succeeded / 0 Failed"


def _replica_set(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o, f"Selector:\t{selector(spec['selector'])}")
    yield from _meta(o)
    yield from controller(o)
    yield f"Replicas:\t{status.get('replicas', 0)} current / {spec['replicas']} desired"
    yield _pods_status(status)
    yield from _template(spec["template"])
    yield from conditions(o, "type", "status", "reason")


def _stateful_set(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o, _created(o), f"Selector:\t{selector(spec['selector'])}")
    yield from _meta(o)
    yield f"Replicas:\t{spec['replicas']} desired | {status.get('replicas', 0)} total"
    yield f"Update Strategy:\t{spec['updateStrategy']['type']}"
    rolling = spec["updateStrategy"].get("rollingUpdate") or {}
    yield from [f"  Partition:\t{rolling['partition']}"] if "partition" in rolling else []
    yield _pods_status(status)
    yield from _template(spec["template"])
    claims = spec.get("volumeClaimTemplates") or []
    yield "Volume Claims:" + ("" if claims else "\t<none>")
    for c in claims:
        yield f"  Name:\t{c['metadata']['name']}"
        yield f"  StorageClass:\t{c['spec'].get('storageClassName', '')}"
        yield from pairs("Labels", c["metadata"].get("labels"), "  ")
        yield from notes(c["metadata"].get("annotations"), "  ")
        yield f"  Capacity:\t{c['spec']['resources']['requests']['storage']}"
        yield f"  Access Modes:\t[{' '.join(c['spec']['accessModes'])}]"


def _daemon_set(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o["status"]
    node = joined(spec["template"]["spec"].get("nodeSelector"))
    yield from _head(o, f"Selector:\t{selector(spec['selector'])}", f"Node-Selector:\t{node}")
    yield from _meta(o)
    yield f"Desired Number of Nodes Scheduled: {status['desiredNumberScheduled']}"
    yield f"Current Number of Nodes Scheduled: {status['currentNumberScheduled']}"
    yield f"Number of Nodes Scheduled with Up-to-date Pods: {status.get('updatedNumberScheduled', 0)}"
    yield f"Number of Nodes Scheduled with Available Pods: {status.get('numberAvailable', 0)}"
    yield f"Number of Nodes Misscheduled: {status['numberMisscheduled']}"
    yield "Pods Status:\t1 Running / 0 Waiting / 0 Succeeded / 0 Failed"
    yield from _template(spec["template"])


def _job(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o.get("status", {})
    yield from _head(o, f"Selector:\t{selector(spec.get('selector'))}")
    yield from _meta(o)
    yield from controller(o)
    yield f"Parallelism:\t{spec.get('parallelism', '<unset>')}"
    yield f"Completions:\t{spec.get('completions', '<unset>')}"
    yield f"Completion Mode:\t{spec.get('completionMode', 'NonIndexed')}"
    yield f"Suspend:\t{str(spec.get('suspend', False)).lower()}"
    yield f"Backoff Limit:\t{spec['backoffLimit']}"
    for title, name in (("Start Time", "startTime"), ("Completed At", "completionTime")):
        yield from [f"{title}:\t{date(status[name])}"] if name in status else []
    if "activeDeadlineSeconds" in spec:
        yield f"Active Deadline Seconds:\t{spec['activeDeadlineSeconds']}s"
    n = [status.get(word, 0) for word in ("active", "ready", "succeeded", "failed")]
    yield f"Pods Statuses:\t{n[0]} Active ({n[1]} Ready) / {n[2]} Succeeded / {n[3]} Failed"
    yield from _template(spec["template"])


def _cron_job(o: Object) -> Iterator[str]:
    spec, status, job = o["spec"], o.get("status", {}), o["spec"]["jobTemplate"]["spec"]
    yield from _head(o)
    yield from _meta(o)
    yield f"Schedule:\t{spec['schedule']}"
    yield f"Concurrency Policy:\t{spec['concurrencyPolicy']}"
    yield f"Suspend:\t{spec.get('suspend', False)}"
    yield f"Successful Job History Limit:\t{spec.get('successfulJobsHistoryLimit', '<unset>')}"
    yield f"Failed Job History Limit:\t{spec.get('failedJobsHistoryLimit', '<unset>')}"
    deadline = spec.get("startingDeadlineSeconds")
    yield f"Starting Deadline Seconds:\t{'<unset>' if deadline is None else f'{deadline}s'}"
    yield "Selector:\t<unset>"
    yield f"Parallelism:\t{job.get('parallelism', '<unset>')}"
    yield f"Completions:\t{job.get('completions', '<unset>')}"
    yield from _template(job["template"])
    yield f"Last Schedule Time:\t{date(status.get('lastScheduleTime'))}"
    yield f"Active Jobs:\t{', '.join(a['name'] for a in status.get('active') or ()) or '<none>'}"


def _claim(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o["status"]
    bound = bool(spec.get("volumeName"))
    yield from _head(o, f"StorageClass:\t{spec.get('storageClassName', '')}", f"Status:\t{status['phase']}")
    yield f"Volume:\t{spec.get('volumeName', '')}"
    yield from _meta(o)
    yield f"Finalizers:\t[{' '.join(o['metadata'].get('finalizers') or ())}]"
    yield f"Capacity:\t{status.get('capacity', {}).get('storage', '') if bound else ''}"
    yield f"Access Modes:\t{','.join(_SHORT[m] for m in status.get('accessModes') or ()) if bound else ''}"
    yield f"VolumeMode:\t{spec.get('volumeMode', 'Filesystem')}"
    yield "Used By:\t<none>"


def _volume(o: Object) -> Iterator[str]:
    spec, claim = o["spec"], o["spec"].get("claimRef")
    yield from _head(o)
    yield from _meta(o)
    yield f"Finalizers:\t[{' '.join(o['metadata'].get('finalizers') or ())}]"
    yield f"StorageClass:\t{spec.get('storageClassName', '')}"
    yield f"Status:\t{o['status']['phase']}"
    yield "Claim:\t" + (f"{claim['namespace']}/{claim['name']}" if claim else "")
    yield f"Reclaim Policy:\t{spec['persistentVolumeReclaimPolicy']}"
    yield f"Access Modes:\t{','.join(_SHORT[m] for m in spec['accessModes'])}"
    yield f"VolumeMode:\t{spec.get('volumeMode', 'Filesystem')}"
    yield f"Capacity:\t{spec['capacity']['storage']}"
    required = (spec.get("nodeAffinity") or {}).get("required")
    yield "Node Affinity:\t" + ("" if required else "<none>")
    if required:
        yield "  Required Terms:\t"
        for i, term in enumerate(required["nodeSelectorTerms"]):
            listed = [
                f"{e['key']} {e['operator'].lower()} [{', '.join(e['values'])}]" for e in term["matchExpressions"]
            ]
            yield f"    Term {i}:\t{listed[0]}"
            yield from (f"    \t{more}" for more in listed[1:])
    yield f"Message:\t{o['status'].get('message', '')}"
    yield "Source:"
    yield from volume(spec)


def _storage_class(o: Object) -> Iterator[str]:
    found = o["metadata"].get("annotations") or {}
    default = found.get("storageclass.kubernetes.io/is-default-class") == "true"
    yield from _head(o, f"IsDefaultClass:\t{'Yes' if default else 'No'}", f"Annotations:\t{joined(found)}")
    yield f"Provisioner:\t{o['provisioner']}"
    yield f"Parameters:\t{joined(o.get('parameters'))}"
    yield f"AllowVolumeExpansion:\t{o.get('allowVolumeExpansion', '<unset>')}"
    yield "MountOptions:" + ("" if o.get("mountOptions") else "\t<none>")
    yield from (f"  {option}" for option in o.get("mountOptions") or ())
    yield f"ReclaimPolicy:\t{o['reclaimPolicy']}"
    yield f"VolumeBindingMode:\t{o['volumeBindingMode']}"


def _node(o: Object) -> Iterator[str]:
    spec, status = o["spec"], o["status"]
    yield from _head(o, "Roles:\t<none>")
    yield from _meta(o)
    yield _created(o)
    taints = [
        t["key"] + (f"={t['value']}" if t.get("value") else "") + f":{t['effect']}" for t in spec.get("taints", ())
    ]
    yield f"Taints:\t{taints[0] if taints else '<none>'}"
    yield from (f"\t{t}" for t in taints[1:])
    yield f"Unschedulable:\t{str(spec.get('unschedulable', False)).lower()}"
    yield from ("Lease:", f"  HolderIdentity:\t{o['metadata']['name']}", "  AcquireTime:\t<unset>")
    yield f"  RenewTime:\t{date(o['metadata']['creationTimestamp'])}"
    times = ("lastHeartbeatTime", "lastTransitionTime")
    yield from conditions(o, "type", "status", *times, "reason", "message")
    yield "Addresses:"
    yield from (f"  {a['type']}:\t{a['address']}" for a in status.get("addresses") or ())
    for title in ("Capacity", "Allocatable"):
        yield from [f"{title}:"] if title.lower() in status else []
        yield from (f"  {name}:\t{amount}" for name, amount in sorted(status.get(title.lower(), {}).items()))
    yield "System Info:"
    info = status["nodeInfo"]
    for title, name in (("Machine ID", "machineID"), ("Kernel Version", "kernelVersion"), ("OS Image", "osImage")):
        yield f"  {title}:\t{info[name]}"
    yield f"  Kubelet Version:\t{info['kubeletVersion']}"
    if spec.get("podCIDR"):
        yield f"PodCIDR:\t{spec['podCIDR']}"
        yield f"PodCIDRs:\t{','.join(spec['podCIDRs'])}"
    yield from [f"ProviderID:\t{spec['providerID']}"] if spec.get("providerID") else []
    yield "Non-terminated Pods:\t(1 in total)"
    yield "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge"
    yield "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---"
    yield "  shop\tweb-1\t\t100m (1%)\t0 (0%)\t50Mi (0%)\t0 (0%)\t3h10m"
    yield "Allocated resources:"
    yield "  (Total limits may be over 100 percent, i.e., overcommitted.)"
    yield "  Resource\tRequests\tLimits"
    yield "  --------\t--------\t------"
    yield "  cpu\t100m (1%)\t0 (0%)"
    yield "  memory\t50Mi (0%)\t0 (0%)"


ENDS = "Events:\t<none>"
KINDS: dict[str, Callable[[Object], Iterable[str]]] = {
    "Pod": _pod,
    "Node": _node,
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "CronJob": _cron_job,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "StorageClass": _storage_class,
}


def describe(o: Object, events: Iterable[str] = (ENDS,)) -> str:
    """An object as `kubectl describe` prints it."""
    return text([*KINDS[o["kind"]](o), *events])


def all_of(objects: Iterable[Any]) -> str:
    """Several, as `kubectl describe KIND` prints them."""
    return "\n\n".join(describe(o) for o in objects)


__all__ = ["ENDS", "KINDS", "all_of", "describe"]
