"""Metrics as exporters write them, over hours, for `promtool tsdb create-blocks-from openmetrics`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from diagnose.values import timestamp

NOW = "2026-01-01T12:00:00Z"
_HOURS, _STEP = 26, 120


@dataclass
class Metrics:
    """Series, each a function of the seconds before NOW."""

    text: list[str] = field(default_factory=list)

    def add(self, name: str, value: Callable[[int], float] | float, **labels: str) -> Metrics:
        now = timestamp(NOW)
        assert now is not None
        shown = ",".join(f'{k}="{v}"' for k, v in labels.items())
        for before in range(_HOURS * 3600, -1, -_STEP):
            number = value(before) if callable(value) else value
            self.text.append(f"{name}{{{shown}}} {number} {int(now) - before}")
        return self

    def openmetrics(self) -> str:
        return "\n".join([*self.text, "# EOF", ""])


def counter(per_second: float) -> Callable[[int], float]:
    """A counter that grows evenly."""
    return lambda before: per_second * (_HOURS * 3600 - before)


def steps(*hours: float) -> Callable[[int], float]:
    """A counter that went up by one so many hours before NOW."""
    return lambda before: float(sum(before <= 3600 * hour for hour in hours))


def shop(more: Mapping[str, str] | None = None) -> Metrics:
    """One troubled container `c` of pod a/p on node n, its claim a/data, and a healthy container beside it."""
    extra = dict(more or {})
    made = Metrics()
    for container, throttled, memory in (("c", 8.0, 250 << 20), ("d", 0.1, 100 << 20)):
        who = {"namespace": "a", "pod": "p", "container": container, "instance": "10.0.0.1:10250"} | extra
        made.add("container_memory_working_set_bytes", lambda b, m=memory: m if b > 7200 else m / 2, **who)  # type: ignore[misc]
        made.add("container_cpu_usage_seconds_total", counter(0.5), **who)
        made.add("container_cpu_cfs_periods_total", counter(10), **who)
        made.add("container_cpu_cfs_throttled_periods_total", counter(throttled), **who)
    made.add("container_memory_working_set_bytes", 5e9, namespace="a", pod="p", **extra)  # the whole pod
    made.add("container_memory_working_set_bytes", 5e9, namespace="old", pod="x", container="c", **extra)
    kept = {"namespace": "monitoring", "pod": "ksm-0", "container": "ksm", "job": "ksm"}
    theirs = {f"exported_{name}": value for name, value in (("namespace", "a"), ("pod", "p"), ("container", "c"))}
    made.add("kube_pod_container_status_restarts_total", steps(23, 20, 5, 4, 3, 2), **kept, **theirs, **extra)
    claim = {"namespace": "a", "persistentvolumeclaim": "data"} | extra
    made.add("kubelet_volume_stats_capacity_bytes", 10 << 30, **claim)
    made.add("kubelet_volume_stats_available_bytes", lambda b: (2 << 30) + b * 100_000, **claim)
    made.add("kubelet_volume_stats_inodes", 1000, **claim).add("kubelet_volume_stats_inodes_free", 900, **claim)
    host = {"instance": "10.0.0.1:9100", "job": "node"} | extra
    disk = host | {"mountpoint": "/", "fstype": "ext4", "device": "/dev/sda1"}
    made.add("node_filesystem_size_bytes", 100 << 30, **disk).add("node_filesystem_avail_bytes", 4 << 30, **disk)
    made.add("node_filesystem_files", 0, **disk).add("node_filesystem_files_free", 0, **disk)
    shm = disk | {"mountpoint": "/run/shm", "fstype": "tmpfs"}
    made.add("node_filesystem_size_bytes", 100, **shm).add("node_filesystem_avail_bytes", 0, **shm)
    for name, share in (("cpu_waiting", 0.4), ("memory_stalled", 0.25), ("io_stalled", 0.1)):
        made.add(f"node_pressure_{name}_seconds_total", counter(share), **host)
    return made.add("node_uname_info", 1, nodename="n", **host)
