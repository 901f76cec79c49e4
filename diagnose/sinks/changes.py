"""What a sink asks of the changes in a report: what is news, what is gone, and since when something is known."""

from __future__ import annotations

from diagnose.model import Finding, Past, State
from diagnose.render.view import View


def first_seen(view: View, id: str) -> float | None:
    """When a finding was first seen (UNIX seconds); None when no history tells."""
    known = view.changes.known.get(id) if view.changes else None
    return known.first_seen if known else None


def news(view: View) -> frozenset[str] | None:
    """The ids of findings that no earlier run had, or had as less bad; None when there is no earlier run."""
    changes = view.changes
    if changes is None or not changes.against:
        return None
    return frozenset(id for id, finding in view.findings.items() if _is_news(view, id, finding))


def _is_news(view: View, id: str, finding: Finding) -> bool:
    known = view.changes.known.get(id) if view.changes else None
    if known is None or known.state is not State.still:
        return True
    return known.severity_before is not None and known.severity_before < finding.severity


def gone(view: View) -> tuple[Past, ...]:
    """What the run before had, and this one knows to be gone."""
    return view.changes.gone if view.changes else ()


def finding_of(past: Past) -> Finding:
    """A finding of the past, as far as it is kept."""
    return past.finding
