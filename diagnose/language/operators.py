"""The operators of `where` and `when`: one table; schema, reference page and lint come from it.

A test answers True, False, or None for "cannot tell". Right sides are prepared once, at load.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnose.language.patterns import Pattern
from diagnose.logs import Log
from diagnose.values import age_told, duration, quantity, selects, timestamp, untolerated, version_in_range

Verdict = bool | None


@dataclass
class Moment:
    """What a test may know besides the values: the capture time, in UNIX seconds; `missed` when one lacked it."""

    now: float | None
    missed: bool = False


Test = Callable[[Any, Any, Moment], Any]


@dataclass(frozen=True)
class Operator:
    """One operator. `takes` names the form of its right side; `prepare` checks and converts a literal.

    `whole`: with `{ref: ...}` the test gets all referred values at once, not one after the other.
    """

    name: str
    takes: str
    doc: str
    test: Test
    prepare: Callable[[Any], Any] = lambda value: value
    whole: bool = False


def _equal(value: Any, wanted: Any, _: Moment) -> Verdict:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _in(value: Any, wanted: list[Any], moment: Moment) -> Verdict:
    return any(_equal(value, w, moment) for w in wanted)


def _matches(value: Any, pattern: Any, _: Moment) -> Any:
    if isinstance(value, Log):
        return pattern.last(value.text) or False
    return pattern.search(value) or False if isinstance(value, str) else False


def _contains(value: Any, wanted: Any, moment: Moment) -> Verdict:
    if isinstance(value, Log):
        return isinstance(wanted, str) and value.has(wanted)
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list) and any(_equal(v, wanted, moment) for v in value)


def _starts_with(value: Any, wanted: Any, _: Moment) -> Verdict:
    return isinstance(value, str) and isinstance(wanted, str) and value.startswith(wanted)


def _number(compare: Callable[[float, float], bool]) -> Test:
    def test(value: Any, wanted: Any, _: Moment) -> Verdict:
        left = quantity(value)
        right = wanted if isinstance(wanted, float) else quantity(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


def _age(compare: Callable[[float, float], bool]) -> Test:
    def test(value: Any, seconds: Any, moment: Moment) -> Verdict:
        age = age_told(value)
        if age is None:
            then = timestamp(value)
            if then is None:
                return False
            if moment.now is None:
                moment.missed = True
                return None
            age = moment.now - then
        limit = seconds if isinstance(seconds, float) else duration(str(seconds))
        return limit is not None and compare(age, limit)

    return test


def _has_key(value: Any, wanted: Any, _: Moment) -> Verdict:
    return isinstance(value, dict) and isinstance(wanted, str) and wanted in value


def _selects(value: Any, labels: Any, _: Moment) -> Verdict:
    return selects(value, labels if isinstance(labels, dict) else {}, numeric=True)


def _version(value: Any, wanted: Any, _: Moment) -> Verdict:
    try:
        return isinstance(value, str) and isinstance(wanted, str) and version_in_range(value, wanted)
    except ValueError:
        return False


def _untolerated_by(taint: Any, tolerations: Any, _: Moment) -> Verdict:
    listed = tolerations if isinstance(tolerations, (list, tuple)) else [tolerations]
    return isinstance(taint, dict) and untolerated(taint, [t for t in listed if isinstance(t, dict)])


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list, as [A, B]")
    return value


def _regex(value: Any) -> Pattern:
    if not isinstance(value, str):
        raise ValueError("a regular expression in quotes")
    return Pattern(value)


def _quantity(value: Any) -> float:
    found = quantity(value)
    if found is None or isinstance(value, bool):
        raise ValueError("a number or a quantity, as 500m or 1Gi")
    return found


def _duration(value: Any) -> float:
    found = duration(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration, as 30s, 10m or 1h")
    return found


def _range(value: Any) -> str:
    text = _text(value)
    version_in_range("v1.0.0", text)
    return text


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _scalar(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        raise ValueError("a plain value")
    return value


def _labels(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("{ref: path} or a map of labels")
    return value


def _tolerations(value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise ValueError("{ref: path} or a list of tolerations")
    return value


def _exists(value: Any, wanted: bool, _: Moment) -> Verdict:
    raise AssertionError("exists is decided on the whole list of values")


TABLE: dict[str, Operator] = {
    o.name: o
    for o in (
        Operator("is", "value", "The value equals the right side (same JSON type).", _equal, _scalar),
        Operator("in", "list", "The value is one of the list.", _in, _list, whole=True),
        Operator("not", "condition", "No value passes what stands on the right: a literal or operators.", _equal),
        Operator("exists", "bool", "There is a value (true), or none (false).", _exists, _bool),
        Operator(
            "matches",
            "regex",
            "The text matches this RE2 pattern somewhere; named groups become bindings. Of a log the last one counts.",
            _matches,
            _regex,
        ),
        Operator("contains", "value", "The text has this part, or the list this element.", _contains, _scalar),
        Operator("starts_with", "text", "The text begins so.", _starts_with, _text),
        Operator("lt", "quantity", "Less than, read as Kubernetes quantities.", _number(lambda a, b: a < b), _quantity),
        Operator("le", "quantity", "Less than or equal, as quantities.", _number(lambda a, b: a <= b), _quantity),
        Operator("gt", "quantity", "Greater than, as quantities.", _number(lambda a, b: a > b), _quantity),
        Operator("ge", "quantity", "Greater than or equal, as quantities.", _number(lambda a, b: a >= b), _quantity),
        Operator(
            "older_than",
            "duration",
            "The time lies more than this before the capture.",
            _age(lambda age, limit: age > limit),
            _duration,
        ),
        Operator(
            "younger_than",
            "duration",
            "The time lies less than this before the capture, or after it.",
            _age(lambda age, limit: age < limit),
            _duration,
        ),
        Operator("version", "range", "The Kubernetes version lies in this range.", _version, _range),
        Operator("has_key", "text", "The map has this key.", _has_key, _text),
        Operator(
            "selects",
            "labels",
            "The label selector, or the term of a node affinity, selects these labels.",
            _selects,
            _labels,
        ),
        Operator(
            "untolerated_by",
            "tolerations",
            "The taint repels a pod with these tolerations (NoSchedule and NoExecute only).",
            _untolerated_by,
            _tolerations,
            whole=True,
        ),
    )
}
