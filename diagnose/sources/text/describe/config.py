"""ConfigMaps, Secrets, ServiceAccounts, Namespaces, quotas, limit ranges: kinds with more than lines of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, cells, columns
from diagnose.sources.text.describe.table import Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN

_QUOTA, _LIMITS = parse_key("ResourceQuota"), parse_key("LimitRange")
_META = (
    passed_over("Name|Namespace"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
)
_DATA = late(r"Data\s*\Z")
_KEY = late(r"([\w.-]+):\Z")
_SIZE = late(r"([\w.-]+):\s+(\d+) bytes\Z")
_TOKEN = late(r"([\w.-]+):\s+\S")


def _config_map(reading: Reading, lines: Sequence[str]) -> Fields:
    """Each key stands in a line above one of dashes; its value ends with an empty line."""
    parts: dict[str, list[str]] = {}
    binary: dict[str, Any] = {}
    inside: list[str] | None = None
    in_binary = False
    for i, raw in enumerate(lines):
        following = lines[i + 1].rstrip() if i + 1 < len(lines) else ""
        key = _KEY.match(raw.rstrip())
        if key and following == "----":
            inside = parts.setdefault(key[1], [])
        elif raw.rstrip() == "BinaryData" and following == "====":
            in_binary, inside = True, None
        elif in_binary:
            size = _SIZE.match(raw.rstrip())
            binary |= {size[1]: UNKNOWN} if size else {}
        elif inside is not None:
            inside.append(raw)
    data: Fields = {key: "\n".join(text[1:]).rstrip("\n") for key, text in parts.items()}
    if not reading.whole:
        if parts:
            data[next(reversed(parts))] = UNKNOWN
        return {"data": data}
    return {"data": Whole(data), "binaryData": Whole(binary)} if in_binary else {"data": Whole(data)}


def _secret(reading: Reading, lines: Sequence[str]) -> Fields:
    """Keys and sizes. Values are never told: not even the token that kubectl does print."""
    data: Fields = {}
    for raw in lines:
        size = _SIZE.match(raw.rstrip())
        match = size or _TOKEN.match(raw)
        if match:
            data[match[1]] = "" if size and size[2] == "0" else UNKNOWN
    return {"data": Whole(data)}


def _names(line: Line) -> Any:
    return [{"name": text.partition(" (not found)")[0]} for text in line.texts() if text not in values.NOTHING]


def _table(lines: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table that stands at the left; it ends at an empty line or one that is none of its rows."""
    names, starts = columns(lines[0].strip()) if lines else ([], [])
    found = []
    for raw in lines[1:]:
        text = raw.strip()
        if not text:
            break
        if text.strip("- "):
            found.append(dict(zip(names, cells(text, starts), strict=True)))
    return found


def _used_and_hard(rows: Sequence[dict[str, str]]) -> Fields:
    told = [(row["Resource"], row.get("Used"), row.get("Hard")) for row in rows if row.get("Hard")]
    hard = Whole({name: hard for name, _, hard in told})
    used = Whole({name: used for name, used, _ in told if used})
    return {"spec": {"hard": hard}, "status": {"hard": Whole(hard), "used": used}}


def _quota(reading: Reading, lines: Sequence[str]) -> Fields:
    return _used_and_hard(_table(lines))


_LIMIT_COLUMNS = {
    "Min": "min",
    "Max": "max",
    "Default Request": "defaultRequest",
    "Default Limit": "default",
    "Max Limit/Request Ratio": "maxLimitRequestRatio",
}


def _limits(rows: Sequence[dict[str, str]]) -> Fields:
    """One row a type and resource; one entry a type."""
    entries: dict[str, Fields] = {}
    for row in rows:
        entry = entries.setdefault(row.get("Type", ""), {"type": row.get("Type")})
        for column, name in _LIMIT_COLUMNS.items():
            amount = row.get(column, "-")
            if amount not in ("-", ""):
                entry.setdefault(name, Whole({}))[row["Resource"]] = amount
    return {"spec": {"limits": [Whole(entry) for entry in entries.values()]}}


def _limit_range(reading: Reading, lines: Sequence[str]) -> Fields:
    return _limits(_table(lines))


def _namespace(reading: Reading, lines: Sequence[str]) -> Fields:
    """The quotas of the namespace stand in its text whole; of its limit ranges only what they say together."""
    name, table = "", list[str]()
    inside = False
    for raw in [*lines, ""]:
        text = raw.strip()
        if text == "Resource Quotas":
            inside = True
        elif inside and (not text or text.startswith(("Name:", "Resource Limits"))):
            if name and table:
                reading.tell(_QUOTA, reading.name, name, _used_and_hard(_table(table)))
            name, table = text.removeprefix("Name:").strip(), []
            inside = bool(text) and text.startswith("Name:")
        elif inside and (table or text.startswith("Resource ")):
            table.append(raw)
    return {}


def _phase(line: Line) -> Any:
    """A namespace that is being deleted is in the phase Terminating."""
    deleted = {} if line.value == "Terminating" else {"deletionTimestamp": None}
    return {"status": {"phase": line.value or None}, "metadata": deleted}


def _no_rows(reading: Reading, fields: Fields) -> None:
    if reading.key == _QUOTA and "status" not in fields:
        fields |= _used_and_hard(())


_SPEC_SCOPES = Says("Scopes", "spec.scopes", values.items, None)
KINDS = (
    Kind(
        parse_key("Secret"),
        Table(*_META, Says("Type", "type", values.text)),
        marked("Labels|Type|Data"),
        ends=False,
        body=_DATA,
        of_body=_secret,
    ),
    Kind(
        parse_key("ConfigMap"),
        Table(*_META, passed_over("Events")),
        marked("Labels|Data", "Labels|BinaryData"),
        body=_DATA,
        of_body=_config_map,
    ),
    Kind(
        parse_key("ServiceAccount"),
        Table(
            *_META,
            Says("Image pull secrets", "imagePullSecrets", _names),
            Says("Mountable secrets", "secrets", _names),
            passed_over("Tokens"),
            passed_over("Events"),
        ),
        marked("Mountable secrets", "Image pull secrets"),
    ),
    Kind(
        _QUOTA,
        Table(passed_over("Name|Namespace"), _SPEC_SCOPES),
        marked("Namespace|Resource Used Hard"),
        _no_rows,
        ends=False,
        body=late(r"Resource\s+Used\s+Hard"),
        of_body=_quota,
    ),
    Kind(
        _LIMITS,
        Table(passed_over("Name|Namespace")),
        marked("Namespace|Type Resource Min Max Default Request Default Limit Max Limit/Request Ratio"),
        ends=False,
        body=late(r"Type\s+Resource\s+Min\s"),
        of_body=_limit_range,
    ),
    Kind(
        parse_key("Namespace"),
        Table(
            passed_over("Name"),
            Says("Labels", "metadata.labels", values.labels),
            Says("Annotations", "metadata.annotations", values.annotation_map),
            Says("Status", "", _phase),
            Says("Conditions", "status.conditions", values.conditions, []),
        ),
        marked("Status|No resource quota.", "Status|Resource Quotas", "Status|No LimitRange resource."),
        ends=False,
        body=late(r"No resource quota\.|Resource Quotas|No LimitRange|Resource Limits"),
        of_body=_namespace,
    ),
)
