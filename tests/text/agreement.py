"""Whether what a text tells is true of the object that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diagnose.told import Ago, Whole
from diagnose.values import UNKNOWN, quantity

Difference = tuple[str, Any, Any]
_NAMES = ("mountPath", "name", "type", "ip", "key")


def differences(told: Any, real: Any, at: str = "$") -> Iterator[Difference]:
    """Where a text tells something else than the object has: path, what is told, what is there."""
    if told is UNKNOWN or isinstance(told, Ago):
        return
    if isinstance(told, dict):
        yield from _of_maps(told, real, at)
    elif isinstance(told, list):
        yield from _of_lists(told, real or [], at)
    elif not (told == real or not (told or real) or _same(told, real)):
        yield at, told, real


def _of_maps(told: dict[str, Any], real: Any, at: str) -> Iterator[Difference]:
    if not isinstance(real or {}, dict):
        yield at, told, real
        return
    there = real or {}
    for key, value in told.items():
        yield from differences(value, there.get(key), f"{at}.{key}")
    if isinstance(told, Whole):
        yield from ((f"{at}.{key}", None, there[key]) for key in there.keys() - told.keys() if there[key] is not None)


def _of_lists(told: list[Any], real: list[Any], at: str) -> Iterator[Difference]:
    known = [v for v in told if v is not UNKNOWN]
    if len(known) != len(real) and (len(known) == len(told) or len(known) > len(real)):
        yield at, told, real
        return
    key = next((n for n in _NAMES if known and isinstance(known[0], dict) and n in known[0]), None)
    by_name = {v.get(key) or None: v for v in real} if key else {}
    for i, value in enumerate(known):
        name = value.get(key) if key else i
        yield from differences(value, by_name.get(name) if key else real[i], f"{at}[{name}]")


def _same(told: Any, real: Any) -> bool:
    if isinstance(told, str) and isinstance(real, str) and told.strip() == real.strip():
        return True
    return isinstance(told, str) and quantity(told) is not None and quantity(told) == quantity(real)
