"""Objects of which a text tells only a part: what it does not say is unknown, not absent.

A text (a `kubectl describe`, a table of `kubectl get`) tells some fields of an object. Several texts
about the same object are merged, and become one record whose dicts answer `UNKNOWN` for what none
of them says. `Whole` marks a map of which everything is told (labels, a selector), `Ago` a time that
the text gives as an age. In the bytes of a record such an object is a list `["~", {...}]`, which no
object of the API is, and no projection decodes: the fast way for real objects costs nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from diagnose.values import UNKNOWN, format_timestamp

MARK = "~"
"""No key of the Kubernetes API: label, annotation and data keys have letters or digits."""
_PREFIX = b'["~",'
_LEAVES = frozenset((str, int, bool, type(None)))
_IDENTIFIED_BY = ("name", "type", "ip", "key", "port")


class Partial(dict[str, Any]):
    """A map of which only a part is told: a key that is not there is unknown."""

    def get(self, key: str, default: Any = UNKNOWN) -> Any:
        return super().get(key, UNKNOWN)


class Whole(dict[str, Any]):
    """A map of which everything is told: a key that is not there is absent."""


@dataclass(frozen=True, slots=True)
class Ago:
    """A time told as an age: seconds before the text was taken."""

    seconds: float


def whole(value: Any) -> Any:
    """The value with every map in it marked as told entirely: what a manifest says of its spec."""
    if isinstance(value, Mapping):
        return Whole({str(k): whole(v) for k, v in value.items()})
    return [whole(v) for v in value] if isinstance(value, list) else value


def merge(first: Any, second: Any) -> Any:
    """What two texts tell of the same value; where both tell it, `first` counts."""
    if first is UNKNOWN:
        return second
    if isinstance(first, dict) and isinstance(second, dict):
        return _merged_maps(first, second)
    if isinstance(first, list) and isinstance(second, list):
        return _merged_lists(first, second)
    return first


def _merged_maps(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    merged = {
        key: value if type(value) in _LEAVES or key not in second else merge(value, second[key])
        for key, value in first.items()
    }
    if isinstance(first, Whole):
        return Whole(merged)
    merged |= {key: value for key, value in second.items() if key not in merged}
    return Whole(merged) if isinstance(second, Whole) else merged


def _merged_lists(first: list[Any], second: list[Any]) -> list[Any]:
    """Elements with the same name (or type, address, port) are merged; only an open list gets more from `second`."""
    others = {_identity(v): v for v in second if isinstance(v, dict)}
    merged = [
        merge(v, others.pop(_identity(v))) if isinstance(v, dict) and _identity(v) in others else v
        for v in first
        if v is not UNKNOWN
    ]
    if UNKNOWN not in first:
        return merged
    return merged + [v for v in second if (v not in first if not isinstance(v, dict) else _identity(v) in others)]


def _identity(value: dict[str, Any]) -> Any:
    """What tells an element of a list from the others. Not all texts tell the name of a container's port."""
    if "containerPort" in value:
        return "containerPort", str(value["containerPort"]), value.get("protocol") or "TCP"
    return next(((key, str(value[key])) for key in _IDENTIFIED_BY if key in value), None)


def encode(fields: dict[str, Any], now: float | None) -> bytes:
    """The bytes of a told object; ages become times when the capture time (UNIX seconds) is known."""
    return _encoded([MARK, _frozen(fields, now)])


_encoded = msgspec.json.Encoder().encode
_PLAIN = frozenset({str, int, float, bool, type(None)})


def _frozen(value: Any, now: float | None) -> Any:
    """What can be encoded, of a value that is no leaf."""
    if isinstance(value, dict):
        inside = {k: v if type(v) in _LEAVES else _frozen(v, now) for k, v in value.items()}
        return {MARK: True, **inside} if isinstance(value, Whole) else inside
    if isinstance(value, (list, tuple)):
        return [v if type(v) in _LEAVES else _frozen(v, now) for v in value]
    if isinstance(value, Ago):
        return _ago_text(value.seconds, now)
    return {MARK: None} if value is UNKNOWN else value


def time_text(value: Any, now: float | None) -> Any:
    """A time as the API writes it when it was told as an age, and the capture time is known."""
    return _ago_text(value.seconds, now) if isinstance(value, Ago) else value


@lru_cache(maxsize=4096)
def _ago_text(seconds: float, now: float | None) -> str:
    return age_text(seconds) if now is None else format_timestamp(now - seconds)


def age_text(seconds: float) -> str:
    """An age that could not be made a time: "73s ago"; `values.age_told` reads it."""
    return f"{seconds:g}s ago"


def is_told(raw: Any) -> bool:
    """Whether the bytes of a record are of a told object."""
    return bytes(memoryview(raw)[: len(_PREFIX)]) == _PREFIX


def thaw(value: Any) -> Any:
    """The object in decoded bytes, when they are of a told one; else the value itself."""
    if isinstance(value, list) and len(value) == 2 and value[0] == MARK:
        return _thawed(value[1])
    return value


def _thawed(value: Any) -> Any:
    if isinstance(value, list):
        return [_thawed(v) for v in value]
    if not isinstance(value, dict):
        return value
    if MARK not in value:
        return Partial({k: v if type(v) in _LEAVES else _thawed(v) for k, v in value.items()})
    if value[MARK] is None:
        return UNKNOWN
    return {k: v if type(v) in _LEAVES else _thawed(v) for k, v in value.items() if k != MARK}
