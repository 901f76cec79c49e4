"""Real Alertmanager, Pushgateway and Prometheus: what we send arrives, and goes away when it is gone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from diagnose.cli.send import client
from diagnose.model import Report
from diagnose.sinks import Target, deliver
from tests.cli.command import command
from tests.monitoring import (
    alertmanager,
    asked,
    get,
    needs_alertmanager,
    needs_prometheus,
    needs_pushgateway,
    prometheus,
    pushgateway,
    until,
)
from tests.render.builders import finding, night, report
from tests.render.hostile import worst

from .support import compared, notice, target

FIXTURES = Path(__file__).parents[2] / "fixtures"


def send(of: Report, to: Target) -> None:
    deliver(notice(of, now=time.time()), to, client)


def active(address: str) -> dict[str, dict[str, Any]]:
    """The alerts that are active, by the name of what they are about."""
    return {alert["labels"]["name"]: alert for alert in get(f"{address}/api/v2/alerts?active=true")}


@needs_alertmanager
def test_alerts_appear_with_labels_and_resolve_when_gone(tmp_path: Path) -> None:
    web, api = finding("no-endpoints", "Service shop/web"), finding("crash-loop", "Deployment shop/api")
    with alertmanager(tmp_path) as address:
        to = target("alertmanager", address, labels={"cluster": "prod"})
        send(report([web, api], captured_at=time.time() - 60), to)
        found = until(lambda: active(address) if len(active(address)) == 2 else {})
        assert found["web"]["labels"] == {
            "alertname": "no-endpoints",
            "rule": "no-endpoints",
            "finding": web.id,
            "source": "kube-diagnose",
            "severity": "error",
            "category": "workload",
            "kind": "Service",
            "namespace": "shop",
            "name": "web",
            "cluster": "prod",
        }
        assert found["api"]["annotations"]["summary"] == "Deployment shop/api: is broken"
        assert found["api"]["status"]["state"] in ("active", "unprocessed")
        send(compared(report([web]), gone=(api,)), to)
        assert until(lambda: list(active(address)) == ["web"])


@needs_alertmanager
def test_an_alert_that_no_run_repeats_ends_by_itself(tmp_path: Path) -> None:
    with alertmanager(tmp_path) as address:
        send(report([finding("r", "Pod a/p")]), target("alertmanager", address, interval=1.0))
        assert until(lambda: "p" in active(address))
        assert until(lambda: not active(address))


@needs_alertmanager
def test_hostile_names_are_taken(tmp_path: Path) -> None:
    with alertmanager(tmp_path) as address:
        send(worst(), target("alertmanager", address, severity="info", effects=True))
        assert until(lambda: get(f"{address}/api/v2/alerts"))


@needs_pushgateway
@needs_prometheus
def test_metrics_reach_prometheus_through_a_pushgateway(tmp_path: Path) -> None:
    with pushgateway() as gateway, prometheus(tmp_path, [gateway]) as address:
        to = target("pushgateway", gateway)
        send(night(), to)
        (crash,) = until(lambda: asked(address, 'diagnose_finding{name="api",cause="true"}'))
        assert (crash["metric"]["job"], crash["metric"]["instance"]) == ("kube-diagnose", "prod")
        send(report(), to)
        assert until(lambda: not asked(address, "diagnose_finding"))
        assert asked(address, "time() - diagnose_run_timestamp_seconds < 600")


@needs_pushgateway
def test_a_pushgateway_takes_the_worst_report_and_odd_names() -> None:
    with pushgateway() as gateway:
        send(worst(), target("pushgateway", gateway, job="a/b", instance="ü ?#%"))
        (group,) = get(f"{gateway}/api/v1/metrics")["data"]
        assert group["labels"] == {"job": "a/b", "instance": "ü ?#%"}
        assert "diagnose_finding" in group


@needs_alertmanager
def test_a_run_after_the_repair_resolves_the_alerts(tmp_path: Path, capsysbinary: Any, monkeypatch: Any) -> None:
    run = command(capsysbinary, monkeypatch)
    with alertmanager(tmp_path) as address:
        options = [
            f"--history={tmp_path / 'history.db'}",
            "--cluster-name=shop",
            f"--send=alertmanager={address}",
            "-q",
        ]
        assert run("dump", FIXTURES / "broken-shop", *options).code == 0
        assert until(lambda: "worker-b" in active(address))
        assert active(address)["worker-b"]["labels"]["cluster"] == "shop"
        assert run("dump", FIXTURES / "healthy", *options).code == 0
        assert until(lambda: not active(address))
