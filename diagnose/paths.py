"""Paths: JSONPath text compiled to plain getters. The only importer of jsonpath_ng.

jsonpath-ng is the grammar. Its parser takes 300 µs a path, so the plain forms (`a.b`, `['k']`,
`[*]`, `[0]`, `[?(@.k=='v')]`) are read here by one regular expression, and a property test holds
both readings equal. Every other form goes to jsonpath-ng itself: 10 times slower, and the decoder
must then keep everything below the point where it begins (`rules lint` says so).

A getter returns the values as a list; a missing path, and null, is no value.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from diagnose.decode import EVERY, Step
from diagnose.path_code import Loop, lazily
from diagnose.told import Partial
from diagnose.values import UNKNOWN

Getter = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Key:
    name: str


@dataclass(frozen=True, slots=True)
class Each:
    """`[*]`: the elements of a list, the values of a map."""


@dataclass(frozen=True, slots=True)
class Index:
    number: int


@dataclass(frozen=True, slots=True)
class Where:
    """`[?(@.a.b=='v')]`: the elements whose field has that value."""

    keys: tuple[str, ...]
    value: str | int


@dataclass(frozen=True, slots=True)
class Other:
    """What only jsonpath-ng can read, from here to the end of the path."""

    text: str


Segment = Key | Each | Index | Where | Other


@dataclass(frozen=True)
class Path:
    """A compiled path. `root` is `$` or a binding's name, `segments` what follows it."""

    text: str
    root: str
    segments: tuple[Segment, ...]
    get: Getter

    @property
    def interpreted(self) -> bool:
        """Whether jsonpath-ng has to be asked at run time."""
        return any(isinstance(s, Other) for s in self.segments)

    def reads(self) -> tuple[tuple[Step, ...], ...]:
        """What a decoder must keep for this path (relative to its root)."""
        return self._reads

    @cached_property
    def _reads(self) -> tuple[tuple[Step, ...], ...]:
        steps: list[Step] = []
        extra: list[tuple[Step, ...]] = []
        for segment in self.segments:
            match segment:
                case Key(name):
                    steps.append(name)
                case Each() | Index():
                    steps.append(EVERY)
                case Where(keys, _):
                    steps.append(EVERY)
                    extra.append((*steps, *keys))
                case Other():
                    break
        return (tuple(steps), *extra)


class PathError(ValueError):
    """A path that neither reading understands; the text says why."""


_ROOT = re.compile(r"\$|[A-Za-z_][\w-]*")
_SEGMENT = re.compile(
    r"""\.(?P<key>(?!where(?:not)?(?![\w-]))[A-Za-z_][\w-]*)
    |\.?\[(?P<quote>['"])(?P<quoted>[^'"\\]+)(?P=quote)\]
    |\.?\[(?P<every>\*)\]
    |\.?\[(?P<index>\d+)\]
    |\.?\[\?\(\s*@\.(?P<field>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\s*==\s*
        (?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<number>\d+)(?=\s*\)))\s*\)\]
    """,
    re.VERBOSE | re.ASCII,
)


@cache
def parse(text: str) -> Path:
    """The path that `text` says. Raises PathError."""
    text = text.strip()
    start = _ROOT.match(text)
    if not start:
        raise PathError(f"'{text}' is no path; it begins with $ or the name of a binding")
    segments: list[Segment] = []
    at = start.end()
    while at < len(text):
        found = _SEGMENT.match(text, at)
        if not found:
            segments = _interpreted_from(text, start.end(), at, segments)
            break
        segments.append(_segment(found))
        at = found.end()
    return Path(text, start[0], tuple(segments), getter(tuple(segments)))


def _segment(found: re.Match[str]) -> Segment:
    if name := found["key"] or found["quoted"]:
        return Key(name)
    if found["every"]:
        return Each()
    if found["index"]:
        return Index(int(found["index"]))
    value = next(v for v in (found["single"], found["double"], found["number"]) if v is not None)
    return Where(tuple(found["field"].split(".")), int(value) if found["number"] else value)


_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_BARE_WORD = re.compile(r"(?:[=!<>]=|[<>])\s*(?!(?:true|false|null)\b)([A-Za-z_][\w-]*)")


def _interpreted_from(text: str, start: int, at: int, before: list[Segment]) -> list[Segment]:
    """The path whose text from `at` on only jsonpath-ng can read; with `parent` it needs all of it."""
    return [_other(text, start)] if "`parent`" in text else [*before, _other(text, at)]


def _other(text: str, at: int) -> Other:
    rest = "$" + text[at:]
    unquoted = _QUOTED.sub("''", rest)
    if "=~" in unquoted or "`sub(" in unquoted:  # these run Python's patterns, which may take for ever
        raise PathError(f"'{text}' is no path; test a pattern with `matches`, in linear time")
    bare = _BARE_WORD.search(unquoted) if "?" in rest else None
    if bare:  # jsonpath-ng reads it as text or finds nothing, depending on its version
        raise PathError(f"'{text}' is no path; quote the word in its filter: '{bare[1]}'")
    if _joins(_interpreted(rest, text)):
        raise PathError(f"'{text}' is no path; it joins several, and `let: {{x: {{values: [...]}}}}` does that")
    return Other(rest)


def _joins(node: Any) -> bool:
    """Whether a path that jsonpath-ng has read holds an operator between two paths, as `|` or `where`."""
    left, right = getattr(node, "left", None), getattr(node, "right", None)
    if left is None or right is None:
        return False
    return type(node).__name__ not in ("Child", "Descendants") or _joins(left) or _joins(right)


def _interpreted(rest: str, text: str) -> Any:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse as parse_jsonpath

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_jsonpath(rest)
    except (JSONPathError, Exception) as error:  # its lexer and parser raise plain Exception too
        hint = "; quote a key that has dots or slashes, as $.metadata.labels['example.com/x']" if "/" in text else ""
        raise PathError(f"'{text}' is no path ({str(error).splitlines()[0].rstrip('!')}){hint}") from None


def getter(segments: tuple[Segment, ...]) -> Getter:
    """A function from a value to the list of values that `segments` lead to."""
    if all(isinstance(s, Key) for s in segments):
        return _keys_getter(tuple(s.name for s in segments if isinstance(s, Key)))
    stages: list[Getter] = []
    keys: list[str] = []
    for segment in segments:
        if isinstance(segment, Key):
            keys.append(segment.name)
            continue
        if keys:
            stages.append(_keys_getter(tuple(keys)))
            keys = []
        stages.append(_stage(segment))
    if keys:
        stages.append(_keys_getter(tuple(keys)))
    steps = _steps(segments)
    return _chain(stages) if steps is None else lazily(_chain(stages), steps)


def _steps(segments: tuple[Segment, ...]) -> list[str | Loop] | None:
    """The path as what code can be generated of; None when it is of another form."""
    steps: list[str | Loop] = []
    for segment in segments:
        match segment:
            case Key(name):
                steps.append(name)
            case Each():
                steps.append(None)
            case Where((key,), value):
                steps.append((key, value))
            case _:
                return None
    return steps


def _chain(stages: list[Getter]) -> Getter:
    first, rest = stages[0], stages[1:]
    if not rest:
        return first

    def get(value: Any) -> Sequence[Any]:
        values = first(value)
        for stage in rest:
            if not values:
                return ()
            values = stage(values[0]) if len(values) == 1 else [found for v in values for found in stage(v)]
        return values

    return get


def _keys_getter(keys: tuple[str, ...]) -> Getter:
    """The value at the end of a chain of keys. Plain dicts take the short way; what is odd takes the long one."""
    *above, last = keys or ("",)
    first = above[0] if above else ""
    second = above[1] if len(above) > 1 else ""

    def long(value: Any) -> Sequence[Any]:
        for key in keys:
            if isinstance(value, dict):
                value = value.get(key)
            elif value is UNKNOWN:
                break
            else:
                return ()
            if value is None:
                return ()
        return (value,)

    def one(value: Any) -> Sequence[Any]:
        if value.__class__ is dict:
            value = value.get(last)
            return () if value is None else (value,)
        return long(value)

    def two(value: Any) -> Sequence[Any]:
        if value.__class__ is dict:
            below = value.get(first)
            if below.__class__ is dict:
                below = below.get(last)
                return () if below is None else (below,)
            if below is None:
                return ()
        return long(value)

    def three(value: Any) -> Sequence[Any]:
        if value.__class__ is dict:
            below = value.get(first)
            if below.__class__ is dict:
                below = below.get(second)
                if below.__class__ is dict:
                    below = below.get(last)
                    return () if below is None else (below,)
            if below is None:
                return ()
        return long(value)

    return (long, one, two, three)[len(keys)] if len(keys) < 4 else long


def _stage(segment: Segment) -> Getter:
    match segment:
        case Each():
            return _every
        case Index(number):
            return lambda value: (
                (value[number],)
                if isinstance(value, list) and number < len(value) and value[number] is not None
                else _unknown_of(value)
            )
        case Where(keys, wanted):
            return _where(_keys_getter(keys), wanted)
        case Other(text):
            return _find(text)
        case Key(name):
            return _keys_getter((name,))


def _every(value: Any) -> Sequence[Any]:
    if isinstance(value, list):
        for element in value:
            if element is None:
                return [v for v in value if v is not None]
        return value
    if isinstance(value, dict):
        return [v for v in value.values() if v is not None]
    return _unknown_of(value)


def _unknown_of(value: Any) -> Sequence[Any]:
    return (UNKNOWN,) if value is UNKNOWN else ()


def _where(get: Getter, wanted: object) -> Getter:
    def passes(element: Any) -> bool:
        found = get(element)
        return found == (wanted,) and not isinstance(found[0], bool)

    def filtered(value: Any) -> Sequence[Any]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [v for v in value if v is UNKNOWN or passes(v)]
        return _unknown_of(value)

    return filtered


def _find(text: str) -> Getter:
    expression = _interpreted(text, text)

    def get(value: Any) -> Sequence[Any]:
        if value is UNKNOWN:
            return (UNKNOWN,)
        try:
            found = [m.value for m in expression.find(value) if m.value is not None]
            return found or ((UNKNOWN,) if isinstance(value, Partial) else ())
        except Exception:  # what it trips over depends on its version: a value of an odd type has no values
            return ()

    return get
