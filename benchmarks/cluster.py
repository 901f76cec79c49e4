"""The synthetic cluster: every object in turn, and the roots of what is broken in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import events, manifests, objects
from benchmarks.faults import FAULTS, MISSING_CLASS
from benchmarks.identity import DAY, Ids, Json
from benchmarks.nodes import Nodes
from benchmarks.pods import Pod, pod
from benchmarks.workload import Fault, Port, Workload

_PODS_PER_NAMESPACE = 100
_REPLICAS = (1, 2, 3, 3, 5, 5, 8, 13)
_FRESH = 0.07
_SIDECAR = 0.05
_CLAIM = 0.05
_OLD_REPLICA_SET = 0.4
_DNS_PODS = 2
_SYSTEM_NAMESPACES = ("default", "kube-node-lease", "kube-public")

_NAMES = (
    "accounts",
    "api",
    "audit",
    "billing",
    "cart",
    "catalog",
    "checkout",
    "dispatch",
    "email",
    "export",
    "frontend",
    "gateway",
    "inventory",
    "ledger",
    "mailer",
    "orders",
    "payments",
    "pricing",
    "profile",
    "reports",
    "search",
    "sessions",
    "shipping",
    "worker",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How large, how broken, and which of the equally likely clusters."""

    pods: int
    broken: float = 0.02
    seed: int = 1


class Cluster:
    """Yields its objects once, in the order kubectl lists them; holds none of them."""

    def __init__(self, scale: Scale) -> None:
        if scale.pods < 1:
            raise ValueError(f"a cluster needs at least one pod, not {scale.pods}")
        if not 0 <= scale.broken <= 1:
            raise ValueError(f"the broken part is a fraction from 0 to 1, not {scale.broken}")
        self._scale = scale
        self._ids = Ids(scale.seed)
        self._nodes = Nodes(scale.pods, outages=scale.broken > 0)
        self._left = scale.pods
        self._workloads = 0
        self._services = 1
        self.roots: list[dict[str, str]] = []

    def objects(self) -> Iterator[Json]:
        """Every object; `roots` is complete when the last one was taken."""
        yield from self._cluster_scoped()
        for name in _SYSTEM_NAMESPACES:
            yield from self._namespace(name)
        yield from objects.api_server(self._ids)
        yield from self._namespace("kube-system")
        yield from self._deploy(self._dns())
        number = 0
        while self._left:
            number += 1
            yield from self._team(f"team-{number:05d}")

    def _cluster_scoped(self) -> Iterator[Json]:
        lost_names = {self._nodes.name(index) for index in self._nodes.lost}
        lost = []
        for node in self._nodes.objects(self._ids):
            if node["metadata"]["name"] in lost_names:
                lost.append(node)
            yield node
        for node in lost:
            root = f"Node/{node['metadata']['name']}"
            self.roots.append({"object": root, "about": "kubelet stopped posting status"})
        yield from events.nodes_lost(self._ids, lost)
        yield objects.storage_class(self._ids)

    def _namespace(self, name: str) -> Iterator[Json]:
        yield objects.namespace(self._ids, name)
        yield objects.root_certificate(self._ids, name)
        yield objects.service_account(self._ids, "default", name)

    def _team(self, namespace: str) -> Iterator[Json]:
        yield from self._namespace(namespace)
        room = min(self._left, _PODS_PER_NAMESPACE)
        names = iter(self._names())
        while room:
            replicas = min(room, self._ids.pick(_REPLICAS))
            room -= replicas
            yield from self._deploy(self._plan(namespace, next(names), replicas))

    def _names(self) -> list[str]:
        """Names for as many workloads as a namespace can hold, sorted within each round."""
        rounds = -(-_PODS_PER_NAMESPACE // len(_NAMES))
        return sorted(f"{name}-{number}" if number else name for name in _NAMES for number in range(rounds))

    def _plan(self, namespace: str, name: str, replicas: int) -> Workload:
        ids, fault = self._ids, self._next_fault()
        if fault is not None:
            age = ids.between(1300, 3300)
        elif ids.chance(_FRESH):
            age = ids.between(600, 3300)
        else:
            age = ids.between(DAY, 60 * DAY)
        needs_claim = fault is not None and fault.root == "PersistentVolumeClaim"
        return Workload(
            namespace=namespace,
            name=name,
            replicas=replicas,
            age=age,
            template_hash=ids.suffix(10),
            image=f"registry.example.com/{namespace}/{name}:1.4.2",
            image_digest=ids.digest(),
            fault=fault,
            sidecar=ids.chance(_SIDECAR),
            claim=f"{name}-data" if needs_claim or (fault is None and ids.chance(_CLAIM)) else "",
            node_count=self._nodes.count,
            tainted_nodes=self._nodes.tainted,
        )

    def _next_fault(self) -> Fault | None:
        """Faults in turn, spread evenly over the workloads."""
        before = int(self._workloads * self._scale.broken)
        self._workloads += 1
        if int(self._workloads * self._scale.broken) == before:
            return None
        return FAULTS[before % len(FAULTS)]

    def _dns(self) -> Workload:
        return Workload(
            namespace="kube-system",
            name="coredns",
            replicas=min(self._left, _DNS_PODS),
            age=60 * DAY,
            template_hash=self._ids.suffix(10),
            image="registry.k8s.io/coredns/coredns:v1.12.4",
            image_digest=self._ids.digest(),
            ports=(
                Port("dns", 53, "UDP"),
                Port("dns-tcp", 53),
                Port("http", 8080),
                Port("metrics", 9153),
            ),
            selector={"k8s-app": "kube-dns"},
            service="kube-dns",
        )

    def _deploy(self, workload: Workload) -> Iterator[Json]:
        """All objects of one workload."""
        ids = self._ids
        if workload.fault is not None:
            self.roots.append({"object": workload.root, "about": workload.fault.about})
        self._left -= workload.replicas
        yield from objects.configuration(ids, workload)
        yield from self._claim(workload)
        yield from self._controllers(workload)

    def _claim(self, workload: Workload) -> Iterator[Json]:
        if not workload.claim:
            return
        wanted = MISSING_CLASS if workload.broken else objects.STORAGE_CLASS
        made = objects.claim(self._ids, workload, wanted)
        yield from made
        yield from events.claim_events(self._ids, workload, made[0])

    def _controllers(self, workload: Workload) -> Iterator[Json]:
        """The Deployment, its ReplicaSets, its pods and what leads to them."""
        ids, template = self._ids, manifests.pod_template(workload)
        deployment = manifests.deployment(ids, workload, template)
        replica_set = manifests.replica_set(ids, workload, deployment, template)
        pods = [pod(ids, workload, replica_set, template, self._nodes) for _ in range(workload.replicas)]
        pods.sort(key=lambda made: made.name.name)
        ready = sum(made.ready for made in pods)
        deployment["status"] = manifests.deployment_status(workload, ready)
        replica_set["status"] = manifests.replica_set_status(workload, ready)
        yield deployment
        yield replica_set
        if ids.chance(_OLD_REPLICA_SET):
            yield manifests.old_replica_set(ids, workload, deployment, template)
        yield from (made.object for made in pods)
        yield from self._network(workload, pods)
        yield from self._events(workload, deployment, replica_set, pods)

    def _network(self, workload: Workload, pods: Sequence[Pod]) -> Iterator[Json]:
        self._services += 1
        number = self._services
        address = f"172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        service = objects.service(self._ids, workload, address)
        yield service
        yield objects.endpoint_slice(self._ids, workload, service, pods)

    def _events(self, workload: Workload, deployment: Json, replica_set: Json, pods: Sequence[Pod]) -> Iterator[Json]:
        ids = self._ids
        if events.kept(workload.age):
            yield from events.rollout(ids, workload, deployment, replica_set)
            for made in pods:
                yield from events.pod_created(ids, workload, replica_set, made)
                if made.state.waiting is None:
                    yield from events.pod_started(ids, workload, made)
        for made in pods:
            yield from events.pod_signs(ids, workload, made)
        yield from events.node_lost(ids, pods)
