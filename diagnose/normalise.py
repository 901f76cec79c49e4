"""Objects that come in several encodings, made one: rules see the first.

Events: core/v1, events.k8s.io (`note`, `regarding`), and producers that set only `eventTime`.
Source: KEP-383 (new Event API).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnose.decode import Record, Step
from diagnose.kinds import KindKey
from diagnose.values import as_map

Data = dict[str, Any]


def _event(record: Record, data: Data) -> Data:
    series = as_map(data.get("series"))
    if "message" not in data and "note" in data:
        data["message"] = data["note"]
    if not data.get("involvedObject") and isinstance(data.get("regarding"), dict):
        data["involvedObject"] = data["regarding"]
    starts = (data.get("firstTimestamp"), data.get("deprecatedFirstTimestamp"), data.get("eventTime"))
    times = (
        data.get("lastTimestamp"),
        series.get("lastObservedTime"),
        data.get("deprecatedLastTimestamp"),
        data.get("eventTime"),
        data.get("firstTimestamp"),
        record.meta.creationTimestamp,
    )
    data["lastTimestamp"] = next((t for t in times if isinstance(t, str) and not t.startswith("0001-")), None)
    data["firstTimestamp"] = next((t for t in starts if isinstance(t, str) and not t.startswith("0001-")), None)
    counts = (series.get("count"), data.get("count"), data.get("deprecatedCount"))
    data["count"] = next((c for c in counts if isinstance(c, int) and c > 0), 1)
    return data


_EVENT_READS: tuple[tuple[Step, ...], ...] = tuple(
    (name,)
    for name in (
        "message",
        "note",
        "reason",
        "type",
        "series",
        "count",
        "deprecatedCount",
        "lastTimestamp",
        "deprecatedLastTimestamp",
        "eventTime",
        "firstTimestamp",
        "deprecatedFirstTimestamp",
        "involvedObject",
        "regarding",
    )
)

TABLE: dict[KindKey, tuple[Callable[[Record, Data], Data], tuple[tuple[Step, ...], ...]]] = {
    KindKey("", "Event"): (_event, _EVENT_READS),
}


def apply(record: Record, data: Data) -> Data:
    """The object as rules see it, with the identity that its source may have known from a file name."""
    data["kind"] = record.key.kind
    data["apiVersion"] = record.api_version
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        metadata = data["metadata"] = type(data)()
    metadata["name"] = record.meta.name
    if record.meta.namespace:
        metadata["namespace"] = record.meta.namespace
    entry = TABLE.get(record.key)
    return entry[0](record, data) if entry else data


def reads(key: KindKey) -> tuple[tuple[Step, ...], ...]:
    """The fields that normalising a kind needs."""
    entry = TABLE.get(key)
    return entry[1] if entry else ()
