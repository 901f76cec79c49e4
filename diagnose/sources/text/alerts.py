"""Alerts as JSON: Alertmanager, Prometheus, and lists of anomalies of other monitoring tools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from diagnose.decode import MALFORMED, Buffer
from diagnose.snapshot import Builder
from diagnose.sources.text import observed
from diagnose.sources.text.commands import resource_key

NAME = "alerts"
_LARGEST = 32 << 20
_LISTS = ("alerts", "anomalies", "alarms")
_TEXTS = (
    "summary",
    "description",
    "message",
    "raw_error",
    "error",
    "details",
    "reason",
    "title",
    "url",
    "business_action",
)
_CALLED = ("alertname", "alert", "alert_name", "metric_category", "category", "title", "rule", "business_action")
_NAMED = ("entity_name", "entry_service", "service", "name", "resource", "target", "node", "pod")
_OF_LABELS = (
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
    ("horizontalpodautoscaler", "HorizontalPodAutoscaler"),
    ("cronjob", "CronJob"),
    ("job_name", "Job"),
    ("deployment", "Deployment"),
    ("statefulset", "StatefulSet"),
    ("daemonset", "DaemonSet"),
    ("replicaset", "ReplicaSet"),
    ("pod", "Pod"),
    ("node", "Node"),
    ("ingress", "Ingress"),
)
_KEY = re.compile(rb'"(?:alerts|anomalies|alarms|groups|labels)"')


def read_json(data: Buffer, file: str, into: Builder) -> bool:
    """Put the alerts of a JSON document into the builder; whether it is a list of alerts."""
    if len(data) > _LARGEST or not _KEY.search(data):
        return False
    try:
        value = msgspec.json.decode(data)
    except MALFORMED:
        return False
    entries = _entries(value)
    if entries is None:
        return False
    into.told.listed(observed.ALERT, "*", file)
    names: Counter[str] = Counter()
    for entry in entries:
        told = _alert(entry)
        digest = blake2b(msgspec.json.encode([told[k] for k in sorted(told)]), digest_size=4).hexdigest()
        name = f"{told['alert'] or 'alert'}.{digest}".replace(" ", "-").replace(",", "")
        names[name] += 1
        observed.alert(name if names[name] == 1 else f"{name}-{names[name]}", told, file, into)
    return True


def _entries(value: Any) -> list[Mapping[str, Any]] | None:
    """The alerts in a document of any of the known shapes; None when it is none."""
    if isinstance(value, list):
        return _maps(value) if value and all(_is_alert(entry) for entry in value) else None
    if not isinstance(value, dict) or "apiVersion" in value:
        return None
    inner = value.get("data")
    if isinstance(inner, list):
        return _entries(inner)
    for holder in (inner, value):
        if not isinstance(holder, dict):
            continue
        found = next((holder[name] for name in _LISTS if isinstance(holder.get(name), list)), None)
        if found is not None:
            common = holder.get("commonLabels")
            return _maps(found) if not isinstance(common, dict) or found else None
        if isinstance(holder.get("groups"), list):
            return list(_of_rules(_maps(holder["groups"])))
    return None


def _of_rules(groups: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for group in groups:
        for rule in _maps(group.get("rules")):
            for alert in _maps(rule.get("alerts")):
                labels = {"alertname": rule.get("name"), **_map(rule.get("labels")), **_map(alert.get("labels"))}
                yield {**alert, "labels": labels}


def _is_alert(entry: Any) -> bool:
    if not isinstance(entry, dict) or "apiVersion" in entry or "metadata" in entry:
        return False
    labels = entry.get("labels")
    if isinstance(labels, dict):
        return "alertname" in labels or "startsAt" in entry or "activeAt" in entry
    return "severity" in entry and any(name in entry for name in ("alert", "alertname", "alert_name"))


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _alert(entry: Mapping[str, Any]) -> dict[str, Any]:
    labels = {str(k): str(v) for k, v in _map(entry.get("labels")).items()}
    annotations = _map(entry.get("annotations"))
    status = entry.get("status")
    state = _word(status) or _word(_map(status).get("state")) or _word(entry.get("state"))
    called = next((_word(source.get(n)) for n in _CALLED for source in (labels, entry) if _word(source.get(n))), None)
    since = _word(entry.get("startsAt")) or _word(entry.get("activeAt")) or _word(entry.get("since"))
    return {
        "alert": called,
        "severity": labels.get("severity") or _word(entry.get("severity")) or _word(entry.get("level")),
        "state": state,
        "subject": _subject(entry, labels),
        "texts": [*_texts(annotations.values()), *_texts(_evidence(entry))],
        "labels": labels,
        "since": since,
    }


def _evidence(entry: Mapping[str, Any]) -> Iterator[Any]:
    found = entry.get("evidence")
    yield from found if isinstance(found, list) else [found]
    yield from (entry.get(name) for name in _TEXTS)


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str) and value.strip()]


def _subject(entry: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """What an alert is about: the most particular object that its labels name, or the entity of an anomaly."""
    namespace = labels.get("namespace") or _word(entry.get("namespace"))
    for label, kind in _OF_LABELS:
        if labels.get(label):
            return {"kind": kind, "namespace": None if kind == "Node" else namespace, "name": labels[label]}
    if labels.get("service") and labels.get("service") != labels.get("job"):
        return {"kind": "Service", "namespace": namespace, "name": labels["service"]}
    name = next((_word(entry.get(n)) for n in _NAMED if _word(entry.get(n))), None)
    if name:
        return {"kind": _kind(entry), "namespace": namespace, "name": name}
    if namespace:
        return {"kind": "Namespace", "namespace": None, "name": namespace}
    return {"kind": None, "namespace": None, "name": None}


def _kind(entry: Mapping[str, Any]) -> str | None:
    named = _word(entry.get("entity_type")) or _word(entry.get("resource_type")) or _word(entry.get("type"))
    if named:
        key = resource_key(named)
        return key.kind if key else named
    fields = (("entry_service", "Service"), ("service", "Service"), ("node", "Node"), ("pod", "Pod"))
    return next((kind for field, kind in fields if _word(entry.get(field))), None)
