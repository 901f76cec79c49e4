"""Clauses compiled to steps: each takes a match and gives the matches that go on.

Absence is evidence only if collected: `none`, `every`, `count` and a `some` that finds nothing
report to `unknown` when objects may be missing from the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from diagnose.language.conditions import LINES, Check, UseCheck, always
from diagnose.language.targets import HIDDEN_VALUE, Item, Rows, TargetOf
from diagnose.match import Match
from diagnose.paths import Path
from diagnose.redact import is_unknown
from diagnose.values import UNKNOWN, quantity, timestamp

NO_TIME = "the capture time is not known"

Unknown = Callable[[Match, str], None]
Step = Callable[[Match, Unknown], Sequence[Match]]


Depends = Callable[[Match], Any]
Order = Callable[[Item], float]


@dataclass(frozen=True)
class Joined:
    """What the verbs over a target share.

    `depends`: for a target that is the same for every match (all objects of a kind), the values of other
    bindings that the condition compares with. Matches that agree on them get the same answer, found once.
    `own`: the condition looks at the item alone, so nothing needs to be bound to try it.
    """

    name: str
    target: TargetOf
    where: Check
    order: Order | None
    captures: tuple[str, ...]
    depends: Depends | None = None
    own: bool = False


def hidden(match: Match) -> str:
    """Why a condition could not be decided."""
    return NO_TIME if match.moment.missed else HIDDEN_VALUE


Verdicts = Generator[tuple[Item, bool | None, dict[str, Any]], None, None]


def _tried(joined: Joined, match: Match, items: Iterable[Item]) -> Verdicts:
    """Each item with whether it passes and what its condition captured. While it is tried it is bound in `match`."""
    where, name, values = joined.where, joined.name, match.values
    if joined.own:
        for item in items:
            captures: dict[str, Any] = {}
            yield item, where(item.value, match, captures), captures
        return
    before = values.get("$")
    try:
        for item in items:
            captures = {}
            value = values["$"] = item.value
            match.bind(name, value, item.record)
            yield item, where(value, match, captures), captures
    finally:
        values["$"] = before
        if name:
            values.pop(name, None)
            match.records.pop(name, None)


def _with(joined: Joined, match: Match, item: Item, captures: dict[str, Any]) -> Match:
    """The match that goes on with an item bound, and with what its condition captured."""
    made = match.copy()
    made.bind(joined.name, item.value, item.record)
    if captures:
        keep(made, dict(captures))
    return made


def _with_element(joined: Joined, match: Match, item: Item, captures: dict[str, Any]) -> Match:
    made = _with(joined, match, item, captures)
    if item.record is None:
        made.elements = {**made.elements, joined.name: item.label}
    return made


def keep(match: Match, captures: dict[str, Any]) -> None:
    """Make what patterns captured into bindings."""
    lines = captures.pop(LINES, None)
    if lines:
        match.lines = {**match.lines, **lines}
    match.values.update(captures)


def newest(path: Path) -> Order:
    """By a time, latest first; what has none comes last."""

    def when(item: Item) -> float:
        return max((t for t in map(timestamp, path.get(item.value)) if t is not None), default=float("-inf"))

    return when


def largest(path: Path) -> Order:
    """By a quantity, largest first; what has none comes last."""

    def size(item: Item) -> float:
        return max((n for n in map(quantity, path.get(item.value)) if n is not None), default=float("-inf"))

    return size


def _ordered(joined: Joined, items: Iterable[Item]) -> Iterable[Item]:
    return items if joined.order is None else sorted(items, key=joined.order, reverse=True)


class Tally(NamedTuple):
    """What all items of a target came to; `hidden` is why some could not be decided."""

    passed: tuple[tuple[Item, dict[str, Any]], ...]
    failed: int
    undecided: int
    missing: str | None
    hidden: str


def _tally(joined: Joined, match: Match) -> Tally:
    if joined.depends is None:
        return _try_all(joined, match)
    key = ("all", id(joined), joined.depends(match))
    known: Tally | None = match.world.memo.get(key)
    if known is None:
        known = match.world.memo[key] = _try_all(joined, match)
    return known


def _try_all(joined: Joined, match: Match) -> Tally:
    found = joined.target(match)
    passed: list[tuple[Item, dict[str, Any]]] = []
    failed = undecided = 0
    for item, verdict, captures in _tried(joined, match, _ordered(joined, found.items)):
        if verdict:
            passed.append((item, captures))
        elif verdict is None:
            undecided += 1
        else:
            failed += 1
    return Tally(tuple(passed), failed, undecided, found.missing, hidden(match))


def each(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        tally = _tally(joined, match)
        going_on = [_with_element(joined, match, item, captures) for item, captures in tally.passed]
        if tally.undecided:
            unknown(match, tally.hidden)
        elif tally.missing and not tally.passed and not tally.failed:
            unknown(match, tally.missing)
        return going_on

    return step


First = tuple[Item | None, dict[str, Any], str | None]


def _first(joined: Joined, match: Match) -> First:
    """The first item that passes and what its condition captured, or why there may be one that is not seen."""
    if joined.depends is None:
        return _search(joined, match)
    key = ("first", id(joined), joined.depends(match))
    known: First | None = match.world.memo.get(key)
    if known is None:
        known = match.world.memo[key] = _search(joined, match)
    return known


def _search(joined: Joined, match: Match) -> First:
    found = joined.target(match)
    items = found.items if joined.order is None else _ordered(joined, found.items)
    if joined.where is always:
        return next(((item, {}, None) for item in items), (None, {}, found.missing))
    if joined.own and isinstance(items, Rows):
        item, captures, undecided = items.first(joined.where, match)
        if item is not None:
            return item, captures, None
        return None, {}, hidden(match) if undecided else found.missing
    undecided = False
    if items:
        with closing(_tried(joined, match, items)) as tried:
            for item, verdict, captures in tried:
                if verdict:
                    return item, captures, None
                undecided = undecided or verdict is None
    return None, {}, hidden(match) if undecided else found.missing


def some(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        item, captures, why = _first(joined, match)
        if item is not None:
            return (_with(joined, match, item, captures),)
        if why:
            unknown(match, why)
        return ()

    return step


def maybe(joined: Joined, absent_if_unknown: bool = False) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        item, captures, why = _first(joined, match)
        if item is not None:
            made = _with(joined, match, item, captures)
        else:
            made = match.copy()
            unmatched = UNKNOWN if why and not absent_if_unknown else None
            made.bind(joined.name, unmatched)
            for name in joined.captures:
                if made.values.get(name) is None:
                    made.values[name] = unmatched
        return (made,)

    return step


def none(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        item, _, why = _first(joined, match)
        if item is None and why is None:
            return (match,)
        if item is None and why:
            unknown(match, why)
        return ()

    return step


def every(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        tally = _tally(joined, match)
        if tally.failed:
            return ()
        why = tally.hidden if tally.undecided else tally.missing
        if why:
            unknown(match, why)
            return ()
        return (match,) if tally.passed else ()

    return step


_MANY = 1_000_000


def count(joined: Joined, test: UseCheck | None, limits: Sequence[float] = ()) -> Step:
    """`limits` are the numbers at which the answer of `test` may change."""

    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        tally = _tally(joined, match)
        number = len(tally.passed)
        most = _MANY if tally.missing else number + tally.undecided
        made = match.copy()
        made.bind(joined.name, number if number == most else UNKNOWN)
        possible = {number, most, *(n for n in limits if number < n < most)}
        answers = {test((n,), made, {}) for n in possible} if test else {True}
        if answers == {True}:
            return (made,)
        if answers != {False}:
            unknown(match, tally.missing or tally.hidden)
        return ()

    return step


def let(
    name: str, function: Callable[[Sequence[Sequence[Any]]], Any], getters: Sequence[Any], partial: bool = False
) -> Step:
    """`partial`: the function answers on what is known of its values; else one that is hidden hides the result."""

    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        made = match.copy()
        lists = [get(match) for get in getters]
        known = [[v for v in values if not is_unknown(v)] for values in lists]
        hides = sum(map(len, known)) < sum(map(len, lists))
        made.bind(name, UNKNOWN if hides and not (partial and any(known)) else function(known))
        return (made,)

    return step


def when(check: Check) -> Step:
    def step(match: Match, unknown: Unknown) -> Sequence[Match]:
        captures: dict[str, Any] = {}
        verdict = check(None, match, captures)
        if verdict:
            if not captures:
                return (match,)
            made = match.copy()
            keep(made, captures)
            return (made,)
        if verdict is None:
            unknown(match, hidden(match))
        return ()

    return step
