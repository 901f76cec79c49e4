"""The newest time in the objects: what is written all the time first, odd values passed over."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.capture_time import newest_timestamp
from diagnose.values import format_timestamp
from tests.builders import event, obj, pod, snapshot

EARLY, LATE = "2026-01-01T11:00:00Z", "2026-01-01T12:00:00.5Z"
LEASE = obj("Lease", "l", "a", spec={"renewTime": LATE})
NODE = obj("Node", "n", status={"conditions": [{"type": "Ready", "lastHeartbeatTime": LATE}, {}]})
POD = pod(meta={"creationTimestamp": EARLY}, status={"startTime": EARLY, "conditions": [{"lastTransitionTime": LATE}]})
RUNNING = {"running": {"startedAt": EARLY}}
ENDED = {"terminated": {"startedAt": EARLY, "finishedAt": LATE}}


def newest(*objects: dict[str, Any]) -> tuple[str, str] | None:
    found = newest_timestamp(snapshot(objects).tables)
    return (format_timestamp(found[0]), found[1]) if found else None


@pytest.mark.parametrize(
    ("objects", "kind"),
    [
        ([LEASE], "Lease"),
        ([NODE], "Node"),
        ([event(pod(), "x", lastTimestamp=LATE)], "Event"),
        ([event(pod(), "x", lastTimestamp=None, eventTime=LATE)], "Event"),
        ([event(pod(), "x", series={"lastObservedTime": LATE})], "Event"),
        ([event(pod(), "x", lastTimestamp=EARLY, deprecatedLastTimestamp=LATE)], "Event"),
        ([POD], "Pod"),
        ([pod(status={"containerStatuses": [{"state": RUNNING}, {"state": ENDED}, {"state": None}]})], "Pod"),
        ([POD, LEASE, event(pod(), "x", lastTimestamp=EARLY)], "Lease"),
    ],
)
def test_where_the_newest_time_stands(objects: list[dict[str, Any]], kind: str) -> None:
    assert newest(*objects) == ("2026-01-01T12:00:00Z", f"newest time in {kind} objects")


def test_what_is_written_all_the_time_counts_before_what_is_not() -> None:
    old_event = event(pod(), "x", lastTimestamp=EARLY)
    assert newest(POD, old_event) == (EARLY, "newest time in Event objects")


@pytest.mark.parametrize(
    "odd", [None, 3, [], {}, "", "soon", "zzzzzzzzzzTzzzzzzzzz", "2026-99-99T99:99:99Z", "0001-01-01T00:00:00Z"]
)
def test_odd_times_are_passed_over(odd: Any) -> None:
    lease = obj("Lease", "odd", "a", spec={"renewTime": odd})
    assert newest(lease) is None
    assert newest(lease, LEASE) == ("2026-01-01T12:00:00Z", "newest time in Lease objects")


@pytest.mark.parametrize("odd", [None, 3, "x", [3], [None], {"a": 1}])
def test_odd_types_are_passed_over(odd: Any) -> None:
    strange = [obj("Lease", "s", "a", spec=odd), obj("Node", "s", status=odd), pod("s", status=odd)]
    assert newest(*strange) is None
    assert newest(*strange, LEASE) == ("2026-01-01T12:00:00Z", "newest time in Lease objects")


def test_nothing_at_all() -> None:
    assert newest() is None
