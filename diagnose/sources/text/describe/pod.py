"""Pods."""

from __future__ import annotations

import re
from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.event_fields import name_containers
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.podspec import ALWAYS, in_pod, no_containers, spread, tolerations
from diagnose.sources.text.describe.table import Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.describe.volumes import volumes
from diagnose.sources.text.late import late
from diagnose.told import Ago


def _node(line: Line) -> Any:
    name, _, address = line.value.partition("/")
    if line.value in values.NOTHING:
        return {"spec": {"nodeName": None}, "status": {"hostIP": None}}
    return {"spec": {"nodeName": name}, "status": {"hostIP": address or None}}


def _addresses(line: Line) -> Any:
    return values.each(line, lambda below: {"ip": below.value})


def _resources(line: Line) -> Any:
    return _RESOURCES.read(line.below, not line.cut, [])


_RESOURCES = Table(
    Says("Limits", "limits", values.quantities, None),
    Says("Requests", "requests", values.quantities, None),
)


def _gates(line: Line) -> Any:
    found = values.conditions(line)
    return [{"conditionType": c["type"]} if isinstance(c, dict) else c for c in found]


_EPHEMERAL = ("ephemeralContainers", "ephemeralContainerStatuses")
_INIT = ("initContainers", "initContainerStatuses")
_APP = ("containers", "containerStatuses")

_TABLE = Table(
    passed_over("Name|Namespace"),
    Says("Priority", "spec.priority", values.number),
    Says("Priority Class Name|PriorityClassName", "spec.priorityClassName", values.text, None),
    Says("Runtime Class Name", "spec.runtimeClassName", values.text),
    Says("Service Account", "spec.serviceAccountName", values.text),
    Says("Node", "", _node),
    Says("Start Time", "status.startTime", values.time, None),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    Says("Status", "", values.phase),
    Says("Termination Grace Period", "metadata.deletionGracePeriodSeconds", values.number, None),
    Says("Reason", "status.reason", values.text, None),
    Says("Message", "status.message", values.text, None),
    passed_over("SeccompProfile|LocalhostProfile"),
    Says("IP", "status.podIP", values.text),
    Says("IPs", "status.podIPs", _addresses),
    Says("Controlled By", "metadata.ownerReferences", values.owner, []),
    Says("NominatedNodeName|Nominated Node Name", "status.nominatedNodeName", values.text, None),
    Says("Resources", "spec.resources", _resources),
    Says("Init Containers", "", in_pod(*_INIT), no_containers(*_INIT)),
    Says("Containers", "", in_pod(*_APP)),
    Says("Ephemeral Containers", "", in_pod(*_EPHEMERAL), no_containers(*_EPHEMERAL)),
    Says("Readiness Gates", "spec.readinessGates", _gates, []),
    Says("Conditions", "status.conditions", values.conditions, []),
    Says("Volumes", "spec.volumes", volumes),
    Says("QoS Class", "status.qosClass", values.text),
    Says("Node-Selectors", "spec.nodeSelector", values.labels),
    Says("Tolerations", "spec.tolerations", tolerations),
    Says("Topology Spread Constraints", "spec.topologySpreadConstraints", spread),
    passed_over("Resource Claims"),
    passed_over("Events"),
)
_NO_NODE = late(r"(\d+/\d+ nodes? (?:are|is) available.*)", re.DOTALL)


def _more(reading: Reading, fields: Fields) -> None:
    spec, status = fields.setdefault("spec", {}), fields.setdefault("status", {})
    if "serviceAccountName" in spec:  # kubectl prints both lines since the same time
        spec.setdefault("runtimeClassName", None)
        if reading.whole:
            spec.setdefault("topologySpreadConstraints", [])
    if status.get("podIP") and status.get("hostIP"):
        spec["hostNetwork"] = True if status["podIP"] == status["hostIP"] else None
    if any(o["kind"] in ALWAYS for o in fields.get("metadata", {}).get("ownerReferences") or ()):
        spec["restartPolicy"] = "Always"
    reading.created_before(fields, status.get("startTime") or reading.first_event("FailedScheduling"))
    _never_ready(status)
    _of_finished(fields)
    _sidecars(spec, status)
    if "deletionTimestamp" in fields.get("metadata", {}) and "phase" not in status:
        _phase(status)
    _why_pending(reading, status)
    for statuses in ("initContainerStatuses", "containerStatuses"):
        _why_waiting(reading, _dicts(status.get(statuses)))
    name_containers(reading.events, spec)


def _dicts(found: Any) -> list[Fields]:
    return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []


def _never_ready(status: Fields) -> None:
    """A pod of which no container ever ran is not ready since the kubelet took it."""
    found = _dicts(status.get("containerStatuses"))
    waits = all("waiting" in c.get("state", {}) and not c.get("lastState") and not c.get("restartCount") for c in found)
    if found and waits and status.get("startTime"):
        for condition in _dicts(status.get("conditions")):
            if condition.get("type") in ("Ready", "ContainersReady") and condition.get("status") == "False":
                condition.setdefault("lastTransitionTime", status["startTime"])


def _of_finished(fields: Fields) -> None:
    """Of a pod that has finished, kubectl does not print that it is being deleted."""
    if fields.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        fields.get("metadata", {}).pop("deletionTimestamp", None)


def _phase(status: Fields) -> None:
    """Of a pod that is being deleted, kubectl does not print the phase; with all containers started it is Running."""
    found = _dicts(status.get("containerStatuses"))
    if found and all("running" in c.get("state", {}) for c in found):
        status["phase"] = "Running"


def _sidecars(spec: Fields, status: Fields) -> None:
    """An init container that runs when all are done is one that restarts always."""
    done = any(c.get("type") == "Initialized" and c.get("status") == "True" for c in _dicts(status.get("conditions")))
    for name in [s.get("name") for s in _dicts(status.get("initContainerStatuses")) if "running" in s.get("state", {})]:
        for container in _dicts(spec.get("initContainers")) if done else ():
            if container["name"] == name:
                container.setdefault("restartPolicy", "Always")


def _newest(reading: Reading, reason: str, words: re.Pattern[str]) -> str | None:
    """What the newest event with a reason says. kubectl does not sort events without an old-style time, so that
    nothing is told when two that differ do not both tell their time."""
    found = [
        (e.fields.get("lastTimestamp"), e.fields["message"]) for e in reading.events if e.fields["reason"] == reason
    ]
    aged = [(at.seconds, message) for at, message in found if isinstance(at, Ago)]
    if not found or (len(aged) < len(found) and len({message for _, message in found}) > 1):
        return None
    latest = min(aged)[0] if aged else None
    said = {message for at, message in aged if at == latest} or {message for _, message in found}
    match = words.match(said.pop()) if len(said) == 1 else None
    return match[1] if match else None


def _why_pending(reading: Reading, status: Fields) -> None:
    """The scheduler writes the same words into its event and into the condition PodScheduled. While it tries again
    and again the words of the event may be older than those of the condition, which no text shows."""
    message = _newest(reading, "FailedScheduling", _NO_NODE)
    if message is None:
        return
    for condition in _dicts(status.get("conditions")):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            condition.setdefault("reason", "Unschedulable")
            condition.setdefault("message", message)


_ERROR = late(r"Error: (?!ErrImagePull\Z|ImagePullBackOff\Z)(.+)", re.DOTALL)
_WHOLE = late(r"(.+)", re.DOTALL)
_WORDS = {
    "CreateContainerConfigError": ("Failed", _ERROR),
    "CreateContainerError": ("Failed", _ERROR),
    "RunContainerError": ("Failed", _ERROR),
    "InvalidImageName": ("InspectFailed", _WHOLE),
    "ErrImageNeverPull": ("ErrImageNeverPull", _WHOLE),
}


def _why_waiting(reading: Reading, statuses: list[Fields]) -> None:
    """The kubelet writes the same words into its event and into the state of the container that waits. The text
    does not say of which container an event is, so it must be the only one that waits for that reason."""
    waiting = [s["state"]["waiting"] for s in statuses if "waiting" in s.get("state", {})]
    for one in waiting:
        reason, words = _WORDS.get(str(one.get("reason")), ("", _WHOLE))
        if reason and sum(w.get("reason") == one["reason"] for w in waiting) == 1:
            message = _newest(reading, reason, words)
            if message is not None:
                one.setdefault("message", message)


KINDS = (
    Kind(
        parse_key("Pod"),
        _TABLE,
        marked("Node|Status|Containers", "Node|Priority", "Node|Start Time", "Node|Labels|Status"),
        _more,
    ),
)
