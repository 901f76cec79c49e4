"""The functions of `let`: one table. Each takes the values of its paths, one list per path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from diagnose import values as kubernetes_values
from diagnose.values import UNKNOWN, age_told, as_map, effective_requests, patience, quantity, timestamp

Lists = Sequence[Sequence[Any]]
_MAX_YAML = 1 << 20


@dataclass(frozen=True)
class Function:
    """One function. `paths` is how many paths it takes: (least, most); `takes` the values they lead to,
    `gives` its result, and `fields` the fields of a result that is a map: names of types.py, for lint.
    `partial`: what is known of the values is an answer, though others are hidden."""

    name: str
    doc: str
    call: Callable[[Lists], Any]
    paths: tuple[int, int] = (1, 1)
    takes: str = "object"
    gives: str = "object"
    fields: tuple[str, ...] = ()
    partial: bool = False


def _flat(lists: Lists) -> list[Any]:
    return [v for values in lists for v in values]


def _numbers(lists: Lists) -> list[float]:
    return [n for n in (quantity(v) for v in _flat(lists)) if n is not None]


def _sum(lists: Lists) -> float | None:
    numbers = _numbers(lists)
    return sum(numbers) if numbers else None


def _max(lists: Lists) -> float | None:
    return max(_numbers(lists), default=None)


def _min(lists: Lists) -> float | None:
    return min(_numbers(lists), default=None)


def _length(lists: Lists) -> int:
    values = _flat(lists)
    return len(values[0]) if len(values) == 1 and isinstance(values[0], (list, dict, str)) else len(values)


def _values(lists: Lists) -> list[Any] | None:
    return _flat(lists) or None


def _first(lists: Lists) -> Any:
    return next(iter(_flat(lists)), None)


def _ratio(lists: Lists) -> float | None:
    left, right = _sum(lists[:1]), _sum(lists[1:])
    return left / right if left is not None and right else None


def _difference(lists: Lists) -> float | None:
    left, right = _sum(lists[:1]), _sum(lists[1:])
    return left - right if left is not None and right is not None else None


def _seconds(lists: Lists) -> float | None:
    begin, end = (_first([values]) for values in lists)
    times, ages = (timestamp(begin), timestamp(end)), (age_told(end), age_told(begin))
    for earlier, later in (times, ages):
        if earlier is not None and later is not None:
            return later - earlier
    return None


def _patience(lists: Lists) -> float | None:
    probe = _first(lists)
    return patience(probe) if isinstance(probe, dict) and UNKNOWN not in probe.values() else None


def _duplicates(lists: Lists) -> list[Any] | None:
    counts: dict[Any, int] = {}
    for value in _flat(lists):
        if isinstance(value, (str, int, float)):
            counts[value] = counts.get(value, 0) + 1
    return [value for value, number in counts.items() if number > 1] or None


def _keys(lists: Lists) -> list[str] | None:
    found = _first(lists)
    return [key for key, value in found.items() if value is not None] or None if isinstance(found, dict) else None


def _entry(lists: Lists) -> Any:
    found, key = (_first([values]) for values in lists)
    return found.get(key) if isinstance(found, dict) and isinstance(key, str) else None


def _scaled(lists: Lists) -> int | None:
    share, whole = (_first([values]) for values in lists)
    return kubernetes_values.scaled(share, whole)


def _api(lists: Lists) -> dict[str, str] | None:
    from diagnose.apis import retired

    version, kind = (_first([values]) for values in lists)
    return retired(version, kind) if isinstance(version, str) and isinstance(kind, str) else None


def _yaml(lists: Lists) -> Any:
    text = _first(lists)
    if not isinstance(text, str) or len(text) > _MAX_YAML or ("&" in text and "*" in text):
        return None
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _x509(lists: Lists) -> Any:
    from diagnose.certificates import describe

    text = _first(lists)
    return describe(text) if isinstance(text, str) else None


def _requests(lists: Lists) -> dict[str, float] | None:
    spec = _first(lists)
    return effective_requests(as_map(spec)) if isinstance(spec, dict) else None


def _image(lists: Lists) -> dict[str, str] | None:
    reference = _first(lists)
    return kubernetes_values.image(reference) if isinstance(reference, str) else None


def _host(lists: Lists) -> dict[str, Any] | None:
    from urllib.parse import urlsplit

    text = _first(lists)
    if not isinstance(text, str):
        return None
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        return {"host": parts.hostname or "", "port": parts.port, "scheme": parts.scheme}
    except ValueError:
        return None


_ANY = (1, 9)
_NUMBER, _TEXT = "float", "str"
TABLE: dict[str, Function] = {
    f.name: f
    for f in (
        Function("sum", "The sum, as quantities in base units.", _sum, _ANY, "quantity", _NUMBER),
        Function("max", "The largest, as a quantity in base units.", _max, _ANY, "quantity", _NUMBER),
        Function("min", "The smallest, as a quantity in base units.", _min, _ANY, "quantity", _NUMBER),
        Function(
            "length", "How many values, or the length of the one list, map or text.", _length, _ANY, gives=_NUMBER
        ),
        Function("values", "All values of the paths, as one list.", _values, _ANY, gives="List[object]", partial=True),
        Function("first", "The first value that there is.", _first, _ANY, partial=True),
        Function("duplicates", "The values that are there more than once.", _duplicates, _ANY, gives="List[object]"),
        Function("keys", "The keys of a map.", _keys, gives="List[str]"),
        Function("entry", "The value of a map (the first path) under a key (the second).", _entry, (2, 2)),
        Function(
            "scaled",
            "A number of pods, or a percentage of the second path, rounded up.",
            _scaled,
            (2, 2),
            gives=_NUMBER,
        ),
        Function(
            "api",
            "Of an apiVersion and a kind that some version of Kubernetes deprecates: deprecated_in, removed_in (as"
            " 1.25), deprecated, removed (ranges, as >=1.25), replacement.",
            _api,
            (2, 2),
            takes=_TEXT,
            fields=("deprecated_in", "removed_in", "deprecated", "removed", "replacement"),
        ),
        Function("yaml", "A YAML document inside a text.", _yaml, takes=_TEXT),
        Function(
            "x509",
            "A certificate (PEM, or base64 of it): not_after, not_before, subject, issuer, names.",
            _x509,
            takes=_TEXT,
            fields=("not_after", "not_before", "subject", "issuer", "names"),
        ),
        Function("ratio", "The first divided by the second.", _ratio, (2, 2), "quantity", _NUMBER),
        Function("difference", "The first less the second.", _difference, (2, 2), "quantity", _NUMBER),
        Function("seconds", "The seconds from the first time to the second.", _seconds, (2, 2), "datetime", _NUMBER),
        Function(
            "patience",
            "How long a probe lets its container fail from its start on, in seconds.",
            _patience,
            takes="V1Probe",
            gives=_NUMBER,
        ),
        Function(
            "requests",
            "What a pod spec asks for, as the scheduler counts it, by resource.",
            _requests,
            takes="V1PodSpec",
            gives="Dict[str, float]",
        ),
        Function(
            "image",
            "The parts of an image reference: registry, repository, tag, digest.",
            _image,
            takes=_TEXT,
            fields=("registry", "repository", "tag", "digest"),
        ),
        Function(
            "url",
            "The parts of a URL: host, port, scheme.",
            _host,
            takes=_TEXT,
            fields=("host", "port", "scheme"),
        ),
    )
}
