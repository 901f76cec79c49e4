"""Ingresses, their classes, network policies."""

from __future__ import annotations

import re
from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole

_BACKEND = late(r"([a-z0-9][a-z0-9.-]*):([\w-]*)(?:\s+\(.*\))?\Z", re.DOTALL)
_RESOURCE = late(r"APIGroup: (\S+), Kind: (\S+), Name: (\S+)")
_PATH = late(r"(?:(\S*)\s{2,})?(\S.*)\Z", re.DOTALL)
_OLD_DEFAULT = "default-http-backend:80"


def _backend(text: str) -> Any:
    match = _BACKEND.match(text)
    if match:
        port = {"number": int(match[2])} if match[2].isdecimal() else {"name": match[2] or None}
        return Whole(service={"name": match[1], "port": port})
    match = _RESOURCE.match(text)
    return Whole(resource={"kind": match[2], "name": match[3]}) if match else {}


def _default_backend(line: Line) -> Any:
    """Old versions print the name of what they take for it when none is set."""
    if line.value.startswith(_OLD_DEFAULT):
        return UNTOLD
    return None if line.value in ("<default>", "") else _backend(line.value)


def _tls(line: Line) -> Any:
    found = []
    for below in line.below:
        secret, _, hosts = below.text.partition(" terminates ")
        if below.text.startswith("SNI routes"):
            secret, hosts = "", below.text.removeprefix("SNI routes")
        listed = [h.strip() for h in hosts.split(",") if h.strip()]
        found.append(Whole(secretName=secret or None, hosts=listed or None))
    return values.opened(found, line)


def _http_path(line: Line) -> Any:
    match = _PATH.match(line.text)
    return {"path": match[1] or None, "backend": _backend(match[2].strip())} if match else {}


def _rule(line: Line) -> Any:
    host = line.text.split()[0]
    if host == "Host" or not host.strip("-") or "  " in line.text:  # the header; `*  *  <default>` is no rule
        return UNTOLD
    return {"host": None if host == "*" else host, "http": {"paths": values.each(line, _http_path)}}


def _rules(line: Line) -> Any:
    return values.each(line, _rule)


def _address(line: Line) -> Any:
    found = [
        {"ip" if word.replace(".", "").isdecimal() or ":" in word else "hostname": word}
        for word in values.items(line) or ()
    ]
    return found or None


_INGRESS = Table(
    passed_over("Name"),
    Says("Labels", "metadata.labels", values.labels),
    passed_over("Namespace"),
    Says("Address", "status.loadBalancer.ingress", _address),
    Says("Ingress Class", "spec.ingressClassName", values.text),
    Says("Default backend", "spec.defaultBackend", _default_backend),
    Says("TLS", "spec.tls", _tls, None),
    Says("Rules", "spec.rules", _rules),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    passed_over("Events"),
)
_SELECTORS = {"PodSelector": "podSelector", "NamespaceSelector": "namespaceSelector"}
_TO_PORT = late(r"([\w-]+?)(?:-(\d+))?/(\w+)\Z")


def _policy_port(line: Line) -> Any:
    match = _TO_PORT.match(line.value)
    if match is None:
        return {}
    end = int(match[2]) if match[2] and line.key.endswith("Range") else None
    name = match[1] if end or not match[2] else f"{match[1]}-{match[2]}"
    return Whole(protocol=match[3], port=None if name == "nil" else values.port(name), endPort=end)


def _peer(line: Line) -> Any:
    told: Fields = {}
    for below in line.below:
        if below.key in _SELECTORS:
            told[_SELECTORS[below.key]] = values.selector(below)
        elif below.key == "IPBlock":
            found = {b.key: b.value for b in below.below}
            excepted = [e.strip() for e in found.get("Except", "").split(",") if e.strip()]
            told["ipBlock"] = Whole({"cidr": found.get("CIDR"), "except": excepted or None})
    return Whole(told) if not line.cut else told


def _traffic(line: Line, peers: str) -> Any:
    """Rules are divided by dashes; `<any>` is no restriction, `<none>` no rule."""
    rules: list[Any] = []
    fresh = True
    for below in line.below:
        if below.text.startswith("<none>"):
            return []
        if not below.text.strip("-"):
            fresh = True
            continue
        if fresh:
            rules.append(Whole({}))
            fresh = False
        if below.value.startswith("<any>"):
            continue
        if below.key in ("To Port", "To Port Range"):
            rules[-1].setdefault("ports", []).append(_policy_port(below))
        elif below.key in ("From", "To"):
            rules[-1].setdefault(peers, []).append(_peer(below))
    return values.opened(rules, line)


def _policy(line: Line) -> Any:
    told: Fields = {}
    for below in line.below:
        if below.key == "PodSelector":
            chosen = Whole({}) if below.value.startswith("<none>") else values.selector(below)
            told |= {} if chosen is UNTOLD else {"podSelector": chosen}
        elif below.key == "Allowing ingress traffic":
            told["ingress"] = _traffic(below, "from")
        elif below.key == "Allowing egress traffic":
            told["egress"] = _traffic(below, "to")
        elif below.text.startswith("Not affecting"):
            told[below.text.split()[2]] = None
        elif below.key == "Policy Types":
            told["policyTypes"] = values.items(below) or []
    return told


def _parameters(line: Line) -> Any:
    return {b.key[:1].lower() + b.key[1:]: b.value for b in line.below if b.key}


KINDS = (
    Kind(parse_key("Ingress"), _INGRESS, marked("Default backend", "Address|Rules")),
    Kind(
        parse_key("IngressClass"),
        Table(
            passed_over("Name"),
            Says("Labels", "metadata.labels", values.labels),
            Says("Annotations", "metadata.annotations", values.annotation_map),
            Says("Controller", "spec.controller", values.text),
            Says("Parameters", "spec.parameters", _parameters, None),
            passed_over("Events"),
        ),
        marked("Controller"),
    ),
    Kind(
        parse_key("NetworkPolicy"),
        Table(
            passed_over("Name|Namespace"),
            Says("Created on", "metadata.creationTimestamp", values.time),
            Says("Labels", "metadata.labels", values.labels),
            Says("Annotations", "metadata.annotations", values.annotation_map),
            Says("Spec", "spec", _policy),
        ),
        marked("Created on"),
        ends=False,
    ),
)
