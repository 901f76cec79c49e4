"""Messages for a Slack-compatible webhook: the causes that are new or gone, each with what it leads to.

`blocks` are what Slack shows; `text` says the same in short, for notifications and for services that know no blocks.
Names and messages come from a cluster and are escaped, so that nobody is called by them (`<!channel>`).
Source: https://docs.slack.dev/reference/block-kit/blocks (50 blocks, 3,000 characters of a section, 150 of a header)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from diagnose.model import Cause, Finding, Severity
from diagnose.render.layout import MORE, clean
from diagnose.render.phrases import INCOMPLETE, count_of, headline, summary
from diagnose.render.view import View
from diagnose.sinks import Notice, Request, Target
from diagnose.sinks.changes import finding_of, gone, news

MOST_BLOCKS = 50
LONGEST_SECTION, LONGEST_HEADER, LONGEST_TEXT = 3000, 150, 3000
_MOST_EFFECTS = 5
_LINE = 400
_SIGNS = {
    Severity.critical: ":red_circle:",
    Severity.error: ":large_orange_circle:",
    Severity.warning: ":large_yellow_circle:",
    Severity.info: ":white_circle:",
}
_FORMATTING = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
"""What Slack takes for bold, italic, struck out or code: signs at the edge of a word."""
_LOOK_ALIKE = {"*": "\u2217", "_": "\uff3f", "~": "\u223c", "`": "\u02cb"}


def requests(notice: Notice, target: Target) -> Iterator[Request]:
    """One message; none when a history says that nothing changed. It is not sent twice."""
    view = target.view(notice)
    new = None if target.options["always"] else news(view)
    causes = [cause for cause in view.causes if new is None or cause.finding in new]
    past = [finding_of(each) for each in gone(view)]
    if new is not None and not causes and not past:
        return
    body = msgspec.json.encode(_message(notice, target, view, causes, past, new is not None))
    yield Request("POST", "", body, repeatable=False)


def _message(
    notice: Notice, target: Target, view: View, causes: Sequence[Cause], past: Sequence[Finding], only_new: bool
) -> dict[str, Any]:
    counts = f"{len(causes):,} new, {len(past):,} gone" if only_new else count_of(len(causes), "cause")
    name = clean(notice.cluster or notice.title, 80)
    title = f"{name}: {counts}" if name else counts
    sections = [_cause(cause, view) for cause in causes] + [_gone(finding) for finding in past]
    head = [_header(title), _context([summary(view, target.severity), *_notes(notice, target)])]
    room = MOST_BLOCKS - len(head) - 1
    blocks = head + [_section(text) for text in sections[:room]]
    if len(sections) > room:
        blocks.append(_context([f"and {len(sections) - room:,} more, see the report"]))
    return {"text": _fallback(title, causes, past, view), "blocks": blocks}


def _notes(notice: Notice, target: Target) -> Iterator[str]:
    if notice.report.snapshot.incomplete:
        yield INCOMPLETE
    if target.options["report_url"]:
        yield f"<{target.options['report_url'].replace('|', '%7C').replace('>', '%3E')}|the report>"


def _cause(cause: Cause, view: View) -> str:
    finding = view.findings[cause.finding]
    severity = view.severity(cause)
    lines = [f"{_SIGNS[severity]} *{severity.name}* {_safe(headline(finding), _LINE)}"]
    lines += [f"• leads to: {_safe(headline(view.findings[id]), _LINE)}" for id in cause.effects[:_MOST_EFFECTS]]
    if len(cause.effects) > _MOST_EFFECTS:
        lines.append(f"• and {count_of(len(cause.effects) - _MOST_EFFECTS, 'consequence')} more")
    if finding.fix:
        lines.append(f"_fix_: {_safe(finding.fix, _LINE)}")
    if finding.commands:
        lines.append(f"`{_escaped(clean(finding.commands[0], _LINE).replace('`', _LOOK_ALIKE['`']))}`")
    return "\n".join(lines)


def _gone(finding: Finding) -> str:
    return f":white_check_mark: *gone* {_safe(headline(finding), _LINE)}"


def _fallback(title: str, causes: Sequence[Cause], past: Sequence[Finding], view: View) -> str:
    """The message as plain lines, cut between them."""
    lines = [f"• {view.severity(c).name}: {_safe(headline(view.findings[c.finding]), _LINE)}" for c in causes]
    lines += [f"• gone: {_safe(headline(finding), _LINE)}" for finding in past]
    text = _safe(title, LONGEST_HEADER)
    for done, line in enumerate(lines):
        if len(text) + len(line) > LONGEST_TEXT - 40:
            return f"{text}\n• and {len(lines) - done:,} more"
        text += f"\n{line}"
    return text


def _header(title: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(title, LONGEST_HEADER), "emoji": False}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, LONGEST_SECTION), "verbatim": True}}


def _context(texts: Sequence[str]) -> dict[str, Any]:
    elements = [{"type": "mrkdwn", "text": _cut(text, LONGEST_SECTION), "verbatim": True} for text in texts]
    return {"type": "context", "elements": elements[:10]}


def _safe(text: str, limit: int) -> str:
    """Text that Slack shows as it is: no mention, no link, no formatting."""
    return _escaped(_FORMATTING.sub(lambda found: _LOOK_ALIKE[found[0]], clean(text, limit)))


def _escaped(text: str) -> str:
    """Source: https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + MORE
