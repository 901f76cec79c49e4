"""Claims, volumes, storage classes, quotas of a node's drivers."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values, volumes
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole

_MODES = {
    "RWO": "ReadWriteOnce",
    "ROX": "ReadOnlyMany",
    "RWX": "ReadWriteMany",
    "RWOP": "ReadWriteOncePod",
}
_TERM = late(r"(\S+) (\w+)(?: \[(.*)\])?\Z")
_OPERATORS = {word.lower(): word for word in ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")}


def _access_modes(line: Line) -> Any:
    if line.value in values.NOTHING:
        return UNTOLD
    return [_MODES.get(word.strip(), word.strip()) for word in line.value.split(",")]


def _class_if_set(line: Line) -> Any:
    """An empty name stands for both "" and a class that is not set."""
    return line.value if line.value not in values.NOTHING else UNTOLD


def _capacity(line: Line) -> Any:
    return Whole({}) if line.value in values.NOTHING else Whole(storage=line.value)


def _data_source(line: Line) -> Any:
    return {below.key[:1].lower() + below.key[1:]: below.value for below in line.below if below.key}


_CLAIM = Table(
    passed_over("Name|Namespace"),
    Says("StorageClass", "spec.storageClassName", _class_if_set),
    Says("Status", "", values.phase),
    Says("Volume", "spec.volumeName", values.text),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    Says("Finalizers", "metadata.finalizers", values.bracketed),
    Says("Capacity", "status.capacity", _capacity),
    Says("Access Modes", "status.accessModes", _access_modes),
    Says("VolumeMode", "spec.volumeMode", values.text),
    Says("DataSource", "spec.dataSource", _data_source, None),
    passed_over("Used By|Mounted By"),
    Says("Conditions", "status.conditions", values.conditions, []),
    passed_over("Events"),
)


def _claim_ref(line: Line) -> Any:
    namespace, _, name = line.value.partition("/")
    return {"namespace": namespace, "name": name} if name else None


def _expression(text: str) -> Any:
    match = _TERM.match(text)
    if match is None:
        return {}
    listed = [v.strip() for v in match[3].split(",")] if match[3] else None
    return Whole(key=match[1], operator=_OPERATORS.get(match[2], match[2]), values=listed)


def _node_affinity(line: Line) -> Any:
    if line.value in values.NOTHING and not line.below:
        return None if line.value else UNTOLD
    required = line.find("Required Terms")
    if required is None:
        return {}
    terms = [Whole(matchExpressions=[_expression(t) for t in term.texts()]) for term in required.below]
    return {"required": {"nodeSelectorTerms": values.opened(terms, required)}}


_VOLUME = Table(
    passed_over("Name"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
    Says("Finalizers", "metadata.finalizers", values.bracketed),
    Says("StorageClass", "spec.storageClassName", values.text),
    Says("Status", "", values.phase),
    Says("Claim", "spec.claimRef", _claim_ref),
    Says("Reclaim Policy", "spec.persistentVolumeReclaimPolicy", values.text),
    Says("Access Modes", "spec.accessModes", _access_modes),
    Says("VolumeMode", "spec.volumeMode", values.text),
    Says("Capacity", "spec.capacity", _capacity),
    Says("Node Affinity", "spec.nodeAffinity", _node_affinity),
    Says("Message", "status.message", values.text),
    Says("Source", "spec", volumes.source),
    passed_over("Events"),
)


def _default_class(line: Line) -> Any:
    return {"storageclass.kubernetes.io/is-default-class": "true" if values.flag(line) else None}


def _class_annotations(line: Line) -> Any:
    """Annotations in one line, where a value may have commas: only the plain ones are told."""
    if line.value in values.NOTHING:
        return Whole({})
    return {key: value for key, value in _ANNOTATION.findall(line.value) if not value.startswith(("{", "["))}


_ANNOTATION = late(r"(?:\A|,)([a-z][\w.-]*/[\w.-]+)=([^,{}\[\]\"]*)(?=,[a-z][\w.-]*/|\s*\Z)")


def _options(line: Line) -> Any:
    return values.texts(line) if line.below else None


_CLASS = Table(
    passed_over("Name"),
    Says("IsDefaultClass", "metadata.annotations", _default_class),
    Says("Annotations", "metadata.annotations", _class_annotations),
    Says("Provisioner", "provisioner", values.text),
    Says("Parameters", "parameters", values.joined),
    Says("AllowVolumeExpansion", "allowVolumeExpansion", values.flag),
    Says("MountOptions", "mountOptions", _options),
    Says("ReclaimPolicy", "reclaimPolicy", values.text),
    Says("VolumeBindingMode", "volumeBindingMode", values.text),
    passed_over("AllowedTopologies"),
    passed_over("Events"),
)


def _drivers(line: Line) -> Any:
    drivers = line.find("Drivers")
    return {"drivers": values.each(drivers, lambda below: {"name": below.text.rstrip(":")})} if drivers else UNTOLD


def _requested(reading: Reading, fields: Fields) -> None:
    """A claim without a volume has no capacity, whatever else is told."""
    reading.created_before(fields, reading.first_event("FailedBinding", "ProvisioningFailed", "WaitForFirstConsumer"))
    status = fields.get("status", {})
    if fields.get("spec", {}).get("volumeName", "") is None:
        status["capacity"] = Whole({})


KINDS = (
    Kind(
        parse_key("PersistentVolumeClaim"),
        _CLAIM,
        marked("StorageClass|Volume|Capacity", "StorageClass|Status|Volume"),
        _requested,
    ),
    Kind(parse_key("PersistentVolume"), _VOLUME, marked("Claim|StorageClass", "Reclaim Policy|Source")),
    Kind(parse_key("StorageClass"), _CLASS, marked("IsDefaultClass", "Provisioner")),
    Kind(
        parse_key("CSINode"),
        Table(
            passed_over("Name"),
            Says("Labels", "metadata.labels", values.labels),
            Says("Annotations", "metadata.annotations", values.annotation_map),
            Says("CreationTimestamp", "metadata.creationTimestamp", values.time),
            Says("Spec", "spec", _drivers),
            passed_over("Events"),
        ),
        marked("Annotations|CreationTimestamp|Spec"),
    ),
)
