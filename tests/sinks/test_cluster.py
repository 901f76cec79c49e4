"""The CronJob's command line against an API server: reports sent, usage asked for, history kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnose.cli import send
from diagnose.web import Client
from tests.cli.command import command
from tests.deploy.checks import documents, pod_of
from tests.deploy.generated import DEPLOY
from tests.golden import FIXTURES
from tests.server import ApiServer, Store

from .server import Answer, receiver
from .support import Waits


def test_what_the_cronjob_runs(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(send, "client", lambda endpoint: Client(endpoint, Waits().clock))
    (cronjob,) = documents((DEPLOY / "kustomize" / "base" / "cronjob.yaml").read_text())
    arguments = pod_of(cronjob)["containers"][0]["args"]
    no_series: Any = {"status": "success", "data": {"resultType": "vector", "result": []}}
    run = command(capsysbinary, monkeypatch)
    with (
        ApiServer(Store.from_folder(FIXTURES / "broken-shop")) as server,
        receiver() as alerts,
        receiver(*[Answer(body=json.dumps(no_series).encode())] * 99) as metrics,
    ):
        settings = {
            "cluster_name": "shop",
            "sinks": [{"sink": "alertmanager", "url": alerts.url}, {"sink": "slack", "url": f"{alerts.url}/slack"}],
            "prometheus": {"url": metrics.url},
        }
        Path("diagnose.yaml").write_text(json.dumps(settings))
        here = [each.replace("/etc/diagnose/", "").replace("/var/lib/diagnose/", "") for each in arguments]
        more = ["--kubeconfig", server.kubeconfig(tmp_path / "config"), "--send=all", "--prometheus=config"]
        first, second = run(*here, *more), run(*here, *more)
    assert (first.code, first.err) == (second.code, second.err) == (0, "")
    assert first.out and json.loads(Path("report.json").read_bytes())["changes"] is not None
    assert Path("report.html").stat().st_size > 10_000 and Path("history.db").exists()
    assert [got.path for got in alerts.got] == ["/api/v2/alerts", "/slack", "/api/v2/alerts"]
    assert alerts.got[1].json["blocks"][0]["text"]["text"].startswith("shop: ")
    assert {alert["labels"]["cluster"] for alert in alerts.got[0].json} == {"shop"}
    assert {alert["labels"]["finding"] for alert in alerts.got[2].json} == {
        alert["labels"]["finding"] for alert in alerts.got[0].json
    }
    report = json.loads(Path("report.json").read_bytes())
    reasons = {each["rule"]: each["reason"] for each in report["not_evaluated"]}
    assert reasons["container-throttled"] == (
        "ContainerUsage.observed.diagnose could not be collected: Prometheus has no series "
        "container_memory_working_set_bytes at the capture time"
    )
