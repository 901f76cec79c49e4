"""What the server serves: objects as raw JSON by resource, and logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from diagnose.kinds import TABLE, KindKey, api_version, is_namespaced, is_observed, key_of
from diagnose.rbac import resource_of

_LOG = re.compile(r"(?P<container>[^/]+?)(?P<previous>\.previous)?\.log")
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Meta(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""


class _Identity(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815
    kind: str = ""
    metadata: _Meta = _Meta()
    items: list[msgspec.Raw] | None = None


@dataclass
class Table:
    """All objects of a resource: JSON by namespace and name, in that order, without apiVersion and kind."""

    kind: str
    group: str
    version: str
    name: str
    namespaced: bool
    rows: dict[tuple[str, str], bytes] = field(default_factory=dict)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.group}" if self.group else self.name


class Store:
    """Resources by group and plural; logs by namespace, pod, container and whether of the previous run."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], Table] = {}
        self.logs: dict[tuple[str, str, str, bool], bytes] = {}
        for info in TABLE:
            key = KindKey(info.group, info.kind)
            if not is_observed(key) and info.group not in ("metrics.k8s.io", "gateway.networking.k8s.io"):
                self.define(key)

    @classmethod
    def of(cls, objects: Iterable[Mapping[str, Any]], logs: Mapping[tuple[str, ...], str] | None = None) -> Store:
        """Objects with apiVersion and kind; logs as `(namespace, pod, container[, "previous"])` to text."""
        made = cls()
        for value in objects:
            made.add(msgspec.json.encode(dict(value)))
        for key, text in (logs or {}).items():
            made.logs[(key[0], key[1], key[2], len(key) > 3)] = text.encode()
        made.sort()
        return made

    @classmethod
    def from_folder(cls, folder: Path) -> Store:
        """The lists of a folder (below `get/` if it has that), and the logs below `logs/`."""
        made = cls()
        lists = folder / "get" if (folder / "get").is_dir() else folder
        for path in sorted(lists.glob("*.json")):
            if path.name != "version.json":
                made.add(path.read_bytes())
        for path in sorted((folder / "logs").glob("*/*/*.log")):
            found = _LOG.fullmatch(path.name)
            assert found
            namespace, pod = path.parts[-3:-1]
            made.logs[(namespace, pod, found["container"], bool(found["previous"]))] = path.read_bytes()
        made.sort()
        return made

    def define(self, key: KindKey, version: str = "") -> Table:
        """Serve a kind, be there objects of it or not."""
        name = resource_of(key)
        version = version or api_version(key).rpartition("/")[2]
        return self.tables.setdefault((key.group, name), Table(key.kind, key.group, version, name, is_namespaced(key)))

    def add(self, data: bytes | msgspec.Raw) -> None:
        """One object, or a list of them."""
        who = msgspec.json.decode(data, type=_Identity)
        if who.items is not None:
            for item in who.items:
                self.add(item)
            return
        group, _, version = who.apiVersion.rpartition("/")
        table = self.define(KindKey(group, who.kind) if group else key_of(who.apiVersion, who.kind), version)
        table.namespaced = bool(who.metadata.namespace) or (table.namespaced and bool(table.rows))
        fields = _raw.decode(data)
        rest = {k: v for k, v in fields.items() if k not in ("apiVersion", "kind")}
        table.rows[who.metadata.namespace, who.metadata.name] = msgspec.json.encode(rest)

    def remove(self, group: str, resource: str) -> None:
        """Do not serve a resource."""
        del self.tables[group, resource]

    def sort(self) -> None:
        """Put objects in the order that a server lists them in."""
        for table in self.tables.values():
            table.rows = dict(sorted(table.rows.items()))

    def groups(self) -> dict[str, dict[str, list[Table]]]:
        """Tables by group and version."""
        found: dict[str, dict[str, list[Table]]] = {}
        for table in self.tables.values():
            found.setdefault(table.group, {}).setdefault(table.version, []).append(table)
        return found
