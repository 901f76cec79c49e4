"""What the API server serves: groups, and for each kind the resource and version to list it by.

New servers tell all of it in two answers (aggregated discovery, Kubernetes 1.26 and later); of others each group that
matters is asked for. Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from diagnose.errors import InputError
from diagnose.kinds import KindKey, info
from diagnose.sources.cluster.transport import JSON, RequestError, Transport

_AGGREGATED = ",".join(
    (*(f"{JSON};g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList" for v in ("v2", "v2beta1")), JSON)
)


@dataclass(frozen=True)
class Resource:
    """How objects of a kind are listed: `path` is `/api/v1` or `/apis/GROUP/VERSION`, `name` the plural."""

    kind: str
    group: str
    version: str
    name: str
    namespaced: bool
    listed: bool

    @property
    def path(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def full_name(self) -> str:
        """As RBAC and kubectl call it: `pods`, `deployments.apps`."""
        return f"{self.name}.{self.group}" if self.group else self.name


@dataclass
class Served:
    """Everything that was discovered. `broken` are the groups that are registered but do not answer, and why."""

    groups: frozenset[str] = frozenset()
    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def find(self, key: KindKey) -> Resource | None:
        """The resource of a kind, in its own group or an older home; None when it is not served."""
        return next((r for g in homes(key) if (r := self.resources.get((g, key.kind)))), None)

    def why_not(self, key: KindKey) -> str | None:
        """Why it is not known whether a kind is served; None when that is known."""
        return next((self.broken[g] for g in homes(key) if g in self.broken), None)

    def add(self, resource: Resource) -> None:
        """A resource; of several versions the first that can be listed stays."""
        at = (resource.group, resource.kind)
        there = self.resources.get(at)
        if there is None or (resource.listed and not there.listed):
            self.resources[at] = resource


def homes(key: KindKey) -> tuple[str, ...]:
    """The groups that a kind lives in, today's first."""
    known = info(key)
    return (key.group, *(known.moved if known else ()))


def discover(transport: Transport, wanted: Iterable[KindKey]) -> Served:
    """What is served of the wanted kinds. Raises InputError when the server does not tell at all."""
    found = Served()
    groups: set[str] = set()
    needed = {group for key in wanted for group in homes(key)}
    for path in ("/api", "/apis"):
        try:
            answer, _ = transport.json(path, _Discovery, accept=_AGGREGATED)
        except RequestError as failed:
            raise InputError(_refused(path, failed)) from None
        groups |= _aggregated(answer, found) if answer.items is not None else _older(transport, answer, found, needed)
    found.groups = frozenset(groups - {""})
    return found


def _refused(path: str, failed: RequestError) -> str:
    if failed.status in (401, 403):
        return (
            f"the server does not tell what it serves ({path}): {failed.message or failed.status}; "
            "bind the ClusterRole system:discovery"
        )
    return failed.reason


# --- aggregated discovery


class _Name(msgspec.Struct):
    name: str = ""


class _ResponseKind(msgspec.Struct):
    kind: str = ""


class _AggregatedResource(msgspec.Struct):
    resource: str = ""
    responseKind: _ResponseKind | None = None  # noqa: N815
    scope: str = ""
    verbs: list[str] = []


class _AggregatedVersion(msgspec.Struct):
    version: str = ""
    freshness: str = ""
    resources: list[_AggregatedResource] = []


class _AggregatedGroup(msgspec.Struct):
    metadata: _Name | None = None
    versions: list[_AggregatedVersion] = []


class _GroupVersion(msgspec.Struct):
    version: str = ""


class _Group(msgspec.Struct):
    name: str = ""
    versions: list[_GroupVersion] = []
    preferredVersion: _GroupVersion | None = None  # noqa: N815


class _Discovery(msgspec.Struct):
    """APIGroupDiscoveryList has `items`, APIVersions (of /api) `versions`, APIGroupList (of /apis) `groups`."""

    items: list[_AggregatedGroup] | None = None
    versions: list[str] = []
    groups: list[_Group] = []


def _aggregated(answer: _Discovery, found: Served) -> set[str]:
    names: set[str] = set()
    for group in answer.items or ():
        name = group.metadata.name if group.metadata else ""
        names.add(name)
        for version in group.versions:
            if version.freshness == "Stale":
                found.broken.setdefault(name, f"the server of {name}/{version.version} does not answer")
            for r in version.resources:
                kind = r.responseKind.kind if r.responseKind else ""
                found.add(Resource(kind, name, version.version, r.resource, r.scope == "Namespaced", "list" in r.verbs))
    return names


# --- one answer for each version of a group


class _PlainResource(msgspec.Struct):
    name: str = ""
    namespaced: bool = False
    kind: str = ""
    verbs: list[str] = []


class _ResourceList(msgspec.Struct):
    resources: list[_PlainResource] | None = None


def _older(transport: Transport, answer: _Discovery, found: Served, needed: set[str]) -> set[str]:
    groups = [_Group("", [_GroupVersion(v) for v in answer.versions])] if answer.versions else answer.groups
    for group in groups:
        if group.name not in needed:
            continue
        versions = [v.version for v in group.versions]
        if group.preferredVersion and group.preferredVersion.version in versions:
            versions.sort(key=group.preferredVersion.version.__ne__)
        for version in versions:
            _add_version(transport, group.name, version, found)
    return {group.name for group in groups}


def _add_version(transport: Transport, group: str, version: str, found: Served) -> None:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    try:
        answer, _ = transport.json(path, _ResourceList)
    except RequestError as failed:
        if failed.status != 404:
            found.broken.setdefault(group, failed.reason)
        return
    for r in answer.resources or ():
        if "/" not in r.name:
            found.add(Resource(r.kind, group, version, r.name, r.namespaced, "list" in r.verbs))
