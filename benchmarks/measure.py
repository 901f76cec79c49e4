"""Time and peak memory of processes that do nothing but what is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT = 1800.0
# The exit code of a run that went to its end but could not read part of its input.
_INCOMPLETE = 3
# ru_maxrss is in kilobytes, but in bytes on macOS.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took; `failure` says why there is nothing to tell."""

    seconds: float = 0.0
    peak: int = 0
    failure: str = ""
    incomplete: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


Measure = Callable[[], Usage]


def command(arguments: Sequence[str], accept: Sequence[int] = (0,)) -> Usage:
    """Run a command; its wall time, its own peak memory, and what it printed if that is JSON."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=ROOT)
        guard = threading.Timer(_TIMEOUT, process.kill)
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accept:
            errors.seek(0)
            return Usage(failure=_failure(process.returncode, errors.read()))
        out.seek(0)
        return Usage(
            seconds,
            usage.ru_maxrss * _MAXRSS_UNIT,
            incomplete=process.returncode == _INCOMPLETE,
            facts=_facts(out.read()),
        )


def _facts(printed: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(printed)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _failure(code: int, errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return f"exit {code}: {lines[-1]}" if lines else f"exit {code}"


def task(name: str, *arguments: object) -> Measure:
    """A baseline of `benchmarks.tasks`, which times itself."""

    def measure() -> Usage:
        used = command([sys.executable, "-m", "benchmarks.tasks", name, *map(str, arguments)])
        return replace(used, seconds=used.facts.get("seconds", used.seconds))

    return measure


def diagnose(*arguments: object) -> Measure:
    """A run of the program, from the start of its process to the end."""
    command_line = [sys.executable, "-m", "diagnose", *map(str, arguments)]
    return lambda: command(command_line, accept=(0, _INCOMPLETE))


def side_by_side(measures: Mapping[str, Measure], rounds: int) -> dict[str, Usage]:
    """Each measure once a round, so that a busy moment hits all alike: best time, highest peak."""
    best: dict[str, Usage] = {}
    for _ in range(rounds):
        for name, measure in measures.items():
            if best.get(name, Usage()).failure:
                continue
            used = measure()
            before = best.get(name, used)
            faster = used if used.failure or used.seconds <= before.seconds else before
            best[name] = replace(faster, peak=max(used.peak, before.peak))
    return best
