"""What one synthetic workload is: the plan its manifests, pods and events are built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.identity import Json


@dataclass(frozen=True, slots=True)
class Port:
    """A container port and the Service port in front of it."""

    name: str
    number: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Sign:
    """An event that a pod's state leaves behind."""

    type: str
    reason: str
    message: str
    count: int = 1
    source: str = "kubelet"
    of_container: bool = True


@dataclass(frozen=True, slots=True)
class PodState:
    """How one pod is doing; the defaults are a healthy pod."""

    phase: str = "Running"
    ready: bool = True
    started: bool = True
    unschedulable: str = ""
    waiting: Json | None = None
    last: Json | None = None
    restarts: int = 0
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class PodName:
    """Which pod a state is asked for."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One way for a workload to be broken."""

    key: str
    about: str
    root: str = "Deployment"
    image: str = ""
    change: Callable[[Workload, Json], None] | None = None
    state: Callable[[Workload, PodName], PodState] | None = None


@dataclass(slots=True)
class Workload:
    """A Deployment with its Service, configuration and pods."""

    namespace: str
    name: str
    replicas: int
    age: int
    template_hash: str
    image: str
    image_digest: str
    ports: tuple[Port, ...] = (Port("http", 8080), Port("metrics", 9090))
    selector: dict[str, str] = field(default_factory=dict)
    service: str = ""
    fault: Fault | None = None
    sidecar: bool = False
    claim: str = ""
    node_count: int = 1
    tainted_nodes: int = 0

    def __post_init__(self) -> None:
        self.service = self.service or self.name
        if not self.selector:
            self.selector = {
                "app.kubernetes.io/instance": self.name,
                "app.kubernetes.io/name": self.name,
            }
        if self.fault is not None and self.fault.image:
            self.image = self.fault.image.format(namespace=self.namespace, name=self.name)

    @property
    def container(self) -> str:
        """The name of the main container."""
        return self.name

    @property
    def pulled(self) -> str:
        """What the kubelet says of an image that is there."""
        return f'Container image "{self.image}" already present on machine and can be accessed by the pod'

    @property
    def broken(self) -> bool:
        """Whether this workload has a fault."""
        return self.fault is not None

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the workload and of its pods."""
        return {
            **self.selector,
            "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/part-of": self.namespace,
            "app.kubernetes.io/version": "1.4.2",
        }

    @property
    def root(self) -> str:
        """The object to blame, as the truth names it."""
        if self.fault is None or self.fault.root == "Deployment":
            return f"Deployment/{self.namespace}/{self.name}"
        name = {"Service": self.service, "PersistentVolumeClaim": self.claim}[self.fault.root]
        return f"{self.fault.root}/{self.namespace}/{name}"
