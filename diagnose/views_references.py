"""The views of what a pod template needs and is not there: ConfigMaps, Secrets, its ServiceAccount.

One view for each of these kinds, so that a kind that was not collected leaves only its own rules undecided. What a
template marks optional it does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnose.decode import EVERY, Record
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.values import UNKNOWN
from diagnose.view import ROLES, UNTOLD, Element, Elements, Steps, View, fixed

_CONFIGMAP, _SECRET, _ACCOUNT = (KindKey("", kind) for kind in ("ConfigMap", "Secret", "ServiceAccount"))
_GIVEN = frozenset({(_CONFIGMAP, "kube-root-ca.crt"), (_ACCOUNT, "default")})
"""What Kubernetes itself puts into every namespace."""
_LISTS = tuple(part for part, _, _ in ROLES[:2])
"""The containers that a template can have."""
_LAST = "references of the last template"
_PULL = "imagePullSecrets"
_OF_VARIABLE = ((_CONFIGMAP, "configMapKeyRef", "name"), (_SECRET, "secretKeyRef", "name"))
_OF_ENVIRONMENT = ((_CONFIGMAP, "configMapRef", "name"), (_SECRET, "secretRef", "name"))
_OF_VOLUME = ((_CONFIGMAP, "configMap", "name"), (_SECRET, "secret", "secretName"))
_OF_PROJECTION = ((_CONFIGMAP, "configMap", "name"), (_SECRET, "secret", "name"))

_Reference = tuple[KindKey, Any, str, Any, Any]
"""What is needed: its kind and name; and where the template says so: a field, the name there, the container."""
_HIDDEN: tuple[_Reference, ...] = tuple((key, UNKNOWN, "", "", None) for key in (_CONFIGMAP, _SECRET))
"""What stands for entries that are not told."""


def _needed(spec: dict[str, Any]) -> list[_Reference]:
    """What a pod spec refers to without calling it optional."""
    found: list[_Reference] = []
    for part in _LISTS:
        for container in _dicts(found, spec.get(part)):
            for entry in _dicts(found, container.get("env")):
                source = entry.get("valueFrom")
                if source is UNKNOWN and "value" not in entry:
                    found += _HIDDEN
                elif source and isinstance(source, dict) and "fieldRef" not in source:
                    _add(found, source, _OF_VARIABLE, "variable", entry.get("name"), container)
            for entry in _dicts(found, container.get("envFrom")):
                _add(found, entry, _OF_ENVIRONMENT, "envFrom", "", container)
    for volume in _dicts(found, spec.get("volumes")):
        _add(found, volume, _OF_VOLUME, "volume", volume.get("name"), None)
        projected = volume.get("projected")
        if projected and isinstance(projected, dict):
            for entry in _dicts(found, projected.get("sources")):
                _add(found, entry, _OF_PROJECTION, "volume", volume.get("name"), None)
    for entry in _dicts(found, spec.get(_PULL)):
        found.append((_SECRET, entry.get("name"), _PULL, "", None))
    account = spec.get("serviceAccountName")
    if not account and account is not UNKNOWN:
        account = spec.get("serviceAccount")
    if account or account is UNKNOWN:
        found.append((_ACCOUNT, account, "serviceAccountName", "", None))
    return found


def _dicts(found: list[_Reference], value: Any) -> list[dict[str, Any]]:
    """The maps in a list; what is not told goes into `found`. Mostly a list has nothing but maps, and is not copied."""
    if not value or not isinstance(value, list):
        if value is UNKNOWN:
            found += _HIDDEN
        return []
    for item in value:
        if not isinstance(item, dict):
            if UNKNOWN in value:
                found += _HIDDEN
            return [i for i in value if isinstance(i, dict)]
    return value


def _add(
    found: list[_Reference],
    source: dict[str, Any],
    fields: tuple[tuple[KindKey, str, str], ...],
    place: str,
    name: Any,
    container: Any,
) -> None:
    for key, field, named in fields:
        reference = source.get(field)
        if reference is None:
            continue
        if reference is UNKNOWN:
            found.append((key, UNKNOWN, place, name, container))
        elif isinstance(reference, dict):
            optional = reference.get("optional")
            if not optional:
                told = UNKNOWN if optional is UNKNOWN else reference.get(named)
                found.append((key, told, place, name, container))


def _absent(world: World, namespace: str, holder: dict[str, Any]) -> list[_Reference]:
    """What a template needs of which there is no object; kept for the next rule about the same template."""
    last = world.memo.get(_LAST)
    if last is None or last[0] is not holder:
        spec = holder.get("spec")
        needed = _needed(spec) if isinstance(spec, dict) else []
        find = world.find
        absent = [r for r in needed if not isinstance(r[1], str) or find(r[0], namespace, r[1]) is None]
        last = world.memo[_LAST] = holder, absent
    found: list[_Reference] = last[1]
    return found


def _missing(key: KindKey) -> Callable[[World, Record, dict[str, Any]], Elements]:
    def made(world: World, record: Record, holder: dict[str, Any]) -> Elements:
        namespace = record.meta.namespace
        absent = _absent(world, namespace, holder)
        why: str | None = None
        found: dict[tuple[str, bool], Element] = {}
        for reference in absent:
            name = reference[1]
            if reference[0] != key:
                continue
            if name is UNKNOWN:
                why = why or UNTOLD
            elif isinstance(name, str) and name and (key, name) not in _GIVEN:
                unseen = world.coverage.missing(key, namespace)
                why = why or unseen
                if not unseen:
                    pull = reference[2] == _PULL
                    found.setdefault((name, pull), {"name": name, "place": _place(reference), "pull": pull})
        return list(found.values()), why

    return made


def _place(reference: _Reference) -> str:
    _, _, field, name, container = reference
    words = f"{field} {name}" if name else field
    return f"{words} of container {container.get('name')}" if container else words


_CONTAINER_PARTS = ("name", "env", "envFrom")
_VOLUME_PARTS = ("name", "configMap", "secret", "projected")
_READS: tuple[Steps, ...] = (
    *(("spec", part, EVERY, name) for part in _LISTS for name in _CONTAINER_PARTS),
    *(("spec", "volumes", EVERY, name) for name in _VOLUME_PARTS),
    *(("spec", name) for name in (_PULL, "serviceAccountName", "serviceAccount")),
)
_FIELDS = {
    "name": "the name of what is not there",
    "place": "where the template says that it needs it, in words",
    "pull": "whether it is needed to pull images only (imagePullSecrets)",
}
_OF = {"missing-configmaps": _CONFIGMAP, "missing-secrets": _SECRET, "missing-accounts": _ACCOUNT}
VIEWS = tuple(
    View(
        name,
        ("PodSpec",),
        f"Each {key.kind} that a pod template needs, does not call optional, and that does not exist.",
        _FIELDS,
        _missing(key),
        fixed(*_READS),
    )
    for name, key in _OF.items()
)
OTHER_READS: dict[str, dict[KindKey, tuple[Steps, ...]]] = {name: {key: ()} for name, key in _OF.items()}
