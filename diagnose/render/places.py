"""Where a finding stands, for formats that point into files: what people edit is the template, not what it makes."""

from __future__ import annotations

from diagnose.model import Finding
from diagnose.render import phrases
from diagnose.render.layout import escape

Place = tuple[str, int, int]
_LONGEST = 4000


def place_of(finding: Finding) -> Place | None:
    """File, line and column to point at, of what was made from a template its first line; None without a file."""
    location = finding.location
    if location is None:
        return None
    if location.origin and "//" not in location.origin:
        return location.origin, 1, 1
    return location.file, max(1, location.line), max(1, location.column)


def text_of(finding: Finding) -> str:
    """What is wrong and what to do, over several lines, harmless to a terminal."""
    lines = [f"{phrases.headline(finding)} [{escape(finding.rule)}]"]
    location = finding.location
    if location and location.origin:
        lines.append(f"at {phrases.place(location)}")
    lines += [escape(line.rstrip()) for line in finding.fix.strip().splitlines()]
    return "\n".join(lines)[:_LONGEST]
