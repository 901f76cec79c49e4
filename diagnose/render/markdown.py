"""The report for a ticket or a pull request: GitHub's and GitLab's Markdown, which other trackers read too.

A summary, a table of the causes, and each cause to unfold. What comes from a dump stays text: it makes no markup, no
link, and mentions nobody. Values and commands stand as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape as escape_html

from diagnose.model import Cause, Finding
from diagnose.render import Options, changes, phrases
from diagnose.render.layout import MORE, clean
from diagnose.render.view import View
from diagnose.values import format_timestamp

MOST_CHARACTERS = 60_000
"""GitHub takes comments of 65,536 characters; with `limit` 0 nothing is cut."""

_DEEPEST = 6
_MOST_NAMES = 10
_MOST_RULES = 20
_LONGEST_CELL = 200


def render(view: View, options: Options) -> str:
    """The whole report, ending with a line end."""
    return "\n".join(_Markdown(view, options).blocks()) + "\n"


class _Markdown:
    def __init__(self, view: View, options: Options) -> None:
        self._view, self._report, self._options = view, view.report, options
        self._captured_at = view.report.snapshot.captured_at
        self._everything = options.limit <= 0

    def blocks(self) -> Iterator[str]:
        problems = self._view.problems()
        listed = problems if self._everything else problems[: self._options.limit]
        before = [*self._head(), *self._table(listed, len(problems))]
        after = [*self._infos(), *self._past(), *self._set_aside(), *self._could_not_tell(), *self._warnings()]
        room = MOST_CHARACTERS - sum(len(block) + 1 for block in before + after)
        yield from before
        yield from self._within(room, [self._cause(cause) for cause in listed])
        yield from after

    def _head(self) -> Iterator[str]:
        snapshot, options = self._report.snapshot, self._options
        name = clean(options.title, 60) or phrases.source_name(snapshot)
        yield f"### {text(f'kube-diagnose: {name}' if name else 'kube-diagnose')}\n"
        if not phrases.examined(self._report):
            found = phrases.NOTHING_EXAMINED
        elif self._view.causes:
            found = phrases.summary(self._view, options.severity)
        else:
            found = phrases.nothing_found(self._view, options.severity)
        yield f"**{text(found)}**\n"
        facts = [phrases.size(snapshot), phrases.count_of(self._report.rules, "rule")]
        if snapshot.captured_at is not None:
            facts.insert(0, f"captured {format_timestamp(snapshot.captured_at).replace('T', ' ')}")
        if snapshot.server_version:
            facts.insert(0, f"Kubernetes {clean(snapshot.server_version, 40).removeprefix('v')}")
        yield f"{text(' · '.join(facts))}\n"
        if self._view.changes:
            yield f"{text(changes.summary(self._view.changes))}\n"
        if snapshot.incomplete:
            yield f"> **{phrases.INCOMPLETE}**\n"

    def _table(self, causes: Sequence[Cause], number: int) -> Iterator[str]:
        if not causes:
            return
        yield "| # | severity | object | what is wrong | leads to |\n|--:|---|---|---|--:|"
        for cause in causes:
            finding = self._view.findings[cause.finding]
            who, what = phrases.headline_parts(finding)
            what = clean(what.lstrip(": "), len(what) if self._everything else _LONGEST_CELL)
            fresh = changes.fresh(self._view.changes, finding.id)
            told = f"**{fresh}:** {text(what)}" if fresh else text(what)
            cells = (finding.severity.name, text(who), told, len(cause.effects) or "")
            yield f"| {cause.rank} | {' | '.join(map(str, cells))} |"
        if len(causes) < number:
            more = phrases.count_of(number - len(causes), "more cause")
            yield f"\n{MORE} and {more}: use `--all`, `-o html` or `-o json`."
        yield ""

    def _within(self, room: int, blocks: Sequence[str]) -> Iterator[str]:
        """As many blocks as have room in a comment, and how many there are besides."""
        for number, block in enumerate(blocks):
            room -= len(block) + 1
            if room < 0 and not self._everything:
                left = phrases.count_of(len(blocks) - number, "cause")
                yield f"Details of {left} are left out here: use `--all`, `-o html` or `-o json`.\n"
                return
            yield block

    def _cause(self, cause: Cause) -> str:
        finding = self._view.findings[cause.finding]
        title = f"{_html(phrases.headline(finding))} <code>{_html(clean(finding.rule, phrases.LONGEST_NAME))}</code>"
        head = f"<summary>{cause.rank}. <b>{finding.severity.name}</b> {title}</summary>"
        return "\n".join(["<details>", head, "", *self._parts(cause, finding), "</details>\n"])

    def _parts(self, cause: Cause, finding: Finding) -> Iterator[str]:
        if finding.location:
            yield f"At {code(phrases.place(finding.location))}\n"
        if phrases.confidence(cause):
            yield f"**Sure** {phrases.confidence(cause)}\n"
        yield from _list("Why", self._proofs(finding))
        if phrases.shows_more(finding):
            about = finding.objects or (finding.object,)
            yield f"**On** {text(phrases.objects(about, finding.object.namespace, _MOST_NAMES))}\n"
        if finding.since is not None:
            ago = phrases.distance(finding.since, self._captured_at)
            yield f"**Since** {phrases.moment(finding.since, self._captured_at)}{f', {ago}' if ago else ''}\n"
        seen = self._seen(cause.finding)
        if seen:
            yield f"**Seen** {text(seen)}\n"
        yield from _list("So", self._effects(cause))
        words, snippet = phrases.parts_of_fix(finding.fix)
        if words:
            yield f"**Fix** {'<br>'.join(map(text, words))}\n"
        if snippet:
            yield fence(snippet, "yaml")
        if finding.commands:
            yield fence([clean(command.strip(), phrases.LONGEST_COMMAND) for command in finding.commands])
        yield from _list("Docs", [_link(clean(link, phrases.LONGEST_VALUE)) for link in finding.docs])

    def _proofs(self, finding: Finding) -> Iterator[str]:
        for each in finding.evidence:
            about = phrases.subject(each.object, finding.object.namespace)
            lead = "" if each.object == finding.object else f"{text(about)}: "
            yield lead + code(phrases.proof(each, self._captured_at))

    def _effects(self, cause: Cause) -> Iterator[str]:
        for level, effect in self._view.effects(cause):
            yield "  " * min(level, _DEEPEST) + "- " + text(phrases.headline(self._view.findings[effect]))

    def _infos(self) -> Iterator[str]:
        infos = self._view.infos()
        ids = dict.fromkeys(id for cause in infos for id in (cause.finding, *cause.effects))
        lines = [phrases.headline(self._view.findings[id]) for id in ids]
        yield from self._folded(f"Worth knowing ({len(infos):,} info)", lines)

    def _seen(self, id: str) -> str:
        known = self._view.changes.known.get(id) if self._view.changes else None
        return changes.seen(known, self._captured_at) if known else ""

    def _past(self) -> Iterator[str]:
        past = self._view.changes
        if past:
            gone = [changes.past_line(each, self._captured_at) for each in past.gone]
            yield from self._folded(f"Gone ({len(gone):,})", gone)
            unseen = [f"{why}: {line}" for why, told in changes.unseen(past.unseen, self._captured_at) for line in told]
            yield from self._folded(f"Not looked for this time ({len(unseen):,})", unseen)

    def _set_aside(self) -> Iterator[str]:
        yield from self._folded(f"Set aside ({len(self._report.set_aside):,})", phrases.set_aside(self._report))

    def _could_not_tell(self) -> Iterator[str]:
        lines = []
        for gap in phrases.gaps(self._report):
            about = f" ({phrases.count_of(gap.objects, 'object')})" if gap.objects else ""
            rules = phrases.listed(gap.rules, len(gap.rules) if self._everything else _MOST_RULES)
            lines.append(f"{gap.reason}: {rules}{about}")
        rules_left = phrases.count_of(phrases.undecided(self._report), "rule")
        yield from self._folded(f"Could not tell ({rules_left})", lines)

    def _warnings(self) -> Iterator[str]:
        lines = phrases.warnings(self._report.snapshot)
        yield from self._folded(f"Warnings ({len(lines):,})", lines)

    def _folded(self, title: str, lines: Sequence[str]) -> Iterator[str]:
        """A list to unfold; a long one is cut and says so."""
        if not lines:
            return
        shown = lines if self._everything else lines[: self._options.limit]
        items = [f"- {text(line)}" for line in shown]
        if len(shown) < len(lines):
            items.append(f"- {MORE} and {len(lines) - len(shown):,} more: use `--all`, `-o html` or `-o json`")
        yield "\n".join(["<details>", f"<summary>{_html(title)}</summary>", "", *items, "", "</details>\n"])


# --- Markdown that means only what it says ----------------------------------------------------------------------------

_MARKUP = re.compile(r"[\\`*_\[\]|~$]")
_LINKED = re.compile(r"@(?=[\w.-])|[#!](?=\w)|:(?=//)|\bwww(?=\.)")
_STARTS = re.compile(r"^(?=[-+=]|#)|(?<=^\d)(?=[.)])")
_LINK = re.compile(r"https?://[^\s<>`\\]+")


def text(value: str) -> str:
    """Printable text as Markdown that shows just it: no markup, HTML, link, mention or reference."""
    return _STARTS.sub(r"\\", _unlinked(_MARKUP.sub(r"\\\g<0>", escape_html(value, quote=False))))


def code(value: str) -> str:
    """Printable text as a code span, also inside a table."""
    ticks = "`" * (max(map(len, re.findall("`+", value)), default=0) + 1)
    space = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{ticks}{space}{value}{space}{ticks}" if value.strip() else "` `"


def fence(lines: Sequence[str], language: str = "sh") -> str:
    """Lines as a block of code, shell commands unless it says otherwise."""
    ticks = "`" * max(3, max((len(run) for line in lines for run in re.findall("`+", line)), default=0) + 1)
    return "\n".join([f"{ticks}{language}", *lines, f"{ticks}\n"])


def _list(title: str, items: Iterator[str] | Sequence[str]) -> Iterator[str]:
    lines = [item if item.lstrip().startswith("- ") else f"- {item}" for item in items]
    if lines:
        yield "\n".join([f"**{title}**", "", *lines, ""])


def _link(link: str) -> str:
    return f"<{link}>" if _LINK.fullmatch(link) else code(link)


def _html(value: str) -> str:
    return _unlinked(escape_html(value, quote=False))


def _unlinked(value: str) -> str:
    """A comment between a sign and its name: no mention, reference or link is seen, and nothing shows."""
    return _LINKED.sub(r"\g<0><!-- -->", value)
