"""Objects as kubectl up to 1.13 wrote them in `cluster-info dump`: Go's field names, metadata inlined.

    {"selfLink": "/api/v1/namespaces/default/pods", "Items": [{"name": "a", "uid": "b", "Spec": {"NodeName": "c"}}]}

becomes a list as the API serves it. Empty values, which Go wrote for every field, are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from diagnose.decode import Buffer
from diagnose.kinds import KindInfo, from_resource, info

_META = frozenset(
    {
        *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation"),
        *("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
        *("labels", "annotations", "ownerReferences", "finalizers", "clusterName", "initializers"),
    }
)
_MAPS = frozenset(
    {
        *("Labels", "Annotations", "NodeSelector", "Selector", "MatchLabels", "Data", "StringData"),
        *("Capacity", "Allocatable", "Limits", "Requests", "Hard", "Used"),
        *("Default", "DefaultRequest", "Max", "Min"),
    }
)
_TEMPLATES = frozenset({"Template", "JobTemplate", "VolumeClaimTemplates"})
_RENAMED = {"LastTerminationState": "lastState", "CephFS": "cephfs", "StorageOS": "storageos"}
_ZERO_MEANS_UNSET = frozenset({"HostPort", "NodePort", "HealthCheckNodePort"})
_POD_LEVEL = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
_WORDS = re.compile(r"^([A-Z]+)(?=[A-Z][a-z]|[^A-Za-z]|$)|^[A-Z]")
_LINK = re.compile(r"/(?:api|apis/([^/]+))/([^/]+)/(?:namespaces/[^/]+/)?([a-z]+)\Z")
_HEAD = re.compile(rb'\A\s*\{\s*(?:"(?:selfLink|resourceVersion)"\s*:\s*"[^"]*"\s*,\s*)*"Items"\s*:')


def is_internal(data: Buffer) -> bool:
    """Whether a document begins as such a list."""
    return bool(_HEAD.match(data[:4096]))


def normalise(data: Buffer, resource: str = "") -> bytes | None:
    """Such a list as the API serves it; None when it is not one.

    `resource` stands in for a selfLink. Raises msgspec.DecodeError when it is no JSON.
    """
    value = msgspec.json.decode(data)
    if not isinstance(value, dict) or not isinstance(value.get("Items") or [], list):
        return None
    found = _LINK.search(str(value.get("selfLink") or ""))
    group, version, name = found.groups(default="") if found else ("", "v1", resource)
    key = from_resource(name, group)
    known: KindInfo | None = info(key) if key else None
    if known is None:
        return None
    api_version = f"{group}/{version}" if group else version
    items = [
        {"apiVersion": api_version, "kind": known.kind} | _object(item)
        for item in value.get("Items") or []
        if isinstance(item, dict)
    ]
    return msgspec.json.encode({"apiVersion": api_version, "kind": f"{known.kind}List", "items": items})


def _object(item: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in item.items() if key in _META and value not in (None, "")}
    rest = _fields({key: value for key, value in item.items() if key not in _META})
    return {"metadata": meta} | rest


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    made = {
        _camel(key): _value(key, inner)
        for key, inner in value.items()
        if inner not in (None, "") and not (inner == 0 and key in _ZERO_MEANS_UNSET)
    }
    security = made.get("securityContext")
    if isinstance(security, dict) and "Containers" in value:
        made |= {name: security.pop(name) for name in _POD_LEVEL if name in security}
    return made


def _value(key: str, value: Any) -> Any:
    if key in _MAPS or not key[:1].isupper():
        return value
    if isinstance(value, dict):
        return _object(value) if key in _TEMPLATES else _fields(value)
    if isinstance(value, list):
        inner = _object if key in _TEMPLATES else _fields
        return [inner(item) if isinstance(item, dict) else item for item in value]
    return value


@lru_cache(maxsize=4096)
def _camel(name: str) -> str:
    return _RENAMED.get(name) or _WORDS.sub(lambda found: found[0].lower(), name, count=1)
