"""When a snapshot was taken, from the objects themselves, when nothing else tells it.

Leases and node heartbeats are written every few seconds on a live cluster, events whenever
something happens; other times only say that the capture was not earlier. An object whose times are
of other types than the API says is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec
from msgspec import field

from diagnose.decode import MALFORMED, Record
from diagnose.kinds import KindKey
from diagnose.values import timestamp

_SHORTEST = len("2026-01-02T03:04:05Z")


class _Timed(Protocol):
    def times(self) -> Iterable[str | None]: ...


class _Spec(msgspec.Struct, gc=False):
    renewed: str | None = field(name="renewTime", default=None)


class _Lease(msgspec.Struct, gc=False):
    spec: _Spec | None = None

    def times(self) -> Iterable[str | None]:
        return (self.spec.renewed,) if self.spec else ()


class _Condition(msgspec.Struct, gc=False):
    heartbeat: str | None = field(name="lastHeartbeatTime", default=None)
    transition: str | None = field(name="lastTransitionTime", default=None)


class _NodeStatus(msgspec.Struct, gc=False):
    conditions: list[_Condition] | None = None


class _Node(msgspec.Struct, gc=False):
    status: _NodeStatus | None = None

    def times(self) -> Iterable[str | None]:
        return [c.heartbeat for c in (self.status and self.status.conditions) or ()]


class _Series(msgspec.Struct, gc=False):
    observed: str | None = field(name="lastObservedTime", default=None)


class _Created(msgspec.Struct, gc=False):
    created: str | None = field(name="creationTimestamp", default=None)


class _Event(msgspec.Struct, gc=False):
    last: str | None = field(name="lastTimestamp", default=None)
    time: str | None = field(name="eventTime", default=None)
    deprecated: str | None = field(name="deprecatedLastTimestamp", default=None)
    series: _Series | None = None
    metadata: _Created | None = None

    def times(self) -> Iterable[str | None]:
        observed = self.series.observed if self.series else None
        return (self.last, self.time, self.deprecated, observed, self.metadata.created if self.metadata else None)


class _Run(msgspec.Struct, gc=False):
    started: str | None = field(name="startedAt", default=None)
    finished: str | None = field(name="finishedAt", default=None)


class _State(msgspec.Struct, gc=False):
    running: _Run | None = None
    terminated: _Run | None = None


class _Container(msgspec.Struct, gc=False):
    state: _State | None = None


class _PodStatus(msgspec.Struct, gc=False):
    started: str | None = field(name="startTime", default=None)
    conditions: list[_Condition] | None = None
    containers: list[_Container] | None = field(name="containerStatuses", default=None)


class _Pod(msgspec.Struct, gc=False):
    metadata: _Created | None = None
    status: _PodStatus | None = None

    def times(self) -> Iterator[str | None]:
        if self.metadata:
            yield self.metadata.created
        if not self.status:
            return
        yield self.status.started
        for condition in self.status.conditions or ():
            yield condition.transition
        for container in self.status.containers or ():
            for run in (container.state.running, container.state.terminated) if container.state else ():
                if run:
                    yield run.started
                    yield run.finished


_LIVE: dict[KindKey, type[Any]] = {
    KindKey("coordination.k8s.io", "Lease"): _Lease,
    KindKey("", "Node"): _Node,
    KindKey("", "Event"): _Event,
}
_OTHER: dict[KindKey, type[Any]] = {KindKey("", "Pod"): _Pod}


def newest_timestamp(tables: Mapping[KindKey, list[Record]]) -> tuple[float, str] | None:
    """The newest time in the objects, in UNIX seconds, and where it stood; None when there is none."""
    for kinds in (_LIVE, _OTHER):
        found = [newest for key, timed in kinds.items() if (newest := _newest_of(key, timed, tables.get(key, ())))]
        if found:
            return max(found)
    return None


def _newest_of(key: KindKey, timed: type[Any], records: Iterable[Record]) -> tuple[float, str] | None:
    decoder = msgspec.json.Decoder(timed)
    newest = ""
    for record in records:
        try:
            value: _Timed = decoder.decode(record.raw)
        except MALFORMED:
            continue
        for text in value.times():
            if text and text > newest and len(text) >= _SHORTEST and timestamp(text) is not None:
                newest = text
    seconds = timestamp(newest)
    return (seconds, f"newest time in {key.kind} objects") if seconds is not None else None
