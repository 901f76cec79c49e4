"""How the values of lines are read: words, numbers, times, maps, selectors. Each function takes a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnose.kinds import BY_KIND, KindKey, api_version
from diagnose.sources.text.ages import ago, rfc3339
from diagnose.sources.text.describe.outline import Line, rows
from diagnose.sources.text.describe.table import UNTOLD
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN

NOTHING = frozenset({"", "<none>", "<unset>", "<nil>"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TERMINATING = late(r"Terminating \(lasts (\S+)\)")
_SHORTENED = "..."


def text(line: Line) -> Any:
    """The value; None for `<none>` and the like."""
    return None if line.value in NOTHING else line.value


def plain(line: Line) -> Any:
    """The value as it is, also "None"."""
    return line.value


def number(line: Line) -> Any:
    """A whole number, also with a unit as `30s`; None for `<unset>`."""
    return None if line.value in NOTHING else whole_number(line.value)


def some(line: Line) -> Any:
    """A number that the API leaves out when it is 0."""
    return number(line) or None


def whole_number(value: str) -> Any:
    """The number that a text begins with; nothing told when it is none."""
    match = _NUMBER.match(value)
    return int(match[0]) if match else UNTOLD


_NUMBER = late(r"-?\d{1,18}")


def flag(line: Line) -> Any:
    """True or False; None for `<unset>`."""
    return _FLAGS.get(line.value.lower(), UNTOLD)


def true_or_absent(line: Line) -> Any:
    """True, or None for false: the API leaves it out."""
    return _FLAGS.get(line.value.lower(), UNTOLD) or None


_FLAGS = {"true": True, "false": False, "yes": True, "no": False, **dict.fromkeys(NOTHING)}


def time(line: Line) -> Any:
    """A time as the API writes it."""
    return when(line.value)


def when(value: str) -> Any:
    """A time with a weekday as RFC 3339; None when it is not set."""
    return None if value in NOTHING else rfc3339(value) or UNTOLD


def port(value: str) -> int | str:
    """A port: a number, or a name."""
    return int(value) if value.isdecimal() and len(value) < 6 else value


def int_or_percent(line: Line) -> Any:
    """`1` or `25%`."""
    return port(line.value) if line.value not in NOTHING else None


def items(line: Line) -> Any:
    """A list in one line: `a,b` or `a, b`."""
    return [v.strip() for v in line.value.split(",")] if line.value not in NOTHING else None


def bracketed(line: Line) -> Any:
    """A list as Go prints it: `[a b]`."""
    return line.value.strip("[]").split() or None


def texts(line: Line) -> Any:
    """One word a line."""
    found: list[Any] = [] if line.value in NOTHING and not line.below else line.texts()
    return opened(found, line)


def labels(line: Line) -> Any:
    """A map in lines of `key=value`: all of it."""
    found = {}
    for part in line.texts():
        key, _, value = part.partition("=")
        if part not in NOTHING:
            found[key] = value
    return found if line.cut else Whole(found)


def joined(line: Line) -> Any:
    """A map in one line: `a=b,c=d`; None for `<none>`."""
    if line.value in NOTHING:
        return None
    pairs = (part.partition("=") for part in line.value.split(","))
    return Whole({key: value for key, _, value in pairs})


def annotation_map(line: Line) -> Any:
    """Annotations. kubectl hides what it wrote itself last, and shortens long values."""
    heads: list[tuple[Line, list[str]]] = []
    column = len(line.text) - len(line.value)
    if line.value not in NOTHING:
        heads.append((Line(line.value, column, line.number), []))
    for below in line.below:
        inner = [t for deeper in below.below for t in deeper.all_texts()]
        if below.indent > column and heads:
            heads[-1][1].extend((below.text, *inner))
        else:
            heads.append((below, inner))
    if line.cut:
        del heads[-1:]
    found = {head.key: _annotation(head.value, inner) for head, inner in heads if head.key}
    return found if line.cut else Whole({**found, _LAST_APPLIED: UNKNOWN})


def _annotation(value: str, inner: list[str]) -> Any:
    told = [value, *inner] if value else inner
    return UNKNOWN if any(t.endswith(_SHORTENED) for t in told) else "\n".join(told)


def quantities(line: Line) -> Any:
    """Resources and their amounts, one a line."""
    found = {below.key: below.value for below in line.below if below.key}
    return found if line.cut else Whole(found)


def owner(line: Line) -> Any:
    """`ReplicaSet/web-1`: the controller. kubectl shows no other owners."""
    kind, _, name = line.value.partition("/")
    if not name:
        return UNTOLD
    reference: dict[str, Any] = {"kind": kind, "name": name, "controller": True}
    found = BY_KIND.get(kind)
    if found is not None:
        reference["apiVersion"] = api_version(KindKey(found.group, kind))
    return [reference]


def phase(line: Line) -> Any:
    """`Running`, or `Terminating (lasts 5m)`, which is a time of deletion."""
    match = _TERMINATING.match(line.value)
    if match is None:
        return {"status": {"phase": line.value or None}, "metadata": {"deletionTimestamp": None}}
    since = ago(match[1])
    return {"metadata": {"deletionTimestamp": since}} if since else UNTOLD


def conditions(line: Line) -> Any:
    """The rows of a Conditions table; times in them are absolute."""
    if line.value in NOTHING and not line.below:
        return [] if line.value else UNTOLD
    found: list[Any] = []
    for row in rows(line.below):
        condition: dict[str, Any] = {}
        for column, cell in row.items():
            name = column[:1].lower() + column[1:]
            value = when(cell) if name.endswith("Time") else cell or None
            if value is not UNTOLD:
                condition[name] = value
        found.append(condition)
    return opened(found, line)


def each(line: Line, read: Callable[[Line], Any]) -> list[Any]:
    """What each line below tells; the list is open when the text was cut off in it."""
    found = [value for value in map(read, line.below) if value is not UNTOLD]
    return opened(found, line)


def opened(found: list[Any], line: Line) -> list[Any]:
    """The list, with an unknown end when the text was cut off in it."""
    return [*found, UNKNOWN] if line.cut else found


def selector(line: Line) -> Any:
    """A label selector in one line: `a=b,c in (d,e),!f`, as a LabelSelector; {} selects all."""
    return label_selector(line.value)


_REQUIREMENT = late(r"\s*(!?)([\w./-]+)\s*(?:(==|!=|=)\s*([\w.-]*)|(in|notin)\s*\(([^)]*)\))?\s*(?:,|\Z)")


def label_selector(value: str) -> Any:
    """A LabelSelector of its text form. `<none>` is one that selects all; None: `<unset>`."""
    if value in NOTHING:
        return None if value == "<unset>" else Whole({})
    match_labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    at = 0
    while at < len(value):
        match = _REQUIREMENT.match(value, at)
        if match is None or match.end() == at:
            return UNTOLD
        negated, key, sign, equal, operator, among = match.groups()
        if sign in ("=", "=="):
            match_labels[key] = equal
        elif sign == "!=":
            expressions.append(Whole(key=key, operator="NotIn", values=[equal]))
        elif operator:
            values = [v.strip() for v in among.split(",")]
            expressions.append(Whole(key=key, operator="In" if operator == "in" else "NotIn", values=values))
        else:
            expressions.append(Whole(key=key, operator="DoesNotExist" if negated else "Exists"))
        at = match.end()
    told: dict[str, Any] = {}
    if match_labels:
        told["matchLabels"] = Whole(match_labels)
    if expressions:
        told["matchExpressions"] = expressions
    return Whole(told)
