"""The report on a terminal: what was examined, causes by rank, what is worth knowing, what could not be told.

Nothing but printable text, line ends and (with `color`) the styles of `layout` comes out, whatever the dump says. No
line is longer than the width, but for commands, links and file positions, which are for copying.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from diagnose.model import Cause, Finding, Severity
from diagnose.render import Options, changes, phrases
from diagnose.render.layout import MORE, Paint, clean, columns, cut, wrap
from diagnose.render.text_cause import CauseWriter
from diagnose.render.view import View
from diagnose.values import format_timestamp

_NARROWEST = 40
_MOST_GROUPS = 10
_MOST_PAST = 20
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
        self._causes, self._infos = view.problems(), view.infos()

    def lines(self) -> Iterator[str]:
        yield from self._header()
        if self._view.causes:
            yield from self._summary()
            yield from self._cause_blocks()
            yield from self._info()
            yield from self._past()
            yield from self._set_aside()
            yield from self._could_not_tell()
        else:
            yield from self._nothing_found()
            yield from self._past()
            yield from self._set_aside()
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
        for line in wrap(phrases.summary(self._view, self._options.severity), self._width):
            yield self._paint("strong", line)
        yield from self._changes()
        yield from self._incomplete()

    def _changes(self) -> Iterator[str]:
        if self._view.changes is not None:
            yield from wrap(changes.summary(self._view.changes), self._width)

    def _incomplete(self) -> Iterator[str]:
        if self._report.snapshot.incomplete:
            yield from (self._paint("warning", line) for line in wrap(phrases.INCOMPLETE, self._width))

    def _nothing_found(self) -> Iterator[str]:
        """A healthy cluster: one line, and one more for what could not be told."""
        if not phrases.examined(self._report):
            yield self._paint("warning", phrases.NOTHING_EXAMINED)
        else:
            line = phrases.nothing_found(self._view, self._options.severity)
            yield from (self._paint("good", part) for part in wrap(line, self._width))
        yield from self._changes()
        yield from self._incomplete()
        rules_left = phrases.undecided(self._report)
        if rules_left:
            reasons = "; ".join(gap.reason for gap in phrases.gaps(self._report))
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
            more = f"more {phrases.noun(self._report)}" + ("" if rest.total() == 1 else "s")
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
                items += [phrases.headline(finding) + phrases.standing(finding) + tag for finding in findings]
            else:
                title = clean(findings[0].title or findings[0].message, phrases.LONGEST_VALUE)
                items.append(f"{title}: {phrases.objects((f.object for f in findings), '')}{tag}")
        yield from self._section(f"info ({len(self._infos):,})", items, self._options.limit or len(items), "info")

    # --- last lines ---

    def _past(self) -> Iterator[str]:
        """What earlier runs had and this one has not."""
        if self._view.changes is None:
            return
        past, at = self._view.changes, self._report.snapshot.captured_at
        lines = [changes.past_line(each, at) for each in past.gone]
        yield from self._section(f"gone ({len(lines):,})", lines, _MOST_PAST, "good")
        items = [f"{why}: {len(lines):,} ({lines[0]})" for why, lines in changes.unseen(past.unseen, at)]
        yield from self._section(f"not looked for this time ({len(past.unseen):,})", items, _MOST_GROUPS, "strong")

    def _set_aside(self) -> Iterator[str]:
        """What somebody has decided to live with."""
        lines = phrases.set_aside(self._report)
        yield from self._section(f"set aside ({len(self._report.set_aside):,})", lines, _MOST_PAST, "strong")

    def _could_not_tell(self) -> Iterator[str]:
        items = []
        for gap in phrases.gaps(self._report):
            about = f" ({phrases.count_of(gap.objects, 'object')})" if gap.objects else ""
            items.append(f"{gap.reason}: {phrases.listed(gap.rules, _MOST_RULES)}{about}")
        title = f"could not tell ({phrases.count_of(phrases.undecided(self._report), 'rule')})"
        yield from self._section(title, items, _MOST_GROUPS, "strong")

    def _warnings(self) -> Iterator[str]:
        items = phrases.warnings(self._report.snapshot)
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
