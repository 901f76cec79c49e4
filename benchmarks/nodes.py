"""The nodes of the synthetic cluster, and where its pods go."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.identity import DAY, SERVER_VERSION, Ids, Json, ago, metadata

PODS_PER_NODE = 50
NODES_PER_OUTAGE = 500
NODES_PER_GPU_NODE = 50
# Long enough for the node controller to give up, too short for it to evict the pods.
LOST_SINCE = 100
LAST_HEARTBEAT = 140

_IMAGES = 10
_HEALTHY_CONDITIONS = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """The node and address a scheduled pod gets."""

    node: str
    host_ip: str
    pod_ip: str
    lost: bool


class Nodes:
    """Hands out places evenly; a broken workload never lands on a lost node."""

    def __init__(self, pods: int, outages: bool) -> None:
        self.count = max(4, math.ceil(pods / PODS_PER_NODE))
        self.gpu = max(1, self.count // NODES_PER_GPU_NODE)
        self._workers = self.count - self.gpu
        lost = max(1, round(self.count / NODES_PER_OUTAGE)) if outages else 0
        stride = max(1, self._workers // max(1, lost))
        self.lost = frozenset(self._workers - 1 - stride * at for at in range(lost))
        self._slots = [1] * self._workers
        self._next = 0

    @property
    def tainted(self) -> int:
        """How many nodes repel a pod without tolerations."""
        return self.gpu + len(self.lost)

    def name(self, index: int) -> str:
        """The name of a node; the pool of tainted nodes comes last."""
        return f"node-{index:05d}"

    def host_ip(self, index: int) -> str:
        """The address of a node."""
        return f"192.168.{index // 250}.{index % 250 + 1}"

    def pod_network(self, index: int) -> str:
        """The first three numbers of a node's pod network."""
        return f"10.{128 + index // 256}.{index % 256}"

    def place(self, avoid_lost: bool) -> Place:
        """The next free place."""
        index = self._advance()
        while avoid_lost and index in self.lost:
            index = self._advance()
        self._slots[index] += 1
        return Place(
            node=self.name(index),
            host_ip=self.host_ip(index),
            pod_ip=f"{self.pod_network(index)}.{self._slots[index]}",
            lost=index in self.lost,
        )

    def _advance(self) -> int:
        index = self._next
        self._next = (index + 1) % self._workers
        return index

    def objects(self, ids: Ids) -> Iterator[Json]:
        """Every Node."""
        images = _images(ids)
        for index in range(self.count):
            yield self._node(ids, index, images)

    def _node(self, ids: Ids, index: int, images: list[Json]) -> Json:
        name, lost = self.name(index), index in self.lost
        network = f"{self.pod_network(index)}.0/24"
        spec: Json = {"podCIDR": network, "podCIDRs": [network], "providerID": f"lab:///{name}"}
        labels = {
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "pool": "general",
            "topology.kubernetes.io/region": "lab-1",
            "topology.kubernetes.io/zone": f"lab-1{'abc'[index % 3]}",
        }
        if index >= self._workers:
            labels["pool"] = "gpu"
            spec["taints"] = [{"effect": "NoSchedule", "key": "dedicated", "value": "gpu"}]
        if lost:
            spec["taints"] = [
                {
                    "effect": effect,
                    "key": "node.kubernetes.io/unreachable",
                    "timeAdded": ago(LOST_SINCE),
                }
                for effect in ("NoSchedule", "NoExecute")
            ]
        annotations = {
            "node.alpha.kubernetes.io/ttl": "0",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": metadata(ids, name, age=200 * DAY, labels=labels, annotations=annotations),
            "spec": spec,
            "status": {
                "addresses": [
                    {"address": self.host_ip(index), "type": "InternalIP"},
                    {"address": name, "type": "Hostname"},
                ],
                "allocatable": _resources("31850m", "126Gi"),
                "capacity": _resources("32", "128Gi"),
                "conditions": _conditions(index, lost),
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "images": images,
                "nodeInfo": _node_info(ids),
            },
        }


def _resources(cpu: str, memory: str) -> Json:
    return {
        "cpu": cpu,
        "ephemeral-storage": "267847642337",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": memory,
        "pods": "110",
    }


def _conditions(index: int, lost: bool) -> list[Json]:
    beat = ago(LAST_HEARTBEAT if lost else 5 + index % 250)
    return [
        {
            "lastHeartbeatTime": beat,
            "lastTransitionTime": ago(LOST_SINCE if lost else 200 * DAY),
            "message": "Kubelet stopped posting node status." if lost else message,
            "reason": "NodeStatusUnknown" if lost else reason,
            "status": "Unknown" if lost else status,
            "type": kind,
        }
        for kind, status, reason, message in _HEALTHY_CONDITIONS
    ]


def _images(ids: Ids) -> list[Json]:
    made = []
    for number in range(_IMAGES):
        image = f"registry.example.com/base/image-{number:02d}"
        size = ids.between(1_000_000, 400_000_000)
        made.append(
            {
                "names": [f"{image}@sha256:{ids.digest()}", f"{image}:1.{number}.0"],
                "sizeBytes": size,
            }
        )
    return made


def _node_info(ids: Ids) -> Json:
    machine = ids.hex(32)
    return {
        "architecture": "amd64",
        "bootID": ids.uid(),
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.12.48",
        "kubeProxyVersion": "",
        "kubeletVersion": SERVER_VERSION,
        "machineID": machine,
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "systemUUID": machine,
    }
