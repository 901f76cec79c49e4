"""The view `addresses`: where the environment and the arguments of containers tell them to connect.

Variables come from `env` and from the ConfigMaps and Secrets behind it. Of a Secret only ports and the names of
Services are known (`Snapshot.addresses`). A host that may be the name of a Service is told as one, whether it exists
or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from diagnose.addresses import Address, remembered, resembles, stem
from diagnose.decode import EVERY, Record
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.redact import is_credential_name, is_unknown
from diagnose.values import UNKNOWN, as_map, as_maps, selects
from diagnose.view import ROLES, UNTOLD, Element, Elements, Steps, View, is_open

_SERVICE = KindKey("", "Service")
_NAMESPACE = KindKey("", "Namespace")
_SOURCES = {"ConfigMap": KindKey("", "ConfigMap"), "Secret": KindKey("", "Secret")}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_IN_CLUSTER = re.compile(rf"({_LABEL})\.({_LABEL})\.svc(?:\.[a-z0-9.-]+)?")
_IN_NAMESPACE = re.compile(rf"({_LABEL})\.({_LABEL})")
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)
_ADDRESS_NAME = re.compile(
    r"(?i)host|port|addr|ur[il]|server|service|svc|endpoint|broker|bootstrap|dsn|connect|node|peer|upstream|backend"
    r"|target|proxy|redis|mysql|maria|postgres|pg|mongo|kafka|zookeeper|rabbit|amqp|elastic|memcache|nats|jdbc"
)
"""Variables that are worth a look into the ConfigMap or Secret that they come from."""
_REFERENCE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable and the addresses in its value; `origin` is the kind and name of what it is set in, if not the pod."""

    name: str
    found: tuple[Address, ...]
    origin: tuple[str, str] | None = None


def _addresses(world: World, record: Record, holder: dict[str, Any]) -> Elements:
    """Of a pod, or of a pod template as the view `podspec` gives it."""
    found, missing = _connections(world, record.meta.namespace, holder)
    return [{**element, **_named(world, record.meta.namespace, element)} for element in found], missing


def _connections(world: World, namespace: str, holder: dict[str, Any]) -> Elements:
    """Each address of each container, without the Service that it may name."""
    spec: Mapping[str, Any] = as_map(holder.get("spec"))
    found: list[Element] = []
    missing: str | None = None
    for containers, _, _ in ROLES:
        listed = spec.get(containers)
        if listed is None:
            continue
        if is_open(listed):
            missing = UNTOLD
        for container in as_maps(listed):
            variables, gap = _variables(world, namespace, container)
            missing = missing or gap
            if variables:
                found += ({"container": container.get("name"), **element} for element in _paired(variables))
    if found and spec.get("hostAliases"):
        aliases = {str(name) for alias in as_maps(spec.get("hostAliases")) for name in _list(alias.get("hostnames"))}
        found = [element for element in found if element["host"] not in aliases]
    return found, missing


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _variables(world: World, namespace: str, container: Mapping[str, Any]) -> tuple[list[_Variable], str | None]:
    """The variables with addresses, and why some may be missing. A later one takes the place of an earlier one."""
    found: dict[str, _Variable] = {}
    missing: str | None = None
    plain: dict[str, str] = {}
    for source in as_maps(container.get("envFrom")):
        for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            name = as_map(source.get(reference)).get("name")
            if isinstance(name, str):
                values, gap = _all_of(world, namespace, kind, name)
                missing = missing or gap
                prefix = str(source.get("prefix") or "")
                found.update((v.name, v) for v in (_Variable(prefix + k, a, (kind, name)) for k, a in values.items()))
    for entry in as_maps(container.get("env")):
        name, value = entry.get("name"), entry.get("value")
        if not isinstance(name, str):
            continue
        if isinstance(value, str):
            if "$(" in value:
                value = _REFERENCE.sub(lambda m: plain.get(m[1], m[0]), value)
            plain[name] = value
            found[name] = _Variable(name, _told(name, value))
        elif _may_be_address(name):
            variable, gap = _referred(world, namespace, name, as_map(entry.get("valueFrom")))
            missing = missing or gap
            found[name] = variable
    listed = [v for v in found.values() if v.found]
    if container.get("args") or container.get("command"):
        listed += (v for v in _arguments(container, plain) if v.found)
    return listed, missing


@lru_cache(maxsize=4096)
def _may_be_address(name: str) -> bool:
    return bool(_ADDRESS_NAME.search(name))


def _told(name: str, value: str) -> tuple[Address, ...]:
    found = remembered(name, value)
    return () if found and "://" not in value and is_credential_name(name) else found


def _referred(world: World, namespace: str, name: str, source: Mapping[str, Any]) -> tuple[_Variable, str | None]:
    for kind, reference in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        entry = as_map(source.get(reference))
        holder, key = entry.get("name"), entry.get("key")
        if isinstance(holder, str) and isinstance(key, str):
            found, missing = _one_of(world, namespace, kind, holder, name, key)
            return _Variable(name, found, (kind, holder)), missing
    return _Variable(name, ()), None


def _one_of(
    world: World, namespace: str, kind: str, holder: str, name: str, key: str
) -> tuple[tuple[Address, ...], str | None]:
    """The addresses under one key of a ConfigMap or Secret, and why there may be some."""
    record = world.find(_SOURCES[kind], namespace, holder)
    if record is None:
        return (), world.coverage.missing(_SOURCES[kind], namespace)
    if kind == "Secret":
        known, missing = _of_secret(world, record)
        return known.get(key, ()), missing
    data = world.joined(record).get("data")
    value = as_map(data).get(key)
    return (_told(name, value) if isinstance(value, str) else ()), UNTOLD if is_unknown(data) else None


_Known = tuple[dict[str, tuple[Address, ...]], str | None]


def _all_of(world: World, namespace: str, kind: str, name: str) -> _Known:
    """The addresses in a ConfigMap or Secret by key, and why some may be missing."""
    key = _SOURCES[kind]
    record = world.find(key, namespace, name)
    if record is None:
        return {}, world.coverage.missing(key, namespace)
    known: _Known | None = world.memo.get(("addresses", id(record)))
    if known is None:
        known = world.memo["addresses", id(record)] = _READ[kind](world, record)
    return known


def _of_configmap(world: World, record: Record) -> _Known:
    values = world.joined(record).get("data")
    found = {k: _told(k, v) for k, v in as_map(values).items() if isinstance(v, str) and "\n" not in v}
    return {k: a for k, a in found.items() if a}, UNTOLD if is_unknown(values) else None


def _of_secret(world: World, record: Record) -> _Known:
    told = world.snapshot.addresses
    known = told.get((record.meta.namespace, record.meta.name), told.get(("", record.meta.name)))
    return {k: tuple(a) for k, a in (known or {}).items() if a}, UNTOLD if known is None else None


_READ: dict[str, Callable[[World, Record], _Known]] = {"ConfigMap": _of_configmap, "Secret": _of_secret}


def _arguments(container: Mapping[str, Any], plain: dict[str, str]) -> Iterator[_Variable]:
    """What is given as `--name=value` or `--name value`."""
    words = [w for part in ("command", "args") for w in _list(container.get(part)) if isinstance(w, str)]
    if not any(":" in word for word in words):
        return
    for word, following in zip(words, [*words[1:], "-"], strict=False):
        match = _FLAG.fullmatch(word)
        if match:
            value = match[2] if match[2] is not None else "" if following.startswith("-") else following
            value = _REFERENCE.sub(lambda m: plain.get(m[1], m[0]), value)
            yield _Variable(match[0].partition("=")[0], _told(match[1], value))


def _paired(variables: Iterable[_Variable]) -> Iterator[Element]:
    """Each address, where one variable has only the host together with the one that has only the port."""
    listed = list(variables)
    ports = {stem(v.name): v for v in listed if not v.found[0].host}
    for variable in listed:
        for address in variable.found:
            port = ports.get(stem(variable.name)) if address.port is None else None
            if not address.host:
                continue
            number = port.found[0].port if port else address.port
            yield {
                "variable": variable.name,
                "host": address.host,
                "port": number,
                "scheme": address.scheme,
                "port_told": _port_told(port or variable, number),
            }


def _port_told(variable: _Variable, port: int | None) -> str | None:
    """A port as a report may name it: what stands in a Secret stays there."""
    if port is None:
        return None
    kind, name = variable.origin or ("", "")
    if kind == "Secret":
        return f"the port in {variable.name} of Secret {name}"
    return f"port {port} ({variable.name}{f' of {kind} {name}' if kind else ''})"


def _named(world: World, own: str, element: Element) -> Element:
    """The Service that a host names, its namespace, and where there is none the one that may have been meant."""
    service, namespace = _service(world, own, element["host"])
    if not service or world.find(_SERVICE, namespace, service) is not None:
        return {"service": service or None, "namespace": namespace or None, "near": None}
    return {"service": service, "namespace": namespace, "near": _near(world, service, namespace)}


def _near(world: World, service: str, namespace: str) -> str | None:
    near = [r.meta.name for r in world.rows(_SERVICE, namespace) if resembles(r.meta.name, service)]
    return near[0] if len(near) == 1 else None


def _wrong_addresses(world: World, record: Record, holder: dict[str, Any]) -> Elements:
    """What of `addresses` no Service has."""
    own = record.meta.namespace
    listed, missing = _connections(world, own, holder)
    found: list[Element] = []
    for element in listed:
        port = element["port"]
        service, namespace = _service(world, own, element["host"]) if port is not None else ("", "")
        if not service:
            continue
        there = world.find(_SERVICE, namespace, service)
        if there is not None:
            near = None
            offered = _offered(world, there)
            wrong = port not in (offered or (port,)) and not _selects(world, there, holder)
            missing = missing or (UNTOLD if offered is None else None)
        else:
            missing = missing or world.coverage.missing(_SERVICE, namespace)
            near = _near(world, service, namespace) if world.coverage.missing(_SERVICE, namespace) is None else None
            meant = world.find(_SERVICE, namespace, near) if near else None
            offered = frozenset()
            wrong = meant is not None and port in (_offered(world, meant) or ())
        if wrong:
            told = {"service": service, "namespace": namespace, "near": near, "offered": sorted(offered or ())}
            found.append({**element, **told})
    return found, missing


def _offered(world: World, service: Record) -> frozenset[int] | None:
    """The ports of a Service with an address of its own; none of others, which can be reached on any; None when they
    are not told."""
    memo = ("offered", id(service))
    if memo not in world.memo:
        spec = as_map(world.joined(service).get("spec"))
        ports = spec.get("ports")
        if is_open(ports) or UNKNOWN in (spec.get("clusterIP"), spec.get("type")):
            world.memo[memo] = None
        elif spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName":
            world.memo[memo] = frozenset()
        else:
            world.memo[memo] = frozenset(p["port"] for p in as_maps(ports) if isinstance(p.get("port"), int))
    known: frozenset[int] | None = world.memo[memo]
    return known


def _selects(world: World, service: Record, holder: dict[str, Any]) -> bool:
    labels: Any = as_map(as_map(holder.get("metadata")).get("labels"))
    selector = as_map(world.joined(service).get("spec")).get("selector")
    return bool(selector) and selects(selector, labels)


def _service(world: World, own: str, host: str) -> tuple[str, str]:
    """The name and namespace of the Service that a host may be; ("", "") when it is none."""
    if match := _IN_CLUSTER.fullmatch(host):
        return match[1], match[2]
    if match := _IN_NAMESPACE.fullmatch(host):
        there = world.rows(_SERVICE, match[2]) or world.find(_NAMESPACE, "", match[2])
        return (match[1], match[2]) if there else ("", "")
    return (host, own) if _NAME.fullmatch(host) else ("", "")


_LISTS = tuple(part for part, _, _ in ROLES)
_PARTS = ("name", "env", "envFrom", "command", "args")


def _reads(steps: Steps) -> list[Steps]:
    return [*(("spec", part, EVERY, name) for part in _LISTS for name in _PARTS), ("spec", "hostAliases")]


_FIELDS = {
    "container": "the container's name",
    "variable": "the variable that holds the host, or the flag (`--name`) among the arguments",
    "host": "the host, in small letters",
    "port": "the port, also where the scheme of a URL means it; null when none is told",
    "scheme": "the scheme of the URL, without jdbc:",
    "port_told": "the port and where it is set, in words; what stands in a Secret is not shown",
    "service": "the name of the Service that the host names, whether it exists or not; null when it names none",
    "namespace": "the namespace of that Service",
    "offered": "whether that Service lists the port; null where there is no such Service or no port is told",
    "near": "where there is no such Service, the one whose name is almost the same",
}
VIEWS = (
    View(
        "addresses",
        ("Pod", "PodSpec"),
        "Each address that environment and arguments tell a container to connect to.",
        _FIELDS,
        _addresses,
        _reads,
    ),
    View(
        "wrong-addresses",
        ("Pod", "PodSpec"),
        "Of the addresses, those of a Service that does not offer the port, or of one that does not exist while one of"
        " almost the same name offers it. Its own Service, headless and external ones are left out.",
        {**_FIELDS, "offered": "the ports that the Service offers"},
        _wrong_addresses,
        lambda steps: [*_reads(steps), ("metadata", "labels")],
    ),
)
_SHARED: dict[KindKey, tuple[Steps, ...]] = {
    _SOURCES["ConfigMap"]: (("data",),),
    _SOURCES["Secret"]: (),
    _NAMESPACE: (),
}
_OF_SERVICES: tuple[Steps, ...] = tuple(("spec", name) for name in ("ports", "clusterIP", "type", "selector"))
OTHER_READS: dict[str, dict[KindKey, tuple[Steps, ...]]] = {
    "addresses": {**_SHARED, _SERVICE: ()},
    "wrong-addresses": {**_SHARED, _SERVICE: _OF_SERVICES},
}
