"""Volumes of pods and sources of persistent volumes: one table, by the word after `Type:`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line
from diagnose.sources.text.describe.table import UNTOLD, Fields, Says, Table, passed_over

_text, _flag, _true, _number = values.text, values.flag, values.true_or_absent, values.number


def _secret_ref(line: Line) -> Any:
    """A reference as Go prints it: `&SecretReference{Name:a,Namespace:b,}`."""
    if line.value in values.NOTHING:
        return None
    inside = line.value.partition("{")[2].partition("}")[0]
    pairs = (part.partition(":") for part in inside.split(",") if part)
    return {key[:1].lower() + key[1:]: value for key, _, value in pairs}


def _simple(*says: tuple[str, str, Callable[[Line], Any]]) -> Table:
    return Table(passed_over("Type"), *(Says(key, path, read) for key, path, read in says))


_FS = ("FSType", "fsType", _text)
_READ_ONLY = ("ReadOnly", "readOnly", _true)
_SECRET = ("SecretRef", "secretRef", _secret_ref)

TYPES: dict[str, tuple[str, Table]] = {
    "HostPath": ("hostPath", _simple(("Path", "path", _text), ("HostPathType", "type", _text))),
    "EmptyDir": ("emptyDir", _simple(("Medium", "medium", _text), ("SizeLimit", "sizeLimit", _text))),
    "Secret": ("secret", _simple(("SecretName", "secretName", _text), ("Optional", "optional", _flag))),
    "ConfigMap": ("configMap", _simple(("Name", "name", _text), ("Optional", "optional", _flag))),
    "PersistentVolumeClaim": ("persistentVolumeClaim", _simple(("ClaimName", "claimName", _text), _READ_ONLY)),
    "CSI": (
        "csi",
        _simple(
            ("Driver", "driver", _text),
            _FS,
            ("VolumeHandle", "volumeHandle", _text),
            _READ_ONLY,
            ("VolumeAttributes", "volumeAttributes", values.labels),
        ),
    ),
    "NFS": ("nfs", _simple(("Server", "server", _text), ("Path", "path", _text), _READ_ONLY)),
    "LocalVolume": ("local", _simple(("Path", "path", _text))),
    "DownwardAPI": ("downwardAPI", _simple(("Items", "", lambda line: UNTOLD))),
    "Image": ("image", _simple(("Reference", "reference", _text), ("PullPolicy", "pullPolicy", _text))),
    "EphemeralVolume": (
        "ephemeral",
        Table(
            passed_over("Type"),
            Says("StorageClass", "volumeClaimTemplate.spec.storageClassName", _text),
            passed_over("Volume|Labels|Annotations|Capacity"),
            passed_over("Access Modes"),
            Says("VolumeMode", "volumeClaimTemplate.spec.volumeMode", _text),
            passed_over("DataSource"),
        ),
    ),
    "ISCSI": (
        "iscsi",
        _simple(
            ("TargetPortal", "targetPortal", _text),
            ("IQN", "iqn", _text),
            ("Lun", "lun", _number),
            _FS,
            _READ_ONLY,
            ("Portals", "portals", values.bracketed),
            ("DiscoveryCHAPAuth", "chapAuthDiscovery", _true),
            ("SessionCHAPAuth", "chapAuthSession", _true),
            _SECRET,
            ("InitiatorName", "initiatorName", _text),
        ),
    ),
    "Glusterfs": (
        "glusterfs",
        _simple(
            ("EndpointsName", "endpoints", _text),
            ("EndpointsNamespace", "endpointsNamespace", _text),
            ("Path", "path", _text),
            _READ_ONLY,
        ),
    ),
    "RBD": (
        "rbd",
        _simple(
            ("CephMonitors", "monitors", values.bracketed),
            ("RBDImage", "image", _text),
            _FS,
            ("RBDPool", "pool", _text),
            ("RadosUser", "user", _text),
            ("Keyring", "keyring", _text),
            _SECRET,
            _READ_ONLY,
        ),
    ),
    "CephFS": (
        "cephfs",
        _simple(
            ("Monitors", "monitors", values.bracketed),
            ("Path", "path", _text),
            ("User", "user", _text),
            ("SecretFile", "secretFile", _text),
            _SECRET,
            _READ_ONLY,
        ),
    ),
    "AWSElasticBlockStore": (
        "awsElasticBlockStore",
        _simple(("VolumeID", "volumeID", _text), _FS, ("Partition", "partition", _number), _READ_ONLY),
    ),
    "GCEPersistentDisk": (
        "gcePersistentDisk",
        _simple(("PDName", "pdName", _text), _FS, ("Partition", "partition", _number), _READ_ONLY),
    ),
    "AzureDisk": (
        "azureDisk",
        _simple(
            ("DiskName", "diskName", _text),
            ("DiskURI", "diskURI", _text),
            ("Kind", "kind", _text),
            _FS,
            ("CachingMode", "cachingMode", _text),
            _READ_ONLY,
        ),
    ),
    "AzureFile": (
        "azureFile",
        _simple(
            ("SecretName", "secretName", _text),
            ("SecretNamespace", "secretNamespace", _text),
            ("ShareName", "shareName", _text),
            _READ_ONLY,
        ),
    ),
    "Cinder": ("cinder", _simple(("VolumeID", "volumeID", _text), _FS, _READ_ONLY, _SECRET)),
    "vSphereVolume": (
        "vsphereVolume",
        _simple(("VolumePath", "volumePath", _text), _FS, ("StoragePolicyName", "storagePolicyName", _text)),
    ),
    "FC": ("fc", _simple(("TargetWWNs", "targetWWNs", values.items), ("LUN", "lun", _number), _FS, _READ_ONLY)),
    "FlexVolume": (
        "flexVolume",
        _simple(("Driver", "driver", _text), _FS, _SECRET, _READ_ONLY, ("Options", "", lambda line: UNTOLD)),
    ),
}
_OTHERS = {
    "GitRepo": "gitRepo",
    "Quobyte": "quobyte",
    "PortworxVolume": "portworxVolume",
    "PhotonPersistentDisk": "photonPersistentDisk",
    "ScaleIO": "scaleIO",
    "StorageOS": "storageos",
    "Flocker": "flocker",
}


def source(line: Line) -> Any:
    """The field of a volume's source and what is told of it; nothing when the type is not known."""
    kind = line.find("Type")
    word = kind.value.partition(" ")[0] if kind else ""
    if word == "Projected":
        return {"projected": {"sources": _projected(line)}}
    if word in TYPES:
        name, table = TYPES[word]
        return {name: table.read(line.below, not line.cut, [])}
    return {_OTHERS[word]: {}} if word in _OTHERS else UNTOLD


_PROJECTED: dict[str, tuple[str, str, Callable[[Line], Any]]] = {
    "SecretName": ("secret", "name", _text),
    "ConfigMapName": ("configMap", "name", _text),
    "TokenExpirationSeconds": ("serviceAccountToken", "expirationSeconds", _number),
}
_OPTIONAL = ("Optional", "SecretOptionalName", "ConfigMapOptional")


def _projected(line: Line) -> list[Any]:
    sources: list[Any] = []
    for below in line.below:
        if below.key in _PROJECTED:
            name, field, read = _PROJECTED[below.key]
            sources.append({name: {field: read(below)}})
        elif below.key == "DownwardAPI":
            sources.append({"downwardAPI": {}})
        elif below.key in _OPTIONAL and sources:
            inside: Fields = next(iter(sources[-1].values()))
            inside["optional"] = values.flag(below)
    return values.opened(sources, line)


def _volume(line: Line) -> Any:
    told = source(line)
    return {"name": line.text.rstrip(":")} | (told if told is not UNTOLD else {})


def volumes(line: Line) -> Any:
    """The list of volumes of a pod. Of each, the source that it has is told, and that it has no other."""
    return [
        dict.fromkeys(_COMMON) | volume if isinstance(volume, dict) and len(volume) > 1 else volume
        for volume in values.each(line, _volume)
    ]


_COMMON = ("configMap", "secret", "persistentVolumeClaim", "projected", "hostPath", "emptyDir", "csi", "ephemeral")
