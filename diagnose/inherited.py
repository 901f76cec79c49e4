"""What a pod has from the template that it was made of, where no text about the pod says it.

`kubectl describe pod` prints no affinity, DNS policy, security context, port names and more; the manifest of its
Deployment, or its JSON, has them. A pod keeps the template of its creation: only the newest ReplicaSet of a
Deployment has the Deployment's template, and pods of a StatefulSet or DaemonSet have it where all are of one revision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diagnose.kinds import KindKey, key_of, parse_key
from diagnose.told import Whole, merge

Name = tuple[str, str]
Fields = dict[str, Any]
POD = parse_key("Pod")
_REPLICA_SET = parse_key("ReplicaSet")
_DEPLOYMENT = parse_key("Deployment")
_FIXED = frozenset({parse_key("Job"), parse_key("ReplicationController"), _REPLICA_SET})
_REVISED = frozenset({parse_key("StatefulSet"), parse_key("DaemonSet")})
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "controller-revision-hash"
_DECIDED = (
    "affinity",
    "dnsConfig",
    "dnsPolicy",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "restartPolicy",
    "schedulerName",
    "securityContext",
    "subdomain",
    "terminationGracePeriodSeconds",
    "topologySpreadConstraints",
)
"""Fields of a pod's spec that are absent when a template that is known whole does not have them, or have the default
then. Not among them is what admission adds: pull secrets, tolerations, priorities."""


class Templates:
    """The objects that are told of, in which the templates of pods are looked up."""

    def __init__(self, told: Mapping[tuple[KindKey, Name], Fields]) -> None:
        self._told = told
        self._below: dict[tuple[KindKey, Name], list[tuple[KindKey, Name]]] = {}
        for at, fields in told.items():
            owner = _controller(at[1][0], fields) if at[0] in (POD, _REPLICA_SET) else None
            if owner is not None:
                self._below.setdefault(owner, []).append(at)
        self._ready: dict[tuple[KindKey, Name], list[Fields]] = {}

    def complete(self, namespace: str, pod: Fields) -> Fields:
        """The fields of a pod, with those that its templates say and no text about it."""
        owner = _controller(namespace, pod)
        if owner is None:
            return pod
        if owner not in self._ready:
            self._ready[owner] = [_given(spec) for spec in self._specs(owner)]
        spec = pod.get("spec", {})
        if not isinstance(spec, dict):
            return pod
        for given in self._ready[owner]:
            untold = [name for name in ("containers", "initContainers") if name not in spec]
            spec = merge(spec, {key: value for key, value in given.items() if key not in untold})
        return {**pod, "spec": spec} if spec else pod

    def _specs(self, owner: tuple[KindKey, Name]) -> Iterator[Any]:
        """The specs of the templates that the pods of a controller were made of, the nearest first."""
        key, (namespace, _) = owner
        told = self._told.get(owner)
        if told is None:
            return
        if key in _FIXED or (key in _REVISED and self._of_one_revision(owner)):
            yield _template(told)
        above = _controller(namespace, told)
        if key == _REPLICA_SET and above is not None and above[0] == _DEPLOYMENT and self._newest(owner, above):
            yield _template(self._told.get(above, {}))

    def _newest(self, replica_set: tuple[KindKey, Name], deployment: tuple[KindKey, Name]) -> bool:
        revisions = {at: _revision(self._told[at]) for at in self._below.get(deployment, ()) if at[0] == _REPLICA_SET}
        if len(revisions) == 1:
            return True
        known = [r for r in revisions.values() if r is not None]
        return len(known) == len(revisions) and revisions[replica_set] == max(known)

    def _of_one_revision(self, owner: tuple[KindKey, Name]) -> bool:
        found = {
            str(_map(_map(self._told[at].get("metadata")).get("labels")).get(_HASH))
            for at in self._below.get(owner, ())
            if at[0] == POD
        }
        return len(found) == 1


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _controller(namespace: str, fields: Fields) -> tuple[KindKey, Name] | None:
    references = _map(fields.get("metadata")).get("ownerReferences")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("name"):
            key = key_of(str(reference.get("apiVersion") or ""), str(reference.get("kind") or ""))
            return key, (namespace, str(reference["name"]))
    return None


def _revision(fields: Fields) -> int | None:
    text = _map(_map(fields.get("metadata")).get("annotations")).get(_REVISION)
    return int(text) if isinstance(text, str) and text.isdecimal() else None


def _template(fields: Fields) -> Any:
    return _map(_map(fields.get("spec")).get("template")).get("spec")


def _given(spec: Any) -> Fields:
    """What a template says of its pods: open for what admission may add."""
    if not isinstance(spec, dict):
        return {}
    absent = {key: None for key in _DECIDED if key not in spec} if isinstance(spec, Whole) else {}
    return {**spec, **absent}
