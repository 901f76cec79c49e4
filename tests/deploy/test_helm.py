"""The Helm chart, rendered by Helm itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from diagnose.config import load_config
from diagnose.library import Selection, compiled
from diagnose.rbac import cluster_role
from diagnose.sinks.settings import Outside, chosen

from .checks import Manifest, by_kind, documents, fits_schemas, is_restricted, pod_of, runs
from .generated import DEPLOY

helm = pytest.importorskip("helm_python.chart", reason="Helm is not installed: pip install helm-python-sdk")
CHART = str(DEPLOY / "helm" / "kube-diagnose")
RULE = """\
id: my-rule
title: Mine
severity: info
match:
- for: Pod
report: {message: "{pod.metadata.name} is there"}
"""
EVERYTHING: dict[str, Any] = {
    "image": {"repository": "registry.example/d", "tag": "1.2.3", "pullSecrets": [{"name": "registry"}]},
    "schedule": "*/30 * * * *",
    "timeZone": "Europe/Berlin",
    "suspend": True,
    "activeDeadlineSeconds": 600,
    "clusterName": "prod: eu",
    "namespaces": ["shop", "kube-system"],
    "extraArgs": ["--severity=warning"],
    "config": {"skip": ["node-cordoned"]},
    "sinks": [{"sink": "slack", "url": {"env": "SLACK_URL"}}, {"sink": "pushgateway", "url": "http://push:9091"}],
    "prometheus": {"url": "http://prometheus:9090"},
    "secretName": "diagnose-secrets",
    "extraRules": {"my-rule.yaml": RULE},
    "history": {"keep": "30d", "storageClassName": "fast", "size": "5Gi"},
    "rbac": {"extraRules": [{"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["list"]}]},
    "serviceAccount": {"annotations": {"a": "b"}},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "podAnnotations": {"c": "d"},
    "podLabels": {"e": "f"},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "dashboard": {"enabled": True},
}


def rendered(values: dict[str, Any] | None = None, name: str = "demo") -> list[Manifest]:
    with helm.Chart.load(CHART) as chart:
        found = chart.render(values=values or {}, name=name, namespace="ops")
    return [each for file, text in sorted(found.items()) if file.endswith(".yaml") for each in documents(text)]


def kinds(manifests: list[Manifest]) -> list[str]:
    return sorted(each["kind"] for each in manifests)


def test_lint_finds_nothing() -> None:
    for values in ({}, EVERYTHING):
        report = helm.lint(CHART, values)
        assert report["errors"] == [] and all(each["severity"] <= 1 for each in report["messages"])


def test_the_defaults() -> None:
    made = rendered()
    expected = ["ClusterRole", "ClusterRoleBinding", "ConfigMap", "CronJob", "PersistentVolumeClaim", "ServiceAccount"]
    assert kinds(made) == expected
    fits_schemas(made)
    pod = pod_of(by_kind(made, "CronJob"))
    is_restricted(pod)
    options = runs(pod)
    assert options["send"] == () and options["prometheus"] is None and options["timeout"] == 900
    assert all(each["metadata"].get("namespace", "ops") == "ops" for each in made)
    assert by_kind(made, "ClusterRole")["rules"] == yaml.safe_load(cluster_role(compiled()))["rules"]
    assert load_config(by_kind(made, "ConfigMap")["data"]["diagnose.yaml"], "diagnose.yaml").document is None


def test_everything() -> None:
    made = rendered(EVERYTHING)
    fits_schemas(made)
    cronjob = by_kind(made, "CronJob")
    pod = pod_of(cronjob)
    is_restricted(pod)
    options = runs(pod)
    assert (options["namespace"], options["send"], options["prometheus"]) == (
        ("shop", "kube-system"),
        ("all",),
        "config",
    )
    assert (options["severity"], options["timeout"], options["folders"]) == ("warning", 300, ("/etc/diagnose-rules",))
    assert pod["containers"][0]["image"] == "registry.example/d:1.2.3"
    assert (cronjob["spec"]["timeZone"], cronjob["spec"]["suspend"]) == ("Europe/Berlin", True)
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "diagnose-secrets"}}]
    maps = {each["metadata"]["name"]: each["data"] for each in made if each["kind"] == "ConfigMap"}
    config = load_config(maps["demo-kube-diagnose"]["diagnose.yaml"], "diagnose.yaml")
    assert (config.cluster_name, config.skip) == ("prod: eu", ("node-cordoned",))
    outside = Outside({"SLACK_URL": "https://h.example"}.get, lambda name: "", str)
    assert [target.sink for target in chosen(["all"], config.document, outside)] == ["slack", "pushgateway"]
    assert maps["demo-kube-diagnose-rules"]["my-rule.yaml"].strip() == RULE.strip()
    assert by_kind(made, "ClusterRole")["rules"][-1]["resources"] == ["widgets"]
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    assert by_kind(made, "PrometheusRule")["spec"]["groups"] == groups
    assert maps["demo-kube-diagnose-dashboard"]["kube-diagnose.json"].strip().startswith("{")


def test_without_what_can_be_left_out() -> None:
    off = {
        "history": {"enabled": False},
        "rbac": {"create": False},
        "serviceAccount": {"create": False, "name": "mine"},
    }
    made = rendered(off)
    assert kinds(made) == ["ConfigMap", "CronJob"]
    pod = pod_of(by_kind(made, "CronJob"))
    assert pod["serviceAccountName"] == "mine" and runs(pod)["output"] == ("text",)


def test_a_claim_of_ones_own() -> None:
    made = rendered({"history": {"existingClaim": "mine"}})
    assert "PersistentVolumeClaim" not in kinds(made)
    volumes = pod_of(by_kind(made, "CronJob"))["volumes"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "mine"}} in volumes


@pytest.mark.parametrize(("release", "name"), [("kube-diagnose", "kube-diagnose"), ("x" * 53, "x" * 52)])
def test_names(release: str, name: str) -> None:
    assert by_kind(rendered(name=release), "CronJob")["metadata"]["name"] == name


@pytest.mark.parametrize(
    "values",
    [
        {"scedule": "x"},
        {"sinks": [{"sink": "slack"}]},
        {"image": {"pullPolicy": "Sometimes"}},
        {"extraRules": {"../x": "y"}},
        {"config": {"sinks": []}},
        {"namespaces": "shop"},
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    report = helm.lint(CHART, values)
    assert any(each["severity"] == 3 for each in report["messages"])


def test_rules_of_a_mounted_configmap_are_read_once(tmp_path: Any) -> None:
    """A ConfigMap is mounted as links into a hidden folder."""
    hidden = tmp_path / "..2026_01_01_00_00_00.1"
    hidden.mkdir()
    (hidden / "my-rule.yaml").write_text(RULE)
    (tmp_path / "..data").symlink_to(hidden.name)
    (tmp_path / "my-rule.yaml").symlink_to("..data/my-rule.yaml")
    rules = compiled(Selection(folders=(str(tmp_path),), builtin=False))
    assert [plan.rule.id for plan in rules.plans] == ["my-rule"]
