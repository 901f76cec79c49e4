"""The commands that README.md shows, run for real: `python -m tests.shown` writes the numbers in their output anew.

A command is a line that begins with `$ diagnose`; the block of text below it is what it prints, and `…` alone on a
line stands for what is left out. `diagnose cluster` asks the tests' own API server, which serves fixtures/broken-shop
as it is and, for the run before, as it was an hour earlier.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.server import ApiServer, Store

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "README.md"
LEFT_OUT = "…"
HOST = "prod.example:6443"
"""What the address of the tests' API server is called where it is shown."""
_BLOCK = re.compile(
    r"^    \$ (?P<command>diagnose (?:[^\n]*\\\n)*[^\n]*)\n\n```text\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_BEFORE, _NOW = "Mon, 23 Nov 2026 02:28:45 GMT", "Mon, 23 Nov 2026 03:28:45 GMT"


@dataclass(frozen=True)
class Shown:
    """A command line, and the text below it."""

    command: str
    text: str

    @property
    def name(self) -> str:
        """dump, cluster or check."""
        return self.command.split()[1]

    @property
    def pieces(self) -> list[str]:
        """The text without the lines that say that something is left out."""
        found = re.split(rf"^{LEFT_OUT}\n", self.text, flags=re.MULTILINE)
        return [piece for piece in found if piece.strip()]


@dataclass(frozen=True)
class Ran:
    """How a command ended, and the folder that it ran in."""

    code: int
    out: str
    err: str
    folder: Path
    address: str = HOST

    def file(self, name: str) -> str:
        """A file that the command wrote."""
        return (self.folder / name).read_text(encoding="utf-8").replace(self.address, HOST)


def shown(page: str) -> list[Shown]:
    """The commands of a page, with what they print."""
    return [Shown(found["command"], found["text"]) for found in _BLOCK.finditer(page)]


def run(command: str, folder: Path) -> Ran:
    """Run a command in a folder that holds what the commands of the README read; `cluster` is its second run."""
    for name in ("fixtures/broken-shop", "docs/examples"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    if not command.startswith("diagnose cluster"):
        return _run(command, folder)
    with _served(_an_hour_ago(), _BEFORE, folder):
        _run(command, folder)
    with _served(_now(), _NOW, folder) as server:
        ran = _run(command, folder)
    address = server.url.removeprefix("https://")
    return Ran(ran.code, ran.out.replace(address, HOST), ran.err, folder, address)


def _run(command: str, folder: Path) -> Ran:
    program, *arguments = shlex.split(command.replace("\\\n", ""))
    assert program == "diagnose"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DIAGNOSE_", "KUBE"))}
    done = subprocess.run(
        [sys.executable, "-m", "diagnose", *arguments],
        cwd=folder,
        env={**environment, "KUBECONFIG": str(folder / "config")},
        capture_output=True,
        encoding="utf-8",
    )
    return Ran(done.returncode, done.stdout, done.stderr, folder)


@contextmanager
def _served(store: Store, date: str, folder: Path) -> Iterator[ApiServer]:
    with ApiServer(store, date=date) as server:
        server.kubeconfig(folder / "config")
        yield server


def _now() -> Store:
    return Store.from_folder(ROOT / "fixtures" / "broken-shop")


def _an_hour_ago() -> Store:
    """The broken shop before its worker was deployed, and with a Service that has been mended since."""
    store = _now()
    for table in store.tables.values():
        rows = {key: row for key, row in table.rows.items() if not (key[0] == "shop" and key[1].startswith("worker"))}
        table.rows = {key: row.replace(b"2026-11-23T03:", b"2026-11-23T02:") for key, row in rows.items()}
    services = store.tables["", "services"].rows
    web = msgspec.json.decode(services["shop", "web"])
    web["spec"]["selector"] = {"app": "webb"}
    services["shop", "web"] = msgspec.json.encode(web)
    return store


def freshened(page: str, ran: Callable[[str], str]) -> str:
    """A page whose numbers in shown output are those that the commands print now; wording is for people to change."""
    for each in shown(page):
        output, text = ran(each.command), each.text
        for piece in each.pieces:
            alike = re.compile(re.sub(r"\d+", r"\\d+", re.escape(piece)))
            if found := alike.search(output):
                text = text.replace(piece, found[0])
        page = page.replace(each.text, text)
    return page


def main() -> None:
    def ran(command: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return run(command, Path(folder)).out

    PAGE.write_text(freshened(PAGE.read_text(encoding="utf-8"), ran), encoding="utf-8")


if __name__ == "__main__":
    main()
