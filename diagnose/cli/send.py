"""Reports to sinks: `--send`, and the `sinks:` of diagnose.yaml.

A diagnose.yaml that lies in the folder sends nothing by itself: a report leaves the machine only when `--send` says so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnose.config import Config
from diagnose.model import Report

if TYPE_CHECKING:
    from diagnose.sinks import Target
    from diagnose.web import Client, Endpoint

UNDELIVERED = 4
"""The exit code when the report was made and written, but not every sink took it."""


def targets(given: Sequence[str], config: Config) -> list[Target]:
    """The sinks of all `--send`. Raises UsageError, LoadErrors."""
    if not given:
        return []
    from diagnose.sinks.settings import chosen

    document = config.document
    return chosen(given, document, outside(document.file if document else ""))


def outside(file: str) -> Any:
    """The environment, and the files beside a configuration file."""
    from diagnose.sinks.settings import Outside

    folder = Path(file).parent

    def path(name: str) -> str:
        return str(folder / name)

    return Outside(os.environ.get, lambda name: Path(path(name)).read_text(encoding="utf-8"), path)


def client(endpoint: Endpoint) -> Client:
    """A client that waits with the clock of this machine."""
    from diagnose.web import Client, Clock

    return Client(endpoint, Clock(time.monotonic, time.sleep))


@contextmanager
def sending(report: Report, targets: Sequence[Target], title: str, cluster: str = "") -> Iterator[Callable[[], int]]:
    """Send a report to every target when the outputs, made inside, are written; also when one of them could not be.

    Gives a function that tells the exit code afterwards: 0, or UNDELIVERED.
    """
    delivered = True

    def code() -> int:
        return 0 if delivered else UNDELIVERED

    try:
        yield code
    finally:
        if targets:
            delivered = _send(report, targets, title, cluster)


def _send(report: Report, targets: Sequence[Target], title: str, cluster: str) -> bool:
    """Whether every target took the report; one that does not is told on stderr, and stops no other."""
    from diagnose.cli import printable
    from diagnose.cli.write import run_duration
    from diagnose.sinks import Notice, SinkError, deliver

    notice = Notice(report, title, cluster, time.time(), run_duration())
    failed = 0
    for target in targets:
        try:
            deliver(notice, target, client)
        except SinkError as error:
            failed += 1
            click.echo(f"diagnose: {printable(f'{target}: not sent: {error}')}", err=True)
    return not failed
