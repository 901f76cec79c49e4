"""Views: what belongs together in one value, so that rules need no join inside one object.

A view makes elements (plain dicts) of one object. `reads` maps a path on an element to the paths
on the object that it comes from: the decoder and the dispatch by value need them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diagnose import views_addresses, views_node, views_references, views_routes
from diagnose.decode import EVERY, Record
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.logs import ContainerLog
from diagnose.told import Partial
from diagnose.values import UNKNOWN, as_map, as_maps
from diagnose.view import ROLES, UNTOLD, Elements, Steps, View, fixed, is_open, untold

CONTAINER_LISTS = tuple(spec for spec, _, _ in ROLES)
_STATUS_LISTS: tuple[Steps, ...] = tuple(("status", status, EVERY) for _, status, _ in ROLES)
_SPEC_LISTS: tuple[Steps, ...] = tuple(("spec", spec, EVERY) for spec, _, _ in ROLES)


def _containers(world: World, record: Record, pod: dict[str, Any]) -> Elements:
    return list(_containers_of(world, record, pod)), UNTOLD if untold(pod, "spec", "containers") else None


def _containers_of(world: World, record: Record, pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec, status = as_map(pod.get("spec")), as_map(pod.get("status"))
    logs = world.snapshot.logs
    for spec_list, status_list, role in ROLES:
        statuses = {str(s.get("name")): s for s in as_maps(status.get(status_list))}
        no_status: Any = UNKNOWN if untold(pod, "status", status_list) else {}
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


_SLICE = KindKey("discovery.k8s.io", "EndpointSlice")
_ENDPOINTS = KindKey("", "Endpoints")


def _endpoints(world: World, record: Record, service: dict[str, Any]) -> Elements:
    namespace, name = record.meta.namespace, record.meta.name
    if not world.coverage.missing(_SLICE, namespace):
        slices = [world.joined(s) for s in world.select(_SLICE, namespace, {"kubernetes.io/service-name": name})]
        more = any(is_open(s.get("endpoints")) for s in slices)
        return [e for s in slices for e in _of_slice(s)], UNTOLD if more else None
    old = world.find(_ENDPOINTS, namespace, name)
    if old is not None:
        data = world.joined(old)
        return list(_of_endpoints(data)), UNTOLD if is_open(data.get("subsets")) else None
    return [], world.coverage.missing(_ENDPOINTS, namespace)


def _of_slice(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def _of_endpoints(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def _templates(world: World, record: Record, data: dict[str, Any]) -> Elements:
    last = world.memo.get(_LAST_TEMPLATE)
    if last is None or last[0] is not data:
        last = world.memo[_LAST_TEMPLATE] = data, _template(record, data)
    found: Elements = last[1]
    return found


_LAST_TEMPLATE, _LAST_CONTAINERS = "last template", "containers of the last template"
"""What is kept for the next rule about the same object: all of them are run before the next object."""


def _template(record: Record, data: dict[str, Any]) -> Elements:
    at, template = template_of(record.key.kind, data)
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
TEMPLATED = (*WORKLOADS, "DeploymentConfig.apps.openshift.io")
"""The kinds that have a pod template: what `PodSpec` stands for."""


def template_of(kind: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where the pod spec of an object stands, and the template (a pod is its own)."""
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
    last = world.memo.get(_LAST_CONTAINERS)
    if last is None or last[0] is not template:
        last = world.memo[_LAST_CONTAINERS] = template, _of_template(template)
    found: Elements = last[1]
    return found


_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def _of_template(template: dict[str, Any]) -> Elements:
    annotations = as_map(as_map(template.get("metadata")).get("annotations"))
    spec = as_map(template.get("spec"))
    found: list[dict[str, Any]] = []
    for spec_list, _, role in ROLES:
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
                    "apparmor": annotations.get(f"{_APPARMOR}{container.get('name')}"),
                }
            )
    return found, UNTOLD if untold(spec, "containers") else None


def _template_container_reads(steps: Steps) -> list[Steps]:
    return [("spec",), ("metadata", "annotations")] if steps[:1] == ("apparmor",) else [("spec",)]


def _security(pod_spec: Any, container: Any) -> dict[str, Any]:
    """The security context in force: the container's fields over the pod's."""
    own, of_pod = as_map(container).get("securityContext"), as_map(pod_spec).get("securityContext")
    told = {**as_map(of_pod), **as_map(own)}
    hidden = own is UNKNOWN or of_pod is UNKNOWN or isinstance(own, Partial) or isinstance(of_pod, Partial)
    return Partial(told) if hidden else told


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
            fixed(),
        ),
        View(
            "podspec",
            TEMPLATED,
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
                "apparmor": "the AppArmor profile by annotation",
            },
            _template_containers,
            _template_container_reads,
        ),
        *views_node.VIEWS,
        *views_addresses.VIEWS,
        *views_references.VIEWS,
        *views_routes.VIEWS,
    )
}

OTHER_READS: dict[str, dict[KindKey, tuple[Steps, ...]]] = {
    "endpoints": {
        _SLICE: (("endpoints",), ("ports",)),
        _ENDPOINTS: (("subsets",),),
    },
    **views_node.OTHER_READS,
    **views_addresses.OTHER_READS,
    **views_references.OTHER_READS,
    **views_routes.OTHER_READS,
}
