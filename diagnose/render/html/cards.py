"""Findings as the page shows them, each in full once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from diagnose.model import Cause, Evidence, Finding, State
from diagnose.render import changes, phrases
from diagnose.render.layout import clean, escape
from diagnose.render.view import View
from diagnose.values import format_timestamp

_LONGEST_VALUE = 2000
_MOST_NAMES = 100
_DEEPEST = 8
_MOST_REPEATED = 50
STATES = {
    State.new: "new",
    State.back: "back again",
    State.still: "still there",
    State.unknown: "not looked for before",
}
_URL = re.compile(r"https?://[^\s<>\"'`\\]+")


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence."""

    kind: str
    source: str
    text: str
    details: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """Evidence of one object; `about` is empty when it is the finding's own."""

    about: str
    each: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A place to read on; `url` is empty for what is not a web address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """A finding with all that is told of it; `elsewhere` is the rank of the cause under which it is told in full."""

    id: str
    severity: str
    who: str
    what: str
    rule: str
    place: str = ""
    proofs: tuple[Proofs, ...] = ()
    where: str = ""
    state: str = ""
    seen: str = ""
    since: str = ""
    since_iso: str = ""
    ago: str = ""
    fix: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    docs: tuple[Link, ...] = ()
    refs: str = ""
    elsewhere: int = 0
    effects: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class CauseCard:
    """A cause by rank; `repeated` of its effects are only told under other causes."""

    rank: int
    card: Card
    consequences: int
    affected: int
    sure: str
    repeated: int
    open: bool


class Cards:
    """Makes cards, each finding in full once: as a cause, or under the first cause that leads to it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._captured_at = view.report.snapshot.captured_at
        self._told: dict[str, int] = {cause.finding: cause.rank for cause in view.causes}

    def cause(self, cause: Cause, *, opened: bool) -> CauseCard:
        effects, repeated = self._tree(cause)
        card = self._card(cause.finding, effects)
        return CauseCard(
            cause.rank, card, len(cause.effects), cause.affected, phrases.confidence(cause), repeated, opened
        )

    def _tree(self, cause: Cause) -> tuple[tuple[Card, ...], int]:
        """The effects nested, no deeper than a page can show, and how many repeated ones were left out."""
        left_out = repeated = above = 0
        levels: list[list[Card]] = [[]]
        waiting: list[tuple[int, str]] = []
        for depth, id in self._view.effects(cause):
            owner = self._told.setdefault(id, cause.rank)
            repeated += owner != cause.rank
            if owner != cause.rank and repeated > _MOST_REPEATED:
                left_out += 1
            else:
                above = min(depth, above + 1, _DEEPEST) if waiting else 0
                waiting.append((above, id))
        for depth, id in reversed(waiting):
            while len(levels) <= depth + 1:
                levels.append([])
            below = tuple(reversed(levels[depth + 1]))
            levels[depth + 1 :] = []
            levels[depth].append(self._card(id, below, cause.rank))
        return tuple(reversed(levels[0])), left_out

    def _card(self, id: str, effects: tuple[Card, ...], rank: int = 0) -> Card:
        finding = self._view.findings[id]
        who, what = phrases.headline_parts(finding)
        owner = self._told[id]
        head = (id, finding.severity.name, who, what, clean(finding.rule, phrases.LONGEST_NAME))
        if rank and owner != rank:
            return Card(*head, elsewhere=owner, effects=effects)
        home, since = finding.object.namespace, finding.since
        known = self._view.changes.known.get(id) if self._view.changes else None
        return Card(
            *head,
            place=phrases.place(finding.location) if finding.location else "",
            proofs=tuple(self._proofs(finding)),
            where=phrases.objects(finding.objects, home, _MOST_NAMES) if phrases.shows_more(finding) else "",
            state=STATES[known.state] if known else "",
            seen=changes.seen(known, self._captured_at) if known else "",
            since="" if since is None else phrases.moment(since, self._captured_at),
            since_iso="" if since is None else format_timestamp(since),
            ago="" if since is None else phrases.distance(since, self._captured_at),
            fix=tuple(escape(line.strip()) for line in finding.fix.splitlines() if line.strip()),
            commands=tuple(clean(each.strip(), phrases.LONGEST_COMMAND) for each in finding.commands),
            docs=tuple(_link(each) for each in finding.docs),
            refs=", ".join(clean(each, phrases.LONGEST_NAME) for each in finding.refs),
            effects=effects,
        )

    def _proofs(self, finding: Finding) -> Iterator[Proofs]:
        for about, run in groupby(finding.evidence, key=lambda each: each.object):
            who = "" if about == finding.object else phrases.subject(about, finding.object.namespace)
            yield Proofs(who, tuple(self._proof(each) for each in run))

    def _proof(self, each: Evidence) -> Proof:
        details = [f"x{each.count:,}"] if each.count > 1 else []
        if each.first is not None and each.first != each.last:
            details.append(f"first {phrases.moment(each.first, self._captured_at)}")
        if each.last is not None:
            details.append(f"last {phrases.moment(each.last, self._captured_at)}")
            details.append(phrases.distance(each.last, self._captured_at))
        source = clean(each.source.strip(), phrases.LONGEST_NAME)
        return Proof(each.kind, source, clean(each.text.strip(), _LONGEST_VALUE), ", ".join(filter(None, details)))


def _link(text: str) -> Link:
    return Link(clean(text, phrases.LONGEST_VALUE), text if _URL.fullmatch(text) else "")
