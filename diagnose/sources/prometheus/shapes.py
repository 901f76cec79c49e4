"""Samples of a Prometheus as objects: which object of the cluster a sample is about, and the fields that it fills."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diagnose.decode import decode_projected, projection
from diagnose.kinds import KindKey, parse_key
from diagnose.snapshot import Snapshot

_POD, _CLAIM, NODE = parse_key("Pod"), parse_key("PersistentVolumeClaim"), parse_key("Node")


@dataclass(frozen=True)
class Sample:
    labels: Mapping[str, str]
    value: float

    def label(self, name: str) -> str:
        return self.labels.get(f"exported_{name}") or self.labels.get(name, "")


Place = Callable[[Sample], tuple[str, str, str]]
"""Namespace and name of the object that a sample is about, and which part of it (a container, a mount point)."""
Values = Mapping[tuple[str, str, str], dict[str, float]]


@dataclass(frozen=True)
class Shape:
    """How samples of a kind become objects: `about` is the kind that they measure."""

    about: KindKey
    place: Callable[[Snapshot, Mapping[str, str]], Place]
    objects: Callable[[Values], Iterator[dict[str, Any]]]


def _of_containers(snapshot: Snapshot, names: Mapping[str, str]) -> Place:
    return lambda sample: (sample.label("namespace"), sample.label("pod"), sample.label("container"))


def _of_claims(snapshot: Snapshot, names: Mapping[str, str]) -> Place:
    return lambda sample: (sample.label("namespace"), sample.label("persistentvolumeclaim"), "")


def _of_nodes(snapshot: Snapshot, names: Mapping[str, str]) -> Place:
    """The first of a sample's labels that is a node of the snapshot: by its name, or by one of its addresses."""
    nodes = _addresses(snapshot)

    def place(sample: Sample) -> tuple[str, str, str]:
        instance = sample.labels.get("instance", "")
        host = instance.rpartition(":")[0].strip("[]") or instance
        told = [sample.label("node"), names.get(instance, ""), sample.label("nodename"), host]
        found = next((nodes[each] for each in told if each in nodes), next(filter(None, told), ""))
        return "", found, sample.labels.get("mountpoint", "")

    return place


_addresses_of = projection([("status", "addresses")])


def _addresses(snapshot: Snapshot) -> dict[str, str]:
    """The names and addresses of all nodes, with the name of the node."""
    found: dict[str, str] = {}
    for record in snapshot.tables.get(NODE, ()):
        status = decode_projected(_addresses_of, record.raw).get("status")
        addresses = status.get("addresses") if isinstance(status, dict) else None
        for each in addresses if isinstance(addresses, list) else ():
            if isinstance(each, dict) and isinstance(each.get("address"), str):
                found.setdefault(each["address"], record.meta.name)
    return found | {record.meta.name: record.meta.name for record in snapshot.tables.get(NODE, ())}


def _containers(values: Values) -> Iterator[dict[str, Any]]:
    for (namespace, pod, container), found in sorted(values.items()):
        cpu, memory = _below("cpu", found), _below("memory", found)
        periods = cpu.get("periods", 0)
        if periods >= 1 and "throttled" in cpu:
            cpu["throttledPercent"] = min(100, round(100 * cpu["throttled"] / periods))
        yield {
            "metadata": {"namespace": namespace, "name": f"{pod}.{container}"},
            "pod": pod,
            "container": container,
            "cpu": {name: round(value, 3) if name == "cores" else round(value) for name, value in cpu.items()},
            "memory": {name: round(value) for name, value in memory.items()},
        }


def _restarts(values: Values) -> Iterator[dict[str, Any]]:
    for (namespace, pod, container), found in sorted(values.items()):
        yield {
            "metadata": {"namespace": namespace, "name": f"{pod}.{container}"},
            "pod": pod,
            "container": container,
            **{name: round(value) for name, value in found.items()},
        }


def _volumes(values: Values) -> Iterator[dict[str, Any]]:
    for (namespace, claim, _), found in sorted(values.items()):
        yield {"metadata": {"namespace": namespace, "name": claim}, **_space(found)}


def _nodes(values: Values) -> Iterator[dict[str, Any]]:
    by_node: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (_, node, mountpoint), found in sorted(values.items()):
        by_node[node].append({"mountpoint": mountpoint, **_space(found)})
    for node, filesystems in by_node.items():
        yield {"metadata": {"name": node}, "filesystems": filesystems}


def _pressures(values: Values) -> Iterator[dict[str, Any]]:
    for (_, node, _), found in sorted(values.items()):
        yield {"metadata": {"name": node}, **{f"{name}Percent": round(100 * share) for name, share in found.items()}}


def _space(found: Mapping[str, float]) -> dict[str, Any]:
    """Bytes and inodes of a file system. One without a fixed number of inodes says 0, and tells nothing of them."""
    told: dict[str, Any] = {}
    for part in ("bytes", "inodes"):
        space = _below(part, found)
        capacity, available = space.get("capacity", 0), space.get("available")
        if capacity <= 0 or available is None:
            continue
        told[part] = {name: round(value) for name, value in space.items()}
        told[part]["usedPercent"] = math.floor(100 * (1 - available / capacity))
        if space.get("perHour", 0) < 0:
            told[part]["fullInHours"] = round(available / -space["perHour"], 1)
    return told


def _below(part: str, found: Mapping[str, float]) -> dict[str, float]:
    return {name.partition(".")[2]: value for name, value in found.items() if name.partition(".")[0] == part}


SHAPES: Mapping[str, Shape] = {
    "ContainerUsage": Shape(_POD, _of_containers, _containers),
    "ContainerRestarts": Shape(_POD, _of_containers, _restarts),
    "VolumeUsage": Shape(_CLAIM, _of_claims, _volumes),
    "NodeUsage": Shape(NODE, _of_nodes, _nodes),
    "NodePressure": Shape(NODE, _of_nodes, _pressures),
}
