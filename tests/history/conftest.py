"""Databases for the history: an SQLite file, and a real PostgreSQL of the test's own where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = count(1)
_USER = "postgres"


def _programs() -> Path | None:
    """The newest folder with the programs of a PostgreSQL server."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which("pg_ctl")
    places = [*([Path(found).parent] if found else []), *folders]
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then its own user runs it."""
    if os.getuid() != 0:
        return {}
    entry = pwd.getpwnam(_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of the socket of a private server, which listens nowhere else."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    try:
        user = _as_user()
    except KeyError:
        pytest.skip(f"running as root, and there is no user {_USER} to run PostgreSQL as")
    folder = Path(tempfile.mkdtemp(prefix="diagnose-pg-", dir="/tmp"))
    if user:
        os.chown(folder, user["user"], user["group"])
    data, log = folder / "data", folder / "log"
    options: list[str | Path] = ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    try:
        with log.open("wb") as output:
            made = subprocess.run(
                [programs / "initdb", "-D", data, "-U", _USER, *options],
                cwd=folder,
                stdout=output,
                stderr=output,
                **user,
            )
            assert made.returncode == 0, log.read_text()
            arguments = ["-D", data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
            server = subprocess.Popen([programs / "postgres", *arguments], cwd=folder, stderr=output, **user)
        try:
            _wait(str(folder), server, log)
            yield str(folder)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers."""
    import psycopg

    end = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host=folder, user=_USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """A new, empty database."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(host=postgresql, user=_USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://{_USER}@/{name}?host={postgresql}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a history can be: each test that takes it runs once with each database."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    made: str = request.getfixturevalue("postgresql_url")
    return made
