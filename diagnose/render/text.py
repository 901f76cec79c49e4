"""The report on a terminal: what was examined, causes by rank, what is worth knowing, what could not be told.

Nothing but printable text, line ends and (with `color`) the styles of `layout` comes out, whatever the dump says. No
line is longer than the width, but for commands, links and file positions, which are for copying.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnose.model import Cause, Finding, NotEvaluated, Severity
from diagnose.render import Options, phrases
from diagnose.render.layout import MORE, Paint, clean, columns, cut, wrap
from diagnose.render.text_cause import CauseWriter
from diagnose.render.view import View
from diagnose.values import format_timestamp

_NARROWEST = 40
_MOST_GROUPS = 10
_MOST_WARNINGS = 20
_MOST_RULES = 8
_FOLDED_FROM = 3


def render(view: View, options: Options) -> str:
    """The whole report, ending with a line end."""
    return "\n".join(_Text(view, replace(options, width=max(_NARROWEST, options.width))).lines()) + "\n"


class _Text:
    def __init__(self, view: View, options: Options) -> None:
        self._view, self._report, self._options = view, view.report, options
        self._width = options.width
        self._paint = Paint(options.color)
        worst = {cause.rank: view.severity(cause) for cause in view.causes}
        self._causes = [cause for cause in view.causes if worst[cause.rank] > Severity.info]
        self._infos = [cause for cause in view.causes if worst[cause.rank] == Severity.info]

    def lines(self) -> Iterator[str]:
        yield from self._header()
        if self._view.causes:
            yield from self._summary()
            yield from self._cause_blocks()
            yield from self._info()
            yield from self._could_not_tell()
        else:
            yield from self._nothing_found()
        yield from self._warnings()

    # --- first lines ---

    def _header(self) -> Iterator[str]:
        snapshot = self._report.snapshot
        name = clean(self._options.title, 60) or cut(phrases.source_name(snapshot), 60, 20)
        pieces = [name]
        if snapshot.server_version:
            pieces.append(f"Kubernetes {clean(snapshot.server_version, 40).removeprefix('v')}")
        if snapshot.captured_at is not None:
            pieces.append(f"captured {format_timestamp(snapshot.captured_at).replace('T', ' ')}")
        if self._view.causes:
            pieces += [phrases.size(snapshot), phrases.count_of(self._report.rules, "rule")]
        for line in _flow(pieces, self._width):
            yield self._paint("strong", name) + line[len(name) :] if name and line.startswith(name) else line

    def _summary(self) -> Iterator[str]:
        severities = Counter(self._finding(cause).severity for cause in self._causes)
        split = ", ".join(phrases.count_of(severities[s], s.name) for s in reversed(Severity) if severities[s])
        parts = [f"{phrases.count_of(len(self._causes), 'cause')} ({split})"] if self._causes else ["no causes"]
        effects = {effect for cause in self._causes for effect in cause.effects}
        if effects:
            parts.append(phrases.count_of(len(effects), "consequence"))
        if self._infos:
            parts.append(f"{len(self._infos):,} info")
        rules = self._rules_not_evaluated()
        if rules:
            parts.append(f"{phrases.count_of(rules, 'rule')} could not be evaluated")
        if self._view.hidden:
            parts.append(f"{self._view.hidden:,} below {self._options.severity.name} not shown")
        for line in wrap(", ".join(parts), self._width):
            yield self._paint("strong", line)
        yield from self._incomplete()

    def _incomplete(self) -> Iterator[str]:
        if self._report.snapshot.incomplete:
            text = "The input was read only in part: objects may be missing."
            yield from (self._paint("warning", line) for line in wrap(text, self._width))

    def _nothing_found(self) -> Iterator[str]:
        """A healthy cluster: one line, and one more for what could not be told."""
        if not phrases.examined(self._report):
            yield self._paint("warning", "Nothing was examined: no Kubernetes objects in the input.")
        else:
            hidden, lowest = self._view.hidden, self._options.severity.name
            found = f"nothing at {lowest} or worse ({hidden:,} below it)" if hidden else "nothing found"
            rules = phrases.count_of(self._report.rules, "rule")
            line = f"{found}: {rules} on {phrases.size(self._report.snapshot)}"
            yield from (self._paint("good", part) for part in wrap(line, self._width))
        yield from self._incomplete()
        rules_left = self._rules_not_evaluated()
        if rules_left:
            reasons = "; ".join(_reason(group[0]) for group in _grouped(self._report.not_evaluated))
            yield cut(f"could not tell ({phrases.count_of(rules_left, 'rule')}): {reasons}", self._width)

    # --- causes ---

    def _cause_blocks(self) -> Iterator[str]:
        limit = self._options.limit if self._options.limit > 0 else len(self._causes)
        shown = self._causes[:limit]
        last_rank = max((cause.rank for cause in shown), default=0)
        writer = CauseWriter(self._view, self._options, self._paint, last_rank)
        for cause in shown:
            yield ""
            yield from writer.lines(cause)
        rest = Counter(self._finding(cause).severity for cause in self._causes[len(shown) :])
        if rest:
            split = ", ".join(phrases.count_of(rest[s], s.name) for s in reversed(Severity) if rest[s])
            more = "more cause" if rest.total() == 1 else "more causes"
            yield ""
            yield from wrap(f"{MORE} and {rest.total():,} {more} ({split}): use --all or -o json", self._width)

    def _info(self) -> Iterator[str]:
        """Infos, a line each; those of one rule together when there are several."""
        by_rule: dict[str, list[Finding]] = defaultdict(list)
        for cause in self._infos:
            for id in (cause.finding, *cause.effects):
                by_rule[self._view.findings[id].rule].append(self._view.findings[id])
        items: list[str] = []
        for rule, findings in by_rule.items():
            tag = f" [{clean(rule, phrases.LONGEST_NAME)}]"
            if len(findings) < _FOLDED_FROM:
                items += [phrases.headline(finding) + tag for finding in findings]
            else:
                title = clean(findings[0].title or findings[0].message, phrases.LONGEST_VALUE)
                items.append(f"{title}: {phrases.objects((f.object for f in findings), '')}{tag}")
        yield from self._section(f"info ({len(self._infos):,})", items, self._options.limit or len(items), "info")

    # --- last lines ---

    def _rules_not_evaluated(self) -> int:
        return len({each.rule for each in self._report.not_evaluated})

    def _could_not_tell(self) -> Iterator[str]:
        items = []
        for group in _grouped(self._report.not_evaluated):
            rules = sorted({clean(each.rule, phrases.LONGEST_NAME) for each in group})
            concerned = sum(each.objects for each in group)
            about = f" ({phrases.count_of(concerned, 'object')})" if concerned else ""
            items.append(f"{_reason(group[0])}: {phrases.listed(rules, _MOST_RULES)}{about}")
        title = f"could not tell ({phrases.count_of(self._rules_not_evaluated(), 'rule')})"
        yield from self._section(title, items, _MOST_GROUPS, "strong")

    def _warnings(self) -> Iterator[str]:
        warnings = sorted(self._report.snapshot.warnings, key=lambda warning: (warning.file, warning.message))
        items = [clean(str(warning), phrases.LONGEST_VALUE) for warning in warnings]
        yield from self._section(f"warnings ({len(items):,})", items, _MOST_WARNINGS, "warning")

    def _section(self, title: str, items: Sequence[str], most: int, style: str) -> Iterator[str]:
        if not items:
            return
        yield ""
        yield self._paint(style, title)
        shown = items if self._options.limit <= 0 or len(items) <= most + 1 else items[:most]
        for item in shown:
            yield from (f"   {line}" for line in wrap(item, self._width - 3, hang=2))
        if len(shown) < len(items):
            yield f"   {MORE} and {len(items) - len(shown):,} more: use --all or -o json"

    def _finding(self, cause: Cause) -> Finding:
        return self._view.findings[cause.finding]


def _flow(pieces: Iterable[str], width: int) -> Iterator[str]:
    """Pieces side by side, as many as fit on a line."""
    line = ""
    for piece in filter(None, pieces):
        if line and columns(line) + 3 + columns(piece) > width:
            yield line
            line = piece
        else:
            line = f"{line}   {piece}" if line else piece
    if line:
        yield line


def _grouped(not_evaluated: Iterable[NotEvaluated]) -> list[list[NotEvaluated]]:
    """The rules with the same reason together, the most frequent reason first."""
    groups: dict[str, list[NotEvaluated]] = defaultdict(list)
    for each in sorted(not_evaluated, key=lambda each: (each.reason, each.needs, each.rule)):
        groups[_reason(each)].append(each)
    return sorted(groups.values(), key=lambda group: -len({each.rule for each in group}))


def _reason(each: NotEvaluated) -> str:
    """The reason, and what was needed where the reason does not say it."""
    needs = [need for need in each.needs if need not in each.reason]
    return clean(f"{each.reason} ({', '.join(needs)})" if needs else each.reason, phrases.LONGEST_VALUE)
