"""When things began and happened before the capture, as geometry for the page's picture.

A lane is one of the first causes: a bar since when it holds, events from their first to their last time, and moments
that fields tell.
The axis is logarithmic, so that the last minutes and the last weeks both have room. Places are per cent of the width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, log1p

from diagnose.model import Cause, Evidence, Finding
from diagnose.render import phrases
from diagnose.render.layout import clean
from diagnose.render.view import View
from diagnose.values import format_age, format_timestamp, timestamp

MOST_LANES = 10
_MOST_MARKS = 40
_MOST_TOLD = 200
_SKEW = 300.0
"""Clocks of nodes differ: up to so many seconds after the capture still count as the capture."""
_UNIT = 60.0
_LEAST_GAP = 9.0
_TICKS = (10, 30, 60, 120, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400,
          30 * 86400, 90 * 86400, 365 * 86400, 5 * 365 * 86400, 20 * 365 * 86400)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: `start` and `end` are UNIX seconds, `kind` is `since`, `event` or `field`."""

    start: float
    end: float
    kind: str
    effect: bool
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the picture."""

    x1: str
    x2: str
    kind: str
    effect: bool
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A cause in the picture; `told` is what a reader who does not see it is given."""

    rank: int
    id: str
    severity: str
    label: str
    marks: tuple[Mark, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across all lanes."""

    x: str
    ago: str
    clock: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole picture, and the same in the order of time: (time, rank, text). `more` causes have times and no lane,
    `timeless` have no times."""

    end: str
    at_capture: bool
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    told: tuple[tuple[str, int, str], ...]
    untold: int
    more: int
    timeless: int


def timeline_of(view: View) -> Timeline | None:
    """The picture of the first causes that have times; None when there are none."""
    captured_at = view.report.snapshot.captured_at
    found = [(cause, _moments(cause, view, captured_at)) for cause in view.problems()]
    timed = [(cause, moments) for cause, moments in found if moments]
    if not timed:
        return None
    shown = timed[:MOST_LANES]
    end = captured_at if captured_at is not None else max(m.end for _, moments in shown for m in moments)
    oldest = max(end - m.start for _, moments in shown for m in moments)
    scale = _Scale(end, max(oldest * 1.15, _UNIT))
    happened = sorted({(m.start, cause.rank, m.text) for cause, moments in shown for m in moments})
    return Timeline(
        end=format_timestamp(end).replace("T", " "),
        at_capture=captured_at is not None,
        ticks=tuple(_ticks(scale, captured_at)),
        lanes=tuple(_lane(cause, moments, view, scale) for cause, moments in shown),
        told=tuple((format_timestamp(at).replace("T", " "), rank, text) for at, rank, text in happened[:_MOST_TOLD]),
        untold=max(0, len(happened) - _MOST_TOLD),
        more=len(timed) - len(shown),
        timeless=len(found) - len(timed),
    )


class _Scale:
    """Seconds to per cent: 100 is `end`, 0 is `oldest` seconds before."""

    def __init__(self, end: float, oldest: float) -> None:
        self.end, self.oldest = end, oldest

    def ago(self, seconds: float) -> float:
        return 100 * (1 - log1p(max(0.0, seconds) / _UNIT) / log1p(self.oldest / _UNIT))

    def at(self, time: float) -> str:
        return _percent(self.ago(self.end - time))


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _moments(cause: Cause, view: View, captured_at: float | None) -> list[Moment]:
    """What a cause and its effects tell of times up to the capture."""
    moments: dict[Moment, None] = {}
    for id in (cause.finding, *cause.effects):
        for moment in _of(view.findings[id], captured_at, effect=id != cause.finding):
            past = captured_at is None or moment.end <= captured_at + _SKEW
            if past and isfinite(moment.start) and isfinite(moment.end):
                moments.setdefault(moment)
    return list(moments)[:_MOST_MARKS]


def _of(finding: Finding, captured_at: float | None, *, effect: bool) -> Iterator[Moment]:
    who = phrases.subject(finding.object)
    if finding.since is not None:
        yield Moment(finding.since, finding.since, "since", effect, f"{phrases.headline(finding)}: since this time")
    for each in finding.evidence:
        yield from _seen(each, captured_at, who, effect)


def _seen(each: Evidence, captured_at: float | None, who: str, effect: bool) -> Iterator[Moment]:
    source = clean(each.source, phrases.LONGEST_NAME)
    if each.last is not None:
        first = each.last if each.first is None else min(each.first, each.last)
        times = f" x{each.count:,}" if each.count > 1 else ""
        until = f", until {phrases.moment(each.last, captured_at)}" if first < each.last else ""
        what = f"{phrases.subject(each.object)}: {each.kind} {source}{times}{until}"
        yield Moment(first, each.last, "event", effect, what)
    told = timestamp(each.text) if each.kind == "field" and len(each.text) < 40 else None
    if told is not None:
        yield Moment(told, told, "field", effect, f"{who}: {source}")


def _lane(cause: Cause, moments: list[Moment], view: View, scale: _Scale) -> Lane:
    finding = view.findings[cause.finding]
    marks = tuple(Mark(scale.at(m.start), scale.at(m.end), m.kind, m.effect, m.text) for m in moments)
    ago = format_age(max(0.0, scale.end - min(m.start for m in moments)))
    told = f"{phrases.count_of(len(moments), 'moment')}, the first {ago} before"
    return Lane(cause.rank, cause.finding, finding.severity.name, phrases.headline(finding), marks, told)


def _clock(time: str, seconds: float) -> str:
    """The part of a time that tells it from its neighbours on the axis."""
    if seconds < 120:
        return time[11:19]
    return time[11:16] if seconds < 43200 else time[:10]


def _ticks(scale: _Scale, captured_at: float | None) -> Iterator[Tick]:
    """Round distances, as many as have room, from the capture back."""
    last = 100.0
    for seconds in _TICKS:
        x = scale.ago(seconds)
        if seconds > scale.oldest or x < _LEAST_GAP / 2:
            return
        if last - x >= _LEAST_GAP:
            clock = format_timestamp(scale.end - seconds)
            yield Tick(_percent(x), format_age(seconds), _clock(clock, seconds))
            last = x
