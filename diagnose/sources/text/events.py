"""Events as texts tell them: one shape for the Events section of `kubectl describe` and for `kubectl get events`.

No text shows the name of an event, so it is made of what every text shows: the object that the event is about,
its reason, and how its message begins. The same event told by two texts is one object then.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from diagnose.kinds import KindKey, api_version, info
from diagnose.sources.text.ages import ago
from diagnose.sources.text.late import late
from diagnose.tellings import Telling
from diagnose.told import Ago

EVENT = KindKey("", "Event")
_NAMESPACE_OF_CLUSTER = "default"
_BEGINNING = 120
_PART = late(r"(spec\.(?:containers|initContainers|ephemeralContainers)\{[^}\s]+\}): ")
_TIMES = late(r"(\S+)(?:\s+\(x(\d+)(?: over (\S+))?\))?\Z")


class Involved(NamedTuple):
    """The object that an event is about. `namespace` is None where the text does not say it, "" without one."""

    key: KindKey
    namespace: str | None
    name: str
    field_path: str = ""


def event_telling(
    about: Involved,
    reason: str,
    type_: str,
    message: str,
    file: str,
    *,
    rank: int = 1,
    count: int | None = None,
    first: Ago | str | None = None,
    last: Ago | str | None = None,
    component: str = "",
    host: str = "",
) -> Telling:
    """What a text tells of one event. What is None or "" is not told (`message` and `reason` always are).

    Of two texts of the same `rank` that tell the same event, the one that saw it later counts.
    """
    about, message = _of_container(about, message)
    namespace = _NAMESPACE_OF_CLUSTER if about.namespace == "" else about.namespace
    involved: dict[str, Any] = {"kind": about.key.kind, "name": about.name}
    if version := _version(about.key):
        involved["apiVersion"] = version
    if about.namespace is not None:
        involved["namespace"] = about.namespace or None
    if about.field_path:
        involved["fieldPath"] = about.field_path
    fields: dict[str, Any] = {"involvedObject": involved, "reason": reason, "message": message}
    if type_:
        fields["type"] = type_
    if count:
        fields["count"] = count
    if first:
        fields["firstTimestamp"] = first
    if last:
        fields["lastTimestamp"] = last
    if component or host:
        fields["source"] = {name: value for name, value in (("component", component), ("host", host)) if value}
    name = f"{about.name}.{_identity(about, reason, message)}"
    return Telling(EVENT, namespace, name, fields, file, rank + _recency(last))


def times(text: str) -> tuple[int | None, Ago | None, Ago | None]:
    """Count, first and last time of an age cell: `72s`, `72s (x3 over 5m)`, `<unknown>`, `<invalid>`."""
    match = _TIMES.match(text.strip())
    if match is None:
        return None, None, None
    last = ago(match[1])
    if match[2] is None:
        return 1 if last else None, last, last
    return int(match[2]), ago(match[3]) if match[3] else None, last


def _of_container(about: Involved, message: str) -> tuple[Involved, str]:
    """The part of the object that kubectl since 1.35 prints before the message, as `spec.containers{web}: `."""
    found = _PART.match(message) if message.startswith("spec.") else None
    if found is None or about.field_path not in ("", found[1]):
        return about, message
    return about._replace(field_path=found[1]), message[found.end() :]


@lru_cache(maxsize=256)
def _version(key: KindKey) -> str:
    """The apiVersion of a kind; empty for one that is not known."""
    return "" if info(key) is None else api_version(key)


def _identity(about: Involved, reason: str, message: str) -> str:
    first_line = message.strip().partition("\n")[0].removesuffix("...")
    beginning = " ".join(first_line.split())[:_BEGINNING]
    told = "\0".join((about.key.kind, about.name, reason, beginning))
    return blake2b(told.encode(errors="replace"), digest_size=8).hexdigest()


def _recency(last: Ago | str | None) -> float:
    return 0.0 if not isinstance(last, Ago) else 1 / (2 + max(0.0, last.seconds))
