"""Kubernetes value semantics as pure functions: what the API machinery, the scheduler and kubectl make of a value.

The input comes from dumps, so it may be anything: a value of the wrong type is "not one" (None, False, nothing
selected), never an exception. Only `version_in_range` raises, for a range somebody wrote.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

from diagnose.values_scheduling import as_map, as_maps, node_affinity_matches, selects, tolerates, untolerated

__all__ = [
    "UNKNOWN",
    "Unknown",
    "age_told",
    "as_map",
    "as_maps",
    "duration",
    "effective_requests",
    "format_age",
    "format_bytes",
    "format_timestamp",
    "image",
    "node_affinity_matches",
    "patience",
    "quantity",
    "scaled",
    "selects",
    "timestamp",
    "tolerates",
    "untolerated",
    "version_in_range",
]


class Unknown(Enum):
    """The type of `UNKNOWN`: a value the dump does not tell, because it was redacted or not shown."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "unknown"

    __str__ = __repr__


UNKNOWN: Final = Unknown.UNKNOWN

# --- quantities, durations, times -------------------------------------------------------------------------------------

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,4}))?")
_MULTIPLIER = {
    **{suffix: 1000**power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))},
    **{suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}
_DIVISOR = {"m": 1000, "u": 1000**2, "n": 1000**3}
_LONGEST_NUMBER = 64


def quantity(value: object) -> float | None:
    """A Kubernetes quantity ("500m", "1Gi", "1e3", 3) in base units: bytes, cores, pieces; None when it is not one.

    Source: k8s.io/apimachinery/pkg/api/resource. Suffixes are case-sensitive ("1K" and "1gi" are no quantities).
    """
    if isinstance(value, str):
        return _parse_quantity(value) if 0 < len(value) <= _LONGEST_NUMBER else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    return None


@lru_cache(maxsize=4096)
def _parse_quantity(text: str) -> float | None:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    digits, suffix, exponent = match.groups()
    if exponent is not None:
        number = float(f"{digits}e{exponent}")
    elif suffix in _DIVISOR:
        number = float(digits) / _DIVISOR[suffix]
    else:
        number = float(digits) * _MULTIPLIER[suffix or ""]
    return number if math.isfinite(number) else None


def format_bytes(number: float) -> str:
    """Bytes in the largest binary unit that keeps them at 1 or more, one decimal at most: "1.5Gi", "24Mi", "512"."""
    if not math.isfinite(number):
        return repr(UNKNOWN)
    units = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
    power = 0
    while power < len(units) - 1 and abs(round(number, 1)) >= 1024:
        number /= 1024
        power += 1
    return f"{round(number, 1) + 0.0:.1f}".removesuffix(".0") + units[power]


_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_SECONDS |= {"d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_DURATION_PART = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|[smhdwy])"
_DURATION = re.compile(f"(?:{_DURATION_PART})+")
_DURATION_PARTS = re.compile(_DURATION_PART)


def duration(text: str) -> float | None:
    """Seconds of "30s", "1h30m", "1.5h", "500ms", "2d", "1w", "1y" (365 days) or "0"; None when it is not one.

    Source: Go's time.ParseDuration without a sign, and the days, weeks and years that Prometheus and kubectl write.
    """
    if not isinstance(text, str) or len(text) > _LONGEST_NUMBER:
        return None
    if text == "0":
        return 0.0
    if _DURATION.fullmatch(text) is None:
        return None
    return math.fsum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PARTS.findall(text))


def format_age(seconds: float) -> str:
    """Seconds as kubectl prints an AGE: "45s", "5m30s", "3h10m", "2d4h", "400d", "2y35d"; "0s" when negative.

    Source: HumanDuration of k8s.io/apimachinery/pkg/util/duration.
    """
    if not math.isfinite(seconds):
        return repr(UNKNOWN)
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    if days < 8 * 365:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,18})?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_EPOCH = datetime(1970, 1, 1)
_GO_ZERO_TIME = -62135596800.0


def timestamp(value: object) -> float | None:
    """An RFC 3339 time (metav1.Time, metav1.MicroTime) in UNIX seconds; None when it is not one, or Go's zero time."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 20 and value[19] == "Z" and value[10] == "T" and value[7] == "-" and value[13] == ":":
            seconds = datetime.fromisoformat(value).timestamp()
        else:
            match = _TIMESTAMP.fullmatch(value)
            if match is None:
                return None
            day, clock, fraction, sign, hours, minutes = match.groups()
            seconds = datetime.fromisoformat(f"{day}T{clock}Z").timestamp() + float(fraction or 0)
            if sign:
                seconds -= int(sign + "1") * (int(hours) * 3600 + int(minutes) * 60)
    except ValueError:
        return None
    return None if seconds == _GO_ZERO_TIME else seconds


def age_told(value: object) -> float | None:
    """Seconds of "73s ago", as a text without a capture time tells a time; None when it is none."""
    return duration(value[:-4]) if isinstance(value, str) and value.endswith(" ago") else None


def format_timestamp(seconds: float) -> str:
    """UNIX seconds, cut to whole ones, as RFC 3339 in UTC: "2026-01-01T12:00:00Z"."""
    try:
        return f"{(_EPOCH + timedelta(seconds=math.floor(seconds))).isoformat()}Z"
    except (OverflowError, ValueError):
        return repr(UNKNOWN)


# --- requests ---------------------------------------------------------------------------------------------------------


def effective_requests(pod_spec: Mapping[str, object]) -> dict[str, float]:
    """What the scheduler counts for a pod, by resource name in base units (cores, bytes), rounded to nano.

    Source: PodRequests of k8s.io/component-helpers/resource: app containers and sidecars together, or the largest init
    container beside the sidecars started before it, whichever is more; pod-level requests (KEP-2837) replace that for
    cpu, memory and huge pages; overhead comes on top. A limit stands in for an absent request, as the API defaults it.
    """
    spec = as_map(pod_spec)
    total: dict[str, float] = {}
    for container in as_maps(spec.get("containers")):
        _add(total, _requests(container.get("resources")))
    sidecars: dict[str, float] = {}
    starting: dict[str, float] = {}
    for container in as_maps(spec.get("initContainers")):
        requests = _requests(container.get("resources"))
        if container.get("restartPolicy") == "Always":
            _add(total, requests)
            _add(sidecars, requests)
        else:
            _add(requests, sidecars)
            _raise_to(starting, requests)
    _raise_to(total, starting)
    pod_level = as_map(spec.get("resources"))
    limits, requests = _quantities(pod_level.get("limits")), _quantities(pod_level.get("requests"))
    for name, number in {**limits, **requests}.items():
        if _is_pod_level(name) and (name in requests or name not in total):
            total[name] = number
    _add(total, _quantities(spec.get("overhead")))
    return {name: round(number, 9) for name, number in total.items()}


def _requests(resources: object) -> dict[str, float]:
    given = as_map(resources)
    requests = as_map(given.get("requests"))
    limits = {name: limit for name, limit in as_map(given.get("limits")).items() if name not in requests}
    return _quantities({**limits, **requests})


def _quantities(value: object) -> dict[str, float]:
    pairs = ((name, quantity(text)) for name, text in as_map(value).items() if isinstance(name, str))
    return {name: number for name, number in pairs if number is not None}


def _is_pod_level(resource: str) -> bool:
    return resource in ("cpu", "memory") or resource.startswith("hugepages-")


def _add(total: dict[str, float], more: Mapping[str, float]) -> None:
    for name, number in more.items():
        total[name] = total.get(name, 0.0) + number


def _raise_to(total: dict[str, float], least: Mapping[str, float]) -> None:
    for name, number in least.items():
        total[name] = max(total.get(name, number), number)


def patience(probe: Mapping[str, object]) -> float:
    """Seconds from the start of a container until a probe that never passes has failed for good, at most.

    Source: V1Probe; without a value initialDelaySeconds is 0, periodSeconds 10, failureThreshold 3.
    """
    delay, period, failures = (
        quantity(probe.get(name)) or default
        for name, default in (("initialDelaySeconds", 0.0), ("periodSeconds", 10.0), ("failureThreshold", 3.0))
    )
    return delay + period * failures


def scaled(share: object, whole: object) -> int | None:
    """A number of pods, or a percentage of `whole` rounded up; None when it is neither, or `whole` no number.

    Source: GetScaledValueFromIntOrPercent of k8s.io/apimachinery/pkg/util/intstr, as the disruption controller uses it.
    """
    if isinstance(share, bool) or isinstance(whole, bool):
        return None
    if isinstance(share, int):
        return share
    match = _PERCENT.fullmatch(share) if isinstance(share, str) else None
    return -(-int(match[1]) * whole // 100) if match and isinstance(whole, int) else None


_PERCENT = re.compile(r"([0-9]{1,9})%")


# --- versions, images -------------------------------------------------------------------------------------------------

_VERSION = re.compile(r"v?([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:[-+][0-9A-Za-z.+~_-]*)?")
_RANGE_PART = re.compile(r"\s*(>=|<=|==|!=|>|<|=)?\s*(\S+)\s*")


def version_in_range(version: str, range_text: str) -> bool:
    """Whether a Kubernetes version ("v1.31.2+k3s1") lies in a range (">=1.25,<1.30", "1.36.2"; all parts must hold).

    Versions are compared by major, minor and patch; a part that names no patch compares major and minor only, so
    "<=1.30" holds for 1.30.7. What follows the patch is ignored. False when `version` is no version; ValueError with
    the reason when the range is none.
    """
    if not isinstance(range_text, str):
        raise ValueError(f"a version range is a text such as '>=1.25,<1.30', not {range_text!r}; quote it")
    tests = [_range_part(part, range_text) for part in range_text.split(",")]
    have = _parse_version(version)
    return have is not None and all(_holds(operator, have[: len(limit)], limit) for operator, limit in tests)


def _range_part(part: str, whole: str) -> tuple[str, tuple[int, ...]]:
    match = _RANGE_PART.fullmatch(part)
    given = _VERSION.fullmatch(match[2]) if match else None
    if match is None or given is None:
        raise ValueError(
            f"version range {whole[:80]!r}: {part.strip()[:80]!r} is not a comparison such as '>=1.25', '<1.30' or "
            "'1.36.2'; several are joined by commas"
        )
    return match[1] or "=", tuple(int(number) for number in given.groups() if number is not None)


def _parse_version(version: object) -> tuple[int, int, int] | None:
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def _holds(operator: str, have: tuple[int, ...], limit: tuple[int, ...]) -> bool:
    if operator in (">", ">="):
        return have > limit or (operator == ">=" and have == limit)
    if operator in ("<", "<="):
        return have < limit or (operator == "<=" and have == limit)
    return (have == limit) != (operator == "!=")


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])"
_REGISTRY = re.compile(rf"{_HOST}(?::[0-9]+)?")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,512}")
_BARE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_LONGEST_REFERENCE = 1024


def image(reference: str) -> dict[str, str] | None:
    """Registry, repository, tag and digest of an image reference; "" for a part it lacks, None when it is none.

    Source: github.com/distribution/reference. Docker Hub's defaults are filled in ("nginx" is docker.io,
    library/nginx), and the tag is "latest" when the reference has neither tag nor digest. A bare image ID is none.
    """
    if not isinstance(reference, str) or len(reference) > _LONGEST_REFERENCE or _BARE_ID.fullmatch(reference):
        return None
    name, has_digest, digest = reference.partition("@")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    name, tag = (name, None) if colon < 0 else (name[:colon], name[colon + 1 :])
    first, has_slash, rest = name.partition("/")
    if has_slash and (first == "localhost" or "." in first or ":" in first or first != first.lower()):
        registry, repository = first, rest
    else:
        registry, repository = "docker.io", name
    if registry in ("docker.io", "index.docker.io"):
        registry, repository = "docker.io", repository if "/" in repository else f"library/{repository}"
    valid = (
        _REGISTRY.fullmatch(registry)
        and _REPOSITORY.fullmatch(repository)
        and (tag is None or _TAG.fullmatch(tag))
        and (not has_digest or _DIGEST.fullmatch(digest))
        and len(registry) + len(repository) < 255
    )
    if not valid:
        return None
    return {
        "registry": registry,
        "repository": repository,
        "tag": "latest" if tag is None and not has_digest else tag or "",
        "digest": digest,
    }
