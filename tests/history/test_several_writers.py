"""Two writers at once lose nothing; one that is killed in the middle leaves nothing half-written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event

from diagnose.history import Identity
from diagnose.history.database import _prepare_sqlite

from .support import record, report, rows, spans

_PROCESSES = get_context("fork")
_DONE = "done"


def write(pipe: Connection, url: str, name: str, runs: int, stop_at: int) -> None:
    """Write runs, then say so; stop for ever before one of the statements, and say which that was."""
    if stop_at:
        statements = count(1)

        def stop(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if next(statements) == stop_at:
                pipe.send(statement.split()[0])
                pipe.recv()

        event.listen(Engine, "before_cursor_execute", stop)
    for number in range(runs):
        record(url, report(["both", f"{name}-{number}"], 1000.0 + number, rules=["both"]))
    pipe.send(_DONE)


def writer(url: str, name: str, runs: int, stop_at: int = 0) -> tuple[Any, Connection]:
    """A process of its own that writes, and what it says."""
    mine, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=write, args=(theirs, url, name, runs, stop_at), daemon=True)
    process.start()
    theirs.close()
    return process, mine


def test_processes_that_write_at_once_lose_nothing(url: str) -> None:
    """Also the tables are made by all of them at once."""
    writers = [writer(url, name, 5) for name in ("x", "y", "z")]
    assert [said.recv() for _, said in writers] == [_DONE] * 3
    for process, _ in writers:
        process.join()
    assert [run["at"] for run in sorted(rows(url, "runs"), key=lambda run: run["at"])] == [
        1000.0 + number for number in range(5) for _ in range(3)
    ]
    found = spans(url)
    assert found["both"] == (1000.0, 1004.0, None, 15, 0)
    assert len(found) == 1 + 15
    assert len(rows(url, "clusters")) == 1


def test_threads_of_several_clusters_lose_nothing(url: str) -> None:
    start = Barrier(4)

    def writes(name: str) -> None:
        start.wait()
        for number in range(4):
            record(url, report(["a"], 1000.0 + number), identity=Identity(name))

    threads = [Thread(target=writes, args=(name,)) for name in ("one", "one", "two", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((row["times_seen"], row["last_seen"]) for row in rows(url)) == [(8, 1003.0), (8, 1003.0)]
    assert [cluster["name"] for cluster in rows(url, "clusters")] in (["one", "two"], ["two", "one"])


@pytest.mark.parametrize("fresh", [True, False], ids=["in a new database", "in one that has runs"])
def test_a_writer_that_is_killed_leaves_nothing_half_written(url: str, fresh: bool) -> None:
    """It is killed before each of its statements in turn, until it gets through."""
    before = []
    if not fresh:
        record(url, report(["both", "gone"], 500.0))
        before = rows(url)
    killed = []
    for stop_at in range(1, 100):
        process, said = writer(url, "x", 1, stop_at)
        reached = said.recv()
        if reached == _DONE:
            process.join()
            break
        killed.append(reached)
        process.kill()
        process.join()
        if stop_at % 3 == 0 and not fresh:
            assert rows(url) == before
            assert len(rows(url, "runs")) == 1
    assert {"SELECT", "INSERT", "BEGIN" if "://" not in url else "SET"} < set(killed)
    assert fresh or "UPDATE" in killed
    found = spans(url)
    assert found["both"] == ((500.0, 1000.0, None, 2, 0) if not fresh else (1000.0, 1000.0, None, 1, 0))
    assert len(rows(url, "runs")) == 2 - fresh
    record(url, report(["both"], 2000.0))
    assert len(rows(url, "runs")) == 3 - fresh


def test_a_new_file_that_another_program_writes_to_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "history.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE of_another (number INTEGER)")
        with closing(sqlite3.connect(file, timeout=0)) as mine:
            _prepare_sqlite(mine, None)
            assert mine.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        other.execute("COMMIT")
    record(str(file), report(["a"], 1000.0))
    assert len(rows(str(file), "runs")) == 1
    with closing(sqlite3.connect(file)) as after:
        assert after.execute("PRAGMA journal_mode").fetchone() == ("wal",)
