"""Small runs for the history: which findings, at what time, by a run that looked at what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import create_engine, select

from diagnose.history import Identity, Run, open_history
from diagnose.history.schema import CLUSTERS, FINDINGS, RUNS
from diagnose.model import Changes, Finding, NotEvaluated, Report, State

from ..render import builders

RULES = ("a", "b", "c")
PROD = Identity("prod")
DAY = 86400.0


def finding(name: str, severity: str = "error", **more: Any) -> Finding:
    """ "a" is rule a on Pod shop/a; "a:web/x" is rule a on Pod web/x."""
    rule, _, about = name.partition(":")
    return builders.finding(rule, f"Pod {about or f'shop/{rule}'}", severity=severity, **more)


def report(
    names: Iterable[str | Finding] = (),
    at: float | None = 1000.0,
    *,
    rules: Collection[str] | None = RULES,
    namespaces: tuple[str, ...] | None = None,
    not_evaluated: tuple[NotEvaluated, ...] = (),
    **snapshot: Any,
) -> Report:
    """A report of a run that looked at all Pods."""
    found = [finding(each) if isinstance(each, str) else each for each in names]
    more = {"coverage": {"Pod": "all"}, "captured_at": at, **snapshot}
    made = builders.report(found, not_evaluated=not_evaluated, **more)
    return replace(made, rule_ids=None if rules is None else tuple(rules), namespaces=namespaces)


def record(url: str, of: Report, *, now: float | None = None, keep: float | None = None, **more: Any) -> Changes:
    """One run of the cluster `prod` into a history, finished five seconds after its capture."""
    finished = now if now is not None else (of.snapshot.captured_at or 0.0) + 5
    return open_history(url).record(of, Run(more.get("identity", PROD), "title", finished, keep))


def states(changes: Changes, of: Report) -> dict[str, State]:
    """The state of each finding, by its rule."""
    return {f.rule: changes.known[f.id].state for f in of.findings}


def rules_of(past: Iterable[Any]) -> list[str]:
    return [each.finding.rule for each in past]


def rows(url: str, table: str = "findings") -> list[dict[str, Any]]:
    """All rows of a table, ordered by its first columns."""
    chosen = {"findings": FINDINGS, "runs": RUNS, "clusters": CLUSTERS}[table]
    engine = create_engine(url if "://" in url else f"sqlite:///{url}")
    with engine.connect() as connection:
        order = (chosen.c.rule,) if table == "findings" else (chosen.c.id,)
        found = [row._asdict() for row in connection.execute(select(chosen).order_by(*order))]
    engine.dispose()
    return found


def spans(url: str) -> dict[str, tuple[float, float, float | None, int, int]]:
    """First and last seen, resolved, times and flaps of each finding, by rule."""
    keys = ("first_seen", "last_seen", "resolved_at", "times_seen", "flaps")
    return {row["rule"]: tuple(row[key] for key in keys) for row in rows(url)}  # type: ignore[misc]
