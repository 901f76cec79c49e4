"""Options of the commands that talk to a cluster, and the connection that they mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from diagnose.errors import UsageError
from diagnose.values import duration

if TYPE_CHECKING:
    from diagnose.snapshot import Snapshot
    from diagnose.sources.cluster.transport import Transport

F = TypeVar("F", bound=Callable[..., Any])


def _seconds(ctx: click.Context, option: click.Parameter, text: str) -> float:
    found = float(text) if text.isdecimal() else duration(text)
    if not found:
        raise UsageError(f"{option.opts[0]} takes a time as 30s or 5m, not '{text}'")
    return found


def connection_options(function: F) -> F:
    """Which cluster, and how long it may take."""
    for option in reversed(
        (
            click.option("--kubeconfig", metavar="FILE", help="The kubeconfig (as kubectl finds it)."),
            click.option("--context", metavar="NAME", help="The context in it (its current one)."),
            click.option("--timeout", default="5m", callback=_seconds, metavar="TIME", help="For everything (5m)."),
            click.option(
                "--request-timeout", default="60s", callback=_seconds, metavar="TIME", help="For one request (60s)."
            ),
        )
    ):
        function = option(function)
    return function


@contextmanager
def connected(
    kubeconfig: str | None, context: str | None, timeout: float, request_timeout: float
) -> Iterator[Transport]:
    """A transport to the cluster that is meant; times in seconds. Raises UsageError."""
    from diagnose.sources.cluster.connection import connect
    from diagnose.sources.cluster.transport import Clock, Limits, Transport

    connection = connect(kubeconfig, context)
    if not connection.verified:
        from urllib3 import disable_warnings

        disable_warnings()  # the report says it
    try:
        yield Transport(connection, Clock(time.monotonic), Limits(request_timeout, timeout))
    finally:
        connection.close()


def check_namespaces(wanted: Sequence[str], snapshot: Snapshot) -> None:
    """Refuse a namespace that is not in the cluster: no findings would look like good news."""
    from diagnose.kinds import KindKey
    from diagnose.language.ruleset import listed, suggest

    key = KindKey("", "Namespace")
    if snapshot.coverage.missing(key):
        return
    there = {record.meta.name for record in snapshot.tables.get(key, ())}
    for name in wanted:
        if there and name not in there:
            guess = suggest(name, there) or f"; it has: {listed(there)}"
            raise UsageError(f"there is no namespace '{name}' in the cluster{guess}")
