"""What the values of all Secrets come to: what must be hidden, and which Services and ports they tell programs of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from diagnose.addresses import Address
from diagnose.decode import Record
from diagnose.kinds import KindKey
from diagnose.redact import Emptied

Name = tuple[str, str]
Addresses = Mapping[Name, Mapping[str, list[Address]]]
_SERVICE = KindKey("", "Service")


@dataclass
class SecretValues:
    """Filled as Secrets are read."""

    _values: set[str] = field(default_factory=set)
    _addresses: dict[Name, dict[str, list[Address]]] = field(default_factory=dict)

    def add(self, name: Name, emptied: Emptied, newest: bool) -> None:
        """The values of a Secret; `newest` when no later version of it was read."""
        self._values |= emptied.values
        if newest and emptied.addresses is not None:
            self._addresses[name] = emptied.addresses

    def to_hide(self, tables: Mapping[KindKey, Iterable[Record]]) -> frozenset[str]:
        """All but what reports show anyway: a user name in a Secret is often that of the Deployment beside it."""
        shown = {part for rows in tables.values() for r in rows for part in (r.meta.namespace, r.meta.name)}
        return frozenset(self._values - shown)

    def addresses(self, tables: Mapping[KindKey, Iterable[Record]]) -> Addresses:
        """By Secret and key, the addresses that name a Service which everybody sees, and lone ports."""
        services = {"", *(r.meta.name for r in tables.get(_SERVICE, ()))}
        return {
            name: {key: [a for a in told if a.host.partition(".")[0] in services] for key, told in keys.items()}
            for name, keys in self._addresses.items()
        }
