"""The options of sinks: how each kind of value is read. A reader raises ValueError that says what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diagnose.values import duration
from diagnose.web import checked_url

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


@dataclass(frozen=True)
class Template:
    """A file that the user wrote: its name, for messages, and what it says."""

    name: str
    text: str


@dataclass(frozen=True)
class Option:
    """One option: how its value is read, what holds without it, and a line of help."""

    read: Callable[[Any], Any]
    default: Any
    doc: str


def seconds(value: Any) -> float:
    """A time as `30s`, `1h` or a number of seconds."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    found = float(value) if known else duration(value) if isinstance(value, str) else None
    if not found or found < 0:
        raise ValueError("takes a time as 30s or 1h")
    return found


def text(value: Any) -> str:
    """One line of text."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("takes a text")
    return value.strip()


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("takes true or false")
    return value


def url(value: Any) -> str:
    return checked_url(text(value))


def labels(value: Any) -> Mapping[str, str]:
    """Names and values of Prometheus labels."""
    if not isinstance(value, dict) or not all(_LABEL.match(k) and isinstance(v, str) for k, v in value.items()):
        raise ValueError("takes a map of label names to texts, as {cluster: prod}")
    return {name: each.strip() for name, each in value.items()}


def number(value: Any) -> int:
    """A number of tries."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 20:
        raise ValueError("takes a number from 1 to 20")
    return value


def file(value: Any) -> Template:
    """A file, already read by the command line."""
    if not isinstance(value, Template):
        raise ValueError("takes the name of a file")
    return value
