"""The tables, their version, and how an older database becomes the newest.

Everything else of a database belongs to others: each table is called `diagnose_...`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    select,
)

from diagnose.errors import UsageError

VERSION = 1
METADATA = MetaData()
_BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what is called INTEGER."""

VERSIONS = Table("diagnose_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

CLUSTERS = Table(
    "diagnose_clusters",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("title", Text, nullable=False),
)

SCOPES = Table(
    "diagnose_scopes",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("document", Text, nullable=False),
    comment="what runs looked at, as JSON; runs that looked at the same share it",
)

RUNS = Table(
    "diagnose_runs",
    METADATA,
    Column("id", _BIG, primary_key=True),
    Column("cluster", ForeignKey(CLUSTERS.c.id), nullable=False),
    Column("at", Double, nullable=False, comment="captured_at, else finished_at: runs are in this order"),
    Column("captured_at", Double),
    Column("finished_at", Double, nullable=False),
    Column("title", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("objects", Integer, nullable=False),
    Column("critical", Integer, nullable=False),
    Column("error", Integer, nullable=False),
    Column("warning", Integer, nullable=False),
    Column("info", Integer, nullable=False),
    Column("not_evaluated", Integer, nullable=False),
    Column("incomplete", Boolean, nullable=False),
    Column("scope", ForeignKey(SCOPES.c.digest), nullable=False),
    Index("diagnose_runs_in_order", "cluster", "at", "id"),
)

FINDINGS = Table(
    "diagnose_findings",
    METADATA,
    Column("cluster", ForeignKey(CLUSTERS.c.id), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("rule", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False, comment="what tells several findings of a rule on an object apart, as JSON"),
    Column("container", Text, nullable=False),
    Column("api_group", Text, nullable=False),
    Column("api_version", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("shown", Text, nullable=False, comment="kinds and namespaces of the objects that showed it, as JSON"),
    Column("first_seen", Double, nullable=False),
    Column("last_seen", Double, nullable=False),
    Column("last_scope", String(64), nullable=False, comment="what the run looked at that had it last"),
    Column("resolved_at", Double, comment="the first run after last_seen that looked and did not have it"),
    Column("why_unseen", Text, nullable=False, comment="why the last run could not have seen it"),
    Column("times_seen", Integer, nullable=False),
    Column("flaps", Integer, nullable=False, comment="how often it was resolved and came back"),
    Column("seen_on", Double, nullable=False, comment="finished_at of the last run that had it"),
    Index("diagnose_findings_open", "cluster", "resolved_at"),
)

UPGRADES: Mapping[int, Callable[[Connection], None]] = MappingProxyType({})
"""From a version to the next, inside the transaction of the run that finds the older one."""


def prepare(connection: Connection, where: str) -> None:
    """Make or upgrade the tables. Raises UsageError when a newer program made them; `where` names the database."""
    if not inspect(connection).has_table(VERSIONS.name):
        METADATA.create_all(connection)
        connection.execute(VERSIONS.insert().values(version=VERSION))
        return
    found = connection.execute(select(VERSIONS.c.version)).scalar_one()
    if found > VERSION:
        raise UsageError(
            f"the history {where} has schema version {found}, and this kube-diagnose knows none after {VERSION}: "
            "use a newer kube-diagnose, or another history"
        )
    for version in range(found, VERSION):
        UPGRADES[version](connection)
        connection.execute(VERSIONS.update().values(version=version + 1))
