"""What of a report is shown, and in which order: the same for every format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from diagnose.model import Cause, Changes, Finding, ObjectRef, Report, Severity


@dataclass(frozen=True, slots=True)
class View:
    """The causes and findings of `report` that are shown; `hidden` findings were below the severity asked for.

    `changes` are those of the report as far as they are shown, None where it was compared with nothing.
    `causes` are by rank and their `effects` as the findings are ordered. `findings` go by id: each cause is followed by
    its effects, and every finding is a cause or the effect of one.
    """

    report: Report
    causes: tuple[Cause, ...]
    findings: Mapping[str, Finding]
    hidden: int = 0
    changes: Changes | None = None
    lowest: Severity = Severity.info

    def severity(self, cause: Cause) -> Severity:
        """The worst of a cause and its effects."""
        return max(self.findings[each].severity for each in (cause.finding, *cause.effects))

    def problems(self) -> list[Cause]:
        """The causes that are, or lead to, more than an info."""
        return [cause for cause in self.causes if self.severity(cause) > Severity.info]

    def infos(self) -> list[Cause]:
        """The causes that are only worth knowing."""
        return [cause for cause in self.causes if self.severity(cause) == Severity.info]

    def effects(self, cause: Cause) -> Iterator[tuple[int, str]]:
        """The effects of a cause as a tree, top down: depth from 0, and id. Each stands once, below its deepest cause.

        What a cycle holds together without a way in hangs directly under the cause.
        """
        parents = self._parents(cause)
        children: dict[str, list[str]] = defaultdict(list)
        for effect in cause.effects:
            children[parents.get(effect, "")].append(effect)
        stack = [(0, effect) for effect in reversed(children[""])]
        while stack:
            depth, effect = stack.pop()
            yield depth, effect
            stack.extend((depth + 1, child) for child in reversed(children[effect]))

    def _parents(self, cause: Cause) -> dict[str, str]:
        """For each effect that another effect causes: the one of them furthest from the root."""
        inside = set(cause.effects)
        causes = {each: inside.intersection(self.findings[each].caused_by) - {each} for each in cause.effects}
        caused: dict[str, list[str]] = defaultdict(list)
        for effect in cause.effects:
            for by in causes[effect]:
                caused[by].append(effect)
        waiting = {effect: len(by) for effect, by in causes.items()}
        depth = dict.fromkeys(cause.effects, 0)
        parents: dict[str, str] = {}
        ready = [effect for effect in cause.effects if not waiting[effect]]
        for done in ready:
            for effect in caused[done]:
                if depth[done] + 1 > depth[effect]:
                    depth[effect], parents[effect] = depth[done] + 1, done
                waiting[effect] -= 1
                if not waiting[effect]:
                    ready.append(effect)
        return parents


def view_of(report: Report, lowest: Severity = Severity.info) -> View:
    """The view of a report from severity `lowest` up; a lower cause stays when one of its effects does."""
    by_id = {finding.id: finding for finding in sorted(report.findings, key=_order)}
    place = {id: number for number, id in enumerate(by_id)}
    shown = {id for id, finding in by_id.items() if finding.severity >= lowest}
    causes = []
    for cause in _all_causes(report, place):
        effects = tuple(sorted(shown.intersection(cause.effects), key=place.__getitem__))
        if effects or cause.finding in shown:
            causes.append(cause if effects == cause.effects else replace(cause, effects=effects))
    ordered = dict.fromkeys(id for cause in causes for id in (cause.finding, *cause.effects))
    findings = {id: by_id[id] for id in ordered}
    changes = _changes(report.changes, findings, lowest)
    return View(report, tuple(causes), findings, len(by_id) - len(findings), changes, max(lowest, report.lowest))


def _changes(changes: Changes | None, shown: Mapping[str, Finding], lowest: Severity) -> Changes | None:
    """The changes of what is shown; what is gone shows from the lowest severity on."""
    return changes and replace(
        changes,
        known={id: known for id, known in changes.known.items() if id in shown},
        gone=tuple(past for past in changes.gone if past.finding.severity >= lowest),
        unseen=tuple(past for past in changes.unseen if past.finding.severity >= lowest),
    )


def _all_causes(report: Report, place: Mapping[str, int]) -> Iterator[Cause]:
    """The causes by rank; a finding that no cause leads to is one of its own, so that none is lost."""
    causes = [cause for cause in sorted(report.causes, key=lambda cause: cause.rank) if cause.finding in place]
    yield from causes
    rest = place.keys() - {id for cause in causes for id in (cause.finding, *cause.effects)}
    last = causes[-1].rank if causes else 0
    for rank, id in enumerate(sorted(rest, key=place.__getitem__), start=last + 1):
        yield Cause(rank, id, (), 1)


def _order(finding: Finding) -> tuple[int, ObjectRef, str, tuple[str, int, int], str]:
    place = (finding.location.file, finding.location.line, finding.location.column) if finding.location else ("", 0, 0)
    return -finding.severity, finding.object, finding.rule, place, finding.id
