"""The files of deploy/ that are made from others; `make reference` writes them anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from diagnose import library
from diagnose.rbac import cluster_role

DEPLOY = Path(__file__).parents[2] / "deploy"
_RULE = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: kube-diagnose
  labels:
    app.kubernetes.io/name: kube-diagnose
spec:
"""


NAMES = (
    "kustomize/base/clusterrole.yaml",
    "kustomize/monitoring/prometheusrule.yaml",
    "kustomize/monitoring/kube-diagnose.json",
    "helm/kube-diagnose/files/clusterrole-rules.yaml",
    "helm/kube-diagnose/files/alerts.yaml",
    "helm/kube-diagnose/files/dashboard.json",
)


@cache
def generated() -> dict[str, str]:
    """Each file below deploy/ and what it must hold."""
    role = cluster_role(library.compiled())
    alerts = _without_comments((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    dashboard = (DEPLOY / "grafana" / "kube-diagnose.json").read_text()
    rules = role.partition("rules:\n")[2]
    return dict(zip(NAMES, (role, _RULE + _indented(alerts), dashboard, rules, alerts, dashboard), strict=True))


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


if __name__ == "__main__":
    for name, text in generated().items():
        (DEPLOY / name).write_text(text)
