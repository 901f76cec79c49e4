"""Messages collected from real clusters, each put back where it stood, and which rule must recognise it.

`../shared/dumps/real-messages.tsv` has a category, a reason, a message and its source in each line. `snapshot_of` builds a
small cluster around a message. `WANTED` says, by patterns of category, reason and message, what is right: ids of findings
(`*` stands for the rest of an id), or silence, or that there is no rule, and why. It was written by reading the messages.

`python -m tests.real_messages` prints what comes of each row.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from diagnose import library
from diagnose.language.compiler import RuleSet
from diagnose.logs import ContainerLog, Log, NodeLog
from diagnose.model import Report, Severity
from diagnose.run import diagnose
from diagnose.snapshot import Builder, Snapshot
from diagnose.values import timestamp

FILE = Path(__file__).parent.parent.parent / "shared" / "dumps" / "real-messages.tsv"
NOW, MINUTE, LONG_AGO = "2026-01-01T12:00:00Z", "2026-01-01T11:58:00Z", "2026-01-01T10:00:00Z"
EARLIER = "2026-01-01T11:45:00Z"
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


def rows() -> list[Row]:
    """All rows; numbers are those of the lines."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    fields = ((i, line.split("\t")) for i, line in enumerate(lines[1:], 2))
    return [Row(i, f[0], f[1], f[2].replace("\\n", "\n")) for i, f in fields]


# --- what is right

SILENT, NO_RULE = "silent", "no rule"


@dataclass(frozen=True)
class Wanted:
    """What is right for the rows that three patterns fit; `verdict` is SILENT or NO_RULE, or the ids stand in `ids`."""

    category: str
    reason: str
    message: str
    ids: tuple[str, ...] = ()
    verdict: str = ""
    why: str = ""

    def fits(self, row: Row) -> bool:
        pairs = ((self.category, row.category), (self.reason, row.reason))
        return all(re.fullmatch(p, text) for p, text in pairs) and re.search(self.message, row.message) is not None


def _ids(category: str, reason: str, message: str, *ids: str) -> Wanted:
    return Wanted(category, reason, message, ids)


def _silent(reason: str, message: str, why: str) -> Wanted:
    return Wanted(".*", reason, message, verdict=SILENT, why=why)


def _none(category: str, reason: str, message: str, why: str) -> Wanted:
    return Wanted(category, reason, message, verdict=NO_RULE, why=why)


_OPERATOR = "an event of an OpenShift operator about its own work; the operator tries again, and ClusterOperators tell what lasts"
_MACHINES = "a Machine of a cloud provider's API group, which is none of Kubernetes' own"

WANTED: tuple[Wanted, ...] = (
    # normal, whatever it sounds like
    _silent("Killing", "^Stopping container", "each deletion of a pod says so"),
    _silent("SandboxChanged", "", "the kubelet makes the sandbox anew and goes on"),
    _silent("FailedScheduling", "skip schedule deleting pod|already assigned to node", "a race that is over"),
    _silent("TaintManagerEviction", "", "the node's own finding says why; a pod that stays is not evicted"),
    _silent("InvalidDiskCapacity", "", "each start of a kubelet says so, before it has measured the disk"),
    _silent("FailedToUpdateEndpoint(Slices)?", "object has been modified|caches not synchronized", "tried again at once"),
    _silent("KubeAPIReadyz", "", "good news"),
    # crashes: what stood at the end of the log
    _ids(".*", "Error", r"^I1024[^\0]*failed to ensure CRDs exist during startup: context deadline", "crash-loop/other"),
    _ids(".*", "Error", "kubelet-server-current.pem: no such file", "crash-loop/missing-file"),
    _ids(".*", "Error", r"dial tcp [\d.]+:\d+: connect: connection refused(?s:.){0,700}$", "crash-loop/connection-refused", "crash-loop/leader-election"),
    _ids(".*", "Error", "i/o timeout", "crash-loop/connection-timeout", "crash-loop/leader-election"),
    _ids(".*", "Error", "leaderelection.go", "crash-loop/leader-election"),
    _ids(".*", "Error", "", "crash-loop/other"),
    # certificates
    _ids("certificate", "ErrImagePull|Failed", "x509", "image-pull/tls"),
    _ids("certificate", "kubelet-log", "unable to load bootstrap kubeconfig", "kubelet-down/will-not-start"),
    _ids("certificate", "kubelet-log", "", "kubelet-down/certificate"),
    _ids("certificate", "apiserver-log", "certificate has expired", "*certificate*"),
    # DNS
    _ids("dns", "ContainersNotReady", "kubedns", "system-pod-not-ready/dns"),
    _ids("dns", "coredns-log", "plugin/loop", "dns-forwarding-loop"),
    _ids("dns", "coredns-log", "i/o timeout", "dns-*", "crash-loop/connection-timeout"),
    _ids("dns", "DNSConfigForming", "", "*dns*", "*nameserver*"),
    _ids("dns", "Killing", "failed liveness probe", "liveness-probe-kills/*"),
    # containers
    _ids(".*", "CrashLoopBackOff", "", "crash-loop/no-log"),
    _ids(".*", "BackOff", "restarting failed container", "crash-loop/no-log"),
    _ids(".*", "BackoffLimitExceeded", "", "job-failed/other"),
    _ids(".*", "ContainersNotReady", "", "pod-not-ready/running"),
    _ids(".*", "ContainerStatusUnknown", "", "pod-failed/silent"),
    _ids(".*", "Killing", "failed liveness probe", "liveness-probe-kills/*"),
    _ids(".*", "Killing", "failed startup probe", "startup-probe-kills/*"),
    _ids(".*", "Failed", "container init was OOM-killed", "container-cannot-start/out-of-memory"),
    _ids(".*", "ContainerCannotRun|Failed|RunContainerError|StartError", "no such file or directory|executable file not found", "container-cannot-start/command-not-found"),
    _ids(".*", "Failed", "services have not yet been read", "container-config-error/no-services"),
    _ids(".*", "Failed", "cannot find volume", "container-config-error/volume-missing"),
    _ids(".*", "Failed", "^Error: secrets? \"", "container-config-error/secret-missing"),
    _ids(".*", "Failed", "^Error: configmaps? \"", "container-config-error/configmap-missing"),
    _ids(".*", "Failed", "find key VALUE in Secret", "container-config-error/secret-key-missing"),
    _ids(".*", "Failed", "sandbox was stopped|json message: EOF", "container-cannot-start/other"),
    _ids(".*", "FailedKillPod", "", "*terminating*", "*stuck*"),
    _ids(".*", "PostStartHookError", "exited with 1", "lifecycle-hook-fails/exit-code"),
    _ids(".*", "FailedPostStartHook", "", "lifecycle-hook-fails/other"),
    # images
    _ids("image-pull", "FailedToRetrieveImagePullSecret", "", "image-pull-secret-missing"),
    _ids(".*", "Failed", "^Error: (ErrImagePull|ImagePullBackOff)$", "image-pull/unknown"),
    _ids("image-pull", "BackOff|ImagePullBackOff", "^Back-off pulling image", "image-pull/unknown"),
    _ids("image-pull", "Failed", "pull QPS exceeded", "image-pull/kubelet-rate-limited"),
    _ids("image-pull", "Failed", "(?i)too ?many ?requests", "image-pull/rate-limited"),
    _ids("image-pull", "Failed", "no such host", "image-pull/host-unknown"),
    _ids("image-pull", "Failed", "lookup .* i/o timeout", "image-pull/dns"),
    _ids("image-pull", "Failed", "i/o timeout|TLS handshake timeout|context canceled", "image-pull/timeout"),
    _ids("image-pull", "Failed", "unauthorized", "image-pull/unauthorized"),
    _ids("image-pull", "Failed", "failed to fetch anonymous token", "image-pull/unauthorized", "image-pull/denied"),
    _ids("image-pull", "Failed", "HEAD request to .* 403 Forbidden", "image-pull/denied"),
    _ids("image-pull", "Failed", "not found", "image-pull/not-found"),
    # probes
    _ids(".*", "Unhealthy|ProbeError", "^Readiness probe \\w+: (HTTP probe failed)", "readiness-probe-fails/http-status"),
    _ids(".*", "Unhealthy|ProbeError", "^Readiness probe [^\\n]*connection refused", "readiness-probe-fails/connection-refused"),
    _ids(".*", "Unhealthy|ProbeError", "^Readiness probe [^\\n]*(deadline exceeded|Client.Timeout)", "readiness-probe-fails/timeout"),
    _ids(".*", "Unhealthy|ProbeError", "^Readiness probe failed:\\s*$", "readiness-probe-fails/port", "readiness-probe-fails/command"),
    _ids(".*", "Unhealthy|ProbeError", "^Readiness probe", "readiness-probe-fails/other"),
    _ids(".*", "Unhealthy|ProbeError", "^Liveness probe \\w+: (HTTP probe failed)", "liveness-probe-kills/http-status"),
    _ids(".*", "Unhealthy|ProbeError", "^Liveness probe [^\\n]*connection refused", "liveness-probe-kills/connection-refused"),
    _ids(".*", "Unhealthy|ProbeError", "^Liveness probe [^\\n]*(deadline exceeded|Client.Timeout|timed out)", "liveness-probe-kills/timeout"),
    _ids(".*", "Unhealthy|ProbeError", "^Liveness probe", "liveness-probe-kills/other", "liveness-probe-kills/unsaid"),
    _ids(".*", "Unhealthy|ProbeError", "^Startup probe \\w+: (HTTP probe failed)", "startup-probe-kills/http-status"),
    _ids(".*", "Unhealthy|ProbeError", "^Startup probe [^\\n]*connection refused", "startup-probe-kills/connection-refused"),
    _ids(".*", "Unhealthy|ProbeError", "^Startup probe [^\\n]*(deadline exceeded|Client.Timeout)", "startup-probe-kills/timeout"),
    _ids(".*", "Unhealthy|ProbeError", "^Startup probe", "startup-probe-kills/other"),
    # sandboxes and networks
    _ids(".*", "FailedCreatePodSandBox", "container init was OOM-killed", "pod-sandbox-fails/out-of-memory"),
    _ids(".*", "FailedCreatePodSandBox", "failed to assign an IP address", "pod-sandbox-fails/no-address"),
    _ids(".*", "FailedCreatePodSandBox", "", "pod-sandbox-fails/network"),
    _ids("sandbox-cni", "KubeletNotReady|NetworkNotReady", "", "node-not-ready/network"),
    # scheduling
    _ids("scheduling", "OutOfcpu", "", "pod-rejected/no-room"),
    _ids("scheduling", "SchedulingGated", "", "pod-scheduling-gated"),
    _ids("scheduling", ".*", "Insufficient pods", "node-pod-limit/*"),
    _ids("scheduling", ".*", "Insufficient cpu", "pod-insufficient-resources/cpu*"),
    _ids("scheduling", ".*", "Insufficient memory", "pod-insufficient-resources/memory*"),
    _ids("scheduling", ".*", "Insufficient nvidia.com/gpu", "pod-insufficient-resources/resource-*"),
    _ids("scheduling", ".*", "free ports", "hostport-conflict/*"),
    _ids("scheduling", ".*", "volume node affinity conflict", "pod-volume-placement/elsewhere*"),
    _ids("scheduling", ".*", "existing pods anti-affinity", "pod-affinity-conflict/existing-anti-affinity"),
    _ids("scheduling", ".*", "^[^.]*didn't match pod anti-affinity", "pod-affinity-conflict/anti-affinity*"),
    _ids("scheduling", ".*", "didn't match pod affinity/anti-affinity", "pod-affinity-conflict/*"),
    _ids("scheduling", ".*", r"available: [^.]*4 node\(s\) didn't match pod topology spread constraints \(missing", "topology-spread-conflict/label-missing"),
    _ids("scheduling", ".*", "topology spread", "topology-spread-conflict/skew"),
    _ids("scheduling", ".*", "unbound immediate", "pod-unbound-claim"),
    _ids("scheduling", ".*", "is being deleted", "pod-missing-claim/deleting"),
    _ids("scheduling", ".*", 'persistentvolumeclaim "[^"]+" not found', "pod-missing-claim/not-found"),
    _ids("scheduling", ".*", "binding volumes: timed out", "pod-unschedulable/volume-timeout"),
    _ids("scheduling", ".*", "^no nodes available", "pod-unschedulable/no-nodes"),
    _ids("scheduling", ".*", r"\{(key1|critical|compute): |uninitialized", "pod-no-suitable-node/taint"),
    _ids("scheduling", ".*", r"node.kubernetes.io/unreachable: \}, 1 node\(s\) were unschedulable", "pod-no-suitable-node/cordoned", "pods-wait-for-node"),
    _ids("scheduling", ".*", "were unschedulable", "pod-no-suitable-node/cordoned"),
    _ids("scheduling", ".*", "taint {node.kubernetes.io/(not-ready|unreachable)", "pods-wait-for-node"),
    _ids("scheduling", ".*", "had taints that the pod didn't tolerate", "pod-no-suitable-node/*"),
    _ids("scheduling", ".*", "didn't match (Pod's )?node", "pod-no-suitable-node/node-selector", "pod-no-suitable-node/selector-unknown"),
    # storage
    _ids("mount-storage", "ExternalProvisioning", "", "claim-pending/no-answer"),
    _ids("mount-storage", "FailedBinding", "", "claim-pending/no-class"),
    _ids("mount-storage", "ProvisioningFailed", "not found", "claim-pending/class-not-found"),
    _ids(".*", "ProvisioningFailed", "LimitExceeded", "claim-pending/limit"),
    _ids("mount-storage", "ProvisioningFailed", "", "claim-pending/provisioning-failed"),
    _ids("mount-storage", "FailedAttachVolume", "Multi-Attach", "volume-mount-failed/multi-attach*"),
    _ids("mount-storage", "FailedAttachVolume", "", "volume-mount-failed/attach"),
    _ids("mount-storage", "FailedMount", "failed to fetch token", "volume-mount-failed/token"),
    _ids("mount-storage", "FailedMount", "failed to sync|not registered", "volume-mount-failed/not-read"),
    _ids("mount-storage", "FailedMount", ' : secret "', "volume-source-missing/secret"),
    _ids("mount-storage", "FailedMount", ' : configmap "', "volume-source-missing/configmap"),
    _ids("mount-storage", "FailedMount", "non-existent config key: ", "volume-source-missing/key"),
    _ids("mount-storage", "FailedMount", "non-existent config key", "volume-source-missing/some-key"),
    _ids("mount-storage", "FailedMount", "hostPath type check", "volume-mount-failed/host-path"),
    _ids("mount-storage", "FailedMount", "^Unable to (attach or )?mount volumes", "volumes-not-mounted"),
    # quotas, admission, webhooks
    _ids(".*", "FailedCreate", "(?i)exceeded quota.*pods=|exceeded quota: (cpu|namespace|compute)", "replicaset-create-fails/quota"),
    _none(".*", "FailedCreate", "^replicationcontrollers ", "an event of a DeploymentConfig, which is none of Kubernetes' own"),
    _ids(".*", "FailedCreate", "^create Pod .* must specify", "statefulset-create-fails/quota-needs-requests"),
    _ids(".*", "FailedCreate", "^create Pod .* violates PodSecurity", "statefulset-create-fails/pod-security"),
    _ids(".*", "FailedCreate", "must specify", "replicaset-create-fails/quota-needs-requests"),
    _ids(".*", "FailedCreate", "violates PodSecurity", "replicaset-create-fails/pod-security"),
    _ids(".*", "FailedCreate", "error looking up service account", "replicaset-create-fails/service-account"),
    _ids(".*", "FailedCreate", "security context constraint", "replicaset-create-fails/security-context-constraint"),
    _ids(".*", "FailedCreate", "failed calling webhook", "replicaset-create-fails/webhook-fails"),
    _ids(".*", "FailedCreate", "^Error creating: ", "replicaset-create-fails/other"),
    _none(".*", "FailedCreate|FailedUpdate", "", _MACHINES),
    _ids("webhook", "InternalError", "failed calling webhook", "crash-loop/webhook"),
    # services and autoscalers
    _ids(".*", "SyncLoadBalancerFailed", "", "load-balancer-pending/refused"),
    _ids(".*", "UpdateLoadBalancerFailed", "", "load-balancer-update-fails*"),
    _ids(".*", "FailedToUpdateEndpoint(Slices)?", "", "service-endpoints-*"),
    _ids("hpa", ".*", "missing request", "hpa-no-metrics/no-request"),
    _ids("hpa", ".*", "did not receive metrics", "hpa-no-metrics/pods-unready"),
    _ids("hpa", ".*", "could not find the requested resource", "hpa-no-metrics/api-missing"),
    _ids("hpa", ".*", "unable to handle the request", "hpa-no-metrics/api-down"),
    # nodes
    _ids("eviction-oom", "Evicted", "low on resource", "node-pressure/disk", "node-evicting*"),
    _ids("eviction-oom", "SystemOOM", "", "node-out-of-memory*"),
    _ids("kubelet-node", "(Container|Image)GCFailed", "containerd.sock", "node-not-ready/runtime", "node-*"),
    _ids("kubelet-node", "KubeletHasInsufficientMemory", "", "node-pressure/memory"),
    _ids("kubelet-node", "KubeletNotReady", "PLEG", "node-not-ready/pleg"),
    _ids("kubelet-node", "KubeletNotReady", "container runtime is down", "node-not-ready/runtime"),
    _ids("kubelet-node", "NodeNotReady", "", "node-not-ready/other"),
    _ids("kubelet-node", "NodeStatusUnknown", "", "kubelet-down/stopped"),
    _ids("kubelet-node", "Rebooted", "", "node-rebooted*"),
    # what no rule is for
    _none("api-connectivity", ".*", "", _OPERATOR),
    _none("other|quota-admission|webhook", ".*", "", _OPERATOR),
)


def wanted(row: Row) -> Wanted:
    """What is right for a row."""
    return next(w for w in WANTED if w.fits(row))


# --- where a message stands


def _about(target: Object, row: Row, **fields: Any) -> Object:
    meta = target["metadata"]
    involved = {"apiVersion": target["apiVersion"], "kind": target["kind"], **{k: meta[k] for k in ("name", "namespace", "uid") if k in meta}}
    field_path = fields.pop("field_path", None)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": meta.get("namespace", "default"), "name": f"{meta['name']}.{len(fields)}{row.number}"},
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
    return {"apiVersion": api, "kind": kind, "metadata": {**meta, **({"namespace": namespace} if namespace else {})}, **parts}


def _node(name: str = "n", **status: Any) -> Object:
    conditions = status.pop("conditions", [{"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}])
    spec = status.pop("spec", {})
    return _object("Node", name, namespace="", spec=spec, status={"conditions": conditions, "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}, **status})


def _pod(phase: str = "Running", *, spec: Object | None = None, status: Object | None = None, container: Object | None = None, **more: Any) -> Object:
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
            {"name": "c", "ready": False, "restartCount": 5, "state": {"waiting": waiting}, "lastState": {"terminated": last} if last else {}}
        ],
    }


def _runs(ready: bool, last: Object | None = None) -> Object:
    return {
        "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": LONG_AGO}],
        "containerStatuses": [
            {"name": "c", "ready": ready, "started": True, "restartCount": 2 if last else 0, "state": {"running": {"startedAt": EARLIER}}, "lastState": {"terminated": last} if last else {}}
        ],
    }


def _crashes(message: str | None = None) -> Object:
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": MINUTE, **({"message": message} if message else {})}
    return _waits("CrashLoopBackOff", "back-off 5m0s restarting failed container=c pod=p_a(uid-p)", ended)


_CREATING = _waits("ContainerCreating")
_TALLY = re.compile(r"(\d+) (?:node\(s\) )?([^,.]*(?:\{[^}]*\})?[^,.]*)")


def _nodes_of(message: str) -> Iterator[Object]:
    """The nodes that the scheduler speaks of, each with what it says of it."""
    said = message.partition("are available: ")[2] or message.partition("predicates: ")[2]
    said = re.split(r"\.\s*preemption:", said)[0]
    tallies = [(int(n), why) for n, why in _TALLY.findall(said)] if "predicates" not in message else [
        (int(n), why) for why, n in re.findall(r"(\w[\w ]*) \((\d+)\)", said)
    ]
    i = 0
    for number, why in tallies:
        for _ in range(number):
            i += 1
            yield _node_that(why, f"n{i}")


def _node_that(why: str, name: str) -> Object:
    taint = re.search(r"taint \{([^:}]+): ?([^}]*)\}", why)
    if taint:
        down = {"node.kubernetes.io/not-ready": "False", "node.kubernetes.io/unreachable": "Unknown"}.get(taint[1], "True")
        ready = [{"type": "Ready", "status": down, "lastTransitionTime": LONG_AGO, "reason": "KubeletNotReady", "message": "x"}]
        return _node(name, conditions=ready, spec={"taints": [{"key": taint[1], "value": taint[2], "effect": "NoSchedule"}]}, **{})
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
        nodes.extend([_pod(name=f"busy{i}", spec={"nodeName": n["metadata"]["name"], "containers": [{"name": "c", "resources": {"requests": {"cpu": "1500m", "memory": "3Gi"}}}]}) for i, n in enumerate(nodes)])
    if "affinity/selector" in row.message or "node selector" in row.message:
        spec["nodeSelector"] = {"disk": "ssd"}
        for n in nodes:
            if n["kind"] == "Node" and not n["metadata"].get("labels"):
                n["metadata"]["labels"] = {"disk": "ssd"}
    if "anti-affinity" in row.message:
        spec["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}]}}
    if "topology spread" in row.message:
        spec["topologySpreadConstraints"] = [{"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]
    if "free ports" in row.message:
        container["ports"] = [{"containerPort": 80, "hostPort": 80}]
    status: Object = {}
    if row.reason == "Unschedulable":
        status["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": row.reason, "message": row.message, "lastTransitionTime": LONG_AGO}]
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
    pod = _pod("Pending", container={"image": found[1] if found else "img:1"}, status=_waits(reason, row.message if in_status else None))
    return [_node(), pod, *([] if in_status else [_about(pod, row, field_path="c")])]


def _pull_secret(row: Row) -> list[Object]:
    name = row.message.partition("(")[2].partition(")")[0]
    pod = _pod("Pending", spec={"imagePullSecrets": [{"name": name}]}, status=_waits("ErrImagePull", "unauthorized: authentication required"))
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
    return [_node(), _pod(status=_waits(row.reason, row.message, {"exitCode": 1, "reason": "Error", "finishedAt": MINUTE}))]


def _not_ready(row: Row) -> list[Object]:
    status = _runs(False)
    status["conditions"][0] |= {"reason": row.reason, "message": row.message}
    dns = {"meta": {"labels": {"k8s-app": "kube-dns"}}} if row.category == "dns" else {}
    return [_node(), _pod(status=status, **dns)]


def _unknown_status(row: Row) -> list[Object]:
    ended = {"exitCode": 137, "reason": row.reason, "message": row.message}
    return [_node(), _pod("Failed", status={"containerStatuses": [{"name": "c", "ready": False, "state": {"terminated": ended}}]})]


def _job(row: Row) -> list[Object]:
    failed = {"type": "Failed", "status": "True", "reason": row.reason, "message": row.message}
    return [_object("Job", "j", "batch/v1", spec={"selector": {"matchLabels": {"job": "j"}}}, status={"conditions": [failed]})]


def _kill_pod(row: Row) -> list[Object]:
    going = {"deletionTimestamp": LONG_AGO, "deletionGracePeriodSeconds": 30}
    pod = _pod(meta=going, status=_runs(True))
    return [_node(), pod, _about(pod, row)]


def _creation(row: Row) -> list[Object]:
    if row.message.startswith("create Pod"):
        owner = _object("StatefulSet", "s", "apps/v1", spec={"replicas": 1, "selector": {"matchLabels": {"x": "y"}}}, status={"replicas": 0, "observedGeneration": 1})
    elif "Error creating: " in row.message:
        failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": row.message.partition("Error creating: ")[2], "lastTransitionTime": LONG_AGO}
        owner = _object("ReplicaSet", "r", "apps/v1", spec={"replicas": 1, "selector": {"matchLabels": {"x": "y"}}}, status={"replicas": 0, "conditions": [failure]})
    else:
        owner = _object("Machine", "m", "machine.openshift.io/v1beta1")
    return [owner, _about(owner, row)]


def _volume(row: Row) -> list[Object]:
    names = [n for group in re.findall(r"unmounted volumes=\[([^\]]*)\]", row.message) for n in group.split()]
    names += re.findall(r'volume "([\w.-]+)"', row.message)
    pod = _pod("Pending", spec={"volumes": [{"name": n, "emptyDir": {}} for n in dict.fromkeys(names)]}, status=_CREATING)
    return [_node(), pod, _about(pod, row)]


def _claim(row: Row) -> list[Object]:
    storage_class = re.search(r'(?:StorageClass|storageclass.storage.k8s.io) "([^"]+)"', row.message)
    known = {"FailedBinding": None, "ExternalProvisioning": "nfs"}
    name = known.get(row.reason, storage_class[1] if storage_class else "s")
    claim = _object("PersistentVolumeClaim", "data", spec={"storageClassName": name} if name else {}, status={"phase": "Pending"})
    exists = name and "not found" not in row.message
    made = [_object("StorageClass", name, "storage.k8s.io/v1", namespace="", provisioner="local.net/nfs")] if exists and name else []
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
        down = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "container runtime is down", "lastTransitionTime": EARLIER}
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
    working = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}} if row.reason.startswith("Update") else {"loadBalancer": {}}
    service = _object("Service", "s", spec={"type": "LoadBalancer", "selector": {"app": "p"}, "ports": [{"port": 80}]}, status=working)
    return [service, _about(service, row), _pod(status=_runs(True)), _node()]


def _endpoints(row: Row) -> list[Object]:
    service = _object("Service", "s", spec={"selector": {"app": "p"}, "ports": [{"port": 80}]})
    return [service, _about(service, row), _pod(status=_runs(True)), _node()]


def _autoscaler(row: Row) -> list[Object]:
    active = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": row.message, "lastTransitionTime": LONG_AGO}
    hpa = _object("HorizontalPodAutoscaler", "h", "autoscaling/v2", spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}, status={"conditions": [active]})
    return [hpa, _object("Deployment", "d", "apps/v1", spec={"replicas": 1}), _about(hpa, row)]


def _coredns(row: Row) -> list[Object]:
    return [_node(), {**_pod(meta={"labels": {"k8s-app": "kube-dns"}}, status=_crashes()), "log": row.message}]


def _pod_event(row: Row) -> list[Object]:
    pod = _pod(status=_runs(True))
    return [_node(), pod, _about(pod, row)]


def _kubelet_log(row: Row) -> list[Object]:
    unknown = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.", "lastTransitionTime": EARLIER, "lastHeartbeatTime": EARLIER}
    return [{**_node(conditions=[unknown]), "journal": f"I0101 12:00:00 kubelet\nE0101 12:00:00 {row.message}\n"}]


def _apiserver_log(row: Row) -> list[Object]:
    pod = _pod(meta={"namespace": "kube-system", "labels": {"component": "kube-apiserver"}}, status=_runs(True))
    return [_node(), {**pod, "log": f"E0101 12:00:00 {row.message}\n"}]


def _client_log(row: Row) -> list[Object]:
    """What the API server answered a client that gave up on it."""
    return [_node(), {**_pod(status=_crashes()), "log": row.message}]


def _elsewhere(row: Row) -> list[Object]:
    operator = _object("Deployment", "operator", "apps/v1", spec={"replicas": 1}, status={"replicas": 1, "availableReplicas": 1})
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
    **dict.fromkeys(("KubeletNotReady", "KubeletHasInsufficientMemory", "NodeStatusUnknown", "NodeNotReady", "NetworkNotReady"), _node_state),
    **dict.fromkeys(("ContainerGCFailed", "ImageGCFailed", "InvalidDiskCapacity", "Rebooted", "SystemOOM"), _node_event),
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


def snapshot_of(row: Row) -> Snapshot:
    """That cluster; everything counts as collected. An object's `log` and `journal` become its logs."""
    builder = Builder()
    builder.coverage.add_everything()
    for made in place(row):
        log, journal, name = made.pop("log", None), made.pop("journal", None), made["metadata"]["name"]
        if log is not None:
            previous = "CrashLoopBackOff" in str(made)
            where = ContainerLog(made["metadata"]["namespace"], name, "c", previous)
            builder.add_log(where, Log.of_text("log", log))
        if journal is not None:
            builder.add_log(NodeLog(name, "kubelet"), Log.of_text("journal", journal))
        builder.add_object(made)
    return builder.build(at=timestamp(NOW))


@cache
def rules() -> RuleSet:
    """The rules that come with the program."""
    return library.load().compiled()


@dataclass(frozen=True)
class Outcome:
    """What came of a row. `good` is None where no rule is for it."""

    row: Row
    wanted: Wanted
    found: tuple[str, ...]
    good: bool | None


def outcome(row: Row) -> Outcome:
    """Run all rules over a row's cluster."""
    right = wanted(row)
    report: Report = diagnose(snapshot_of(row), rules())
    found = tuple(dict.fromkeys(f.rule for f in report.findings))
    if right.verdict == NO_RULE:
        return Outcome(row, right, found, None)
    if right.verdict == SILENT:
        return Outcome(row, right, found, not any(f.severity >= Severity.warning for f in report.findings))
    return Outcome(row, right, found, any(fnmatchcase(f, pattern) for f in found for pattern in right.ids))


def tally(outcomes: Iterable[Outcome]) -> str:
    """How many rows of each category came out right."""
    good: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for o in outcomes:
        every[o.row.category] += 1
        meant[o.row.category] += o.good is not None
        good[o.row.category] += o.good is True
    width = max(map(len, every))
    lines = [f"{c:<{width}} {good[c]:>4} of {meant[c]:>3} ({every[c] - meant[c]} without a rule)" for c in sorted(every)]
    return "\n".join([*lines, f"{'all':<{width}} {good.total():>4} of {meant.total():>3} ({every.total() - meant.total()} without a rule)"])


def main() -> None:
    """Print what came out wrong, and the tally."""
    outcomes = [outcome(row) for row in rows()]
    for o in outcomes:
        if o.good is False:
            sys.stdout.write(f"{o.row}\n    wanted {o.wanted.ids or o.wanted.verdict}, found {list(o.found)}\n")
    sys.stdout.write(tally(outcomes) + "\n")


if __name__ == "__main__":
    main()
