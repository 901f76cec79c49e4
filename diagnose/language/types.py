"""What type a path leads to: Kubernetes' own field tables, the fields of views, the results of functions.

The tables are those of the official client (`openapi_types`, `attribute_map` of its models), read on
first use. Types are written as it writes them: `str`, `List[V1Container]`, `Dict[str, str]`, `object`
for anything at all; and two of our own: `log`, and `view:NAME` for an element of a view.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from diagnose.kinds import BY_KIND, KindKey, is_observed, parse_key
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.ruleset import listed, suggest
from diagnose.language.scope import VIRTUAL, Bound
from diagnose.language.syntax import OR
from diagnose.paths import Each, Index, Key, Other, Path, Segment, Where
from diagnose.views import TABLE as VIEWS

Fields = Mapping[str, str]

TEXTS = ("str", "bytes")
NUMBERS = ("int", "float")
ANY = "object"
LOG = "log"

_SHORT: dict[str, str] = {
    "str": "text",
    "bytes": "text (base64)",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "datetime": "a time",
    ANY: "a value of any type",
    LOG: "a log",
}
_LIST = re.compile(r"[Ll]ist\[(.+)\]\Z")
_MAP = re.compile(r"[Dd]ict[\[(]str, ?(.+)[\])]\Z")

VIEW_TYPES: dict[str, dict[str, str]] = {
    "containers": {
        "name": "str",
        "image": "str",
        "role": "str",
        "spec": "V1Container",
        "status": "V1ContainerStatus",
        "log": LOG,
        "previous_log": LOG,
        "logs": f"List[{LOG}]",
    },
    "endpoints": {
        "address": "str",
        "ready": "bool",
        "node": "str",
        "target": "V1ObjectReference",
        "ports": "List[CoreV1EndpointPort]",
    },
    "load": {
        "allocatable": "Dict[str, float]",
        "requested": "Dict[str, float]",
        "used": "Dict[str, str]",
        "pods": "int",
    },
    "journal": {"unit": "str", "log": LOG},
    "podspec": {"spec": "V1PodSpec", "metadata": "V1ObjectMeta", "path": "str", "object": "view:object"},
    "template-containers": {
        "name": "str",
        "image": "str",
        "role": "str",
        "spec": "V1Container",
        "path": "str",
        "security": "V1SecurityContext|V1PodSecurityContext",
        "apparmor": "str",
    },
    "routes": {**dict.fromkeys(VIEWS["routes"].fields, "str"), "port": "int", "paths": "List[str]"},
    "wrong-addresses": {**dict.fromkeys(VIEWS["wrong-addresses"].fields, "str"), "port": "int", "offered": "List[int]"},
    "addresses": {**dict.fromkeys(VIEWS["addresses"].fields, "str"), "port": "int"},
    **{
        name: {"name": "str", "place": "str", "pull": "bool"}
        for name in ("missing-configmaps", "missing-secrets", "missing-accounts")
    },
}
"""The types of the fields of views; a field that is missing here can be anything."""

_METADATA = {"apiVersion": "str", "kind": "str", "metadata": "V1ObjectMeta"}
OBSERVED_TYPES: dict[str, dict[str, str]] = {
    "Unit": {
        "node": "str",
        "unit": "str",
        "description": "str",
        "loadState": "str",
        "enabled": "str",
        "activeState": "str",
        "subState": "str",
        "result": "str",
        "exitCode": "int",
        "since": "datetime",
    },
    "Probe": {
        "host": "str",
        "port": "int",
        "address": "str",
        "from": "str",
        "result": "str",
        "text": "str",
        "service": "observed:Named",
    },
    "Alert": {
        "alert": "str",
        "severity": "str",
        "state": "str",
        "subject": "observed:Named",
        "texts": "List[str]",
        "labels": "Dict[str, str]",
        "since": "datetime",
    },
    "Call": {"caller": "str", "callee": "str", "namespace": "str"},
    "Manifest": {"target": "observed:Named", "object": "view:object"},
    "File": {"object": "observed:Named", "problems": "List[observed:Problem]"},
    "Problem": {
        "name": "str",
        "type": "str",
        "message": "str",
        "instead": "str",
        "line": "int",
        "column": "int",
        "path": "str",
    },
    "Named": {"kind": "str", "namespace": "str", "name": "str"},
    "ContainerUsage": {"pod": "str", "container": "str", "cpu": "observed:Cpu", "memory": "observed:Memory"},
    "Cpu": {"cores": "float", "periods": "int", "throttled": "int", "throttledPercent": "int"},
    "Memory": {"workingSet": "int", "peak": "int"},
    "ContainerRestarts": {"pod": "str", "container": "str", "recent": "int", "day": "int"},
    "VolumeUsage": {"bytes": "observed:Space", "inodes": "observed:Space"},
    "NodeUsage": {"filesystems": "List[observed:FileSystem]"},
    "NodePressure": {"cpuPercent": "int", "memoryPercent": "int", "ioPercent": "int"},
    "FileSystem": {"mountpoint": "str", "bytes": "observed:Space", "inodes": "observed:Space"},
    "Space": {
        "capacity": "int",
        "available": "int",
        "usedPercent": "int",
        "perHour": "int",
        "fullInHours": "float",
    },
}
"""The types of the fields of what was observed or measured; docs/dump-formats.md and docs/prometheus.md say more."""

_ANY_OBJECT = {"apiVersion": "str", "kind": "str", "metadata": "V1ObjectMeta", "*": ANY}
_MODELS = {"Event": "CoreV1Event", "HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler"}
_VERSIONS = ("V1", "V2", "V1beta1", "V1alpha1")
_FOREIGN = ("metrics.k8s.io", "gateway.networking.k8s.io")


@dataclass(frozen=True)
class Wrong:
    """Where a path does not fit the types: the check it fails, and what to say."""

    check: str
    message: str


@lru_cache(maxsize=1)
def _models() -> Any:
    import kubernetes.client.models as models

    return models


def model_of(kind: str) -> str:
    """The type of a kind as rules write it; objects of unknown kinds have metadata and whatever else."""
    if kind in VIRTUAL:
        return "view:podspec"
    kind = kind.partition(OR)[0]
    key = parse_key(kind) if kind and kind != "*" else KindKey("", "*")
    if is_observed(key) and key.kind in OBSERVED_TYPES:
        return f"observed:{key.kind}"
    known = BY_KIND.get(key.kind)
    if known is None or known.group != key.group or key.group in _FOREIGN:
        return "view:object"
    names = [_MODELS[key.kind]] if key.kind in _MODELS else [version + key.kind for version in _VERSIONS]
    return next((n for n in names if hasattr(_models(), n)), "view:object")


@cache
def fields_of(name: str) -> Fields | None:
    """The fields of a type by their JSON names; None when it has none. A field `*` allows any other."""
    if name == "view:object":
        return _ANY_OBJECT
    if name.startswith("observed:"):
        return {**_METADATA, **OBSERVED_TYPES[name.removeprefix("observed:")]}
    if name.startswith("view:"):
        view = name.removeprefix("view:")
        return {**dict.fromkeys(VIEWS[view].fields, ANY), **VIEW_TYPES.get(view, {})}
    if name.startswith("function:"):
        return dict.fromkeys(FUNCTIONS[name.removeprefix("function:")].fields, ANY)
    found: dict[str, str] = {}
    for part in name.split("|"):
        model: Any = getattr(_models(), part, None)
        if not part[:1].isupper() or not hasattr(model, "openapi_types"):
            return None
        found |= {model.attribute_map[k]: v for k, v in model.openapi_types.items()}
    return found


def element_of(name: str) -> str | None:
    """The type of a list's elements; None when it is no list."""
    found = _LIST.match(name)
    return found[1] if found else None


def value_of(name: str) -> str | None:
    """The type of a map's values; None when it is no map of free keys."""
    found = _MAP.match(name)
    return found[1] if found else None


def called(name: str) -> str:
    """A type as messages call it."""
    if name in _SHORT:
        return _SHORT[name]
    if element_of(name) is not None:
        return "a list"
    if value_of(name) is not None:
        return "a map"
    if name == "view:object":
        return "an object"
    if name.startswith("view:"):
        return f"an element of the view '{name.removeprefix('view:')}'"
    if name.startswith("observed:"):
        return name.removeprefix("observed:")
    if name.startswith("function:"):
        return f"what '{name.removeprefix('function:')}' gives"
    return re.sub(r"^[A-Za-z]*V\d+((alpha|beta)\d+)?", "", name.partition("|")[0])


def type_of(bound: Bound, bounds: Mapping[str, Bound]) -> str:
    """The type of a binding (or of `$`); `object`, that is anything, where it cannot be known."""
    if bound.form == "object":
        return model_of(bound.kind)
    if bound.form == "element":
        return _type_of_element(bound, bounds)
    if bound.captures:
        return "str"
    if bound.function == "count":
        return "int"
    entry = FUNCTIONS.get(bound.function)
    if entry is None:
        return ANY
    if entry.name in ("first", "values"):
        common = _common(bound, bounds)
        return common if entry.name == "first" else f"List[{common}]"
    return f"function:{entry.name}" if entry.fields else entry.gives


def _common(bound: Bound, bounds: Mapping[str, Bound]) -> str:
    """The one type of all paths of a `let`; anything, when they differ."""
    found = {end_of(path, start, bounds) for path, start in bound.of}
    only = found.pop() if len(found) == 1 else ANY
    return ANY if isinstance(only, Wrong) else only


def end_of(path: Path, start: Bound, bounds: Mapping[str, Bound]) -> str | Wrong:
    """The type at the end of a path that was resolved to begin at the binding `start`."""
    return walk(type_of(start, bounds), path.segments, path.root)


def _type_of_element(bound: Bound, bounds: Mapping[str, Bound]) -> str:
    if bound.view is not None:
        return f"view:{bound.view.view.name}" if bound.view.view is not None else ANY
    for path, start in bound.of:
        found = end_of(path, start, bounds)
        return ANY if isinstance(found, Wrong) else found
    return ANY


def walk(start: str, segments: Sequence[Segment], name: str) -> str | Wrong:
    """The type at the end of a path that begins at `name`, a value of the type `start`."""
    current, before, called_so_far = start, "", name
    for segment in segments:
        if current == ANY or isinstance(segment, Other):
            return ANY
        following = _step(current, segment, called_so_far, before)
        if isinstance(following, Wrong):
            return following
        before, current = current, following
        called_so_far += _shown(segment)
    return current


def _step(current: str, segment: Segment, name: str, before: str) -> str | Wrong:
    match segment:
        case Key(key):
            return _field(current, key, name, before)
        case Each():
            found = element_of(current) or value_of(current)
            return found or Wrong("not-a-list", f"'{name}' is {called(current)}, not a list: leave out [*]")
        case Index():
            return element_of(current) or Wrong(
                "not-a-list", f"'{name}' is {called(current)}, not a list: leave out the index"
            )
        case Where(keys, value):
            return _filtered(current, keys, value, name)
        case _:
            return ANY


def _field(current: str, key: str, name: str, before: str) -> str | Wrong:
    values = value_of(current)
    if values is not None:
        return values
    if element_of(current) is not None:
        return Wrong("list", f"'{name}' is a list: write {name}[*] (any element) or {name}[0]")
    fields = fields_of(current)
    if fields is None:
        return _dotted(current, key, name, before)
    if key in fields:
        return fields[key]
    if "*" in fields:
        return fields["*"]
    guess = suggest(key, fields) or f"; it has: {listed(fields)}"
    return Wrong("unknown-field", f"{called(current)} has no field '{key}'{guess}")


def _dotted(current: str, key: str, name: str, before: str) -> Wrong:
    if value_of(before) is not None and "." in name:
        parent, _, first = name.rpartition(".")
        return Wrong(
            "dotted-key",
            f"'{parent}' is a map of {called(current)}, so '.{key}' reads nothing; "
            f"a key with dots is quoted: {parent}['{first}.{key}']",
        )
    return Wrong("unknown-field", f"'{name}' is {called(current)}; it has no field '{key}'")


def _filtered(current: str, keys: Sequence[str], value: Any, name: str) -> str | Wrong:
    element = element_of(current)
    if element is None:
        return Wrong(
            "not-a-list", f"'{name}' is {called(current)}, not a list: a filter [?(...)] selects elements of lists"
        )
    found = walk(element, [Key(k) for k in keys], "@")
    if isinstance(found, Wrong):
        return Wrong(found.check, f"in the filter, {found.message}")
    problem = mismatch(found, value)
    if problem:
        return Wrong("wrong-type", f"in the filter, '@.{'.'.join(keys)}' is {called(found)}: {problem}")
    return element


def _shown(segment: Segment) -> str:
    match segment:
        case Key(key):
            return f".{key}" if re.fullmatch(r"[A-Za-z_][\w-]*", key) else f"['{key}']"
        case Index(number):
            return f"[{number}]"
        case Where():
            return "[?(...)]"
        case _:
            return "[*]"


def mismatch(name: str, literal: Any) -> str:
    """Why a value of this type never equals the literal, and what to write; "" when it can."""
    if name == ANY or (name == LOG and isinstance(literal, str)):
        return ""
    if literal is None:
        return "null is no value; write {exists: false}"
    if element_of(name) is not None or value_of(name) is not None or fields_of(name) is not None:
        return f"it never equals {_yaml(literal)}; name a value inside it"
    if name in TEXTS or name == "datetime":
        return "" if isinstance(literal, str) else f"text never equals {_yaml(literal)}; quote it: {_quoted(literal)}"
    if name in NUMBERS:
        return "" if isinstance(literal, (int, float)) and not isinstance(literal, bool) else _not_a_number(literal)
    if name == "bool" and not isinstance(literal, bool):
        return f"it never equals {_yaml(literal)}; write true or false, without quotes"
    return ""


def _not_a_number(literal: Any) -> str:
    plain = isinstance(literal, str) and re.fullmatch(r"-?\d+(\.\d+)?", literal)
    return f"a number never equals {_yaml(literal)}; " + (
        f"write {literal} without quotes" if plain else "write a number"
    )


def _yaml(literal: Any) -> str:
    return (
        str(literal).lower()
        if isinstance(literal, bool)
        else f'"{literal}"'
        if isinstance(literal, str)
        else str(literal)
    )


def _quoted(literal: Any) -> str:
    if isinstance(literal, bool):
        return f'"{literal}" (as conditions write it) or "{str(literal).lower()}"'
    return f'"{literal}"'
