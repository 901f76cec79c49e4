"""What was observed about a cluster and is no object of its API: units, probes, alerts, calls.

They are told whole: a field that is not there is absent. docs/dump-formats.md lists their fields.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from diagnose.decode import decode_whole
from diagnose.kinds import KindKey, parse_key
from diagnose.snapshot import Builder
from diagnose.tellings import Name, Tables, Telling
from diagnose.told import encode, whole
from diagnose.values import as_map

UNIT = parse_key("Unit")
PROBE = parse_key("Probe")
ALERT = parse_key("Alert")
CALL = parse_key("Call")
_SERVICE = parse_key("Service")
_SUBJECTS = tuple(
    parse_key(kind)
    for kind in ["Service", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Node", "Pod", "Namespace"]
)


def unit(fields: dict[str, Any], file: str, into: Builder) -> None:
    """The state of a unit of a node: it is called NODE/UNIT."""
    _add(UNIT, f"{fields['node'] or 'unknown'}/{fields['unit']}", fields, file, into)


def probe(fields: dict[str, Any], file: str, into: Builder) -> None:
    """One attempt to reach something: it is called HOST:PORT, with @ and who tried where that is said."""
    target = fields["host"] or fields["address"] or "unknown"
    name = f"{target}:{fields['port']}" if fields["port"] else str(target)
    _add(PROBE, f"{name}@{fields['from']}" if fields["from"] else name, fields, file, into)


def alert(name: str, fields: dict[str, Any], file: str, into: Builder) -> None:
    """One alert of a monitoring system."""
    _add(ALERT, name, fields, file, into)


def call(caller: str, callee: str, file: str, into: Builder) -> None:
    """That one service calls another."""
    _add(CALL, f"{caller}>{callee}", {"caller": caller, "callee": callee, "namespace": None}, file, into)


def place(tables: Tables) -> None:
    """Find the objects that probes, alerts and calls are about, when all names are known: their namespaces stand in
    few of them. A name that several namespaces have stays without one."""
    if not any(tables.get(key) for key in (PROBE, ALERT, CALL)):
        return
    names = _Names(tables)
    for key, placed in ((PROBE, names.probe), (ALERT, names.alert), (CALL, names.call)):
        for record in tables.get(key, {}).values():
            value = decode_whole(record.raw)
            if placed(value):
                record.raw = encode(whole(value), None)


class _Names:
    """The objects by name, and the Services by address."""

    def __init__(self, tables: Tables) -> None:
        self._named: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key, table in tables.items():
            if key in _SUBJECTS:
                for namespace, name in table:
                    self._named[key.kind, name].add(namespace)
        self._tables = tables

    @cached_property
    def _by_address(self) -> dict[str, Name]:
        found = {}
        for name, record in self._tables.get(_SERVICE, {}).items():
            address = as_map(decode_whole(record.raw).get("spec")).get("clusterIP")
            if isinstance(address, str) and address != "None":
                found[address] = name
        return found

    def _only(self, kind: str, name: str) -> str | None:
        """The one namespace where there is such an object; None when there is none, or several."""
        where = self._named.get((kind, name), set())
        return next(iter(where)) if len(where) == 1 else None

    def probe(self, value: dict[str, Any]) -> bool:
        host = value.get("host") or value.get("address")
        if not isinstance(host, str):
            return False
        service = self._by_address.get(host) or self._by_address.get(str(value.get("address")))
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0] or self._only("Service", name)
        if ("Service", name) in self._named and namespace in self._named["Service", name]:
            service = (namespace, name)
        if service:
            value["service"] = {"kind": "Service", "namespace": service[0], "name": service[1]}
        return service is not None

    def alert(self, value: dict[str, Any]) -> bool:
        subject = as_map(value.get("subject"))
        name, kind, namespace = (subject.get(key) for key in ("name", "kind", "namespace"))
        if not isinstance(name, str) or (kind and namespace):
            return False
        kinds = [kind] if isinstance(kind, str) else [key.kind for key in _SUBJECTS]
        of = next((k for k in kinds if (k, name) in self._named), None)
        if of is None:
            return False
        value["subject"] = {"kind": of, "namespace": namespace or self._only(of, name) or None, "name": name}
        return True

    def call(self, value: dict[str, Any]) -> bool:
        both = (self._only("Service", str(value.get(end))) for end in ("callee", "caller"))
        value["namespace"] = next((namespace for namespace in both if namespace), None)
        return value["namespace"] is not None


def _add(key: KindKey, name: str, fields: dict[str, Any], file: str, into: Builder) -> None:
    into.told.add(Telling(key, None, name, whole({**fields, "metadata": {"name": name}}), file))
