"""Where a history is: the URL or path the user gives, and what is special about each database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import OperationalError
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from diagnose.errors import UsageError
from diagnose.history.record import History

_PATIENCE = 60
"""Seconds that a run waits for another one that is being written."""
_LOCK = 0x6B75_6265_6467
"""Of all advisory locks of a PostgreSQL server, the one of this program."""


@dataclass(frozen=True)
class _Database:
    """What opens an engine, and what each transaction begins with, so that one run is written after the other."""

    engine: Callable[[URL], Engine]
    begin: Callable[[Connection], None]


def open_history(url: str) -> History:
    """The history at a URL or path; nothing is read or written yet. Raises UsageError."""
    made = _url(url)
    database = DATABASES.get(made.get_backend_name())
    if database is None:
        raise UsageError(
            f"--history cannot use {made.get_backend_name()}; it takes the path of an SQLite file, "
            "or postgresql://USER@HOST/NAME"
        )
    try:
        engine = database.engine(made)
    except (ImportError, SQLAlchemyError) as error:
        raise UsageError(f"--history {_shown(made)}: {error}") from None
    event.listen(engine, "begin", database.begin)
    return History(engine, _shown(made))


def _url(text: str) -> URL:
    if not text.strip():
        raise UsageError("--history takes the path of an SQLite file, or postgresql://USER@HOST/NAME")
    if not re.match(r"[A-Za-z][\w+.-]*://", text):
        return URL.create("sqlite", database="" if text == ":memory:" else text)
    try:
        return make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text))
    except (ArgumentError, ValueError):
        raise UsageError("--history is no database URL; write it as postgresql://USER@HOST/NAME") from None


def _shown(url: URL) -> str:
    """The database as messages name it: without its password, wherever in the URL that is."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return url.set(query={}).render_as_string(hide_password=True)


# --- SQLite


def _sqlite(url: URL) -> Engine:
    file = url.database or ""
    if not file or file.startswith((":memory:", "file:")) or "mode" in url.query:
        raise UsageError("--history needs a file: of a database in memory nothing would be left after the run")
    if Path(file).is_dir():
        raise UsageError(f"--history {file} is a folder; name a file in it, as {Path(file) / 'history.db'}")
    if not Path(file).absolute().parent.is_dir():
        raise UsageError(f"--history {file}: there is no folder {Path(file).parent}")
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Transactions begin where we say it, readers do not wait for the writer, and what is committed is on the disk."""
    connection.isolation_level = None
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    try:
        connection.execute("PRAGMA journal_mode = WAL").close()
    except OperationalError:
        # SQLite does not wait to change the mode of a new file that others write to. Without it we wait for our turn,
        # and one of the others, or the next run, changes it. A file that is none fails with the transaction as well.
        return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# --- PostgreSQL


def _postgresql(url: URL) -> Engine:
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": "10"})
    return create_engine(url, poolclass=NullPool)


def _begin_postgresql(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


DATABASES: Mapping[str, _Database] = MappingProxyType(
    {
        "sqlite": _Database(_sqlite, _begin_sqlite),
        "postgresql": _Database(_postgresql, _begin_postgresql),
    }
)
