"""`--history`: options, and one run into the database of earlier ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from diagnose.config import Config
from diagnose.errors import DiagnoseError, UsageError
from diagnose.model import Report
from diagnose.values import duration

if TYPE_CHECKING:
    from diagnose.history import History
    from diagnose.snapshot import Snapshot

F = TypeVar("F", bound=Callable[..., Any])
KEEP = "90d"
FOREVER = "forever"
NEW = "new:"


@dataclass(frozen=True)
class Memory:
    """An opened history and how this run goes into it; `keep` in seconds, None for ever."""

    history: History
    keep: float | None
    cluster_name: str


@dataclass(frozen=True)
class HistoryOptions:
    """What the user said of the history."""

    url: str | None
    keep: str | None
    cluster_name: str | None

    def open(self, config: Config, fail_on: str) -> Memory | None:
        """The history that is meant, None without one. Raises UsageError."""
        if self.url is None:
            if fail_on.startswith(NEW):
                raise UsageError(
                    f"--fail-on {fail_on} needs --history: without earlier runs nothing is known to be new"
                )
            if self.keep is not None:
                raise UsageError("--history-keep needs --history")
            return None
        try:
            from diagnose.history import open_history
        except ImportError as error:
            raise UsageError(
                f"--history needs more libraries ({error.name}): pip install 'kube-diagnose[history]'"
            ) from None
        keep = _seconds(self.keep or config.history_keep or KEEP)
        return Memory(open_history(self.url), keep, self.cluster_name or config.cluster_name or "")


def history_options(function: F) -> F:
    """Where earlier runs are; the command gets one `history: HistoryOptions`."""

    @wraps(function)
    def call(*args: Any, history: str | None, history_keep: str | None, cluster_name: str | None, **kwargs: Any) -> Any:
        return function(*args, history=HistoryOptions(history, history_keep, cluster_name), **kwargs)

    for option in (
        click.option("--cluster-name", metavar="NAME", help="What the history calls the cluster, when it is not told."),
        click.option(
            "--history-keep", metavar="TIME", help=f"Forget what is older, as 30d ({KEEP}), or '{FOREVER}' to keep all."
        ),
        click.option(
            "--history",
            metavar="FILE|URL",
            envvar="DIAGNOSE_HISTORY",
            help="Keep each run in an SQLite file or PostgreSQL, and tell what is new and what is gone.",
        ),
    ):
        call = option(call)
    return cast(F, call)


def remembered(memory: Memory | None, report: Report, snapshot: Snapshot, title: str) -> tuple[Report, int]:
    """The report with what changed since the run before, and 0; without it, and an exit code, when that failed.

    A failure is told on stderr and never loses the report.
    """
    if memory is None:
        return report, 0
    from diagnose.cli import tell
    from diagnose.history import Run, identity_of

    run = Run(identity_of(snapshot, memory.cluster_name), title, time.time(), memory.keep)
    try:
        return replace(report, changes=memory.history.record(report, run)), 0
    except DiagnoseError as error:
        tell(error)
        return report, error.exit_code


def _seconds(text: str) -> float | None:
    if text == FOREVER:
        return None
    found = duration(text)
    if not found:
        raise UsageError(f"--history-keep takes a time as 30d or 12h, or '{FOREVER}', not '{text}'")
    return found
