"""The tables of `kubectl get`: the columns of each kind, and which field of the API they show.

Source: what the API server prints (kubernetes/kubernetes, pkg/printers/internalversion), 1.11 to 1.37.
"""

from __future__ import annotations

from diagnose.kinds import parse_key
from diagnose.sources.text import cells, rows
from diagnose.sources.text.cells import Convert
from diagnose.sources.text.rows import Finish, Sheet

Column = tuple[str, Convert]
ALWAYS: dict[str, Column] = {
    "AGE": ("metadata.creationTimestamp", cells.age),
    "LABELS": ("metadata.labels", cells.labels),
    "CREATED AT": ("metadata.creationTimestamp", cells.some_text),
}


def _sheet(kind: str, header: str, more: str = "", finish: Finish | None = None, **columns: Column) -> Sheet:
    told = {name.replace("_", " "): value for name, value in columns.items()}
    return Sheet(parse_key(kind), _words(header), _words(more), told, finish)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


_TEMPLATE = "CONTAINERS IMAGES SELECTOR"
_SELECTOR = ("spec.selector", cells.selector)
_REPLICAS = ("spec.replicas", cells.number)
_CURRENT = ("status.replicas", cells.number)
_READY = ("status.readyReplicas", cells.count)
_UPDATED = ("status.updatedReplicas", cells.count)
_AVAILABLE = ("status.availableReplicas", cells.count)
_STORAGE_CLASS = ("spec.storageClassName", cells.some_text)
_PROVISIONER = ("provisioner", cells.text)
_CLUSTER_IP = ("spec.clusterIP", cells.text)
_SUSPEND = ("spec.suspend", cells.flag)
_DAEMONS: dict[str, Column] = {
    "DESIRED": ("status.desiredNumberScheduled", cells.number),
    "CURRENT": ("status.currentNumberScheduled", cells.number),
    "READY": ("status.numberReady", cells.number),
    "UP-TO-DATE": ("status.updatedNumberScheduled", cells.count),
    "AVAILABLE": ("status.numberAvailable", cells.count),
    "NODE_SELECTOR": ("spec.template.spec.nodeSelector", cells.label_map),
    "SELECTOR": _SELECTOR,
}
_VAC = "VOLUMEATTRIBUTESCLASS VOLUMEMODE"

TABLE: tuple[Sheet, ...] = (
    _sheet(
        "Node",
        "NAME STATUS ROLES AGE VERSION",
        "INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME",
        rows.node,
        VERSION=("status.nodeInfo.kubeletVersion", cells.text),
        **{
            "OS-IMAGE": ("status.nodeInfo.osImage", cells.text),
            "KERNEL-VERSION": ("status.nodeInfo.kernelVersion", cells.text),
            "CONTAINER-RUNTIME": ("status.nodeInfo.containerRuntimeVersion", cells.text),
        },
    ),
    _sheet(
        "Service",
        "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE",
        "SELECTOR",
        rows.service,
        TYPE=("spec.type", cells.text),
        SELECTOR=("spec.selector", cells.label_map),
        **{"CLUSTER-IP": _CLUSTER_IP},
    ),
    _sheet(
        "Service",
        "NAME CLUSTER-IP EXTERNAL-IP PORT(S) AGE",
        "SELECTOR",
        rows.service,
        SELECTOR=("spec.selector", cells.label_map),
        **{"CLUSTER-IP": _CLUSTER_IP},
    ),
    _sheet("Endpoints", "NAME ENDPOINTS AGE", "", rows.endpoints),
    _sheet(
        "EndpointSlice",
        "NAME ADDRESSTYPE PORTS ENDPOINTS AGE",
        "",
        rows.endpoint_slice,
        ADDRESSTYPE=("addressType", cells.text),
    ),
    _sheet(
        "Deployment",
        "NAME READY UP-TO-DATE AVAILABLE AGE",
        _TEMPLATE,
        rows.ready,
        AVAILABLE=_AVAILABLE,
        SELECTOR=_SELECTOR,
        **{"UP-TO-DATE": _UPDATED},
    ),
    _sheet(
        "Deployment",
        "NAME DESIRED CURRENT UP-TO-DATE AVAILABLE AGE",
        _TEMPLATE,
        rows.template,
        DESIRED=_REPLICAS,
        CURRENT=_CURRENT,
        AVAILABLE=_AVAILABLE,
        SELECTOR=_SELECTOR,
        **{"UP-TO-DATE": _UPDATED},
    ),
    _sheet(
        "ReplicaSet",
        "NAME DESIRED CURRENT READY AGE",
        _TEMPLATE,
        rows.template,
        DESIRED=_REPLICAS,
        CURRENT=_CURRENT,
        READY=_READY,
        SELECTOR=_SELECTOR,
    ),
    _sheet(
        "ReplicationController",
        "NAME DESIRED CURRENT READY AGE",
        _TEMPLATE,
        rows.template,
        DESIRED=_REPLICAS,
        CURRENT=_CURRENT,
        READY=_READY,
        SELECTOR=("spec.selector", cells.label_map),
    ),
    _sheet("StatefulSet", "NAME READY AGE", "CONTAINERS IMAGES", rows.ready),
    _sheet(
        "StatefulSet",
        "NAME DESIRED CURRENT AGE",
        "CONTAINERS IMAGES",
        rows.template,
        DESIRED=_REPLICAS,
        CURRENT=_CURRENT,
    ),
    _sheet(
        "DaemonSet",
        "NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE_SELECTOR AGE",
        _TEMPLATE,
        rows.template,
        **_DAEMONS,
    ),
    _sheet("Job", "NAME COMPLETIONS DURATION AGE", f"STATUS {_TEMPLATE}", rows.job, SELECTOR=_SELECTOR),
    _sheet(
        "CronJob",
        "NAME SCHEDULE SUSPEND ACTIVE LAST_SCHEDULE AGE",
        f"TIMEZONE {_TEMPLATE}",
        None,
        SCHEDULE=("spec.schedule", cells.text),
        TIMEZONE=("spec.timeZone", cells.text),
        SUSPEND=_SUSPEND,
        LAST_SCHEDULE=("status.lastScheduleTime", cells.age),
    ),
    _sheet(
        "PersistentVolumeClaim",
        "NAME STATUS VOLUME CAPACITY ACCESS_MODES STORAGECLASS AGE",
        _VAC,
        rows.claim,
        VOLUME=("spec.volumeName", cells.text),
        STORAGECLASS=_STORAGE_CLASS,
        VOLUMEMODE=("spec.volumeMode", cells.text),
    ),
    _sheet(
        "PersistentVolume",
        "NAME CAPACITY ACCESS_MODES RECLAIM_POLICY STATUS CLAIM STORAGECLASS REASON AGE",
        _VAC,
        rows.volume,
        ACCESS_MODES=("spec.accessModes", cells.modes),
        RECLAIM_POLICY=("spec.persistentVolumeReclaimPolicy", cells.text),
        STORAGECLASS=("spec.storageClassName", cells.text),
        REASON=("status.reason", cells.text),
        VOLUMEMODE=("spec.volumeMode", cells.text),
    ),
    _sheet(
        "StorageClass",
        "NAME PROVISIONER AGE",
        "RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION",
        rows.storage_class,
        PROVISIONER=_PROVISIONER,
        RECLAIMPOLICY=("reclaimPolicy", cells.text),
        VOLUMEBINDINGMODE=("volumeBindingMode", cells.text),
        ALLOWVOLUMEEXPANSION=("allowVolumeExpansion", cells.flag),
    ),
    _sheet("Secret", "NAME TYPE DATA AGE", "", rows.data, TYPE=("type", cells.text)),
    _sheet("ConfigMap", "NAME DATA AGE", "", rows.data),
    _sheet("ServiceAccount", "NAME SECRETS AGE"),
    _sheet("ServiceAccount", "NAME AGE"),
    _sheet("Namespace", "NAME STATUS AGE", "", rows.namespace),
    _sheet("ResourceQuota", "NAME AGE REQUEST", "LIMIT", rows.quota),
    _sheet("ResourceQuota", "NAME REQUEST LIMIT AGE", "", rows.quota),
    _sheet("LimitRange", "NAME CREATED_AT"),
    _sheet("Role", "NAME CREATED_AT"),
    _sheet("ClusterRole", "NAME CREATED_AT"),
    _sheet("CustomResourceDefinition", "NAME CREATED_AT"),
    _sheet("RoleBinding", "NAME ROLE AGE", "USERS GROUPS SERVICEACCOUNTS", rows.binding),
    _sheet("ClusterRoleBinding", "NAME ROLE AGE", "USERS GROUPS SERVICEACCOUNTS", rows.binding),
    _sheet(
        "NetworkPolicy", "NAME POD-SELECTOR AGE", "", None, **{"POD-SELECTOR": ("spec.podSelector", cells.selector)}
    ),
    _sheet(
        "Ingress",
        "NAME HOSTS ADDRESS PORTS AGE",
        "CLASS",
        rows.ingress,
        CLASS=("spec.ingressClassName", cells.text),
    ),
    _sheet(
        "IngressClass",
        "NAME CONTROLLER PARAMETERS AGE",
        CONTROLLER=("spec.controller", cells.text),
    ),
    _sheet(
        "HorizontalPodAutoscaler",
        "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE",
        "",
        rows.autoscaler,
        MINPODS=("spec.minReplicas", cells.number),
        MAXPODS=("spec.maxReplicas", cells.number),
        REPLICAS=("status.currentReplicas", cells.count),
    ),
    _sheet(
        "PodDisruptionBudget",
        "NAME MIN_AVAILABLE MAX_UNAVAILABLE ALLOWED_DISRUPTIONS AGE",
        MIN_AVAILABLE=("spec.minAvailable", cells.number_or_text),
        MAX_UNAVAILABLE=("spec.maxUnavailable", cells.number_or_text),
        ALLOWED_DISRUPTIONS=("status.disruptionsAllowed", cells.number),
    ),
    _sheet("APIService", "NAME SERVICE AVAILABLE AGE", "", rows.api_service),
    _sheet(
        "CertificateSigningRequest",
        "NAME AGE REQUESTOR CONDITION",
        "SIGNERNAME REQUESTEDDURATION",
        rows.request,
        REQUESTOR=("spec.username", cells.text),
        SIGNERNAME=("spec.signerName", cells.text),
    ),
    _sheet("ComponentStatus", "NAME STATUS MESSAGE ERROR", "", rows.component),
    _sheet("Lease", "NAME HOLDER AGE", HOLDER=("spec.holderIdentity", cells.text)),
    _sheet(
        "PriorityClass",
        "NAME VALUE GLOBAL-DEFAULT AGE",
        "PREEMPTIONPOLICY",
        None,
        VALUE=("value", cells.number),
        **{"GLOBAL-DEFAULT": ("globalDefault", cells.flag)},
    ),
    _sheet(
        "VolumeAttachment",
        "NAME ATTACHER PV NODE ATTACHED AGE",
        ATTACHER=("spec.attacher", cells.text),
        PV=("spec.source.persistentVolumeName", cells.text),
        NODE=("spec.nodeName", cells.text),
        ATTACHED=("status.attached", cells.flag),
    ),
    _sheet("RuntimeClass", "NAME HANDLER AGE", HANDLER=("handler", cells.text)),
    _sheet("ValidatingWebhookConfiguration", "NAME WEBHOOKS AGE"),
    _sheet("MutatingWebhookConfiguration", "NAME WEBHOOKS AGE"),
)
