"""A connection to the tests' server with a clock that only waiting moves, and small clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnose.kinds import KindKey, parse_key
from diagnose.snapshot import Builder, Snapshot
from diagnose.sources.cluster.connection import connect
from diagnose.sources.cluster.pull import pull
from diagnose.sources.cluster.transport import Clock, Limits, Transport
from tests.builders import obj
from tests.server import ApiServer


@dataclass
class Waits:
    """A clock at which nothing happens but waiting; `waited` are the seconds of each wait."""

    now: float = 1000.0
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


@contextmanager
def client(server: ApiServer, folder: Path, waits: Waits | None = None, **limits: Any) -> Iterator[Transport]:
    """A transport over the real client, configured by a kubeconfig in `folder`."""
    connection = connect(str(server.kubeconfig(folder / "kubeconfig")))
    clock = waits or Waits()
    try:
        yield Transport(connection, Clock(lambda: clock.now, clock.sleep), Limits(**limits))
    finally:
        connection.close()


def pulled(
    server: ApiServer,
    folder: Path,
    kinds: Sequence[str] = ("Pod",),
    namespaces: Sequence[str] | None = None,
    waits: Waits | None = None,
    **limits: Any,
) -> Snapshot:
    """The kinds of a server as a snapshot."""
    into = Builder()
    with client(server, folder, waits, **limits) as transport:
        pull(transport, [parse_key(kind) for kind in kinds], namespaces, into)
    return into.build()


def pods(number: int, namespace: str = "shop") -> list[dict[str, Any]]:
    """Healthy pods, `p-000` and so on."""
    return [obj("Pod", f"p-{i:03}", namespace, spec={"containers": [{"name": "c"}]}) for i in range(number)]


def names(snapshot: Snapshot, kind: str = "Pod") -> list[str]:
    """Namespace and name of the objects of a kind."""
    return [f"{r.meta.namespace}/{r.meta.name}".strip("/") for r in snapshot.tables.get(parse_key(kind), [])]


def told(snapshot: Snapshot) -> list[str]:
    """The warnings."""
    return [str(w) for w in snapshot.warnings]


def missing(snapshot: Snapshot, kind: str = "Pod", namespace: str | None = None) -> str | None:
    """Why the absence of an object proves nothing."""
    key: KindKey = parse_key(kind)
    return snapshot.coverage.missing(key, namespace)
