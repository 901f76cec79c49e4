"""Autoscalers, disruption budgets, priority classes."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import BY_KIND, KindKey, api_version, parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late

_META = (
    passed_over("Name|Namespace"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
)
_METRIC = late(
    r"(?:resource (?P<resource>\S+)(?: of container \"(?P<container>[^\"]*)\")? on pods"
    r"|\"(?P<name>[^\"]*)\"(?: on (?P<pods>pods)| on (?P<kind>[^/\s]+)/(?P<object>\S+))?)"
    r"\s*(?:\((?P<how>[^)]*)\))?:\s+(?P<current>.+?) / (?P<target>\S+)\s*\Z"
)
_PERCENT = late(r"(\d+)%(?: \((\S+)\))?\Z")


def _reference(line: Line) -> Any:
    kind, _, name = line.value.partition("/")
    found = BY_KIND.get(kind)
    return {"kind": kind, "name": name} | ({"apiVersion": api_version(KindKey(found.group, kind))} if found else {})


def _metrics(line: Line) -> Any:
    """`resource cpu on pods  (as a percentage of request):  1% (2m) / 50%`: target, and what is measured now."""
    found = [_metric(below.text) for below in line.below]
    current = [now for _, now in found if now is not None]
    return {
        "spec": {"metrics": values.opened([wanted for wanted, _ in found], line)},
        "status": {"currentMetrics": values.opened(current, line)},
    }


def _metric(text: str) -> tuple[Any, Any]:
    match = _METRIC.match(text)
    if match is None:
        return {}, None
    by = match["how"] or ""
    if match["resource"]:
        kind = "containerResource" if match["container"] is not None else "resource"
        about: Fields = {"name": match["resource"]}
        about |= {"container": match["container"]} if match["container"] is not None else {}
    else:
        kind = "pods" if match["pods"] else "object" if match["object"] else "external"
        about = {"metric": {"name": match["name"]}}
        if match["object"]:
            about["describedObject"] = {"kind": match["kind"], "name": match["object"]}
    share = by.startswith("as a percentage")
    name = "averageUtilization" if share else "value" if by == "target value" else "averageValue"
    goal = {"averageUtilization": "Utilization", "value": "Value", "averageValue": "AverageValue"}[name]
    target: Fields = {"type": goal, name: _amount(match["target"], share)}
    type_ = kind[0].upper() + kind[1:]
    wanted = {"type": type_, kind: {**about, "target": target}}
    if match["current"] == "<unknown>":
        return wanted, None
    return wanted, {"type": type_, kind: {**about, "current": _current(match["current"], name)}}


def _amount(text: str, share: bool) -> Any:
    return values.whole_number(text) if share and text != "<auto>" else None if share else text


def _current(text: str, name: str) -> Fields:
    percent = _PERCENT.match(text)
    if percent:
        return {"averageUtilization": int(percent[1])} | ({"averageValue": percent[2]} if percent[2] else {})
    return {name: text}


_PODS = late(r"(\d+) current / (\d+) desired")


def _autoscaler(reading: Reading, fields: Fields) -> None:
    for line in [line for line in reading.odd if line.key.endswith(" pods")]:
        match = _PODS.match(line.value)
        if match:
            reading.odd.remove(line)
            status = {"currentReplicas": int(match[1]) or None, "desiredReplicas": int(match[2])}
            fields.setdefault("status", {}).update(status)
    wanted, now = reading.find("Target CPU utilization"), reading.find("Current CPU utilization")
    if wanted:
        target = {"type": "Utilization", "averageUtilization": values.whole_number(wanted.value)}
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
        fields.setdefault("spec", {})["metrics"] = [metric]
    if wanted and now:
        used = values.whole_number(now.value)
        current = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": used}}}
        fields.setdefault("status", {})["currentMetrics"] = [] if used is UNTOLD else [current]


_AUTOSCALER = Table(
    *_META,
    Says("CreationTimestamp", "metadata.creationTimestamp", values.time),
    Says("Reference", "spec.scaleTargetRef", _reference),
    Says("Metrics", "", _metrics),
    passed_over("Target CPU utilization"),
    passed_over("Current CPU utilization"),
    Says("Min replicas", "spec.minReplicas", values.number),
    Says("Max replicas", "spec.maxReplicas", values.number),
    passed_over("Behavior"),
    Says("Conditions", "status.conditions", values.conditions, []),
    passed_over("Events"),
)
_BUDGET_STATUS = Table(
    Says("Allowed disruptions", "disruptionsAllowed", values.number),
    Says("Current", "currentHealthy", values.number),
    Says("Desired", "desiredHealthy", values.number),
    Says("Total", "expectedPods", values.number),
)


def _budget(line: Line) -> Any:
    return _BUDGET_STATUS.read(line.below, not line.cut, [])


KINDS = (
    Kind(parse_key("HorizontalPodAutoscaler"), _AUTOSCALER, marked("Reference", "Min replicas"), _autoscaler),
    Kind(
        parse_key("PodDisruptionBudget"),
        Table(
            passed_over("Name|Namespace"),
            Says("Min available", "spec.minAvailable", values.int_or_percent, None),
            Says("Max unavailable", "spec.maxUnavailable", values.int_or_percent, None),
            Says("Selector", "spec.selector", values.selector),
            Says("Status", "status", _budget),
            passed_over("Events"),
        ),
        marked("Min available|Selector", "Max unavailable|Selector"),
    ),
    Kind(
        parse_key("PriorityClass"),
        Table(
            passed_over("Name"),
            Says("Value", "value", values.number),
            Says("GlobalDefault", "globalDefault", values.true_or_absent),
            Says("PreemptionPolicy", "preemptionPolicy", values.text),
            Says("Description", "description", values.text),
            passed_over("Annotations|Events"),
        ),
        marked("GlobalDefault"),
    ),
)
