"""Views: what belongs together in one value, so that rules need no join inside one object.

A view makes elements (plain dicts) of one object. `reads` maps a path on an element to the paths
on the object that it comes from: the decoder and the dispatch by value need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from diagnose.decode import EVERY, Record, Step
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.logs import ContainerLog
from diagnose.told import Partial
from diagnose.values import UNKNOWN, as_map, as_maps, effective_requests, quantity

Element = dict[str, Any]
Steps = tuple[Step, ...]
Elements = tuple[list[Element], str | None]


@dataclass(frozen=True)
class View:
    """One view. `fields` documents its elements; `make` gives them and why some may be missing."""

    name: str
    of: tuple[str, ...]
    doc: str
    fields: dict[str, str]
    make: Callable[[World, Record, dict[str, Any]], Elements]
    reads: Callable[[Steps], list[Steps]]


_ROLES = (
    ("initContainers", "initContainerStatuses", "init"),
    ("containers", "containerStatuses", "app"),
    ("ephemeralContainers", "ephemeralContainerStatuses", "ephemeral"),
)
_STATUS_LISTS: tuple[Steps, ...] = tuple(("status", status, EVERY) for _, status, _ in _ROLES)
_SPEC_LISTS: tuple[Steps, ...] = tuple(("spec", spec, EVERY) for spec, _, _ in _ROLES)


UNTOLD = "a value that it reads was redacted, or is not in the dump"


def _untold(value: Any, *keys: str) -> bool:
    """Whether what lies at a path of keys is not told, rather than absent."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value
    return value is UNKNOWN


def _is_open(value: Any) -> bool:
    """Whether a list may have more elements than are told."""
    return value is UNKNOWN or (isinstance(value, list) and UNKNOWN in value)


def _containers(world: World, record: Record, pod: dict[str, Any]) -> Elements:
    return list(_containers_of(world, record, pod)), UNTOLD if _untold(pod, "spec", "containers") else None


def _containers_of(world: World, record: Record, pod: dict[str, Any]) -> Iterator[Element]:
    spec, status = as_map(pod.get("spec")), as_map(pod.get("status"))
    logs = world.snapshot.logs
    for spec_list, status_list, role in _ROLES:
        statuses = {str(s.get("name")): s for s in as_maps(status.get(status_list))}
        no_status: Any = UNKNOWN if _untold(pod, "status", status_list) else {}
        for container in as_maps(spec.get(spec_list)):
            name = str(container.get("name", ""))
            sidecar = role == "init" and container.get("restartPolicy") == "Always"
            where = ContainerLog(record.meta.namespace, record.meta.name, name)
            current, previous = logs.get(where), logs.get(where._replace(previous=True))
            yield {
                "name": name,
                "image": container.get("image"),
                "role": "sidecar" if sidecar else role,
                "spec": container,
                "status": statuses.get(name) or no_status,
                "log": current or None,
                "previous_log": previous or None,
                "logs": [log for log in (previous, current) if log],
            }


def _container_reads(steps: Steps) -> list[Steps]:
    base = [(*where, "name") for where in (*_SPEC_LISTS, *_STATUS_LISTS)]
    base += [(*where, "restartPolicy") for where in _SPEC_LISTS]
    if steps and steps[0] == "status":
        return [*base, *((*where, *steps[1:]) for where in _STATUS_LISTS)]
    if steps and steps[0] == "spec":
        return [*base, *((*where, *steps[1:]) for where in _SPEC_LISTS)]
    if steps and steps[0] == "image":
        return [*base, *((*where, "image") for where in _SPEC_LISTS)]
    if not steps:
        return [*_STATUS_LISTS, *_SPEC_LISTS]
    return base


_POD = KindKey("", "Pod")
_SLICE = KindKey("discovery.k8s.io", "EndpointSlice")
_ENDPOINTS = KindKey("", "Endpoints")
_NODE_METRICS = KindKey("metrics.k8s.io", "NodeMetrics")


def _endpoints(world: World, record: Record, service: dict[str, Any]) -> Elements:
    namespace, name = record.meta.namespace, record.meta.name
    if not world.coverage.missing(_SLICE, namespace):
        slices = [world.joined(s) for s in world.select(_SLICE, namespace, {"kubernetes.io/service-name": name})]
        more = any(_is_open(s.get("endpoints")) for s in slices)
        return [e for s in slices for e in _of_slice(s)], UNTOLD if more else None
    old = world.find(_ENDPOINTS, namespace, name)
    if old is not None:
        data = world.joined(old)
        return list(_of_endpoints(data)), UNTOLD if _is_open(data.get("subsets")) else None
    return [], world.coverage.missing(_ENDPOINTS, namespace)


def _of_slice(data: dict[str, Any]) -> Iterator[Element]:
    ports = [dict(p) for p in as_maps(data.get("ports"))]
    for endpoint in as_maps(data.get("endpoints")):
        ready = as_map(endpoint.get("conditions")).get("ready") is not False
        addresses = endpoint.get("addresses")
        for address in addresses if isinstance(addresses, list) else ():
            yield {
                "address": address,
                "ready": ready,
                "node": endpoint.get("nodeName"),
                "target": endpoint.get("targetRef"),
                "ports": ports,
            }


def _of_endpoints(data: dict[str, Any]) -> Iterator[Element]:
    for subset in as_maps(data.get("subsets")):
        ports = [dict(p) for p in as_maps(subset.get("ports"))]
        for part, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in as_maps(subset.get(part)):
                yield {
                    "address": address.get("ip"),
                    "ready": ready,
                    "node": address.get("nodeName"),
                    "target": address.get("targetRef"),
                    "ports": ports,
                }


def _load(world: World, record: Record, node: dict[str, Any]) -> Elements:
    allocatable = as_map(as_map(node.get("status")).get("allocatable"))
    index = world.by_value(_POD, NODE_NAME, False)
    requested: dict[str, float] = {}
    pods = 0
    told = True
    for row in index.get(record.meta.name, []):
        pod = world.joined(row)
        if as_map(pod.get("status")).get("phase") in ("Succeeded", "Failed"):
            continue
        pods += 1
        told = told and not _untold(pod, "spec", "containers")
        for resource, amount in effective_requests(as_map(pod.get("spec"))).items():
            requested[resource] = requested.get(resource, 0.0) + amount
    metrics = world.find(_NODE_METRICS, "", record.meta.name)
    whole = world.coverage.missing(_POD) is None
    element = {
        "allocatable": UNKNOWN
        if _untold(node, "status", "allocatable")
        else {k: quantity(v) for k, v in allocatable.items()},
        "requested": requested if whole and told else _summed(node),
        "used": as_map(world.joined(metrics).get("usage")) if metrics else None,
        "pods": pods if whole else as_map(node.get("allocated")).get("pods", UNKNOWN),
    }
    return [element], None


def _summed(node: dict[str, Any]) -> Any:
    """The sum of the pods' requests as `kubectl describe node` tells it, which knows of pods that the dump has not."""
    requests = as_map(node.get("allocated")).get("requests")
    if not isinstance(requests, dict):
        return UNKNOWN
    return {k: amount for k, v in requests.items() if (amount := quantity(v)) is not None}


def _journal(world: World, record: Record, node: dict[str, Any]) -> Elements:
    logs = world.snapshot.node_logs
    return [{"unit": k.unit, "log": log} for k, log in sorted(logs.items()) if k.node == record.meta.name], None


def _templates(world: World, record: Record, data: dict[str, Any]) -> Elements:
    at, template = _template_of(record.key.kind, data)
    spec = template.get("spec")
    if not isinstance(spec, dict):
        return [], UNTOLD if spec is UNKNOWN else None
    return [{"spec": spec, "metadata": as_map(template.get("metadata")), "path": at, "object": data}], None


_TEMPLATE_AT: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_TEMPLATE_IN_SPEC = ("spec", "template")
TEMPLATE_PLACES = ((), _TEMPLATE_IN_SPEC, _TEMPLATE_AT["CronJob"])
WORKLOADS = (
    "Pod",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicationController",
)


def _template_of(kind: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    keys = _TEMPLATE_AT.get(kind, _TEMPLATE_IN_SPEC)
    value: Any = data
    for key in keys:
        value = value if value is UNKNOWN else as_map(value).get(key)
    if value is UNKNOWN:
        value = Partial()
    return ".".join(("$", *keys, "spec")), value if isinstance(value, dict) else {}


def _template_reads(steps: Steps) -> list[Steps]:
    base: list[Steps] = [(*place, "spec", "containers", EVERY, "name") for place in TEMPLATE_PLACES]
    if not steps:
        return [(*place, part) for place in TEMPLATE_PLACES for part in ("spec", "metadata")]
    if steps[0] == "object":
        return [*base, steps[1:]]
    if steps[0] in ("spec", "metadata"):
        return [*base, *((*place, *steps) for place in TEMPLATE_PLACES)]
    return base


def _template_containers(world: World, record: Record, template: dict[str, Any]) -> Elements:
    spec = as_map(template.get("spec"))
    found: list[Element] = []
    for spec_list, _, role in _ROLES:
        for i, container in enumerate(as_maps(spec.get(spec_list))):
            sidecar = role == "init" and container.get("restartPolicy") == "Always"
            found.append(
                {
                    "name": container.get("name"),
                    "image": container.get("image"),
                    "role": "sidecar" if sidecar else role,
                    "spec": container,
                    "path": f"{template.get('path', '$.spec')}.{spec_list}[{i}]",
                    "security": _security(spec, container),
                }
            )
    return found, UNTOLD if _untold(spec, "containers") else None


def _security(pod_spec: Any, container: Any) -> dict[str, Any]:
    """The security context in force: the container's fields over the pod's."""
    own, of_pod = as_map(container).get("securityContext"), as_map(pod_spec).get("securityContext")
    told = {**as_map(of_pod), **as_map(own)}
    hidden = own is UNKNOWN or of_pod is UNKNOWN or isinstance(own, Partial) or isinstance(of_pod, Partial)
    return Partial(told) if hidden else told


def _fixed(*paths: Steps) -> Callable[[Steps], list[Steps]]:
    return lambda steps: list(paths)


def _node_name_path() -> Any:
    from diagnose.paths import parse

    return parse("$.spec.nodeName")


NODE_NAME = _node_name_path()

_CONTAINER_FIELDS = {
    "name": "its name",
    "image": "the image as the spec names it",
    "role": "init, sidecar (an init container that restarts always), app or ephemeral",
    "spec": "its entry in the pod's spec",
    "status": "its entry in the pod's status",
    "log": "its current log, when the snapshot has it",
    "previous_log": "the log of the run before",
    "logs": "both, previous first",
}

TABLE: dict[str, View] = {
    v.name: v
    for v in (
        View(
            "containers",
            ("Pod",),
            "Each container of a pod: spec, status, role and logs in one.",
            _CONTAINER_FIELDS,
            _containers,
            _container_reads,
        ),
        View(
            "endpoints",
            ("Service",),
            "Each address behind a Service, from EndpointSlices or, where only those were collected, Endpoints.",
            {
                "address": "the IP address",
                "ready": "whether it gets traffic",
                "node": "the node's name",
                "target": "the reference to the pod",
                "ports": "name, port and protocol",
            },
            _endpoints,
            _fixed(),
        ),
        View(
            "load",
            ("Node",),
            "What a node can give and what is asked of it, in base units (cores, bytes).",
            {
                "allocatable": "what pods may use, by resource",
                "requested": "the sum of its pods' requests, as the scheduler counts them",
                "used": "usage by metrics.k8s.io, when collected",
                "pods": "the number of pods that count",
            },
            _load,
            _fixed(("status", "allocatable"), ("allocated",)),
        ),
        View(
            "journal",
            ("Node",),
            "Each unit of a node whose journal the snapshot has.",
            {"unit": "the unit, as kubelet", "log": "its journal"},
            _journal,
            _fixed(),
        ),
        View(
            "podspec",
            WORKLOADS,
            "The pod template of a pod or any controller.",
            {
                "spec": "the pod spec",
                "metadata": "the template's metadata",
                "path": "where the pod spec stands in the object",
                "object": "the object itself",
            },
            _templates,
            _template_reads,
        ),
        View(
            "template-containers",
            ("PodSpec",),
            "Each container of a pod template.",
            {
                "name": "its name",
                "image": "the image as written",
                "role": "init, sidecar, app or ephemeral",
                "spec": "its entry in the template",
                "path": "where it stands in the object",
                "security": "the security context in force",
            },
            _template_containers,
            _fixed(("spec",)),
        ),
    )
}

OTHER_READS: dict[str, dict[KindKey, tuple[Steps, ...]]] = {
    "endpoints": {
        _SLICE: (("endpoints",), ("ports",)),
        _ENDPOINTS: (("subsets",),),
    },
    "load": {
        _POD: (
            ("spec", "nodeName"),
            ("status", "phase"),
            ("spec", "containers", EVERY, "resources"),
            ("spec", "initContainers", EVERY, "resources"),
            ("spec", "initContainers", EVERY, "restartPolicy"),
            ("spec", "overhead"),
            ("spec", "resources"),
        ),
        _NODE_METRICS: (("usage",),),
    },
}
