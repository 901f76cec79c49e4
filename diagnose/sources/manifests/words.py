"""Fields that take one of a few words: the API server refuses any other, but the published schemas only say `string`.

Only words that have not grown in a version that is still about. Source: k8s.io/api types.go, "Possible enum values".
"""

from __future__ import annotations

_EFFECTS = frozenset({"NoSchedule", "PreferNoSchedule", "NoExecute"})
_PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})

ONE_OF: dict[tuple[str, str], frozenset[str]] = {
    ("PodSpec", "restartPolicy"): frozenset({"Always", "OnFailure", "Never"}),
    ("PodSpec", "dnsPolicy"): frozenset({"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}),
    ("PodSpec", "preemptionPolicy"): frozenset({"PreemptLowerPriority", "Never"}),
    ("PodOS", "name"): frozenset({"linux", "windows"}),
    ("Container", "imagePullPolicy"): frozenset({"Always", "IfNotPresent", "Never"}),
    ("Container", "terminationMessagePolicy"): frozenset({"File", "FallbackToLogsOnError"}),
    ("ContainerPort", "protocol"): _PROTOCOLS,
    ("ServicePort", "protocol"): _PROTOCOLS,
    ("NetworkPolicyPort", "protocol"): _PROTOCOLS,
    ("HTTPGetAction", "scheme"): frozenset({"HTTP", "HTTPS"}),
    ("SeccompProfile", "type"): frozenset({"RuntimeDefault", "Localhost", "Unconfined"}),
    ("AppArmorProfile", "type"): frozenset({"RuntimeDefault", "Localhost", "Unconfined"}),
    ("PodSecurityContext", "fsGroupChangePolicy"): frozenset({"Always", "OnRootMismatch"}),
    ("Toleration", "effect"): _EFFECTS,
    ("Taint", "effect"): _EFFECTS,
    ("TopologySpreadConstraint", "whenUnsatisfiable"): frozenset({"DoNotSchedule", "ScheduleAnyway"}),
    ("LabelSelectorRequirement", "operator"): frozenset({"In", "NotIn", "Exists", "DoesNotExist"}),
    ("NodeSelectorRequirement", "operator"): frozenset({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}),
    ("ServiceSpec", "type"): frozenset({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}),
    ("ServiceSpec", "sessionAffinity"): frozenset({"ClientIP", "None"}),
    ("ServiceSpec", "externalTrafficPolicy"): frozenset({"Cluster", "Local"}),
    ("ServiceSpec", "internalTrafficPolicy"): frozenset({"Cluster", "Local"}),
    ("ServiceSpec", "ipFamilyPolicy"): frozenset({"SingleStack", "PreferDualStack", "RequireDualStack"}),
    ("DeploymentStrategy", "type"): frozenset({"Recreate", "RollingUpdate"}),
    ("DaemonSetUpdateStrategy", "type"): frozenset({"OnDelete", "RollingUpdate"}),
    ("StatefulSetUpdateStrategy", "type"): frozenset({"OnDelete", "RollingUpdate"}),
    ("StatefulSetSpec", "podManagementPolicy"): frozenset({"OrderedReady", "Parallel"}),
    ("CronJobSpec", "concurrencyPolicy"): frozenset({"Allow", "Forbid", "Replace"}),
    ("JobSpec", "completionMode"): frozenset({"Indexed", "NonIndexed"}),
    ("HTTPIngressPath", "pathType"): frozenset({"Exact", "Prefix", "ImplementationSpecific"}),
    ("PersistentVolumeClaimSpec", "volumeMode"): frozenset({"Block", "Filesystem"}),
    ("PersistentVolumeSpec", "persistentVolumeReclaimPolicy"): frozenset({"Delete", "Recycle", "Retain"}),
    ("StorageClass", "reclaimPolicy"): frozenset({"Delete", "Recycle", "Retain"}),
    ("StorageClass", "volumeBindingMode"): frozenset({"Immediate", "WaitForFirstConsumer"}),
    ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy"): frozenset({"AlwaysAllow", "IfHealthyBudget"}),
    ("ValidatingWebhook", "failurePolicy"): frozenset({"Fail", "Ignore"}),
    ("MutatingWebhook", "failurePolicy"): frozenset({"Fail", "Ignore"}),
    ("RoleRef", "kind"): frozenset({"Role", "ClusterRole"}),
}
"""By the last word of the definition and the field. The empty text is a default, and never wrong."""
