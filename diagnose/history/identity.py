"""Which cluster a run is of, so that several can share a database.

The name that the user gives comes first, then the uid of the Namespace kube-system, which lives as long as the cluster,
then the URL of the API server. A cluster once known by several of these is found again by any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from diagnose.errors import UsageError
from diagnose.kinds import KindKey
from diagnose.snapshot import Snapshot

_NAMESPACE = KindKey("", "Namespace")
_SERVICE_PORT = 443
_NAME_IT = "name the cluster with --cluster-name"


@dataclass(frozen=True)
class Identity:
    """What is known of which cluster it is; empty where it is not told."""

    name: str = ""
    uid: str = ""
    server: str = ""

    def __str__(self) -> str:
        return self.name or self.server or self.uid


@dataclass(frozen=True)
class Cluster:
    """A cluster of the database."""

    id: int
    identity: Identity


def identity_of(snapshot: Snapshot, name: str = "") -> Identity:
    """What a snapshot tells of its cluster; `name` is what the user calls it."""
    system = (r.meta.uid for r in snapshot.tables.get(_NAMESPACE, ()) if r.meta.name == "kube-system")
    return Identity(name, next(system, ""), _server(snapshot.server or ""))


def choose(wanted: Identity, known: Sequence[Cluster]) -> Cluster | None:
    """The cluster that is meant, None for a new one. Raises UsageError when that cannot be told."""
    if wanted.name:
        named = [c for c in known if c.identity.name == wanted.name]
        if named:
            return named[0]
        known = [c for c in known if not c.identity.name]
    if wanted.uid:
        same = [c for c in known if c.identity.uid == wanted.uid]
        return _one(same) or _one([c for c in known if not c.identity.uid and _same_server(c, wanted)])
    if wanted.server and not _in_every_cluster(wanted.server):
        return _one([c for c in known if _same_server(c, wanted)])
    if wanted.name:
        return None
    if wanted.server:
        raise UsageError(
            f"the history cannot tell which cluster this is: {wanted.server} is an address that others have too, and "
            f"the Namespace kube-system was not collected; {_NAME_IT}"
        )
    raise UsageError(
        f"the history cannot tell which cluster this is: neither the Namespace kube-system nor the URL of the API "
        f"server is there; {_NAME_IT}"
    )


def merged(old: Identity, new: Identity) -> Identity:
    """What is known of a cluster after a run; the newer run is right."""
    return Identity(new.name or old.name, new.uid or old.uid, new.server or old.server)


def _one(clusters: Sequence[Cluster]) -> Cluster | None:
    if len(clusters) > 1:
        names = ", ".join(sorted(str(c.identity) for c in clusters))
        raise UsageError(f"the history has several clusters that this may be ({names}); {_NAME_IT}")
    return clusters[0] if clusters else None


def _same_server(cluster: Cluster, wanted: Identity) -> bool:
    return bool(wanted.server) and not _in_every_cluster(wanted.server) and cluster.identity.server == wanted.server


def _server(url: str) -> str:
    """The URL of a server without a user name, a password or a slash at its end."""
    scheme, found, rest = url.strip().partition("://")
    host = rest.rpartition("@")[2] if found else ""
    return f"{scheme.lower()}://{host.rstrip('/').lower()}" if host else ""


def _in_every_cluster(server: str) -> bool:
    """Whether a URL is how pods reach the API server of their own cluster: any cluster has one like it."""
    try:
        parts = urlsplit(server)
        host, port = parts.hostname or "", parts.port or _SERVICE_PORT
        return host.startswith("kubernetes.default") or (port == _SERVICE_PORT and ip_address(host).is_private)
    except ValueError:
        return False
