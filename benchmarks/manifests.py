"""Deployments and ReplicaSets, and the pod template they share."""

from __future__ import annotations

from typing import Any

from benchmarks.identity import DAY, Ids, Json, ago, metadata, owned_by
from benchmarks.nodes import LOST_SINCE
from benchmarks.workload import Workload

_PROGRESS_DEADLINE = 600


def pod_template(workload: Workload) -> Json:
    """The pod template: labels, annotations and the pod spec as written by its author."""
    containers = [_main_container(workload)]
    if workload.sidecar:
        containers.append(_sidecar(workload))
    spec: Json = {
        "containers": containers,
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccount": workload.name,
        "serviceAccountName": workload.name,
        "terminationGracePeriodSeconds": 30,
        "volumes": _volumes(workload),
    }
    if workload.fault is not None and workload.fault.change is not None:
        workload.fault.change(workload, spec)
    annotations = {
        "checksum/config": workload.image_digest,
        "prometheus.io/port": "9090",
        "prometheus.io/scrape": "true",
    }
    return {"metadata": {"annotations": annotations, "labels": workload.labels}, "spec": spec}


def _main_container(workload: Workload) -> Json:
    mounts = [
        {"mountPath": "/etc/app", "name": "config", "readOnly": True},
        {"mountPath": "/tmp", "name": "tmp"},
    ]
    if workload.claim:
        mounts.append({"mountPath": "/var/lib/app", "name": "data"})
    return {
        "args": ["--config=/etc/app/config.yaml"],
        "env": _env(workload),
        "image": workload.image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": _probe("/healthz", 10),
        "name": workload.container,
        "ports": [
            {"containerPort": port.number, "name": port.name, "protocol": port.protocol} for port in workload.ports
        ],
        "readinessProbe": _probe("/readyz", 5),
        "resources": {
            "limits": {"cpu": "500m", "memory": "256Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "securityContext": _restricted(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts,
    }


def _env(workload: Workload) -> list[Json]:
    upstream = f"http://{workload.service}.{workload.namespace}.svc.cluster.local:8080"
    return [
        _field("POD_NAME", "metadata.name"),
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "PUBLIC_URL", "value": upstream},
        _reference("DATABASE_NAME", "configMapKeyRef", f"{workload.name}-config", "database"),
        _reference("DATABASE_PASSWORD", "secretKeyRef", f"{workload.name}-credentials", "password"),
    ]


def _field(name: str, path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _reference(name: str, kind: str, target: str, key: str) -> Json:
    return {"name": name, "valueFrom": {kind: {"key": key, "name": target}}}


def _probe(path: str, period: int) -> Json:
    return {
        "failureThreshold": 3,
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def _restricted() -> Json:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def _sidecar(workload: Workload) -> Json:
    return {
        "args": ["--upstream=127.0.0.1:8080"],
        "image": "registry.example.com/base/proxy:1.31.2",
        "imagePullPolicy": "IfNotPresent",
        "name": "proxy",
        "ports": [{"containerPort": 15090, "name": "proxy-admin", "protocol": "TCP"}],
        "resources": {
            "limits": {"cpu": "100m", "memory": "64Mi"},
            "requests": {"cpu": "10m", "memory": "32Mi"},
        },
        "securityContext": _restricted(),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/tmp", "name": "tmp"}],
    }


def _volumes(workload: Workload) -> list[Json]:
    volumes: list[Json] = [
        {"configMap": {"defaultMode": 420, "name": f"{workload.name}-config"}, "name": "config"},
        {"emptyDir": {"sizeLimit": "256Mi"}, "name": "tmp"},
    ]
    if workload.claim:
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": workload.claim}})
    return volumes


def deployment(ids: Ids, workload: Workload, template: Json) -> Json:
    """The Deployment, its status still to be set."""
    annotations = {
        "deployment.kubernetes.io/revision": "2",
        "meta.helm.sh/release-name": workload.name,
        "meta.helm.sh/release-namespace": workload.namespace,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(
            ids,
            workload.name,
            workload.namespace,
            workload.age,
            annotations=annotations,
            generation=2,
            labels=workload.labels,
        ),
        "spec": {
            "progressDeadlineSeconds": _PROGRESS_DEADLINE,
            "replicas": workload.replicas,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": workload.selector},
            "strategy": {
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
                "type": "RollingUpdate",
            },
            "template": template,
        },
    }


def deployment_status(workload: Workload, ready: int) -> Json:
    """The status of a Deployment with so many pods ready."""
    missing = workload.replicas - ready
    status: Json = {
        "conditions": _deployment_conditions(workload, ready),
        "observedGeneration": 2,
        "replicas": workload.replicas,
        "terminatingReplicas": 0,
        "updatedReplicas": workload.replicas,
    }
    if ready:
        status |= {"availableReplicas": ready, "readyReplicas": ready}
    if missing:
        status["unavailableReplicas"] = missing
    return status


def _deployment_conditions(workload: Workload, ready: int) -> list[Json]:
    return [
        {
            "lastTransitionTime": ago(since),
            "lastUpdateTime": ago(since),
            "message": message,
            "reason": reason,
            "status": status,
            "type": kind,
        }
        for kind, status, reason, message, since in (
            _available(workload, ready),
            _progressing(workload, ready),
        )
    ]


def _available(workload: Workload, ready: int) -> tuple[str, str, str, str, int]:
    if ready >= workload.replicas - workload.replicas // 4:
        message = "Deployment has minimum availability."
        return "Available", "True", "MinimumReplicasAvailable", message, workload.age
    message = "Deployment does not have minimum availability."
    since = workload.age if workload.broken else LOST_SINCE
    return "Available", "False", "MinimumReplicasUnavailable", message, since


def _progressing(workload: Workload, ready: int) -> tuple[str, str, str, str, int]:
    name = f'ReplicaSet "{workload.name}-{workload.template_hash}"'
    if workload.broken and not ready:
        message = f"{name} has timed out progressing."
        since = workload.age - _PROGRESS_DEADLINE
        return "Progressing", "False", "ProgressDeadlineExceeded", message, since
    message = f"{name} has successfully progressed."
    return "Progressing", "True", "NewReplicaSetAvailable", message, workload.age


def replica_set(ids: Ids, workload: Workload, owner: Json, template: Json) -> Json:
    """The current ReplicaSet, its status still to be set."""
    return _replica_set(ids, workload, owner, template, workload.template_hash, workload.replicas)


def replica_set_status(workload: Workload, ready: int) -> Json:
    """The status of the current ReplicaSet with so many pods ready."""
    status: Json = {
        "fullyLabeledReplicas": workload.replicas,
        "observedGeneration": 1,
        "replicas": workload.replicas,
        "terminatingReplicas": 0,
    }
    if ready:
        status |= {"availableReplicas": ready, "readyReplicas": ready}
    return status


def old_replica_set(ids: Ids, workload: Workload, owner: Json, template: Json) -> Json:
    """The ReplicaSet of the revision before, scaled to zero."""
    made = _replica_set(ids, workload, owner, template, ids.suffix(10), 0)
    made["status"] = {"observedGeneration": 2, "replicas": 0, "terminatingReplicas": 0}
    return made


def _replica_set(ids: Ids, workload: Workload, owner: Json, template: Json, digest: str, replicas: int) -> Json:
    labels = {**workload.labels, "pod-template-hash": digest}
    annotations = {
        "deployment.kubernetes.io/desired-replicas": str(workload.replicas),
        "deployment.kubernetes.io/max-replicas": str(workload.replicas + -(-workload.replicas // 4)),
        "deployment.kubernetes.io/revision": "2" if replicas else "1",
    }
    labelled: dict[str, Any] = {**template, "metadata": {**template["metadata"], "labels": labels}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": metadata(
            ids,
            f"{workload.name}-{digest}",
            workload.namespace,
            workload.age if replicas else workload.age + 30 * DAY,
            annotations=annotations,
            generation=1 if replicas else 2,
            labels=labels,
            ownerReferences=owned_by(owner),
        ),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {**workload.selector, "pod-template-hash": digest}},
            "template": labelled,
        },
    }
