"""Rows of `kubectl get`: what a row tells, where that takes more than a column and a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnose.kinds import KindKey
from diagnose.sources.text import cells
from diagnose.sources.text.cells import NOT_TOLD, Convert
from diagnose.told import Whole
from diagnose.values import UNKNOWN

STATUS_COLUMN = "diagnose.dev/status-column"


@dataclass(slots=True)
class Row:
    """One line of a table: its cells by column, and what it tells so far."""

    name: str
    cells: Mapping[str, str]
    fields: dict[str, Any] = field(default_factory=dict)

    def put(self, path: str, value: Any) -> None:
        """Tell a field, by its path as `status.phase`."""
        if value is NOT_TOLD:
            return
        at = self.fields
        keys = path.split(".")
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value

    def mark_status(self, status: str) -> None:
        """Keep the STATUS column as an annotation: one word for what a describe or JSON says in many fields.

        Where one of those tells the annotations too, this one is gone: rules about it speak of the table alone.
        """
        self.fields.setdefault("metadata", {})["annotations"] = {STATUS_COLUMN: status}

    def cell(self, column: str) -> str:
        """A cell; empty when there is no such column."""
        return self.cells.get(column, "")


Finish = Callable[[Row], None]


@dataclass(frozen=True)
class Sheet:
    """How kubectl prints one kind. `header` are the columns that it always has, in order; `more` those that it
    may have. `columns` says what they show, `finish` what takes more than one column or path."""

    key: KindKey
    header: tuple[str, ...]
    more: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, Convert]] = field(default_factory=dict)
    finish: Finish | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset((*self.header, *self.more)))

    known: frozenset[str] = field(init=False, default=frozenset())


def template(row: Row) -> None:
    """CONTAINERS and IMAGES of a controller: the containers of its template."""
    images = row.cell("IMAGES") or row.cell("IMAGE(S)")
    containers = row.cell("CONTAINERS") or row.cell("CONTAINER(S)")
    if cells.is_nothing(containers) or cells.is_nothing(images):
        return
    pairs = list(zip(containers.split(","), images.split(","), strict=False))
    if len(pairs) == containers.count(",") + 1 == images.count(",") + 1:
        row.put("spec.template.spec.containers", [{"name": name, "image": image} for name, image in pairs])


def ready(row: Row) -> None:
    """READY as `1/2`: ready replicas of those that are wanted."""
    if numbers := cells.ratio(row.cell("READY")):
        row.put("status.readyReplicas", numbers[0] or None)
        row.put("spec.replicas", numbers[1])
    template(row)


def job(row: Row) -> None:
    succeeded, _, wanted = row.cell("COMPLETIONS").partition("/")
    row.put("status.succeeded", cells.count(succeeded))
    if wanted.isdecimal():
        row.put("spec.completions", int(wanted))
    state = row.cell("STATUS")
    if state in ("Complete", "Failed", "Suspended"):
        row.put("status.conditions", [{"type": state, "status": "True"}, UNKNOWN])
    elif state:
        row.put("status.conditions", [])
    template(row)


def service(row: Row) -> None:
    kind, outside = row.cell("TYPE"), row.cell("EXTERNAL-IP")
    if kind == "ExternalName":
        row.put("spec.externalName", cells.text(outside))
        row.put("spec.clusterIP", None)
    elif kind == "LoadBalancer" and not outside.endswith("..."):
        shown = [] if cells.is_nothing(outside) or outside == "<pending>" else outside.split(",")
        ingress = [{"ip" if name[-1:].isdigit() or ":" in name else "hostname": name} for name in shown]
        row.put("status.loadBalancer", Whole({"ingress": ingress} if ingress else {}))
    elif kind in ("ClusterIP", "NodePort"):
        row.put("status.loadBalancer", Whole())
        row.put("spec.externalIPs", None if cells.is_nothing(outside) else cells.names(outside))
    if "PORT(S)" in row.cells:
        row.put("spec.ports", [_port(part) for part in row.cell("PORT(S)").split(",") if not cells.is_nothing(part)])


def _port(part: str) -> Any:
    ports, _, protocol = part.partition("/")
    port, _, node_port = ports.partition(":")
    if not port.isdecimal():
        return UNKNOWN
    told: dict[str, Any] = {"port": int(port), "protocol": protocol or "TCP"}
    return told | ({"nodePort": int(node_port)} if node_port.isdecimal() else {"nodePort": None})


def endpoints(row: Row) -> None:
    cell = row.cell("ENDPOINTS")
    if cell == "":
        row.put("subsets", [{"addresses": None, "notReadyAddresses": [UNKNOWN]}])
        return
    row.put("subsets", subsets(cells.names(cell)))


def subsets(parts: list[Any]) -> list[Any]:
    """The subsets of an Endpoints behind `ip:port` texts; an unknown part leaves the last subset open."""
    by_address: dict[str, list[int]] = {}
    for part in parts:
        if part is UNKNOWN:
            continue
        address, _, port = part.rpartition(":") if _has_port(part) else (part, "", "")
        ports = by_address.setdefault(address.strip("[]"), [])
        if port.isdecimal():
            ports.append(int(port))
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for address, numbers in by_address.items():
        by_ports.setdefault(tuple(numbers), []).append(address)
    found: list[Any] = [
        {"addresses": [{"ip": address} for address in addresses], "ports": [{"port": n} for n in numbers] or None}
        for numbers, addresses in by_ports.items()
    ]
    return [*found, UNKNOWN] if UNKNOWN in parts else found


def _has_port(part: str) -> bool:
    return part.count(":") == 1 or "]:" in part


def endpoint_slice(row: Row) -> None:
    addresses = cells.names(row.cell("ENDPOINTS"))
    row.put("endpoints", [a if a is UNKNOWN else {"addresses": [a]} for a in addresses])
    ports = cells.names(row.cell("PORTS"))
    row.put("ports", [{"port": int(p)} if str(p).isdecimal() else UNKNOWN for p in ports])
    service, _, suffix = row.name.rpartition("-")
    if "LABELS" not in row.cells and service and len(suffix) == 5:
        row.put("metadata.labels", {"kubernetes.io/service-name": service})


def node(row: Row) -> None:
    row.mark_status(row.cell("STATUS"))
    states = row.cell("STATUS").split(",")
    cordoned = "SchedulingDisabled" in states
    row.put("spec.unschedulable", True if cordoned else None)
    ready = {"type": "Ready", "status": "True"} if "Ready" in states else {"type": "Ready"}
    row.put("status.conditions", [ready, UNKNOWN])
    if cordoned:
        taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        row.put("spec.taints", [taint, UNKNOWN])
    inside, outside = row.cell("INTERNAL-IP"), row.cell("EXTERNAL-IP")
    found = [("InternalIP", inside), ("ExternalIP", outside)]
    if inside:
        told = [{"type": kind, "address": a} for kind, a in found if not cells.is_nothing(a)]
        row.put("status.addresses", [*told, UNKNOWN])


def claim(row: Row) -> None:
    bound = not cells.is_nothing(row.cell("VOLUME"))
    state = row.cell("STATUS")
    if state == "Terminating":
        row.fields["metadata"].pop("deletionTimestamp", None)
    else:
        row.put("status.phase", state)
    if bound:
        row.put("status.capacity", {"storage": row.cell("CAPACITY")})
        row.put("status.accessModes", cells.some_modes(row.cell("ACCESS MODES")))
    else:
        row.put("status.capacity", None)


def volume(row: Row) -> None:
    state = row.cell("STATUS")
    if state == "Terminating":
        row.fields["metadata"].pop("deletionTimestamp", None)
    else:
        row.put("status.phase", state)
    namespace, slash, name = row.cell("CLAIM").partition("/")
    row.put("spec.claimRef", {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name} if slash else None)
    row.put("spec.capacity", {"storage": row.cell("CAPACITY")})


def storage_class(row: Row) -> None:
    default = "true" if row.name.endswith(" (default)") else None
    row.name = row.name.removesuffix(" (default)")
    row.put("metadata.annotations", {"storageclass.kubernetes.io/is-default-class": default})


def quota(row: Row) -> None:
    hard: dict[str, Any] = {}
    used: dict[str, Any] = {}
    for part in (*row.cell("REQUEST").split(","), *row.cell("LIMIT").split(",")):
        resource, colon, amounts = part.strip().rpartition(": ")
        now, slash, limit = amounts.partition("/")
        if colon and slash:
            hard[resource], used[resource] = limit, now
    row.put("spec.hard", Whole(hard))
    row.put("status.hard", Whole(hard))
    row.put("status.used", Whole(used))


def namespace(row: Row) -> None:
    state = row.cell("STATUS")
    row.put("status.phase", state)
    if state == "Terminating":
        row.fields["metadata"].pop("deletionTimestamp", None)


def data(row: Row) -> None:
    if row.cell("DATA") == "0":
        row.put("data", None)
        row.put("binaryData", None)


def binding(row: Row) -> None:
    kind, _, name = row.cell("ROLE").partition("/")
    row.put("roleRef", {"kind": kind, "name": name})
    if "SERVICEACCOUNTS" not in row.cells:
        return
    plain = [
        {"kind": kind, "name": n, "apiGroup": "rbac.authorization.k8s.io"}
        for kind, column in (("User", "USERS"), ("Group", "GROUPS"))
        for n in cells.names(row.cell(column).replace(", ", ","))
    ]
    accounts = [n.partition("/") for n in cells.names(row.cell("SERVICEACCOUNTS"))]
    told = [
        {"kind": "ServiceAccount", "name": name, **({"namespace": namespace} if namespace else {})}
        for namespace, _, name in accounts
    ]
    row.put("subjects", [*plain, *told])


def ingress(row: Row) -> None:
    hosts = row.cell("HOSTS")
    if hosts not in ("", "*"):
        row.put("spec.rules", [h if h is UNKNOWN else {"host": h} for h in cells.names(hosts)])
    address = row.cell("ADDRESS")
    shown = [{"ip" if a[-1:].isdigit() else "hostname": a} for a in address.split(",") if not cells.is_nothing(a)]
    if not address.endswith("..."):
        row.put("status.loadBalancer", Whole({"ingress": shown} if shown else {}))
    if "443" not in row.cell("PORTS"):
        row.put("spec.tls", None)


def autoscaler(row: Row) -> None:
    kind, _, name = row.cell("REFERENCE").partition("/")
    row.put("spec.scaleTargetRef", {"kind": kind, "name": name})


def api_service(row: Row) -> None:
    namespace, slash, name = row.cell("SERVICE").partition("/")
    row.put("spec.service", {"namespace": namespace, "name": name} if slash else None)
    version, _, group = row.name.partition(".")
    row.put("spec.version", version)
    row.put("spec.group", group or None)
    status, _, reason = row.cell("AVAILABLE").partition(" (")
    condition = {"type": "Available", "status": status} | ({"reason": reason.rstrip(")")} if reason else {})
    row.put("status.conditions", [condition])


def request(row: Row) -> None:
    states = [s for s in row.cell("CONDITION").split(",") if s in ("Approved", "Denied", "Failed")]
    row.put("status.conditions", [{"type": s, "status": "True"} for s in states])
    if "Issued" not in row.cell("CONDITION"):
        row.put("status.certificate", None)


def component(row: Row) -> None:
    healthy = "True" if row.cell("STATUS") == "Healthy" else "False"
    message = row.cell("MESSAGE")
    row.put("conditions", [{"type": "Healthy", "status": healthy, "message": message, "error": row.cell("ERROR")}])
