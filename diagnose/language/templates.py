"""Templates of messages and commands: `{path}` or `{path|filter}`, and nothing else.

`{{` and `}}` stand for the braces themselves; a lone brace is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from diagnose import paths
from diagnose.logs import Log
from diagnose.values import as_map, as_maps, format_age, format_bytes, quantity, timestamp

NOTHING = "none"
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True)
class Hole:
    """`{path|filter}` at an offset of the template."""

    path: str
    filter: str
    offset: int


@dataclass(frozen=True)
class Filter:
    name: str
    doc: str
    apply: Callable[[Any, float | None], str]


def _age(value: Any, now: float | None) -> str:
    then = timestamp(value) if isinstance(value, str) else value
    if not isinstance(then, (int, float)) or now is None:
        return "some time"
    return format_age(now - then)


def _bytes(value: Any, now: float | None) -> str:
    number = quantity(value)
    return format_bytes(number) if number is not None else show(value)


def _labels(value: Any, now: float | None) -> str:
    labels = as_map(value)
    expressions: list[str] = []
    if any(isinstance(labels.get(key), (dict, list)) for key in ("matchLabels", "matchExpressions", "matchFields")):
        asked = [e for key in ("matchExpressions", "matchFields") for e in as_maps(labels.get(key))]
        expressions = [_requirement(e) for e in asked]
        labels = as_map(labels.get("matchLabels"))
    return ",".join([*(f"{k}={show(v)}" for k, v in sorted(labels.items())), *expressions])


_SIGNS = {"Gt": ">", "Lt": "<"}


def _requirement(expression: Mapping[str, object]) -> str:
    """One of `matchExpressions`, in the words of `kubectl get -l`."""
    key, operator = show(expression.get("key")), str(expression.get("operator"))
    given = expression.get("values")
    values = ",".join(show(v) for v in given) if isinstance(given, list) else ""
    if operator in ("Exists", "DoesNotExist"):
        return key if operator == "Exists" else f"!{key}"
    return f"{key}{_SIGNS[operator]}{values}" if operator in _SIGNS else f"{key} {operator.lower()} ({values})"


FILTERS: dict[str, Filter] = {
    f.name: f
    for f in (
        Filter("age", "how long before the capture a time was, as kubectl writes it", _age),
        Filter("bytes", "a number of bytes with its unit, as 1.5Gi", _bytes),
        Filter("labels", "a map of labels, or a selector, as a=b,c in (d,e)", _labels),
    )
}


def parse(text: str) -> list[str | Hole]:
    """The literal texts and holes of a template, in order. Raises ValueError on a lone brace."""
    parts: list[str | Hole] = []
    at = 0
    for found in _PART.finditer(text):
        if found.start() > at:
            parts.append(text[at : found.start()])
        at = found.end()
        token = found[0]
        if token in ("{{", "}}"):
            parts.append(token[0])
        elif found[1] is None:
            raise ValueError(f"a lone '{token}' in a template; write '{token}{token}' for the character itself")
        else:
            path, _, name = found[1].partition("|")
            if not path.strip():
                raise ValueError(f"'{token}' names no path; write one in it, or '{{{{}}}}' for the braces themselves")
            try:
                paths.parse(path.strip())
            except paths.PathError as error:
                raise ValueError(f"{error}; '{{{{' and '}}}}' stand for braces of the text") from None
            parts.append(Hole(path.strip(), name.strip(), found.start()))
    if at < len(text):
        parts.append(text[at:])
    return parts


def show(value: Any) -> str:
    """One value as a message shows it."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Log):
        return value.last_line()
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, default=str)
    return str(value)


def show_all(values: Any) -> str:
    """Several values: each once, in order."""
    return ", ".join(dict.fromkeys(show(v) for v in values)) or NOTHING
