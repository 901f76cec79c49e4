"""One cause on the terminal: what is wrong, why, what follows from it, and what to do.

     2 error     Deployment shop/api: container api cannot reach postgres:5432 [crash-loop/connection-refused]
       why       log "FATAL: could not connect to postgres:5432" (api-6cff9697b-klnt6, previous run)
       so        Service shop/api has no ready endpoint
       fix       Start the database, or correct its address.
       run       kubectl -n shop logs deploy/api --previous

Rules that fire often stay scannable: a text that an earlier cause gave is not repeated ("as for 2"), and from the
fourth cause of one rule on only the first proof, consequences and command are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from diagnose.model import Cause, Finding
from diagnose.render import Options, changes, phrases
from diagnose.render.layout import MORE, Paint, clean, wrap
from diagnose.render.view import View

_LABEL = len("critical")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class _Depth:
    """How many lines of each sort are shown, and how much of a value."""

    proofs: int
    effects: int
    commands: int
    names: int
    value: int = phrases.LONGEST_VALUE


_USUAL = _Depth(proofs=6, effects=8, commands=8, names=4)
_BRIEF = _Depth(proofs=1, effects=2, commands=1, names=2, value=90)
_EVERYTHING = _Depth(*(1_000_000,) * 4)
_BRIEF_FROM = 4


class CauseWriter:
    """Writes causes one after the other, up to `last_rank`, and remembers what it has said."""

    def __init__(self, view: View, options: Options, paint: Paint, last_rank: int) -> None:
        self._view, self._paint, self._everything = view, paint, options.limit <= 0
        self._margin = max(2, len(str(last_rank))) + 1
        self._indent = self._margin + _LABEL + 2
        self._room = options.width - self._indent
        self._captured_at = view.report.snapshot.captured_at
        self._owner: dict[str, int] = {}
        self._fixes: dict[str, int] = {}
        self._told: set[str] = set()
        self._seen: Counter[str] = Counter()
        for cause in view.causes:
            for effect in cause.effects:
                self._owner.setdefault(effect, cause.rank)

    def lines(self, cause: Cause) -> Iterator[str]:
        """The lines of a cause."""
        finding = self._view.findings[cause.finding]
        self._seen[finding.rule] += 1
        depth = self._depth(finding)
        yield from self._head(cause, finding)
        if finding.location:
            yield from self._labelled("at", [phrases.place(finding.location)], whole=True)
            yield from self._labelled("", phrases.quoted(finding.location, self._room), whole=True)
        yield from self._labelled("why", self._proofs(finding, depth))
        yield from self._labelled("sure", filter(None, [phrases.confidence(cause)]))
        yield from self._labelled("on", self._where(finding, depth))
        yield from self._labelled("since", self._since(finding))
        yield from self._labelled("known", self._known(cause.finding))
        yield from self._labelled("so", self._effects(cause, depth))
        yield from self._labelled("fix", self._fix(cause, finding))
        commands = [clean(command.strip(), phrases.LONGEST_COMMAND) for command in finding.commands]
        yield from self._labelled("run", commands[: depth.commands], whole=True, style="command")
        yield from self._labelled("docs", self._new(finding.docs), whole=True, style="faint")
        refs = ", ".join(self._new(finding.refs))
        yield from self._labelled("refs", [refs] if refs else [])

    def _depth(self, finding: Finding) -> _Depth:
        if self._everything:
            return _EVERYTHING
        return _BRIEF if self._seen[finding.rule] >= _BRIEF_FROM else _USUAL

    def _head(self, cause: Cause, finding: Finding) -> Iterator[str]:
        tag = f"[{clean(finding.rule, phrases.LONGEST_NAME)}]"
        text = wrap(f"{phrases.headline(finding)} {tag}", self._room)
        severity = self._paint(finding.severity.name, finding.severity.name)
        padding = " " * (_LABEL - len(finding.severity.name) + 2)
        start = f"{cause.rank:>{self._margin - 1}} {severity}{padding}"
        for line in text:
            bold = line.removesuffix(tag)
            yield start + self._paint("strong", bold) + self._paint("faint", line[len(bold) :])
            start = " " * self._indent

    def _labelled(self, label: str, items: Iterable[str], *, whole: bool = False, style: str = "") -> Iterator[str]:
        """Items under each other, the label before the first; `whole` ones are never broken."""
        hang = 0 if label == "fix" else 2
        start = " " * self._margin + self._paint("faint", label) + " " * (_LABEL - len(label) + 2)
        for item in items:
            inner = item.lstrip(" ")
            spaces = " " * (len(item) - len(inner))
            for line in [inner] if whole else wrap(inner, self._room - len(spaces), hang):
                yield start + spaces + (self._paint(style, line) if style else line)
                start = " " * self._indent

    def _proofs(self, finding: Finding, depth: _Depth) -> Iterator[str]:
        """The evidence; what other objects prove names them, once for all lines that follow each other."""
        evidence = phrases.unquoted(finding)
        shown = evidence[: depth.proofs]
        for about, run in groupby(shown, key=lambda each: each.object):
            lines = [phrases.proof(each, self._captured_at, depth.value) for each in run]
            if about == finding.object:
                yield from lines
            elif len(lines) == 1:
                yield f"{phrases.subject(about, finding.object.namespace)}: {lines[0]}"
            else:
                yield f"{phrases.subject(about, finding.object.namespace)}:"
                yield from (f"  {line}" for line in lines)
        left = len(evidence) - len(shown)
        if left and depth is not _BRIEF:
            yield f"{MORE} and {left:,} more"

    def _where(self, finding: Finding, depth: _Depth) -> Iterator[str]:
        if phrases.shows_more(finding):
            times = f" ({finding.count:,} times in all)" if finding.count > max(1, len(finding.objects)) else ""
            yield phrases.objects(finding.objects or (finding.object,), finding.object.namespace, depth.names) + times

    def _since(self, finding: Finding) -> Iterator[str]:
        if finding.since is not None:
            distance = phrases.distance(finding.since, self._captured_at)
            yield phrases.moment(finding.since, self._captured_at) + (f", {distance}" if distance else "")

    def _known(self, id: str) -> Iterator[str]:
        """Since when earlier runs know it."""
        known = self._view.changes.known.get(id) if self._view.changes else None
        told = changes.seen(known, self._captured_at) if known else ""
        if told:
            yield told

    def _effects(self, cause: Cause, depth: _Depth) -> Iterator[str]:
        effects = list(self._view.effects(cause))
        most = depth.effects if len(effects) > depth.effects + 1 else len(effects)
        for level, effect in effects[:most]:
            yield self._effect(level, effect, cause)
        rest = [self._view.findings[effect].object for _, effect in effects[most:]]
        if rest:
            yield f"{MORE} and more: {phrases.kinds(rest)}"
        if cause.affected > 1 + most and (rest or cause.affected > len(self._objects(cause, effects))):
            yield f"{phrases.count_of(cause.affected, 'object')} affected in all"

    def _objects(self, cause: Cause, effects: Sequence[tuple[int, str]]) -> set[object]:
        """Everything that the cause and its effects name."""
        findings = [self._view.findings[id] for id in (cause.finding, *(effect for _, effect in effects))]
        return {ref for finding in findings for ref in (finding.object, *finding.objects)}

    def _effect(self, level: int, effect: str, cause: Cause) -> str:
        owner = self._owner[effect]
        also = f" (also because of {owner})" if owner != cause.rank else ""
        lead = "  " * min(level, _DEEPEST) + ("so " if level else "")
        return lead + phrases.headline(self._view.findings[effect]) + also

    def _fix(self, cause: Cause, finding: Finding) -> Iterator[str]:
        earlier = self._fixes.setdefault(finding.fix, cause.rank)
        if finding.fix and earlier != cause.rank:
            yield f"as for {earlier}"
            return
        for paragraph in finding.fix.strip().splitlines():
            if paragraph.strip():
                inner = paragraph.strip()
                indent = " " * (len(paragraph) - len(paragraph.lstrip(" ")))
                yield indent + clean(inner, phrases.LONGEST_MESSAGE)

    def _new(self, links: Sequence[str]) -> list[str]:
        """Links or references that no earlier cause gave."""
        new = [each for each in links if each not in self._told]
        self._told.update(new)
        return [clean(each, phrases.LONGEST_VALUE) for each in new]
