"""Where a history can be, and what is said when it cannot be there."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from diagnose.errors import HistoryError, UsageError
from diagnose.history import open_history, schema

from .support import record, report, rows, spans


def test_a_path_and_a_url_are_the_same_file(tmp_path: Path) -> None:
    record(str(tmp_path / "h.db"), report(["a"], 1000))
    record(f"sqlite:///{tmp_path}/h.db", report(["a"], 2000))
    assert spans(str(tmp_path / "h.db"))["a"] == (1000, 2000, None, 2, 0)


def test_odd_names_of_files(tmp_path: Path) -> None:
    for name in ("a b.db", "50%.db", "what?mode=memory", "ünï.db"):
        record(str(tmp_path / name), report(["a"]))
        assert (tmp_path / name).is_file()


IN_MEMORY = "--history needs a file: of a database in memory nothing would be left after the run"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (":memory:", IN_MEMORY),
        ("sqlite://", IN_MEMORY),
        ("sqlite:///:memory:", IN_MEMORY),
        ("sqlite:///file:x?mode=memory&uri=true", IN_MEMORY),
        ("", "--history takes the path of an SQLite file, or postgresql://USER@HOST/NAME"),
        (
            "mysql://u:secret@h/d",
            "--history cannot use mysql; it takes the path of an SQLite file, or postgresql://USER@HOST/NAME",
        ),
        ("postgresql://u:secret@h:x/d", "--history is no database URL; write it as postgresql://USER@HOST/NAME"),
        ("postgresql+psycopg2://u:secret@h/d", "--history postgresql+psycopg2://u:***@h/d: No module named 'psycopg2'"),
        ("/nowhere/h.db", "--history /nowhere/h.db: there is no folder /nowhere"),
        ("/tmp", "--history /tmp is a folder; name a file in it, as /tmp/history.db"),
    ],
)
def test_what_cannot_be_a_history(url: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(UsageError) as error:
        open_history(url)
    assert (
        str(error.value).replace("import of psycopg2 halted; None in sys.modules", "No module named 'psycopg2'")
        == message
    )


def test_nothing_is_opened_before_it_is_written(tmp_path: Path) -> None:
    open_history(str(tmp_path / "h.db"))
    open_history("postgresql://u:secret@nowhere.invalid/d")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HistoryError) as error:
        record(f"postgresql://u:secret@/d?host={tmp_path}&sslpassword=secret", report())
    assert str(error.value).startswith("the history postgresql+psycopg://u:***@/d was not written: connection")
    assert "secret" not in str(error.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "h.db").write_text("this is not a database, however long it is" * 50)
    with pytest.raises(HistoryError) as error:
        record(str(tmp_path / "h.db"), report())
    assert str(error.value) == f"the history {tmp_path}/h.db was not written: file is not a database"


def test_a_database_of_others_keeps_what_it_has(url: str) -> None:
    first = open_history(url)
    with first._transaction() as connection:
        connection.execute(text("CREATE TABLE runs (mine INTEGER)"))
        connection.execute(text("INSERT INTO runs VALUES (7)"))
    record(url, report(["a"]))
    with first._transaction() as connection:
        assert connection.execute(text("SELECT mine FROM runs")).scalar_one() == 7


def test_a_newer_schema_is_left_alone(url: str) -> None:
    record(url, report(["a"]))
    history = open_history(url)
    with history._transaction() as connection:
        connection.execute(schema.VERSIONS.update().values(version=7))
    with pytest.raises(UsageError) as error:
        record(url, report(["a"], 2000))
    assert str(error.value) == (
        f"the history {history.name} has schema version 7, and this kube-diagnose knows none after 1: "
        "use a newer kube-diagnose, or another history"
    )
    assert len(rows(url, "runs")) == 1


def test_an_older_schema_is_upgraded_step_by_step(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record(url, report(["a"]))
    done: list[int] = []

    def step(number: int) -> Any:
        def upgrade(connection: Connection) -> None:
            connection.execute(text(f"ALTER TABLE diagnose_runs ADD COLUMN extra{number} INTEGER"))
            done.append(number)

        return upgrade

    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "UPGRADES", {1: step(1), 2: step(2)})
    record(url, report(["a"], 2000))
    record(url, report(["a"], 3000))
    assert done == [1, 2]
    assert spans(url)["a"][3] == 3


def test_an_upgrade_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record(url, report(["a"]))

    def fails(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE diagnose_runs ADD COLUMN extra INTEGER"))
        connection.execute(text("SELECT nonsense FROM nowhere"))

    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", 2)
        patch.setattr(schema, "UPGRADES", {1: fails})
        with pytest.raises(HistoryError):
            record(url, report(["a"], 2000))
    record(url, report(["a"], 2000))
    assert spans(url)["a"] == (1000, 2000, None, 2, 0)


def test_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    url = str(tmp_path / "h.db")
    record(url, report(["a"]))
    with closing(sqlite3.connect(url, timeout=0)) as reader, open_history(url)._transaction() as connection:
        connection.execute(schema.VERSIONS.update().values(version=1))
        assert reader.execute("SELECT count(*) FROM diagnose_findings").fetchone() == (1,)
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_that_stays_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = str(tmp_path / "h.db")
    record(url, report(["a"]))
    monkeypatch.setattr("diagnose.history.database._PATIENCE", 0)
    with open_history(url)._transaction(), pytest.raises(HistoryError) as error:
        record(url, report(["a"], 2000))
    assert str(error.value) == f"the history {url} was not written: database is locked"


def test_a_postgresql_that_stays_locked_is_told(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record(postgresql_url, report(["a"]))
    monkeypatch.setattr("diagnose.history.database._PATIENCE", 0.05)
    with open_history(postgresql_url)._transaction(), pytest.raises(HistoryError, match="due to lock timeout"):
        record(postgresql_url, report(["a"], 2000))
