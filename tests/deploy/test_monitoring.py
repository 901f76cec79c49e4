"""Alert rules and the dashboard: what they ask for is what the program writes, and Prometheus understands it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from diagnose.render import Options, render
from tests.monitoring import asked, needs_prometheus, needs_promtool, needs_pushgateway, prometheus, pushgateway, until
from tests.render.builders import finding, night
from tests.sinks.support import compared

from .generated import DEPLOY

ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "kube-diagnose.json").read_text())
_OTHER = {"max", "by", "sum", "count", "time", "absent", "topk", "vector", "or", "label_values"}


def metrics() -> bytes:
    """All metrics that the program ever writes."""
    report = compared(night(), gone=[finding("r", "Pod a/p")])
    out = render(report, "prometheus", Options(generated_at=1795404600.5, duration=1.25))
    return out if isinstance(out, bytes) else out.encode()


WRITTEN: dict[str, set[str]] = {}
for _family in text_string_to_metric_families(metrics().decode()):
    for _sample in _family.samples:
        WRITTEN.setdefault(_sample.name, set()).update(_sample.labels)


def check(expression: str) -> None:
    """Every metric, and every label that one is chosen by, exists."""
    names = re.findall(r"\bdiagnose_\w+", expression)
    assert names and set(names) <= set(WRITTEN), expression
    for name, inside in re.findall(r"\b(diagnose_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+) ?[=!]", inside)) <= WRITTEN[name] | {"job", "instance"}, expression
    for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
        known = set().union(*(WRITTEN[name] for name in names), {"job", "instance"})
        assert set(re.split(r",\s*", grouped)) <= known, expression


def panels() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def variables() -> dict[str, str]:
    return {v["name"]: v["query"]["query"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"}


# --- alerts -----------------------------------------------------------------------------------------------------------


def test_alerts_ask_for_metrics_that_exist() -> None:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            check(rule["expr"])
            assert rule["labels"]["severity"] and set(rule["annotations"]) == {"summary", "description"}


@needs_promtool
def test_promtool_accepts_the_alerts() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True)
    assert done.returncode == 0 and "6 rules found" in done.stdout, done.stderr


@needs_promtool
def test_the_alerts_fire_when_they_should() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts.test.yaml"], cwd=ALERTS.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    tested = {
        test["alertname"]
        for each in yaml.safe_load((ALERTS.parent / "alerts.test.yaml").read_text())["tests"]
        for test in each["alert_rule_test"]
        if test.get("exp_alerts")
    }
    assert tested == {rule["alert"] for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]}


# --- the dashboard ----------------------------------------------------------------------------------------------------


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    for _, expression in panels():
        check(expression)
    for query in variables().values():
        check(query)


def test_the_dashboard_is_whole() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids) and DASHBOARD["id"] is None and DASHBOARD["uid"] == "kube-diagnose"
    assert all(panel["title"] and panel["description"] for panel in DASHBOARD["panels"])
    names = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)\}?", json.dumps(DASHBOARD))) - {"__all"} == names
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24
        taken |= cells


def test_the_dashboard_asks_the_chosen_data_source_in_units() -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert (
        DASHBOARD["templating"]["list"][0] | {"name": "datasource", "query": "prometheus"}
        == (DASHBOARD["templating"]["list"][0])
    )
    for panel in DASHBOARD["panels"]:
        references = [target["refId"] for target in panel["targets"]]
        assert panel["datasource"] == source and len(set(references)) == len(references)
        assert all(target.get("datasource", source) == source for target in panel["targets"])
        seconds = any(re.search("_seconds", target["expr"]) for target in panel["targets"])
        assert panel["fieldConfig"]["defaults"]["unit"] == ("s" if seconds else "short"), panel["title"]


@needs_prometheus
@needs_pushgateway
def test_a_real_prometheus_answers_every_panel(tmp_path: Path) -> None:
    import urllib.request

    with pushgateway() as gateway, prometheus(tmp_path, [gateway]) as address:
        url = f"{gateway}/metrics/job/kube-diagnose/instance/prod"
        urllib.request.urlopen(urllib.request.Request(url, metrics(), method="PUT"), timeout=5).close()
        assert until(lambda: asked(address, "diagnose_finding"))
        for title, expression in panels():
            for name in ("job", "instance", "severity", "namespace"):
                expression = expression.replace(f'"${name}"', '".*"')
            assert "$" not in expression
            assert asked(address, expression), f"{title}: {expression}"
