"""Real Prometheus, Alertmanager and Pushgateway from Debian's packages, on free ports of localhost, for one test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
_PATIENCE = 30.0
_NONE = subprocess.DEVNULL


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skip a test where a program is not installed."""
    return pytest.mark.skipif(
        not shutil.which(program), reason=f"{program} is not installed: apt-get install {package}"
    )


needs_alertmanager = needs("prometheus-alertmanager", "prometheus-alertmanager")
needs_pushgateway = needs("prometheus-pushgateway", "prometheus-pushgateway")
needs_prometheus = needs("prometheus", "prometheus")
needs_promtool = needs("promtool", "prometheus")


def get(url: str) -> Any:
    """What an address answers, as JSON."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def until(ask: Callable[[], T]) -> T:
    """The first true answer within 30 seconds; the last one when there is none."""
    end = time.monotonic() + _PATIENCE
    while True:
        found = ask()
        if found or time.monotonic() > end:
            return found
        threading.Event().wait(0.05)


@contextmanager
def _running(command: Callable[[int], Sequence[str]], ready: str) -> Iterator[str]:
    """A server that is ready; its address. A port that somebody else took in between is tried anew."""
    for _ in range(5):
        port = _free_port()
        address = f"http://127.0.0.1:{port}"
        with subprocess.Popen(command(port), stdout=_NONE, stderr=_NONE) as process:
            try:
                if _is_ready(process, address + ready):
                    yield address
                    return
            finally:
                process.terminate()
                process.wait()
    pytest.fail(f"{command(0)[0]} does not start")


def _is_ready(process: subprocess.Popen[bytes], url: str) -> bool:
    def answer() -> str:
        if process.poll() is not None:
            return "ended"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return "ready" if response.status == 200 else ""
        except OSError:
            return ""

    return until(answer) == "ready"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def alertmanager(folder: Path) -> Iterator[str]:
    """An Alertmanager that notifies nobody."""
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    with _running(
        lambda port: [
            "prometheus-alertmanager",
            f"--config.file={config}",
            f"--storage.path={folder / 'alertmanager'}",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        "/-/ready",
    ) as address:
        yield address


@contextmanager
def pushgateway() -> Iterator[str]:
    """A Pushgateway that keeps nothing on disk."""
    with _running(
        lambda port: ["prometheus-pushgateway", "--persistence.file=", f"--web.listen-address=127.0.0.1:{port}"],
        "/-/ready",
    ) as address:
        yield address


@contextmanager
def prometheus(folder: Path, targets: Sequence[str] = (), openmetrics: str = "") -> Iterator[str]:
    """A Prometheus that scrapes `targets` each second; `openmetrics` is what it already knows, with timestamps."""
    config, data = folder / "prometheus.yml", folder / "data"
    static = [{"targets": [target.removeprefix("http://") for target in targets]}]
    scrape = {"job_name": "test", "scrape_interval": "1s", "honor_labels": True, "static_configs": static}
    config.write_text(json.dumps({"scrape_configs": [scrape] if targets else []}))
    if openmetrics:
        source = folder / "metrics.txt"
        source.write_text(openmetrics)
        create = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(source), str(data)]
        subprocess.run(create, check=True, stdout=_NONE)
    with _running(
        lambda port: [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        "/-/ready",
    ) as address:
        yield address


def asked(address: str, query: str) -> list[Any]:
    """The result of an instant query; empty when there is none."""
    result: list[Any] = get(f"{address}/api/v1/query?query={urllib.parse.quote(query)}")["data"]["result"]
    return result
