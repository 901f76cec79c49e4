"""Reports onto stdout and into files."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from diagnose.cli import STARTED
from diagnose.cli.options import Output, use_color
from diagnose.cli.progress import without_gc
from diagnose.errors import UsageError
from diagnose.model import Report, Severity
from diagnose.render import Options, render

_WIDEST = 120


def write(
    report: Report, outputs: Sequence[Output], *, title: str, color: str, severity: str | None, show_all: bool
) -> None:
    """The report in every output that was asked for. Raises UsageError as `write_all`."""

    def rendered(format: str, options: Options) -> str | bytes:
        return render(report, format, options)

    write_all(rendered, outputs, title=title, color=color, severity=severity, show_all=show_all)


@without_gc()
def write_all(
    rendered: Callable[[str, Options], str | bytes],
    outputs: Sequence[Output],
    *,
    title: str,
    color: str,
    severity: str | None,
    show_all: bool,
) -> None:
    """Every output that was asked for. Raises UsageError when a file cannot be written, after all others were."""
    lowest = Severity[severity] if severity else Severity.info
    limit = 0 if show_all else Options().limit
    generated_at, duration = time.time(), run_duration()
    failed: list[str] = []
    for output in outputs:
        to_screen = not output.file
        width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST) if to_screen and sys.stdout.isatty() else 80
        options = Options(
            width=max(width, 40),
            color=to_screen and use_color(color),
            severity=lowest,
            limit=limit,
            title=title,
            generated_at=generated_at,
            duration=duration,
        )
        text = rendered(output.format, options)
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        try:
            _put(data, output.file)
        except OSError as error:
            if to_screen:
                raise
            failed.append(f"{output.file}: cannot be written: {error.strerror or error}")
    if failed:
        raise UsageError("\n".join(failed))


def run_duration() -> float | None:
    """Seconds since the command began."""
    context = click.get_current_context(silent=True)
    started = context.meta.get(STARTED) if context else None
    return None if started is None else time.monotonic() - started


def _put(data: bytes, file: str) -> None:
    if file:
        _replace(Path(file), data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step, so that whoever reads it (a scraper, a web server) never sees half of it.

    What is no plain file (a pipe, a device), and a folder that takes no new file, is written to directly.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(target)
    except OSError:
        half.unlink(missing_ok=True)
        target.write_bytes(data)
