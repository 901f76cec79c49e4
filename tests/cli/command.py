"""The command line in this process: what it printed and how it ended."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from diagnose.cli import main


@dataclass(frozen=True)
class Ended:
    """Exit code, stdout and stderr of one call."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


def command(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A function that calls `diagnose ARG...`; `stdin` is what it is given there."""

    def call(*args: object, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["diagnose", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, out.decode(), err.decode())

    return call
