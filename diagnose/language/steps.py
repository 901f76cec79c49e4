"""Clauses compiled to steps: each takes a match and yields the matches that go on.

Absence is evidence only if collected: `none`, `every`, `count` and a `some` that finds nothing
report to `unknown` when objects may be missing from the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from diagnose.language.conditions import LINES, Check, UseCheck
from diagnose.language.targets import Found, Item, TargetOf
from diagnose.match import Match
from diagnose.paths import Path
from diagnose.values import UNKNOWN, timestamp

HIDDEN_VALUE = "a value that it reads was redacted, or is not in the dump"
NO_TIME = "the capture time is not known"

Unknown = Callable[[Match, str], None]
Step = Callable[[Match, Unknown], Iterator[Match]]


@dataclass(frozen=True)
class Joined:
    """What the verbs over a target share."""

    name: str
    target: TargetOf
    where: Check
    newest: Path | None
    captures: tuple[str, ...]


def hidden(match: Match) -> str:
    """Why a condition could not be decided."""
    return NO_TIME if match.moment.now is None else HIDDEN_VALUE


def _try(joined: Joined, match: Match, item: Item) -> tuple[bool | None, Match]:
    made = match.copy()
    _bind(joined, made, item)
    captures: dict[str, Any] = {}
    verdict = joined.where(item.value, made, captures)
    if verdict:
        keep(made, captures)
    return verdict, made


def _bind(joined: Joined, match: Match, item: Item) -> None:
    match.bind(joined.name, item.value, item.record)


def keep(match: Match, captures: dict[str, Any]) -> None:
    """Make what patterns captured into bindings."""
    match.lines.update(captures.pop(LINES, {}))
    match.values.update(captures)


def _ordered(joined: Joined, items: Sequence[Item]) -> Sequence[Item]:
    if joined.newest is None or len(items) < 2:
        return items
    get = joined.newest.get

    def when(item: Item) -> float:
        return max((t for t in (timestamp(v) for v in get(item.value)) if t is not None), default=float("-inf"))

    return sorted(items, key=when, reverse=True)


def each(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        found = joined.target(match)
        for item in _ordered(joined, found.items):
            verdict, made = _try(joined, match, item)
            if verdict:
                if item.record is None:
                    made.elements[joined.name] = item.label
                yield made
            elif verdict is None:
                unknown(made, hidden(match))
        if not found.items and found.missing:
            unknown(match, found.missing)

    return step


def _first(joined: Joined, match: Match) -> tuple[Match | None, str | None, Found]:
    found = joined.target(match)
    undecided = False
    for item in _ordered(joined, found.items):
        verdict, made = _try(joined, match, item)
        if verdict:
            return made, None, found
        undecided = undecided or verdict is None
    return None, hidden(match) if undecided else found.missing, found


def some(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        made, why, _ = _first(joined, match)
        if made is not None:
            yield made
        elif why:
            unknown(match, why)

    return step


def maybe(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        made, why, _ = _first(joined, match)
        if made is None:
            made = match.copy()
            made.bind(joined.name, UNKNOWN if why else None)
            for name in joined.captures:
                made.values.setdefault(name, None)
        yield made

    return step


def none(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        made, why, _ = _first(joined, match)
        if made is None and why is None:
            yield match
        elif made is None and why:
            unknown(match, why)

    return step


def every(joined: Joined) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        found = joined.target(match)
        why = found.missing
        for item in found.items:
            verdict, _ = _try(joined, match, item)
            if verdict is False:
                return
            if verdict is None:
                why = hidden(match)
        if why:
            unknown(match, why)
        elif found.items:
            yield match

    return step


def count(joined: Joined, test: UseCheck | None) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        found = joined.target(match)
        verdicts = [_try(joined, match, item)[0] for item in found.items]
        number = sum(1 for v in verdicts if v)
        open_end = bool(found.missing) or None in verdicts
        made = match.copy()
        made.bind(joined.name, number)
        verdict = test((number,), made, {}) if test else True
        if open_end and test is not None:
            above = test((number + 1_000_000,), made, {})
            if above is not verdict:
                unknown(match, found.missing or hidden(match))
                return
        if verdict:
            yield made

    return step


def let(name: str, function: Callable[[Sequence[Sequence[Any]]], Any], getters: Sequence[Any]) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        made = match.copy()
        lists = [[v for v in get(match)] for get in getters]
        if any(v is UNKNOWN for values in lists for v in values):
            known = [[v for v in values if v is not UNKNOWN] for values in lists]
            made.bind(name, function(known) if any(known) else UNKNOWN)
        else:
            made.bind(name, function(lists))
        yield made

    return step


def when(check: Check) -> Step:
    def step(match: Match, unknown: Unknown) -> Iterator[Match]:
        captures: dict[str, Any] = {}
        verdict = check(None, match, captures)
        if verdict:
            made = match.copy()
            keep(made, captures)
            yield made
        elif verdict is None:
            unknown(match, hidden(match))

    return step
