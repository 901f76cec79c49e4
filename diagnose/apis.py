"""Versions of APIs that Kubernetes has deprecated or removed: since when, and what to write instead.

Sources: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the OpenAPI documents of each minor
version, in which a removed version is no longer.
"""

from __future__ import annotations

from typing import NamedTuple


class Retired(NamedTuple):
    """One line of the table. `removed` is "" for a version that is only deprecated; `instead` "" when there is none."""

    api_version: str
    kinds: str
    deprecated: str
    removed: str
    instead: str


_RBAC = "Role RoleBinding ClusterRole ClusterRoleBinding"
_FLOW = "FlowSchema PriorityLevelConfiguration"
_CLAIMS = "ResourceClaim ResourceClaimTemplate"
_POLICIES = "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
_WEBHOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"

TABLE: tuple[Retired, ...] = (
    Retired("v1", "ComponentStatus", "1.19", "", ""),
    Retired("v1", "Endpoints", "1.33", "", "discovery.k8s.io/v1 EndpointSlice"),
    Retired("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", "1.9", "1.16", "apps/v1"),
    Retired("extensions/v1beta1", "NetworkPolicy", "1.9", "1.16", "networking.k8s.io/v1"),
    Retired("extensions/v1beta1", "PodSecurityPolicy", "1.10", "1.16", "policy/v1beta1"),
    Retired("extensions/v1beta1", "Ingress", "1.14", "1.22", "networking.k8s.io/v1"),
    Retired("apps/v1beta1", "Deployment StatefulSet ReplicaSet", "1.9", "1.16", "apps/v1"),
    Retired("apps/v1beta2", "Deployment DaemonSet ReplicaSet StatefulSet", "1.9", "1.16", "apps/v1"),
    Retired("admissionregistration.k8s.io/v1beta1", _WEBHOOKS, "1.16", "1.22", "admissionregistration.k8s.io/v1"),
    Retired("admissionregistration.k8s.io/v1alpha1", _POLICIES, "1.28", "1.32", "admissionregistration.k8s.io/v1"),
    Retired("admissionregistration.k8s.io/v1beta1", _POLICIES, "1.30", "1.34", "admissionregistration.k8s.io/v1"),
    Retired("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "1.16", "1.22", "apiextensions.k8s.io/v1"),
    Retired("apiregistration.k8s.io/v1beta1", "APIService", "1.10", "1.22", "apiregistration.k8s.io/v1"),
    Retired("authentication.k8s.io/v1beta1", "TokenReview", "1.19", "1.22", "authentication.k8s.io/v1"),
    Retired(
        "authorization.k8s.io/v1beta1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SubjectAccessReview",
        "1.19",
        "1.22",
        "authorization.k8s.io/v1",
    ),
    Retired("autoscaling/v2beta1", "HorizontalPodAutoscaler", "1.22", "1.25", "autoscaling/v2"),
    Retired("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.23", "1.26", "autoscaling/v2"),
    Retired("batch/v2alpha1", "CronJob", "1.20", "1.21", "batch/v1"),
    Retired("batch/v1beta1", "CronJob", "1.21", "1.25", "batch/v1"),
    Retired("certificates.k8s.io/v1beta1", "CertificateSigningRequest", "1.19", "1.22", "certificates.k8s.io/v1"),
    Retired("certificates.k8s.io/v1alpha1", "ClusterTrustBundle", "1.33", "1.37", "certificates.k8s.io/v1beta1"),
    Retired("coordination.k8s.io/v1beta1", "Lease", "1.14", "1.22", "coordination.k8s.io/v1"),
    Retired("discovery.k8s.io/v1beta1", "EndpointSlice", "1.21", "1.25", "discovery.k8s.io/v1"),
    Retired("events.k8s.io/v1beta1", "Event", "1.19", "1.25", "events.k8s.io/v1"),
    Retired("flowcontrol.apiserver.k8s.io/v1alpha1", _FLOW, "1.20", "1.24", "flowcontrol.apiserver.k8s.io/v1"),
    Retired("flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, "1.23", "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    Retired("flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, "1.26", "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    Retired("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, "1.29", "1.32", "flowcontrol.apiserver.k8s.io/v1"),
    Retired("networking.k8s.io/v1beta1", "Ingress IngressClass", "1.19", "1.22", "networking.k8s.io/v1"),
    Retired("networking.k8s.io/v1alpha1", "ClusterCIDR", "1.28", "1.29", ""),
    Retired("networking.k8s.io/v1alpha1", "IPAddress ServiceCIDR", "1.31", "1.31", "networking.k8s.io/v1"),
    Retired("networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", "1.33", "1.37", "networking.k8s.io/v1"),
    Retired("node.k8s.io/v1alpha1", "RuntimeClass", "1.20", "1.24", "node.k8s.io/v1"),
    Retired("node.k8s.io/v1beta1", "RuntimeClass", "1.22", "1.25", "node.k8s.io/v1"),
    Retired("policy/v1beta1", "PodDisruptionBudget", "1.21", "1.25", "policy/v1"),
    Retired("policy/v1beta1", "PodSecurityPolicy", "1.21", "1.25", ""),
    Retired("rbac.authorization.k8s.io/v1alpha1", _RBAC, "1.17", "1.22", "rbac.authorization.k8s.io/v1"),
    Retired("rbac.authorization.k8s.io/v1beta1", _RBAC, "1.17", "1.22", "rbac.authorization.k8s.io/v1"),
    Retired("resource.k8s.io/v1alpha1", f"{_CLAIMS} ResourceClass PodScheduling", "1.27", "1.27", "resource.k8s.io/v1"),
    Retired(
        "resource.k8s.io/v1alpha2",
        f"{_CLAIMS} ResourceClass PodSchedulingContext ResourceClaimParameters ResourceClassParameters ResourceSlice",
        "1.31",
        "1.31",
        "resource.k8s.io/v1",
    ),
    Retired("resource.k8s.io/v1alpha3", "PodSchedulingContext", "1.32", "1.32", ""),
    Retired("resource.k8s.io/v1alpha3", f"{_CLAIMS} DeviceClass ResourceSlice", "1.32", "1.34", "resource.k8s.io/v1"),
    Retired("scheduling.k8s.io/v1alpha1", "PriorityClass", "1.14", "1.17", "scheduling.k8s.io/v1"),
    Retired("scheduling.k8s.io/v1beta1", "PriorityClass", "1.14", "1.22", "scheduling.k8s.io/v1"),
    Retired("storage.k8s.io/v1beta1", "CSIDriver StorageClass VolumeAttachment", "1.19", "1.22", "storage.k8s.io/v1"),
    Retired("storage.k8s.io/v1beta1", "CSINode", "1.17", "1.22", "storage.k8s.io/v1"),
    Retired("storage.k8s.io/v1beta1", "CSIStorageCapacity", "1.24", "1.27", "storage.k8s.io/v1"),
    Retired("storage.k8s.io/v1alpha1", "VolumeAttributesClass", "1.31", "1.35", "storage.k8s.io/v1"),
    Retired("storage.k8s.io/v1beta1", "VolumeAttributesClass", "1.34", "1.37", "storage.k8s.io/v1"),
)

_BY_API = {(r.api_version, kind): r for r in TABLE for kind in r.kinds.split()}


def retired(api_version: str, kind: str) -> dict[str, str] | None:
    """What the table says of an apiVersion and kind, as a rule reads it; None when nothing.

    `deprecated` and `removed` are ranges of versions, as ">=1.25"; `removed` is absent for what is only deprecated.
    """
    found = _BY_API.get((api_version, kind))
    if found is None:
        return None
    made = {
        "deprecated_in": found.deprecated,
        "deprecated": f">={found.deprecated}",
    }
    if found.instead:
        made["replacement"] = found.instead
    if found.removed:
        made |= {"removed_in": found.removed, "removed": f">={found.removed}"}
    return made
