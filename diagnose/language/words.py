"""Words that Kubernetes itself writes into fields, so that lint can tell a typing error from a value.

CLOSED: a field of these types holds one of these words and no other. KNOWN: others occur too, but a
word that differs from one of these only in its case is a mistake.
Sources: the API reference (https://kubernetes.io/docs/reference/kubernetes-api/) and the constants of
k8s.io/api, k8s.io/kubernetes/pkg/kubelet/events and images.
"""

from __future__ import annotations

_STATUS = ("True", "False", "Unknown")
_TAINTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_POLICIES = ("Cluster", "Local")
_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_RECLAIM = ("Retain", "Delete", "Recycle")

CLOSED: dict[tuple[str, str], tuple[str, ...]] = {
    ("V1PodStatus", "phase"): ("Pending", "Running", "Succeeded", "Failed", "Unknown"),
    ("V1PodStatus", "qosClass"): ("Guaranteed", "Burstable", "BestEffort"),
    ("V1PodSpec", "restartPolicy"): ("Always", "OnFailure", "Never"),
    ("V1PodSpec", "dnsPolicy"): ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("V1Container", "imagePullPolicy"): ("Always", "IfNotPresent", "Never"),
    ("V1Container", "terminationMessagePolicy"): ("File", "FallbackToLogsOnError"),
    ("V1ContainerPort", "protocol"): _PROTOCOLS,
    ("V1ServicePort", "protocol"): _PROTOCOLS,
    ("V1ServiceSpec", "type"): ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    ("V1ServiceSpec", "sessionAffinity"): ("ClientIP", "None"),
    ("V1ServiceSpec", "externalTrafficPolicy"): _POLICIES,
    ("V1ServiceSpec", "internalTrafficPolicy"): _POLICIES,
    ("V1NamespaceStatus", "phase"): ("Active", "Terminating"),
    ("V1PersistentVolumeClaimStatus", "phase"): ("Pending", "Bound", "Lost"),
    ("V1PersistentVolumeClaimSpec", "accessModes"): _MODES,
    ("V1PersistentVolumeSpec", "accessModes"): _MODES,
    ("V1PersistentVolumeClaimSpec", "volumeMode"): ("Filesystem", "Block"),
    ("V1PersistentVolumeStatus", "phase"): ("Pending", "Available", "Bound", "Released", "Failed"),
    ("V1PersistentVolumeSpec", "persistentVolumeReclaimPolicy"): _RECLAIM,
    ("V1StorageClass", "reclaimPolicy"): _RECLAIM,
    ("V1StorageClass", "volumeBindingMode"): ("Immediate", "WaitForFirstConsumer"),
    ("V1Taint", "effect"): _TAINTS,
    ("V1Toleration", "effect"): _TAINTS,
    ("V1Toleration", "operator"): ("Exists", "Equal", "Lt", "Gt"),
    ("V1DeploymentStrategy", "type"): ("RollingUpdate", "Recreate"),
    ("V1DaemonSetUpdateStrategy", "type"): ("RollingUpdate", "OnDelete"),
    ("V1StatefulSetUpdateStrategy", "type"): ("RollingUpdate", "OnDelete"),
    ("V1StatefulSetSpec", "podManagementPolicy"): ("OrderedReady", "Parallel"),
    ("V1CronJobSpec", "concurrencyPolicy"): ("Allow", "Forbid", "Replace"),
    ("V1JobSpec", "completionMode"): ("NonIndexed", "Indexed"),
    ("V1ValidatingWebhook", "failurePolicy"): ("Fail", "Ignore"),
    ("V1MutatingWebhook", "failurePolicy"): ("Fail", "Ignore"),
    ("V1TopologySpreadConstraint", "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    ("CoreV1Event", "type"): ("Normal", "Warning"),
    ("view:containers", "role"): ("init", "sidecar", "app", "ephemeral"),
    ("view:template-containers", "role"): ("init", "sidecar", "app", "ephemeral"),
}

_KNOWN = (
    "Ready Initialized ContainersReady PodScheduled PodReadyToStartContainers DisruptionTarget "
    "MemoryPressure DiskPressure PIDPressure NetworkUnavailable "
    "Available Progressing ReplicaFailure Complete Failed Suspended AbleToScale ScalingActive ScalingLimited "
    "CrashLoopBackOff ImagePullBackOff ErrImagePull ErrImageNeverPull InvalidImageName ImageInspectError "
    "RegistryUnavailable SignatureValidationFailed CreateContainerConfigError CreateContainerError "
    "RunContainerError ContainerCreating PodInitializing ContainerCannotRun ContainerStatusUnknown "
    "OOMKilled Error Completed DeadlineExceeded StartError Evicted NodeLost NodeAffinity Terminated Preempting "
    "UnexpectedAdmissionError OutOfcpu OutOfmemory OutOfpods "
    "FailedScheduling FailedMount FailedAttachVolume FailedCreate FailedCreatePodSandBox FailedKillPod "
    "FailedBinding ProvisioningFailed ExternalProvisioning WaitForFirstConsumer BackOff Unhealthy Killing Pulled "
    "Pulling Scheduled Started Created SystemOOM NodeNotReady NodeReady NodeStatusUnknown NodeStatusNeverUpdated "
    "KubeletNotReady KubeletReady Unschedulable SchedulerError ProgressDeadlineExceeded MinimumReplicasUnavailable "
    "NewReplicaSetAvailable BackoffLimitExceeded FailedGetResourceMetric FailedComputeMetricsReplicas "
    "InvalidSelector FailedGetScale DNSConfigForming FailedPostStartHook FailedPreStopHook"
)
KNOWN: frozenset[str] = frozenset(_KNOWN.split())

_BY_CASE = {word.casefold(): word for word in KNOWN}


def words_of(model: str, field: str) -> tuple[str, ...]:
    """All words that a field can hold, when they are known; () when it can hold others."""
    if field == "status" and model.endswith("Condition"):
        return _STATUS
    return CLOSED.get((model, field), ())


def respelled(word: str) -> str:
    """How Kubernetes spells a word that differs from one of its own only in case; "" for any other."""
    known = _BY_CASE.get(word.casefold(), "")
    return known if known != word else ""
