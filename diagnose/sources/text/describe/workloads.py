"""Controllers of pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, ReplicationController."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.podspec import lasting_template, template
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN, as_maps

_REPLICA_SET = parse_key("ReplicaSet")
_COUNT = late(r"(\d+) (\w+)")
_CREATED = late(r"([a-z0-9][\w.-]*) \((\d+)/(\d+) replicas created\)")
_ROLLING = late(r"(\S+) max unavailable, (\S+) max surge")

_META = passed_over("Name|Namespace")
_LABELS = Says("Labels", "metadata.labels", values.labels)
_ANNOTATIONS = Says("Annotations", "metadata.annotations", values.annotation_map)
_OWNER = Says("Controlled By", "metadata.ownerReferences", values.owner, [])
_CREATED_AT = Says("CreationTimestamp", "metadata.creationTimestamp", values.time)
_SELECTOR = Says("Selector", "spec.selector", values.selector)
_TEMPLATE = Says("Pod Template", "spec.template", lasting_template)
_JOB_TEMPLATE = Says("Pod Template", "spec.template", template)
_CONDITIONS = Says("Conditions", "status.conditions", values.conditions, [])
_EVENTS = passed_over("Events")


def _counts(line: Line) -> dict[str, int]:
    return {word: int(number) for number, word in _COUNT.findall(line.value)}


def _of_deployment(line: Line) -> Any:
    n = _counts(line)
    if len(n) < 5:
        return UNTOLD
    status = {
        "replicas": n["total"] or None,
        "updatedReplicas": n["updated"] or None,
        "availableReplicas": n["available"] or None,
        "unavailableReplicas": n["unavailable"] or None,
    }
    return {"spec": {"replicas": n["desired"]}, "status": status}


def _of_set(line: Line) -> Any:
    n = _counts(line)
    total = n.get("current", n.get("total"))
    if total is None or "desired" not in n:
        return UNTOLD
    return {"spec": {"replicas": n["desired"]}, "status": {"replicas": total}}


def _none_ready(line: Line) -> Any:
    """Only a running pod can be ready."""
    if _counts(line).get("Running") != 0:
        return UNTOLD
    return {"status": {"readyReplicas": None, "availableReplicas": None}}


def _rolling(line: Line) -> Any:
    match = _ROLLING.match(line.value)
    return {"maxUnavailable": values.port(match[1]), "maxSurge": values.port(match[2])} if match else UNTOLD


def _update_strategy(line: Line) -> Any:
    told: Fields = {"type": line.value}
    partition = line.find("Partition")
    if partition:
        told["rollingUpdate"] = {"partition": values.number(partition)}
    return told


def _claims(line: Line) -> Any:
    """The templates stand one after the other, each begins with its name."""
    found: list[Any] = []
    for below in line.below:
        if below.key == "Name":
            found.append({"metadata": {"name": below.value}, "spec": {}})
        elif found and below.key == "StorageClass":
            found[-1]["spec"]["storageClassName"] = values.text(below)
        elif found and below.key == "Labels":
            found[-1]["metadata"]["labels"] = values.labels(below)
        elif found and below.key == "Capacity" and not below.value.startswith("<"):
            found[-1]["spec"]["resources"] = {"requests": Whole(storage=below.value)}
        elif found and below.key == "Access Modes":
            found[-1]["spec"]["accessModes"] = values.bracketed(below)
    return values.opened(found, line)


_DEPLOYMENT = Table(
    _META,
    _CREATED_AT,
    _LABELS,
    _ANNOTATIONS,
    _SELECTOR,
    Says("Replicas", "", _of_deployment),
    Says("StrategyType", "spec.strategy.type", values.text),
    Says("MinReadySeconds", "spec.minReadySeconds", values.some),
    Says("RollingUpdateStrategy", "spec.strategy.rollingUpdate", _rolling, None),
    _TEMPLATE,
    _CONDITIONS,
    passed_over("OldReplicaSets|OldReplicaSet"),
    passed_over("NewReplicaSet"),
    _EVENTS,
)


def _deployment(reading: Reading, fields: Fields) -> None:
    for condition in as_maps(fields.get("status", {}).get("conditions")):
        if condition.get("type") == "Progressing" and condition.get("reason"):
            fields["spec"]["paused"] = True if condition["reason"] == "DeploymentPaused" else None
    owner = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": reading.name, "controller": True}]
    for line in reading.lines:
        if line.key in ("OldReplicaSets", "NewReplicaSet"):
            for name, created, desired in _CREATED.findall(line.value):
                told = {"spec": {"replicas": int(desired)}, "status": {"replicas": int(created)}}
                about = {"metadata": {"ownerReferences": owner}, **told}
                reading.tell(_REPLICA_SET, reading.namespace, name, about, 2)


_SET = (
    _META,
    _SELECTOR,
    _LABELS,
    _ANNOTATIONS,
    _OWNER,
    Says("Replicas", "", _of_set),
    Says("Pods Status", "", _none_ready),
    _TEMPLATE,
    _CONDITIONS,
    _EVENTS,
)
_STATEFUL_SET = Table(
    _META,
    _CREATED_AT,
    _SELECTOR,
    _LABELS,
    _ANNOTATIONS,
    Says("Replicas", "", _of_set),
    Says("Update Strategy", "spec.updateStrategy", _update_strategy),
    Says("Pods Status", "", _none_ready),
    _TEMPLATE,
    Says("Volume Claims", "spec.volumeClaimTemplates", _claims),
    _EVENTS,
)
_DAEMON_SET = Table(
    _META,
    _SELECTOR,
    Says("Node-Selector", "spec.template.spec.nodeSelector", values.joined),
    _LABELS,
    _ANNOTATIONS,
    Says("Desired Number of Nodes Scheduled", "status.desiredNumberScheduled", values.number),
    Says("Current Number of Nodes Scheduled", "status.currentNumberScheduled", values.number),
    Says("Number of Nodes Scheduled with Up-to-date Pods", "status.updatedNumberScheduled", values.some),
    Says("Number of Nodes Scheduled with Available Pods", "status.numberAvailable", values.some),
    Says("Number of Nodes Misscheduled", "status.numberMisscheduled", values.number),
    passed_over("Pods Status"),
    _TEMPLATE,
    _EVENTS,
)


def _daemon_set(reading: Reading, fields: Fields) -> None:
    status = fields.get("status", {})
    wanted, available = status.get("desiredNumberScheduled"), status.get("numberAvailable", UNKNOWN)
    if isinstance(wanted, int) and available is not UNKNOWN:  # the controller computes it so
        status["numberUnavailable"] = (wanted - (available or 0)) or None
        if wanted == available:
            status["numberReady"] = wanted


_PODS = late(r"(\d+) (?:Active|Running)(?: \((\d+) Ready\))? / (\d+) Succeeded / (\d+) Failed")


def _job_pods(line: Line) -> Any:
    match = _PODS.match(line.value)
    if match is None:
        return UNTOLD
    told: Fields = {
        "active": int(match[1]) or None,
        "succeeded": int(match[3]) or None,
        "failed": int(match[4]) or None,
    }
    return told | ({"ready": int(match[2])} if match[2] else {})


_ENDED = frozenset({"BackoffLimitExceeded", "DeadlineExceeded"})


def _job(reading: Reading, fields: Fields) -> None:
    """Describe shows no conditions of a Job. The controller tells of the one that ends it by an event of its reason."""
    for event in reading.events:
        told = event.fields
        if told["reason"] in _ENDED and told.get("type") == "Warning":
            at = told.get("lastTimestamp", UNKNOWN)
            failed = {"type": "Failed", "status": "True", "reason": told["reason"], "message": told["message"]}
            fields.setdefault("status", {})["conditions"] = [{**failed, "lastTransitionTime": at}, UNKNOWN]


_JOB = Table(
    _META,
    _SELECTOR,
    _LABELS,
    _ANNOTATIONS,
    _OWNER,
    Says("Parallelism", "spec.parallelism", values.number),
    Says("Completions", "spec.completions", values.number),
    Says("Completion Mode", "spec.completionMode", values.text),
    Says("Suspend", "spec.suspend", values.flag),
    Says("Backoff Limit", "spec.backoffLimit", values.number),
    Says("TTL Seconds After Finished", "spec.ttlSecondsAfterFinished", values.number),
    Says("Start Time", "status.startTime", values.time, None),
    Says("Completed At", "status.completionTime", values.time, None),
    passed_over("Duration"),
    Says("Active Deadline Seconds", "spec.activeDeadlineSeconds", values.number, None),
    Says("Pods Statuses", "status", _job_pods),
    passed_over("Completed Indexes"),
    _JOB_TEMPLATE,
    _EVENTS,
)


def _active(line: Line) -> Any:
    return [{"name": name} for name in values.items(line) or ()]


_IN_JOB = "spec.jobTemplate.spec"
_CRON_JOB = Table(
    _META,
    _LABELS,
    _ANNOTATIONS,
    Says("Schedule", "spec.schedule", values.text),
    Says("Time Zone|TimeZone", "spec.timeZone", values.text),
    Says("Concurrency Policy", "spec.concurrencyPolicy", values.text),
    Says("Suspend", "spec.suspend", values.flag),
    Says("Successful Job History Limit", "spec.successfulJobsHistoryLimit", values.number),
    Says("Failed Job History Limit", "spec.failedJobsHistoryLimit", values.number),
    Says("Starting Deadline Seconds", "spec.startingDeadlineSeconds", values.number),
    Says("Selector", f"{_IN_JOB}.selector", values.selector),
    Says("Parallelism", f"{_IN_JOB}.parallelism", values.number),
    Says("Completions", f"{_IN_JOB}.completions", values.number),
    Says("Active Deadline Seconds", f"{_IN_JOB}.activeDeadlineSeconds", values.number, None),
    Says("Pod Template", f"{_IN_JOB}.template", template),
    Says("Last Schedule Time", "status.lastScheduleTime", values.time),
    Says("Active Jobs", "status.active", _active),
    _EVENTS,
)

KINDS = (
    Kind(parse_key("Deployment"), _DEPLOYMENT, marked("StrategyType", "Replicas|MinReadySeconds"), _deployment),
    Kind(parse_key("StatefulSet"), _STATEFUL_SET, marked("Update Strategy|Replicas", "Volume Claims|Replicas")),
    Kind(
        parse_key("DaemonSet"),
        _DAEMON_SET,
        marked("Desired Number of Nodes Scheduled", "Selector|Node-Selector"),
        _daemon_set,
    ),
    Kind(parse_key("CronJob"), _CRON_JOB, marked("Schedule|Concurrency Policy")),
    Kind(parse_key("Job"), _JOB, marked("Parallelism|Completions", "Parallelism|Pods Statuses", "Backoff Limit"), _job),
    Kind(_REPLICA_SET, Table(*_SET), marked("Selector|Replicas|Pods Status", "Selector|Labels|Controlled By|Replicas")),
    Kind(parse_key("ReplicationController"), Table(*_SET), ()),
)
