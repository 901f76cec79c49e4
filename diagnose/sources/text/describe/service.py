"""Services, Endpoints, EndpointSlices."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, rows
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN

_ENDPOINTS = parse_key("Endpoints")
_PORT = late(r"(?:(\S+)\s+)?(\d+)/(\w+)\Z")
_MORE = late(r"(.*?)\s*\+ \d+ more\.\.\.\Z")
_INGRESS = late(r"(\S+?)(?: \((VIP|Proxy)\))?\Z")


def _balancer(line: Line) -> Any:
    found: list[Any] = []
    for part in values.items(line) or ():
        match = _INGRESS.match(part)
        if match:
            name = "ip" if _is_address(match[1]) else "hostname"
            found.append({name: match[1]} | ({"ipMode": match[2]} if match[2] else {}))
    return found


def _is_address(word: str) -> bool:
    return ":" in word or word.replace(".", "").isdecimal()


def _cluster_ip(line: Line) -> Any:
    return line.value if line.value not in values.NOTHING else None


def _addresses(line: Line) -> Any:
    return [part.strip() for part in line.value.split(",")] if line.value not in values.NOTHING else None


_PER_PORT = ("Port", "TargetPort", "NodePort", "Endpoints")
_SERVICE = Table(
    passed_over("Name|Namespace"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    Says("Selector", "spec.selector", values.joined),
    Says("Type", "spec.type", values.text),
    Says("IP Family Policy", "spec.ipFamilyPolicy", values.text),
    Says("IP Families", "spec.ipFamilies", values.items),
    passed_over("IPFamily"),
    Says("IP", "spec.clusterIP", _cluster_ip),
    Says("IPs", "spec.clusterIPs", _addresses),
    Says("External IPs", "spec.externalIPs", values.items, None),
    Says("Desired LoadBalancer IP|IP (LoadBalancer)", "spec.loadBalancerIP", values.text, None),
    Says("External Name", "spec.externalName", values.text, None),
    Says("LoadBalancer Ingress", "status.loadBalancer.ingress", _balancer, None),
    *(passed_over(key) for key in _PER_PORT),
    Says("Session Affinity", "spec.sessionAffinity", values.text),
    Says("External Traffic Policy", "spec.externalTrafficPolicy", values.text, None),
    Says("Internal Traffic Policy", "spec.internalTrafficPolicy", values.text),
    Says("HealthCheck NodePort", "spec.healthCheckNodePort", values.number, None),
    Says("LoadBalancer Source Ranges", "spec.loadBalancerSourceRanges", values.items, None),
    Says("Traffic Distribution", "spec.trafficDistribution", values.text),
    passed_over("Events"),
)


def _service(reading: Reading, fields: Fields) -> None:
    ports: list[Any] = []
    behind: list[str | None] = []
    for line in reading.lines:
        match = _PORT.match(line.value) if line.key in _PER_PORT else None
        if line.key == "Port" and match:
            name = None if match[1] in (None, "<unset>") else match[1]
            ports.append({"name": name, "port": int(match[2]), "protocol": match[3]})
            behind.append(None)
        elif line.key == "TargetPort" and ports:
            ports[-1]["targetPort"] = values.port(line.value.rpartition("/")[0])
        elif line.key == "NodePort" and ports and match:
            ports[-1]["nodePort"] = int(match[2])
        elif line.key == "Endpoints" and ports:
            ports[-1].setdefault("nodePort", None)
            behind[-1] = line.value
    complete = reading.whole or reading.find("Session Affinity") is not None
    spec = fields.setdefault("spec", {})
    spec["ports"] = ports if complete else [*ports, UNKNOWN]
    if complete and ports and None not in behind:
        told = _subsets(ports, [b for b in behind if b is not None])
        reading.tell(_ENDPOINTS, reading.namespace, reading.name, {"subsets": told})


def _subsets(ports: list[Any], behind: list[str]) -> list[Any]:
    """The addresses that are ready, by port. No word of those that are not: only `<none>` says that there are none."""
    subsets: dict[tuple[str, ...], Fields] = {}
    for port, text in zip(ports, behind, strict=True):
        if text == "<none>":
            continue
        more = _MORE.match(text)
        pairs = [_split(part) for part in (more[1] if more else text).split(",") if part]
        addresses: list[Any] = [{"ip": address} for address, _ in pairs]
        number = next((int(n) for _, n in pairs if n.isdecimal()), None)
        offered: Fields = {"name": port["name"], "protocol": port["protocol"]} | ({"port": number} if number else {})
        same = (*(address for address, _ in pairs), "more" if more else "")
        subset = subsets.setdefault(same, {"addresses": [*addresses, UNKNOWN] if more else addresses, "ports": []})
        subset["ports"].append(offered)
    return list(subsets.values())


def _split(part: str) -> tuple[str, str]:
    address, _, port = part.strip().rpartition(":")
    return (address.strip("[]"), port) if address else (port, "")


def _port_row(row: dict[str, str]) -> Fields:
    name, number = row.get("Name", ""), row.get("Port", "")
    told: Fields = {"name": None if name in values.NOTHING else name, "protocol": row.get("Protocol") or None}
    return Whole(told | {"port": int(number) if number.isdecimal() else None})


def _ips(line: Line | None) -> Any:
    if line is None:
        return UNTOLD
    return [{"ip": ip} for ip in values.items(line) or ()] or None


def _of_endpoints(line: Line) -> Any:
    """Subsets stand one after the other, each begins with its addresses."""
    subsets: list[Any] = []
    for below in line.below:
        if below.key == "Addresses":
            subsets.append({"addresses": _ips(below), "ports": None})
        elif below.key == "NotReadyAddresses" and subsets:
            subsets[-1]["notReadyAddresses"] = _ips(below)
        elif below.key == "Ports" and subsets:
            subsets[-1]["ports"] = values.opened([_port_row(row) for row in rows(below.below)], below)
    return values.opened(subsets, line)


def _slice_ports(line: Line) -> Any:
    return None if line.value in values.NOTHING and line.value else [_port_row(row) for row in rows(line.below)]


def _endpoint(line: Line) -> Any:
    if line.key != "- Addresses":
        return UNTOLD
    told = _ENDPOINT.read(line.below, not line.cut, [])
    told["addresses"] = values.items(line) or []
    return told


def _ready(line: Line) -> Any:
    ready = line.find("Ready")
    return {"ready": values.flag(ready)} if ready else UNTOLD


def _target(line: Line) -> Any:
    kind, _, name = line.value.partition("/")
    return {"kind": kind, "name": name}


_ENDPOINT = Table(
    Says("Conditions", "conditions", _ready),
    Says("Hostname", "hostname", values.text),
    Says("TargetRef", "targetRef", _target, None),
    Says("NodeName", "nodeName", values.text),
    Says("Zone|Topology", "zone", values.text),
)


def _endpoints(line: Line) -> Any:
    return values.each(line, _endpoint)


_META = (
    passed_over("Name|Namespace"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
)
KINDS = (
    Kind(
        parse_key("Service"),
        _SERVICE,
        marked("Selector|Type|IP", "Selector|Type|Session Affinity", "Selector|Type|IP Families"),
        _service,
    ),
    Kind(
        _ENDPOINTS,
        Table(*_META, Says("Subsets", "subsets", _of_endpoints), passed_over("Events")),
        marked("Subsets"),
    ),
    Kind(
        parse_key("EndpointSlice"),
        Table(
            *_META,
            Says("AddressType", "addressType", values.text),
            Says("Ports", "ports", _slice_ports),
            Says("Endpoints", "endpoints", _endpoints),
            passed_over("Events"),
        ),
        marked("AddressType"),
    ),
)
