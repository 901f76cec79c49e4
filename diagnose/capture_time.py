"""When a snapshot was taken, from the objects themselves, when nothing else tells it.

Leases and node heartbeats are written every few seconds on a live cluster, events whenever
something happens; other times only say that the capture was not earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diagnose.decode import EVERY, Record, Step, decode_projected, projection
from diagnose.kinds import KindKey
from diagnose.values import timestamp

_LIVE: dict[KindKey, tuple[tuple[Step, ...], ...]] = {
    KindKey("coordination.k8s.io", "Lease"): (("spec", "renewTime"),),
    KindKey("", "Node"): (("status", "conditions", EVERY, "lastHeartbeatTime"),),
    KindKey("", "Event"): (
        ("lastTimestamp",),
        ("eventTime",),
        ("series", "lastObservedTime"),
        ("deprecatedLastTimestamp",),
        ("metadata", "creationTimestamp"),
    ),
}
_OTHER: dict[KindKey, tuple[tuple[Step, ...], ...]] = {
    KindKey("", "Pod"): (
        ("metadata", "creationTimestamp"),
        ("status", "startTime"),
        ("status", "conditions", EVERY, "lastTransitionTime"),
        ("status", "containerStatuses", EVERY, "state"),
    ),
}


def newest_timestamp(tables: Mapping[KindKey, list[Record]]) -> tuple[float, str] | None:
    """The newest time in the objects, in UNIX seconds, and where it stood; None when there is none."""
    for paths in (_LIVE, _OTHER):
        best = max(
            (found for key, read in paths.items() if (found := _newest_of(key, read, tables))), default=None
        )
        if best:
            return best
    return None


def _newest_of(
    key: KindKey, paths: tuple[tuple[Step, ...], ...], tables: Mapping[KindKey, list[Record]]
) -> tuple[float, str] | None:
    decoder = projection(paths)
    newest = max((t for r in tables.get(key, ()) for t in _times(decode_projected(decoder, r.raw))), default="")
    seconds = timestamp(newest)
    return (seconds, f"newest time in {key.kind} objects") if seconds is not None else None


def _times(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= 20 and value[4:5] == "-" and value[10:11] == "T":
            yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from _times(v)
    elif isinstance(value, list):
        for v in value:
            yield from _times(v)
