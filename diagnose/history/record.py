"""One run into the history: compared with what is known, then kept. All in one transaction, one run after the other.

Runs are ordered by when the cluster was captured, and may come late: an older dump, or the slower of two writers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from diagnose.diff import past_order
from diagnose.errors import HistoryError
from diagnose.history import scopes
from diagnose.history.identity import Cluster, Identity, choose, merged
from diagnose.history.rows import Row, described, past, storable, trace
from diagnose.history.schema import CLUSTERS, FINDINGS, RUNS, SCOPES, prepare
from diagnose.looked import Looked, Trace, looked_at, trace_of, why_unseen
from diagnose.model import Changes, Finding, Known, Past, Report, Severity, State

_RUNS_ASKED = 50
"""How many runs back a run is looked for that could have seen a finding."""
_AT_ONCE = 500
"""Ids in one statement; SQLite takes 32,766 and older ones 999."""


@dataclass(frozen=True)
class Run:
    """What is told of a run beside its report. `finished_at` and `keep` are seconds; `keep` None forgets nothing."""

    identity: Identity
    title: str
    finished_at: float
    keep: float | None = None


class History:
    """The runs of one or several clusters, in one database. `name` is how messages call it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine, self.name = engine, name

    def record(self, report: Report, run: Run) -> Changes:
        """Keep a run, and tell how it differs from the one before it.

        Raises UsageError when it is not told which cluster it is, HistoryError when the database fails; nothing is
        written then.
        """
        with self._transaction() as connection:
            prepare(connection, self.name)
            return _Writer(connection, _cluster(connection, run), report, run).write()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            why = " ".join(str(error.orig).split())
            raise HistoryError(f"the history {self.name} was not written: {why}") from None
        except SQLAlchemyError as error:
            raise HistoryError(f"the history {self.name} was not written: {error}") from None


def _cluster(connection: Connection, run: Run) -> int:
    """The id of the run's cluster, which is new or known by more from now on."""
    rows = connection.execute(select(CLUSTERS).order_by(CLUSTERS.c.id)).mappings()
    known = [Cluster(row["id"], Identity(row["name"], row["uid"], row["server"])) for row in rows]
    found = choose(run.identity, known)
    now = merged(found.identity, run.identity) if found else run.identity
    values = {"name": now.name, "uid": now.uid, "server": now.server, "title": run.title}
    values = {column: storable(text) for column, text in values.items()}
    if found is None:
        key = connection.execute(insert(CLUSTERS).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])
    connection.execute(update(CLUSTERS).where(CLUSTERS.c.id == found.id).values(values))
    return found.id


class _Writer:
    """One report beside the rows of its cluster."""

    def __init__(self, connection: Connection, cluster: int, report: Report, run: Run) -> None:
        self._db, self._cluster, self._report, self._run = connection, cluster, report, run
        captured = report.snapshot.captured_at
        self._at = run.finished_at if captured is None else captured
        self._looked = looked_at(report)
        self._scopes: dict[str, Looked] = {}
        text = scopes.to_text(self._looked)
        self._scope = scopes.digest(text)
        if not self._db.execute(select(SCOPES.c.digest).where(SCOPES.c.digest == self._scope)).first():
            self._db.execute(insert(SCOPES).values(digest=self._scope, document=text))
        self._before = self._runs(RUNS.c.at <= self._at, [RUNS.c.at.desc(), RUNS.c.id.desc()], _RUNS_ASKED)
        self._after = self._runs(RUNS.c.at > self._at, [RUNS.c.at, RUNS.c.id])

    def write(self) -> Changes:
        findings = {finding.id: finding for finding in self._report.findings}
        rows = self._rows(findings)
        known = {id: self._known(finding, rows.get(id)) for id, finding in findings.items()}
        missing = [
            (row, why_unseen(trace(row), self._looked, self._scope_of(row["last_scope"])))
            for id, row in rows.items()
            if id not in findings
        ]
        self._keep_findings(findings, rows)
        self._keep_missing(missing)
        self._keep_run()
        self._forget()
        last = self._before[0] if self._before else None
        return Changes(
            against=f"run {last['id']}" if last else "",
            since=last["captured_at"] if last else None,
            known=known,
            gone=_ordered(past(row) for row, why in missing if why is None),
            unseen=_ordered(past(row, why) for row, why in missing if why is not None),
        )

    # --- what is known

    def _runs(self, condition: Any, order: Sequence[Any], most: int | None = None) -> Sequence[Row]:
        columns = (RUNS.c.id, RUNS.c.at, RUNS.c.captured_at, RUNS.c.scope)
        query = select(*columns).where(RUNS.c.cluster == self._cluster, condition).order_by(*order).limit(most)
        return self._all(query)

    def _rows(self, findings: dict[str, Finding]) -> dict[str, Row]:
        """The rows of the findings at hand, and of those that were open when the cluster was captured."""
        mine = FINDINGS.c.cluster == self._cluster
        open_then = or_(FINDINGS.c.resolved_at.is_(None), FINDINGS.c.resolved_at > self._at)
        query = select(FINDINGS).where(mine, open_then, FINDINGS.c.last_seen <= self._at)
        rows = {row["id"]: row for row in self._all(query)}
        rest = [id for id in findings if id not in rows]
        for start in range(0, len(rest), _AT_ONCE):
            query = select(FINDINGS).where(mine, FINDINGS.c.id.in_(rest[start : start + _AT_ONCE]))
            rows |= {row["id"]: row for row in self._all(query)}
        return rows

    def _all(self, query: Select[Any]) -> list[Row]:
        return [row._asdict() for row in self._db.execute(query)]

    def _scope_of(self, digest: str) -> Looked | None:
        if digest not in self._scopes:
            text = self._db.execute(select(SCOPES.c.document).where(SCOPES.c.digest == digest)).scalar_one_or_none()
            if text is None:
                return None
            try:
                self._scopes[digest] = scopes.from_text(text)
            except (ValueError, KeyError, TypeError) as error:
                raise HistoryError(f"the history holds a scope that cannot be read: {error!r}") from None
        return self._scopes[digest]

    def _known(self, finding: Finding, row: Row | None) -> Known:
        if row is None or row["first_seen"] > self._at:
            why = self._why_not_before(trace_of(finding))
            state = State.new if why is None else State.unknown
            return Known(state, self._at, 1 if row is None else row["times_seen"] + 1, why=why or "")
        back = self._is_back(row)
        before = Severity(row["severity"])
        return Known(
            State.back if back else State.still,
            row["first_seen"],
            row["times_seen"] + 1,
            row["flaps"] + back,
            None if before == finding.severity else before,
        )

    def _is_back(self, row: Row) -> bool:
        """Whether a finding was gone before this run, and no later one had it."""
        resolved = row["resolved_at"]
        return resolved is not None and resolved <= self._at and row["last_seen"] <= self._at

    def _why_not_before(self, wanted: Trace) -> str | None:
        """Why no run before this one could have seen a finding; None when one could."""
        reasons = []
        for digest in dict.fromkeys(run["scope"] for run in self._before):
            looked = self._scope_of(digest)
            why = looked and why_unseen(wanted, looked, self._looked)
            if looked and why is None:
                return None
            reasons.append(why or "")
        return reasons[0] if reasons else ""

    def _resolved(self, wanted: Trace) -> tuple[float | None, str]:
        """When a later run looked and did not have a finding that this run saw last, or why none could."""
        why: str | None = ""
        for run in self._after:
            looked = self._scope_of(run["scope"])
            why = why_unseen(wanted, looked, self._looked) if looked else ""
            if why is None:
                return run["at"], ""
        return None, why or ""

    # --- what is kept

    def _keep_findings(self, findings: dict[str, Finding], rows: dict[str, Row]) -> None:
        new, seen = [], []
        for id, finding in findings.items():
            row = rows.get(id)
            if row is None:
                counts = {"first_seen": self._at, "times_seen": 1, "flaps": 0}
                new.append({"cluster": self._cluster, "id": id, **counts, **self._last(finding)})
            else:
                seen.append({"_id": id, **self._update(finding, row)})
        self._insert(FINDINGS, new)
        self._change(seen)

    def _update(self, finding: Finding, row: Row) -> dict[str, Any]:
        counts = {"first_seen": min(row["first_seen"], self._at), "times_seen": row["times_seen"] + 1}
        kept = {c.name: row[c.name] for c in FINDINGS.columns if not c.primary_key}
        if row["last_seen"] > self._at:
            return {**kept, **counts}
        return {**kept, **self._last(finding), **counts, "flaps": row["flaps"] + self._is_back(row)}

    def _last(self, finding: Finding) -> dict[str, Any]:
        """The columns of the run that saw a finding last."""
        resolved_at, why = self._resolved(trace_of(finding)) if self._after else (None, "")
        return {
            **described(finding),
            "last_seen": self._at,
            "last_scope": self._scope,
            "seen_on": self._run.finished_at,
            "resolved_at": resolved_at,
            "why_unseen": storable(why),
        }

    def _keep_missing(self, missing: Sequence[tuple[Row, str | None]]) -> None:
        self._change([{"_id": row["id"], "resolved_at": self._at, "why_unseen": ""} for row, w in missing if w is None])
        told = [(row, storable(why)) for row, why in missing if why is not None and row["resolved_at"] is None]
        self._change([{"_id": row["id"], "why_unseen": why} for row, why in told if row["why_unseen"] != why])

    def _keep_run(self) -> None:
        report, snapshot = self._report, self._report.snapshot
        self._db.execute(
            insert(RUNS).values(
                cluster=self._cluster,
                at=self._at,
                captured_at=snapshot.captured_at,
                finished_at=self._run.finished_at,
                title=storable(self._run.title),
                version=report.version,
                rules=report.rules,
                objects=sum(snapshot.objects.values()),
                **{severity.name: report.count(severity) for severity in Severity},
                not_evaluated=len({each.rule for each in report.not_evaluated}),
                incomplete=snapshot.incomplete,
                scope=self._scope,
            )
        )

    def _forget(self) -> None:
        """Drop what is too old, by when it was written: an old dump is not dropped at once."""
        if self._run.keep is None:
            return
        oldest = self._run.finished_at - self._run.keep
        mine = FINDINGS.c.cluster == self._cluster
        self._db.execute(delete(FINDINGS).where(mine, FINDINGS.c.seen_on < oldest))
        self._db.execute(delete(RUNS).where(RUNS.c.cluster == self._cluster, RUNS.c.finished_at < oldest))
        used = select(RUNS.c.scope).union(select(FINDINGS.c.last_scope))
        self._db.execute(delete(SCOPES).where(SCOPES.c.digest.not_in(used)))

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._db.execute(insert(table), rows)

    def _change(self, rows: list[dict[str, Any]]) -> None:
        """Set the columns that `rows` name, all the same ones, where the id is `_id`."""
        if rows:
            where = (FINDINGS.c.cluster == self._cluster, FINDINGS.c.id == bindparam("_id"))
            self._db.execute(update(FINDINGS).where(*where), rows)


def _ordered(found: Iterator[Past]) -> tuple[Past, ...]:
    return tuple(sorted(found, key=past_order))
