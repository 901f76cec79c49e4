"""A live cluster against the same objects in files: the tests' API server in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from benchmarks.measure import ROOT, diagnose, side_by_side
from benchmarks.sections import Bench, ratio_of, row_of
from benchmarks.table import Row

_BAR = 2.0
_STOP = 10.0


def live(bench: Bench, pods: int) -> Iterator[Row]:
    """`diagnose cluster` over TLS beside `diagnose dump` of the folder that the server serves."""
    folder = bench.dump(pods)
    size = sum(path.stat().st_size for path in folder.glob("*.json"))
    yield Row(f"live cluster of {pods:,} pods, {size / 1e6:,.0f} MB of JSON")
    kubeconfig = bench.scratch / "kubeconfig"
    with _serving(folder, kubeconfig):
        best = side_by_side(
            {
                "dump": diagnose("dump", folder, "-o", "json=/dev/null"),
                "cluster": diagnose("cluster", "--kubeconfig", kubeconfig, "-o", "json=/dev/null"),
            },
            bench.rounds_for(pods),
        )
    yield row_of("  diagnose dump", best["dump"], size)
    bar = ratio_of(best["cluster"], best["dump"], _BAR)
    yield row_of("  diagnose cluster", best["cluster"], size, bar, "of diagnose dump")


@contextmanager
def _serving(folder: Path, kubeconfig: Path) -> Iterator[None]:
    """The server, as soon as it answers."""
    captured = datetime.fromisoformat((folder / "captured-at").read_text(encoding="utf-8").strip())
    date = format_datetime(captured.astimezone(UTC), usegmt=True)
    arguments = ["-m", "tests.server", str(folder), "--kubeconfig", str(kubeconfig), "--date", date]
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            if not server.stdout.readline():
                raise RuntimeError("the API server of the tests did not start")
            yield
        finally:
            server.terminate()
            server.wait(_STOP)
