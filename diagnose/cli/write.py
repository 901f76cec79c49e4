"""Reports onto stdout and into files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from diagnose.cli.options import Output, use_color
from diagnose.errors import UsageError
from diagnose.model import Report, Severity
from diagnose.render import Options, render

_WIDEST = 120


def write(
    report: Report, outputs: Sequence[Output], *, title: str, color: str, severity: str | None, show_all: bool
) -> None:
    """Every output that was asked for. Raises UsageError when a file cannot be written."""
    lowest = Severity[severity] if severity else Severity.info
    limit = 0 if show_all else Options().limit
    for output in outputs:
        to_screen = not output.file
        width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST) if to_screen and sys.stdout.isatty() else 80
        options = Options(
            width=max(width, 40),
            color=to_screen and use_color(color),
            severity=lowest,
            limit=limit,
            title=title,
        )
        text = render(report, output.format, options)
        _put(text.encode("utf-8", "replace") if isinstance(text, str) else text, output.file)


def _put(data: bytes, file: str) -> None:
    if not file:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None
