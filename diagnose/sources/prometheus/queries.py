"""What is asked of a Prometheus: one table of instant queries, by the kind of object that their answers make.

Metrics of the kubelet and cAdvisor, kube-state-metrics and node_exporter. docs/prometheus.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WHO = "namespace, pod, container, exported_namespace, exported_pod, exported_container"
"""A scrape without honor_labels keeps the labels of kube-state-metrics as `exported_...`."""
_CLAIMED = "namespace, persistentvolumeclaim"
_HOST = "instance, node, nodename, exported_node"
_DISKS = (
    'fstype!~"(tmp|ram|squash|ns|proc|sys|cgroup2?|rpc_pipe|debug|trace)fs|overlay|iso9660|fuse.*",'
    'mountpoint!~"/(run|proc|sys|dev|boot|var/lib/(kubelet/(pods|plugins)|containers?|docker|containerd))(/.*)?"'
)
"""Not what is in memory, read-only by nature, or mounted for one pod."""


@dataclass(frozen=True)
class Query:
    """One instant query. `field` is where its value goes in the object; `$match` stands for the labels that choose a
    cluster. Without a series of a `needed` query there is nothing to say about the whole kind."""

    field: str
    promql: str
    needed: bool = False

    @property
    def metric(self) -> str:
        """The metric that the query is about, for messages."""
        found = re.search(r"\b(?:container|kube|kubelet|node)_\w+", self.promql)
        return found[0] if found else self.field


def _q(field: str, promql: str, needed: bool = False) -> Query:
    return Query(field, " ".join(promql.split()), needed)


CONTAINER = 'container!="",container!="POD"$match'
QUERIES: Mapping[str, tuple[Query, ...]] = {
    "ContainerUsage": (
        _q("memory.workingSet", f"max by ({_WHO}) (container_memory_working_set_bytes{{{CONTAINER}}})", True),
        _q("memory.peak", f"max by ({_WHO}) (max_over_time(container_memory_working_set_bytes{{{CONTAINER}}}[6h]))"),
        _q("cpu.cores", f"max by ({_WHO}) (rate(container_cpu_usage_seconds_total{{{CONTAINER}}}[15m]))"),
        _q("cpu.periods", f"max by ({_WHO}) (increase(container_cpu_cfs_periods_total{{{CONTAINER}}}[15m]))"),
        _q(
            "cpu.throttled",
            f"max by ({_WHO}) (increase(container_cpu_cfs_throttled_periods_total{{{CONTAINER}}}[15m]))",
        ),
    ),
    "ContainerRestarts": (
        _q("recent", f"max by ({_WHO}) (increase(kube_pod_container_status_restarts_total{{{CONTAINER}}}[6h]))", True),
        _q("day", f"max by ({_WHO}) (increase(kube_pod_container_status_restarts_total{{{CONTAINER}}}[1d]))"),
    ),
    "VolumeUsage": (
        _q("bytes.capacity", f"max by ({_CLAIMED}) (kubelet_volume_stats_capacity_bytes{{$match}})", True),
        _q("bytes.available", f"min by ({_CLAIMED}) (kubelet_volume_stats_available_bytes{{$match}})", True),
        _q("bytes.perHour", f"min by ({_CLAIMED}) (3600 * deriv(kubelet_volume_stats_available_bytes{{$match}}[6h]))"),
        _q("inodes.capacity", f"max by ({_CLAIMED}) (kubelet_volume_stats_inodes{{$match}})"),
        _q("inodes.available", f"min by ({_CLAIMED}) (kubelet_volume_stats_inodes_free{{$match}})"),
    ),
    "NodeUsage": (
        _q("bytes.capacity", f"max by ({_HOST}, mountpoint) (node_filesystem_size_bytes{{{_DISKS}$match}})", True),
        _q("bytes.available", f"min by ({_HOST}, mountpoint) (node_filesystem_avail_bytes{{{_DISKS}$match}})", True),
        _q("inodes.capacity", f"max by ({_HOST}, mountpoint) (node_filesystem_files{{{_DISKS}$match}})"),
        _q("inodes.available", f"min by ({_HOST}, mountpoint) (node_filesystem_files_free{{{_DISKS}$match}})"),
    ),
    "NodePressure": (
        _q("cpu", f"max by ({_HOST}) (rate(node_pressure_cpu_waiting_seconds_total{{$match}}[15m]))", True),
        _q("memory", f"max by ({_HOST}) (rate(node_pressure_memory_stalled_seconds_total{{$match}}[15m]))", True),
        _q("io", f"max by ({_HOST}) (rate(node_pressure_io_stalled_seconds_total{{$match}}[15m]))", True),
    ),
}
"""What is asked, by the kind of object that it makes."""
NAMES = "max by (instance, nodename) (node_uname_info{$match})"
"""Which node an instance of node_exporter runs on."""
