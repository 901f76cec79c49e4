"""Services, endpoints, configuration, storage and namespaces."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from benchmarks.identity import DAY, Ids, Json, ago, metadata, owned_by
from benchmarks.pods import Pod
from benchmarks.workload import Workload

STORAGE_CLASS = "shared"

# A self-signed certificate that nothing uses, so that what parses certificates has one to parse.
_ROOT_CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBLTCB1KADAgECAgEBMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCmt1YmVybmV0
ZXMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBUxEzARBgNVBAMM
Cmt1YmVybmV0ZXMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARiCnkg/uZZu7jx
fqPwZX01ABEOkx1/WMnpTFbXqehMTwovqBKmY+KFpuJ3UHKfT5CT9dJyQ2HqhNeu
6FxRIHXSoxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIH0R
4mMdGCIIYPtU8CUBw63Xz5Ku+7CorPR+3GGGz2wgAiEA9/aICKNEEliCcfe6eKhS
ZRBhy62Pl/qnHWdei3FpFxw=
-----END CERTIFICATE-----
"""


def namespace(ids: Ids, name: str) -> Json:
    """A Namespace."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": metadata(ids, name, age=180 * DAY, labels={"kubernetes.io/metadata.name": name}),
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def root_certificate(ids: Ids, space: str) -> Json:
    """The ConfigMap that every projected token volume refers to."""
    return config_map(ids, "kube-root-ca.crt", space, {"ca.crt": _ROOT_CERTIFICATE})


def config_map(ids: Ids, name: str, space: str, data: dict[str, str]) -> Json:
    """A ConfigMap."""
    made = metadata(ids, name, space)
    return {"apiVersion": "v1", "data": data, "kind": "ConfigMap", "metadata": made}


def service_account(ids: Ids, name: str, space: str) -> Json:
    """A ServiceAccount."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(ids, name, space)}


def configuration(ids: Ids, workload: Workload) -> list[Json]:
    """The ConfigMap, Secret and ServiceAccount of a workload."""
    lines = [f"{workload.name}:", "  timeouts:", "    read: 30s", "    write: 30s", "  retries: 3"]
    password = b64encode(f"not-a-password-{ids.hex(16)}".encode()).decode()
    return [
        config_map(
            ids,
            f"{workload.name}-config",
            workload.namespace,
            {"config.yaml": "\n".join(lines) + "\n", "database": workload.name.replace("-", "_")},
        ),
        {
            "apiVersion": "v1",
            "data": {"password": password, "username": b64encode(workload.name.encode()).decode()},
            "kind": "Secret",
            "metadata": metadata(ids, f"{workload.name}-credentials", workload.namespace),
            "type": "Opaque",
        },
        service_account(ids, workload.name, workload.namespace),
    ]


def service(ids: Ids, workload: Workload, cluster_ip: str) -> Json:
    """The Service in front of a workload."""
    selector = dict(workload.selector)
    if workload.fault is not None and workload.fault.root == "Service":
        selector = {key: f"{value}-web" for key, value in selector.items()}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(ids, workload.service, workload.namespace, workload.age, labels=workload.labels),
        "spec": {
            "clusterIP": cluster_ip,
            "clusterIPs": [cluster_ip],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [
                {
                    "name": port.name,
                    "port": port.number,
                    "protocol": port.protocol,
                    "targetPort": port.name,
                }
                for port in workload.ports
            ],
            "selector": selector,
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    }


def endpoint_slice(ids: Ids, workload: Workload, owner: Json, pods: Sequence[Pod]) -> Json:
    """The endpoints of a Service as the endpointslice controller writes them."""
    selected = owner["spec"]["selector"].items() <= workload.labels.items()
    endpoints = [_endpoint(workload, pod) for pod in pods if selected and pod.place is not None]
    ports = [{"name": port.name, "port": port.number, "protocol": port.protocol} for port in workload.ports]
    labels = {
        **workload.labels,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": workload.service,
    }
    return {
        "addressType": "IPv4",
        "apiVersion": "discovery.k8s.io/v1",
        "endpoints": endpoints or None,
        "kind": "EndpointSlice",
        "metadata": metadata(
            ids,
            f"{workload.service}-{ids.suffix(5)}",
            workload.namespace,
            workload.age,
            generateName=f"{workload.service}-",
            generation=3,
            labels=labels,
            ownerReferences=owned_by(owner),
        ),
        "ports": ports if endpoints else None,
    }


def _endpoint(workload: Workload, pod: Pod) -> Json:
    place = pod.place
    if place is None:
        raise ValueError(f"pod {pod.name.name} has no address")
    return {
        "addresses": [place.pod_ip],
        "conditions": {"ready": pod.ready, "serving": pod.ready, "terminating": False},
        "nodeName": place.node,
        "targetRef": {
            "kind": "Pod",
            "name": pod.name.name,
            "namespace": workload.namespace,
            "uid": pod.name.uid,
        },
    }


def api_server(ids: Ids) -> list[Json]:
    """The Service `kubernetes` and its EndpointSlice: no selector, no pods, and healthy."""
    labels = {"component": "apiserver", "provider": "kubernetes"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(ids, "kubernetes", "default", labels=labels),
            "spec": {
                "clusterIP": "172.16.0.1",
                "clusterIPs": ["172.16.0.1"],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
                "sessionAffinity": "None",
                "type": "ClusterIP",
            },
            "status": {"loadBalancer": {}},
        },
        {
            "addressType": "IPv4",
            "apiVersion": "discovery.k8s.io/v1",
            "endpoints": [{"addresses": ["192.168.255.1"], "conditions": {"ready": True}}],
            "kind": "EndpointSlice",
            "metadata": metadata(ids, "kubernetes", "default", labels={"kubernetes.io/service-name": "kubernetes"}),
            "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        },
    ]


def storage_class(ids: Ids) -> Json:
    """The one StorageClass there is."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "allowVolumeExpansion": True,
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(ids, STORAGE_CLASS, annotations=default),
        "provisioner": "shared.csi.example.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def claim(ids: Ids, workload: Workload, storage_class_name: str) -> list[Json]:
    """The workload's PersistentVolumeClaim, with its volume when the class exists."""
    bound = storage_class_name == STORAGE_CLASS
    wanted: Json = {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "10Gi"}},
        "storageClassName": storage_class_name,
        "volumeMode": "Filesystem",
    }
    made: Json = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(
            ids,
            workload.claim,
            workload.namespace,
            workload.age,
            finalizers=["kubernetes.io/pvc-protection"],
            labels=workload.labels,
        ),
        "spec": wanted,
        "status": {"phase": "Pending"},
    }
    if not bound:
        return [made]
    wanted["volumeName"] = f"pvc-{made['metadata']['uid']}"
    made["status"] = {
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "10Gi"},
        "phase": "Bound",
    }
    return [made, _volume(ids, made, workload.age)]


def _volume(ids: Ids, of: Json, age: int) -> Json:
    about = of["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": metadata(ids, of["spec"]["volumeName"], age=age, finalizers=["kubernetes.io/pv-protection"]),
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": "10Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": about["name"],
                "namespace": about["namespace"],
                "resourceVersion": about["resourceVersion"],
                "uid": about["uid"],
            },
            "csi": {"driver": "shared.csi.example.com", "volumeHandle": about["uid"]},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": STORAGE_CLASS,
            "volumeMode": "Filesystem",
        },
        "status": {"lastPhaseTransitionTime": ago(age), "phase": "Bound"},
    }
