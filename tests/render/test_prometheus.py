"""The report as metrics: what they say, what a hostile dump can do to them, and what real Prometheus makes of them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from prometheus_client.parser import text_string_to_metric_families

from diagnose.model import Report, Severity
from diagnose.render import Options, prometheus, render

from .builders import finding, night, report
from .hostile import reports, worst

RUN = Options(generated_at=1795404600.5, duration=1.25)


def metrics(of: Report, options: Options = RUN) -> bytes:
    out = render(of, "prometheus", options)
    assert isinstance(out, bytes)
    return out


def samples(of: Report, options: Options = RUN) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels; a series that comes twice fails."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(metrics(of, options).decode()):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(of: Report, metric: str, **labels: str) -> float | None:
    return samples(of).get((metric, frozenset(labels.items())))


def test_the_metrics_of_a_night() -> None:
    text = metrics(night()).decode()
    for line in (
        'diagnose_finding{category="node",cause="true",kind="Node",name="worker-b",namespace="",'
        'rule="kubelet-never-posted",severity="critical"} 1.0',
        'diagnose_finding{category="workload",cause="false",kind="Service",name="web",namespace="shop",'
        'rule="no-endpoints",severity="error"} 1.0',
        'diagnose_findings{severity="error"} 3.0',
        'diagnose_causes{severity="warning"} 0.0',
        'diagnose_rule_not_evaluated{reason="StorageClass was not collected",rule="pvc-no-default"} 1.0',
        'diagnose_objects{kind="Pod"} 37.0',
        "diagnose_snapshot_captured_timestamp_seconds 1.795404525e+09",
        "diagnose_run_timestamp_seconds 1.7954046005e+09",
        "diagnose_run_duration_seconds 1.25",
        "diagnose_input_incomplete 1.0",
        "diagnose_input_warnings 1.0",
        "diagnose_rules 212.0",
    ):
        assert f"\n{line}\n" in text
    assert text.count("# HELP") == text.count("# TYPE") == text.count(" gauge\n")


def test_what_is_not_known_has_no_series() -> None:
    names = {name for name, _ in samples(report(captured_at=None), Options())}
    assert not {n for n in names if "timestamp" in n or "duration" in n}
    assert ("diagnose_findings", frozenset({("severity", "error")})) in samples(report())


def test_findings_that_differ_only_in_their_container_are_one_series() -> None:
    both = [finding("r", "Pod a/p", container=name, key=(name,)) for name in ("one", "two")]
    labels = {"rule": "r", "severity": "error", "category": "workload", "kind": "Pod", "cause": "true"}
    assert value(report(both), "diagnose_finding", namespace="a", name="p", **labels) == 2


def test_too_many_series_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "MOST_SERIES", 3)
    many = [finding("r", f"Pod a/p{n}", severity="warning") for n in range(9)] + [finding("bad", "Node n")]
    of = report(many)
    assert value(of, "diagnose_findings_without_series") == 7
    kept = [dict(labels) for name, labels in samples(of) if name == "diagnose_finding"]
    assert len(kept) == 3 and {"bad"} <= {each["rule"] for each in kept}
    assert value(of, "diagnose_findings", severity="warning") == 9


def test_hidden_findings_are_counted() -> None:
    shown = samples(night(), Options(severity=Severity.critical))
    assert shown["diagnose_findings_hidden", frozenset()] == 12


@settings(deadline=None)
@given(of=reports())
def test_no_text_breaks_the_format(of: Report) -> None:
    for _, labels in samples(of):
        assert all(text.isprintable() for _, text in labels)
    assert len(metrics(of).decode().splitlines()) == metrics(of).count(b"\n")


# --- real Prometheus --------------------------------------------------------------------------------------------------

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed: apt-get install prometheus"
)
needs_prometheus = pytest.mark.skipif(
    not shutil.which("prometheus"), reason="prometheus is not installed: apt-get install prometheus"
)


@needs_promtool
@pytest.mark.parametrize("of", [night(), report(), worst()], ids=["night", "healthy", "hostile"])
def test_promtool_finds_nothing(of: Report) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics(of), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@contextmanager
def served(page: bytes) -> Iterator[int]:
    """A server on localhost that answers everything with the page; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def prometheus_of(target: int, folder: Path) -> Iterator[str]:
    """A real Prometheus that scrapes a port of localhost; its address."""
    config = folder / "prometheus.yml"
    scrape = {"job_name": "diagnose", "scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
    config.write_text(json.dumps({"scrape_configs": [scrape]}))
    port = free_port()
    arguments = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    with subprocess.Popen(
        ["prometheus", *arguments, f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait()


def asked(address: str, query: str) -> list[Any]:
    """The result of a query, as soon as there is one, for 30 seconds."""
    url = f"{address}/api/v1/query?query={urllib.parse.quote(query)}"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                result: list[Any] = json.load(answer)["data"]["result"]
        except OSError:
            result = []
        if result:
            return result
        threading.Event().wait(0.2)
    return []


@needs_prometheus
def test_a_real_prometheus_scrapes_them(tmp_path: Path) -> None:
    with served(metrics(night())) as target, prometheus_of(target, tmp_path) as address:
        (up,) = asked(address, 'up{job="diagnose"} == 1')
        assert up["value"][1] == "1"
        causes = asked(address, 'diagnose_finding{cause="true",severity=~"critical|error"}')
        assert {each["metric"]["name"] for each in causes} == {"worker-b", "api"}
        (total,) = asked(address, "sum(diagnose_findings)")
        assert total["value"][1] == "13"


@needs_prometheus
def test_a_real_prometheus_takes_hostile_labels(tmp_path: Path) -> None:
    with served(metrics(worst())) as target, prometheus_of(target, tmp_path) as address:
        assert asked(address, 'up{job="diagnose"} == 1')
        (rules,) = asked(address, "count(diagnose_rule_not_evaluated)")
        assert int(rules["value"][1]) == len({(e.rule, e.reason) for e in worst().not_evaluated})
