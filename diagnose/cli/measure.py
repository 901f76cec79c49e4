"""`--prometheus`: what was measured about the objects of a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diagnose.cli.send import client, outside
from diagnose.config import Config
from diagnose.errors import UsageError

if TYPE_CHECKING:
    from diagnose.sinks.settings import Prometheus
    from diagnose.snapshot import Snapshot


def asked(given: str | None, config: Config) -> Prometheus | None:
    """The Prometheus of `--prometheus`, None without it. Raises UsageError, LoadErrors."""
    if given is None:
        return None
    from diagnose.sinks.settings import prometheus_of

    document = config.document
    return prometheus_of(given, document, outside(document.file if document else ""))


def measured(snapshot: Snapshot, prometheus: Prometheus | None, progress: Callable[[str], None]) -> Snapshot:
    """The snapshot with what a Prometheus measured; what it does not answer becomes coverage and a warning.

    Raises UsageError when the file of authorities cannot be used.
    """
    if prometheus is None:
        return snapshot
    from diagnose.sources.prometheus import observe
    from diagnose.web import WebError

    try:
        opened = client(prometheus.endpoint)
    except WebError as error:
        raise UsageError(f"--prometheus: {error}") from None
    try:
        return observe(snapshot, opened, prometheus.match, progress)
    finally:
        opened.close()
