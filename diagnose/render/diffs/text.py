"""A comparison on a terminal: what is new, what is gone, what is of another severity, what cannot be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from diagnose.diff import Comparison
from diagnose.model import Finding, Known, Past, Report, Severity, State
from diagnose.render import Options, phrases
from diagnose.render.layout import MORE, Paint, clean, wrap
from diagnose.values import format_timestamp

_NARROWEST = 40
_MOST_UNSEEN = 5
_LABEL = len("critical")
_INDENT = _LABEL + 5


def render(comparison: Comparison, options: Options) -> str:
    """The whole comparison, ending with a line end; nothing but printable text and the styles of `layout` in it."""
    return "\n".join(_Text(comparison, options).lines()) + "\n"


class _Text:
    def __init__(self, comparison: Comparison, options: Options) -> None:
        self._of, self._options = comparison, options
        self._width = max(_NARROWEST, options.width)
        self._paint = Paint(options.color)
        self._changes = comparison.changes

    def lines(self) -> Iterator[str]:
        yield from self._report("before", self._of.before_name, self._of.before)
        yield from self._report("after", self._of.after_name, self._of.after)
        yield from self._order()
        new, still = self._pairs(State.new), self._pairs(State.still)
        changed = [(f, k) for f, k in still if k.severity_before is not None]
        gone = self._past(self._changes.gone)
        yield from (self._paint("strong", line) for line in wrap(self._summary(new, gone, changed, still), self._width))
        yield from self._findings("new", "error", [f for f, _ in new])
        yield from self._changed(changed)
        yield from self._findings("gone", "good", [past.finding for past in gone])
        yield from self._not_before(self._pairs(State.unknown))
        yield from self._not_after(self._past(self._changes.unseen))
        if self._options.limit <= 0:
            yield from self._findings("still there", "strong", [f for f, k in still if k.severity_before is None])

    def _pairs(self, state: State) -> list[tuple[Finding, Known]]:
        return [pair for pair in self._of.pairs(state) if pair[0].severity >= self._options.severity]

    def _past(self, past: Sequence[Past]) -> list[Past]:
        return [each for each in past if each.finding.severity >= self._options.severity]

    # --- first lines

    def _report(self, label: str, name: str, report: Report) -> Iterator[str]:
        snapshot = report.snapshot
        captured = "capture time unknown"
        if snapshot.captured_at is not None:
            captured = f"captured {format_timestamp(snapshot.captured_at).replace('T', ' ')}"
        parts = [clean(name, 60), captured, phrases.size(snapshot), phrases.count_of(report.rules, "rule")]
        yield from wrap(f"{label:<6}   {'   '.join(parts)}", self._width, 9)
        if snapshot.incomplete:
            yield from (
                self._paint("warning", f"         {line}") for line in wrap(phrases.INCOMPLETE, self._width - 9)
            )

    def _order(self) -> Iterator[str]:
        """A word when the two are the wrong way round, by whole seconds as saved reports have them."""
        before, after = self._of.before.snapshot.captured_at, self._of.after.snapshot.captured_at
        if before is not None and after is not None and before // 1 > after // 1:
            text = "The first was captured after the second: what is called new was there earlier, and is gone since."
            yield from (self._paint("warning", line) for line in wrap(text, self._width))

    def _summary(
        self,
        new: Sequence[tuple[Finding, Known]],
        gone: Sequence[Past],
        changed: Sequence[object],
        still: Sequence[object],
    ) -> str:
        untold = len(self._pairs(State.unknown)) + len(self._past(self._changes.unseen))
        parts = [f"{len(new):,} new{_split([f for f, _ in new])}", f"{len(gone):,} gone"]
        parts.append(f"{len(still):,} still there")
        if changed:
            parts.append(f"{len(changed):,} of them of another severity")
        if untold:
            parts.append(f"{untold:,} that cannot be told")
        return ", ".join(parts)

    # --- findings

    def _findings(self, title: str, style: str, findings: Sequence[Finding]) -> Iterator[str]:
        lines = [(finding.severity, phrases.headline(finding), finding.rule) for finding in findings]
        yield from self._section(title, style, lines)

    def _changed(self, changed: Sequence[tuple[Finding, Known]]) -> Iterator[str]:
        lines = [
            (f.severity, f"was {k.severity_before.name}: {phrases.headline(f)}", f.rule)
            for f, k in changed
            if k.severity_before is not None
        ]
        yield from self._section("of another severity", "warning", lines)

    def _section(self, title: str, style: str, items: Sequence[tuple[Severity, str, str]]) -> Iterator[str]:
        if not items:
            return
        yield ""
        yield self._paint(style, f"{title} ({len(items):,})")
        limit = self._options.limit if self._options.limit > 0 else len(items)
        for severity, text, rule in items[:limit]:
            yield from self._item(severity, f"{text} [{clean(rule, phrases.LONGEST_NAME)}]")
        if len(items) > limit:
            yield f"   {MORE} and {len(items) - limit:,} more: use --all or -o json"

    def _item(self, severity: Severity, text: str) -> Iterator[str]:
        start = f"   {self._paint(severity.name, severity.name)}{' ' * (_LABEL - len(severity.name) + 2)}"
        for line in wrap(text, self._width - _INDENT, 2):
            yield start + line
            start = " " * _INDENT

    # --- what cannot be told

    def _not_before(self, unknown: Sequence[tuple[Finding, Known]]) -> Iterator[str]:
        title = "there now, and perhaps before: not looked for then"
        yield from self._untold(title, [(f, k.why) for f, k in unknown])

    def _not_after(self, unseen: Sequence[Past]) -> Iterator[str]:
        title = "gone, or only not looked for this time"
        yield from self._untold(title, [(past.finding, past.why) for past in unseen])

    def _untold(self, title: str, found: Sequence[tuple[Finding, str]]) -> Iterator[str]:
        """Findings by the reason, the most frequent first."""
        if not found:
            return
        reasons: dict[str, list[Finding]] = defaultdict(list)
        for finding, why in found:
            reasons[why].append(finding)
        yield ""
        yield self._paint("strong", f"{title} ({len(found):,})")
        most = _MOST_UNSEEN if self._options.limit > 0 else len(found)
        for why, findings in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
            yield from (f"   {line}" for line in wrap(f"{clean(why, phrases.LONGEST_VALUE)}:", self._width - 3, 2))
            for finding in findings[:most]:
                yield from (f"  {line}" for line in self._item(finding.severity, phrases.headline(finding)))
            if len(findings) > most:
                yield f"     {MORE} and {len(findings) - most:,} more: use --all or -o json"


def _split(findings: Sequence[Finding]) -> str:
    """ " (1 critical, 2 errors)"; "" for none."""
    counts = {severity: sum(f.severity == severity for f in findings) for severity in reversed(Severity)}
    told = ", ".join(phrases.count_of(number, severity.name) for severity, number in counts.items() if number)
    return f" ({told})" if told else ""
