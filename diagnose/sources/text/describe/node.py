"""Nodes, with the lease that their kubelet renews and the pods on them."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.ages import ago
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, rows
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.tellings import MENTIONED
from diagnose.told import Whole

_POD, _LEASE = parse_key("Pod"), parse_key("Lease")
_LEASES = "kube-node-lease"
_TAINT = late(r"([^=:\s]+)(?:=([^:\s]*))?:(\w+)\Z")
_AMOUNT = late(r"(\S+)(?: \(-?\d+%\))?\Z")


def _taint(text: str) -> Fields:
    match = _TAINT.match(text)
    return {"key": match[1], "value": match[2] or None, "effect": match[3]} if match else {}


def _taints(line: Line) -> Any:
    return values.opened([_taint(t) for t in line.texts() if t not in values.NOTHING], line)


def _addresses(line: Line) -> Any:
    if line.value:  # before 1.8 in one line, without their types
        return UNTOLD
    return values.each(line, lambda below: Whole(type=below.key, address=below.value))


_INFO = Table(
    Says("Machine ID", "machineID", values.plain),
    Says("System UUID", "systemUUID", values.plain),
    Says("Boot ID", "bootID", values.plain),
    Says("Kernel Version", "kernelVersion", values.text),
    Says("OS Image", "osImage", values.text),
    Says("Operating System", "operatingSystem", values.text),
    Says("Architecture", "architecture", values.text),
    Says("Container Runtime Version", "containerRuntimeVersion", values.text),
    Says("Kubelet Version", "kubeletVersion", values.text),
    Says("Kube-Proxy Version", "kubeProxyVersion", values.plain),
)


def _info(line: Line) -> Any:
    return _INFO.read(line.below, not line.cut, [])


def _allocated(line: Line) -> Any:
    """What the pods of the node request in all. No field of the API: the view `load` of a node reads it."""
    table = [below for below in line.below if not below.text.startswith("(")]
    requests = {}
    for row in rows(table):
        match = _AMOUNT.match(row.get("Requests", ""))
        if match and row.get("Resource"):
            requests[row["Resource"]] = match[1]
    return requests if line.cut else Whole(requests)


_TABLE = Table(
    passed_over("Name|Roles"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    Says("CreationTimestamp", "metadata.creationTimestamp", values.time),
    Says("Taints", "spec.taints", _taints),
    Says("Unschedulable", "spec.unschedulable", values.true_or_absent),
    passed_over("Lease"),
    Says("Conditions", "status.conditions", values.conditions, []),
    Says("Addresses", "status.addresses", _addresses),
    Says("Capacity", "status.capacity", values.quantities, Whole({})),
    Says("Allocatable", "status.allocatable", values.quantities, Whole({})),
    Says("System Info", "status.nodeInfo", _info),
    Says("PodCIDR", "spec.podCIDR", values.text, None),
    Says("PodCIDRs", "spec.podCIDRs", values.items, None),
    Says("ProviderID", "spec.providerID", values.text, None),
    passed_over("Non-terminated Pods|Pods"),
    Says("Allocated resources", "allocated.requests", _allocated),
    passed_over("Events"),
)
_LEASE_TABLE = Table(
    Says("HolderIdentity", "spec.holderIdentity", values.text),
    Says("AcquireTime", "spec.acquireTime", values.time),
    Says("RenewTime", "spec.renewTime", values.time),
)
_IN_TOTAL = late(r"\((\d+) in total\)")


def _more(reading: Reading, fields: Fields) -> None:
    lease = reading.find("Lease")
    told = _LEASE_TABLE.read(lease.below, False, reading.odd) if lease else {}
    if told:
        reading.tell(_LEASE, _LEASES, reading.name, told)
    pods = reading.find("Non-terminated Pods")
    if pods is None:
        return
    total = _IN_TOTAL.search(pods.value)
    if total:
        fields.setdefault("allocated", {})["pods"] = int(total[1])
    for row in rows(pods.below):
        namespace, name = row.get("Namespace"), row.get("Name")
        if namespace and name:
            reading.tell(_POD, namespace, name, _pod(reading.name, row), MENTIONED)


def _pod(node: str, row: dict[str, str]) -> Fields:
    told: Fields = {"spec": {"nodeName": node}}
    created = ago(row.get("Age", ""))
    if created:
        told["metadata"] = {"creationTimestamp": created}
    return told


KINDS = (
    Kind(
        parse_key("Node"),
        _TABLE,
        marked("Roles|Labels", "Taints|CreationTimestamp", "System Info|Capacity"),
        _more,
    ),
)
