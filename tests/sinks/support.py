"""Notices made by hand, and targets as `--send` makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from diagnose.model import Changes, Finding, Known, Past, Report, Severity, State
from diagnose.sinks import SINKS, Notice, Request, Target
from diagnose.web import Client, Clock, Endpoint
from tests.render.builders import night

NOW = 1795404600.0
"""2026-11-23T03:30:00Z: a minute after the capture of `night`."""

FIRST = NOW - 86400
"""When what is told of the past was first seen: the day before."""
STILL = Known(State.still, FIRST)


@dataclass
class Waits:
    """A clock at which nothing happens but waiting; `waited` are the seconds of each wait."""

    now: float = 1000.0
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)

    def client(self, endpoint: Endpoint) -> Client:
        return Client(endpoint, self.clock)


def notice(report: Report | None = None, title: str = "prod", now: float = NOW) -> Notice:
    """A report on its way."""
    return Notice(report or night(), title, "", now, 1.25)


def compared(of: Report, gone: Sequence[Finding] = (), against: str = "history", **known: Known) -> Report:
    """A report beside an earlier run; `known` by the name of the finding's object, `new` for others."""
    told = {f.id: known.get(f.object.name, Known(State.new, None)) for f in of.findings}
    past = [Past(f.id, f, FIRST, None) for f in gone]
    return replace(of, changes=Changes(against, FIRST, told, tuple(past)))


def target(sink: str, url: str = "http://127.0.0.1:9", severity: str = "", **options: Any) -> Target:
    own = {name: option.default for name, option in SINKS[sink].options.items()}
    level = Severity[severity] if severity else SINKS[sink].severity
    return Target(sink, Endpoint(url), level, own | options)


def made(of: Notice, to: Target) -> list[Request]:
    """What a sink wants to send."""
    return list(SINKS[to.sink].load()(of, to))


def by_rule(report: Report, rule: str) -> Finding:
    return next(f for f in report.findings if f.rule == rule)
