"""The kinds of Kubernetes: one table that says each kind's group, resource name and scope.

A kind of the same name in another group is another kind (`Node` of config.openshift.io); the
groups in `moved` are older homes of the same kind and are folded onto the first.
Source: https://kubernetes.io/docs/reference/generated/kubernetes-api/
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class KindKey(NamedTuple):
    """Group and kind: what objects are kept under."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


class KindInfo(NamedTuple):
    kind: str
    group: str
    resource: str
    namespaced: bool = True
    moved: tuple[str, ...] = ()


_N = False
OBSERVED = "observed.diagnose"
"""The group of what was observed about a cluster, and is no object of its API: see docs/dump-formats.md."""
TABLE: tuple[KindInfo, ...] = (
    KindInfo("Pod", "", "pods"),
    KindInfo("Node", "", "nodes", _N),
    KindInfo("Namespace", "", "namespaces", _N),
    KindInfo("Event", "", "events", True, ("events.k8s.io",)),
    KindInfo("Service", "", "services"),
    KindInfo("Endpoints", "", "endpoints"),
    KindInfo("ConfigMap", "", "configmaps"),
    KindInfo("Secret", "", "secrets"),
    KindInfo("ServiceAccount", "", "serviceaccounts"),
    KindInfo("PersistentVolumeClaim", "", "persistentvolumeclaims"),
    KindInfo("PersistentVolume", "", "persistentvolumes", _N),
    KindInfo("ReplicationController", "", "replicationcontrollers"),
    KindInfo("ResourceQuota", "", "resourcequotas"),
    KindInfo("LimitRange", "", "limitranges"),
    KindInfo("PodTemplate", "", "podtemplates"),
    KindInfo("ComponentStatus", "", "componentstatuses", _N),
    KindInfo("Deployment", "apps", "deployments", True, ("extensions",)),
    KindInfo("ReplicaSet", "apps", "replicasets", True, ("extensions",)),
    KindInfo("StatefulSet", "apps", "statefulsets"),
    KindInfo("DaemonSet", "apps", "daemonsets", True, ("extensions",)),
    KindInfo("ControllerRevision", "apps", "controllerrevisions"),
    KindInfo("Job", "batch", "jobs"),
    KindInfo("CronJob", "batch", "cronjobs"),
    KindInfo("HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"),
    KindInfo("PodDisruptionBudget", "policy", "poddisruptionbudgets"),
    KindInfo("PodSecurityPolicy", "policy", "podsecuritypolicies", _N, ("extensions",)),
    KindInfo("Ingress", "networking.k8s.io", "ingresses", True, ("extensions",)),
    KindInfo("IngressClass", "networking.k8s.io", "ingressclasses", _N),
    KindInfo("NetworkPolicy", "networking.k8s.io", "networkpolicies", True, ("extensions",)),
    KindInfo("EndpointSlice", "discovery.k8s.io", "endpointslices"),
    KindInfo("StorageClass", "storage.k8s.io", "storageclasses", _N),
    KindInfo("VolumeAttachment", "storage.k8s.io", "volumeattachments", _N),
    KindInfo("CSIDriver", "storage.k8s.io", "csidrivers", _N),
    KindInfo("CSINode", "storage.k8s.io", "csinodes", _N),
    KindInfo("PriorityClass", "scheduling.k8s.io", "priorityclasses", _N),
    KindInfo("RuntimeClass", "node.k8s.io", "runtimeclasses", _N),
    KindInfo("Lease", "coordination.k8s.io", "leases"),
    KindInfo("Role", "rbac.authorization.k8s.io", "roles"),
    KindInfo("RoleBinding", "rbac.authorization.k8s.io", "rolebindings"),
    KindInfo("ClusterRole", "rbac.authorization.k8s.io", "clusterroles", _N),
    KindInfo("ClusterRoleBinding", "rbac.authorization.k8s.io", "clusterrolebindings", _N),
    KindInfo("APIService", "apiregistration.k8s.io", "apiservices", _N),
    KindInfo("CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions", _N),
    KindInfo("CertificateSigningRequest", "certificates.k8s.io", "certificatesigningrequests", _N),
    KindInfo("ValidatingWebhookConfiguration", "admissionregistration.k8s.io", "validatingwebhookconfigurations", _N),
    KindInfo("MutatingWebhookConfiguration", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", _N),
    KindInfo("FlowSchema", "flowcontrol.apiserver.k8s.io", "flowschemas", _N),
    KindInfo("PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations", _N),
    KindInfo("IPAddress", "networking.k8s.io", "ipaddresses", _N),
    KindInfo("ServiceCIDR", "networking.k8s.io", "servicecidrs", _N),
    KindInfo("PodMetrics", "metrics.k8s.io", "pods"),
    KindInfo("NodeMetrics", "metrics.k8s.io", "nodes", _N),
    KindInfo("Gateway", "gateway.networking.k8s.io", "gateways"),
    KindInfo("GatewayClass", "gateway.networking.k8s.io", "gatewayclasses", _N),
    KindInfo("HTTPRoute", "gateway.networking.k8s.io", "httproutes"),
    KindInfo("ReferenceGrant", "gateway.networking.k8s.io", "referencegrants"),
    KindInfo("Unit", OBSERVED, "units", _N),
    KindInfo("Probe", OBSERVED, "probes", _N),
    KindInfo("Alert", OBSERVED, "alerts", _N),
    KindInfo("Call", OBSERVED, "calls", _N),
    KindInfo("Manifest", OBSERVED, "manifests"),
    KindInfo("File", OBSERVED, "files", _N),
    KindInfo("ContainerUsage", OBSERVED, "containerusages"),
    KindInfo("ContainerRestarts", OBSERVED, "containerrestarts"),
    KindInfo("VolumeUsage", OBSERVED, "volumeusages"),
    KindInfo("NodeUsage", OBSERVED, "nodeusages", _N),
    KindInfo("NodePressure", OBSERVED, "nodepressures", _N),
)

BY_KIND: dict[str, KindInfo] = {}
for _info in TABLE:
    BY_KIND.setdefault(_info.kind, _info)
_CANONICAL: dict[tuple[str, str], KindKey] = {}
for _info in TABLE:
    for _group in (_info.group, *_info.moved):
        _CANONICAL[_group, _info.kind] = KindKey(_info.group, _info.kind)
_BY_KEY = {KindKey(i.group, i.kind): i for i in TABLE}
BY_RESOURCE: dict[tuple[str, str], KindKey] = {
    (group, i.resource): KindKey(i.group, i.kind) for i in TABLE for group in (i.group, *i.moved)
}
_PLAIN_RESOURCE: dict[str, KindKey] = {}
for _info in TABLE:
    _PLAIN_RESOURCE.setdefault(_info.resource, KindKey(_info.group, _info.kind))


def key_of(api_version: str, kind: str) -> KindKey:
    """The key of an object from its `apiVersion` and `kind`, with moved groups folded."""
    group = api_version.partition("/")[0] if "/" in api_version else ""
    if not api_version and kind in BY_KIND:
        group = BY_KIND[kind].group
    return _CANONICAL.get((group, kind)) or KindKey(group, kind)


@cache
def parse_key(text: str) -> KindKey:
    """The key that a rule means by `Pod` or `ClusterOperator.config.openshift.io`."""
    kind, _, group = text.partition(".")
    if group:
        return _CANONICAL.get((group, kind)) or KindKey(group, kind)
    info = BY_KIND.get(kind)
    return KindKey(info.group, kind) if info else KindKey("", kind)


def from_resource(resource: str, group: str | None = None) -> KindKey | None:
    """The key behind a resource name as in file names: `pods`, `deployments.apps`, `events.events.k8s.io`."""
    name, _, suffix = resource.partition(".")
    if group is None:
        group = suffix
    if group in ("core", "v1"):
        group = ""
    return BY_RESOURCE.get((group, name.lower())) or (_PLAIN_RESOURCE.get(name.lower()) if not group else None)


def info(key: KindKey) -> KindInfo | None:
    """What the table knows of a key; None for custom resources."""
    return _BY_KEY.get(key)


MANIFEST = KindKey(OBSERVED, "Manifest")
FILE = KindKey(OBSERVED, "File")


def is_observed(key: KindKey) -> bool:
    """Whether this is no kind of the API, but something that was observed: a unit's state, a probe, an alert."""
    return key.group == OBSERVED


_MEASURED = ("ContainerUsage", "ContainerRestarts", "VolumeUsage", "NodeUsage", "NodePressure")


def is_measured(key: KindKey) -> bool:
    """Whether this is what a Prometheus measured about an object: see docs/prometheus.md."""
    return key.group == OBSERVED and key.kind in _MEASURED


_VERSIONS = {
    "autoscaling": "v2",
    "metrics.k8s.io": "v1beta1",
    "flowcontrol.apiserver.k8s.io": "v1",
    "gateway.networking.k8s.io": "v1",
}


def api_version(key: KindKey) -> str:
    """The `apiVersion` that objects of a kind have today, for those whose text does not say it."""
    return f"{key.group}/{_VERSIONS.get(key.group, 'v1')}" if key.group else "v1"


_BUILT_IN = frozenset(i.group for i in TABLE) - {"gateway.networking.k8s.io"}


def is_custom(key: KindKey) -> bool:
    """Whether a kind exists only where a CustomResourceDefinition defines it (aggregated APIs are not such)."""
    return key.group not in _BUILT_IN and not key.group.endswith("metrics.k8s.io")


def is_namespaced(key: KindKey) -> bool:
    """Whether objects of this kind live in namespaces; custom kinds are taken to."""
    found = _BY_KEY.get(key)
    return found.namespaced if found else True
