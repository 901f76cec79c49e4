"""What the page shows, as plain text and numbers: the template only arranges it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagnose.model import Finding, Severity
from diagnose.render import Options, changes, phrases
from diagnose.render.html.cards import STATES, Cards, CauseCard
from diagnose.render.html.timeline import Timeline, timeline_of
from diagnose.render.layout import clean, escape
from diagnose.render.view import View
from diagnose.values import format_timestamp

_OPEN = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """How many objects of a kind there were, and of how much of the cluster that is."""

    name: str
    objects: int
    coverage: str


Row = tuple[str, str, str, str, str, str, str, tuple[int, ...], bool, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template shows; `counts` are of causes, `severities` those of all findings."""

    title: str
    verdict: str
    changed: str
    healthy: bool
    incomplete: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    severities: tuple[str, ...]
    causes: tuple[CauseCard, ...]
    infos: tuple[CauseCard, ...]
    timeline: Timeline | None
    rows: tuple[Row, ...]
    gaps: tuple[phrases.Gap, ...]
    undecided: int
    gone: tuple[str, ...]
    unseen: tuple[tuple[str, tuple[str, ...]], ...]
    warnings: tuple[str, ...]
    kinds: tuple[Kind, ...]
    empty_kinds: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    version: str
    made: str


def page_of(view: View, options: Options) -> Page:
    """The page of a view."""
    report, snapshot = view.report, view.report.snapshot
    writer = Cards(view)
    problems = tuple(writer.cause(cause, opened=place < _OPEN) for place, cause in enumerate(view.problems()))
    infos = tuple(writer.cause(cause, opened=False) for cause in view.infos())
    severities = [view.findings[cause.finding].severity for cause in view.causes]
    past = view.changes
    all_severities = {finding.severity for finding in view.findings.values()}
    kinds = list(_kinds(view))
    empty = [kind for kind in kinds if kind.objects == 0 and kind.coverage == "all"]
    return Page(
        title=clean(options.title, 120) or phrases.source_name(snapshot) or "Kubernetes",
        verdict=_verdict(view, options),
        changed=changes.summary(view.changes) if view.changes else "",
        healthy=not view.causes and bool(phrases.examined(report)),
        incomplete=phrases.INCOMPLETE if snapshot.incomplete else "",
        facts=tuple(_facts(view)),
        counts=tuple((s.name, severities.count(s)) for s in reversed(Severity)),
        severities=tuple(s.name for s in reversed(Severity) if s in all_severities),
        causes=problems,
        infos=infos,
        timeline=timeline_of(view),
        rows=tuple(_rows(view)),
        gaps=tuple(phrases.gaps(report)),
        undecided=phrases.undecided(report),
        gone=tuple(changes.past_line(each, snapshot.captured_at) for each in past.gone) if past else (),
        unseen=tuple((why, tuple(lines)) for why, lines in changes.unseen(past.unseen, snapshot.captured_at))
        if past
        else (),
        warnings=tuple(phrases.warnings(snapshot)),
        kinds=tuple(kind for kind in kinds if kind not in empty),
        empty_kinds=tuple(kind.name for kind in empty),
        sources=tuple((clean(path, 300), clean(format, 60)) for path, format in snapshot.sources),
        version=report.version,
        made=_made(options),
    )


def _verdict(view: View, options: Options) -> str:
    if not phrases.examined(view.report):
        return phrases.NOTHING_EXAMINED
    if not view.causes:
        return phrases.nothing_found(view, options.severity)
    return phrases.summary(view, options.severity)


def _facts(view: View) -> Iterator[tuple[str, str]]:
    snapshot = view.report.snapshot
    if snapshot.server_version:
        yield "Kubernetes", clean(snapshot.server_version, 40).removeprefix("v")
    if snapshot.captured_at is None:
        yield "Captured", "at an unknown time"
    else:
        yield "Captured", format_timestamp(snapshot.captured_at).replace("T", " ")
        if snapshot.captured_at_from:
            yield "Time from", clean(snapshot.captured_at_from, 120)
    yield "Examined", phrases.size(snapshot)
    yield "Rules", f"{view.report.rules:,}"


def _made(options: Options) -> str:
    parts = []
    if options.generated_at is not None:
        parts.append(f"made {format_timestamp(options.generated_at).replace('T', ' ')}")
    if options.duration is not None:
        parts.append(f"in {options.duration:.1f} s")
    return " ".join(parts)


def _kinds(view: View) -> Iterator[Kind]:
    """Objects and coverage by kind."""
    snapshot = view.report.snapshot
    for kind in sorted(snapshot.objects.keys() | snapshot.coverage.keys()):
        known = snapshot.coverage.get(kind, "")
        told = known if isinstance(known, str) else "only " + ", ".join(sorted(known))
        yield Kind(clean(kind, 200), snapshot.objects.get(kind, 0), clean(told, 1000))


def _rows(view: View) -> Iterator[Row]:
    """The findings as the table's script takes them."""
    ranks: dict[str, list[int]] = {}
    for cause in view.causes:
        for id in (cause.finding, *cause.effects):
            ranks.setdefault(id, []).append(cause.rank)
    roots = {cause.finding for cause in view.causes}
    for id, finding in view.findings.items():
        what = phrases.headline_parts(finding)[1].removeprefix(":").strip()
        names = _names(finding)
        about = finding.object
        since = when = ""
        if finding.since is not None:
            since = format_timestamp(finding.since)
            when = phrases.moment(finding.since, view.report.snapshot.captured_at)
        yield (
            finding.severity.name, escape(about.namespace), phrases.kind_of(about), escape(about.name), what,
            escape(finding.rule), escape(finding.category), tuple(ranks[id]), id in roots, since, id, names,
            when, _state(id, view),
        )  # fmt: skip


def _state(id: str, view: View) -> str:
    known = view.changes.known.get(id) if view.changes else None
    return STATES[known.state] if known else ""


def _names(finding: Finding) -> str:
    """The names of all objects that show a finding, for the filter."""
    names: Sequence[str] = [ref.name for ref in finding.objects]
    return escape(" ".join(names))
