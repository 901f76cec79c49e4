"""What is found in text alone: journals of kubelets, and conditions of which no time is printed."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from diagnose import library
from diagnose.errors import InputError
from diagnose.logs import NodeLog
from diagnose.model import Report
from diagnose.run import diagnose
from diagnose.sources import text
from diagnose.sources.text.late import Late
from tests.text.texts import objects, pasted, read, table

STARTED = "Jan 20 10:12:00 w1 systemd[1]: Started kubelet: The Kubernetes Node Agent.\n"
SWAP = (
    'Jan 20 10:12:01 w1 kubelet[99]: E0120 10:12:01.000000 99 run.go:74] "command failed" err="failed to run Kubelet: '
    'running with swap on is not supported, please disable swap!"\n'
    "Jan 20 10:12:01 w1 systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE\n"
)
QUIET = "Jan 20 10:12:01 w1 kubelet[99]: I0120 10:12:01.000000 99 server.go:408] Version: v1.11.1\n"
RUNS = 'Jan 20 10:13:01 w1 kubelet[100]: I0120 10:13:01.0 100 kubelet.go:1] "Starting kubelet main sync loop"\n'
UNIT = """● kubelet.service - kubelet: The Kubernetes Node Agent
     Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; vendor preset: enabled)
     Active: activating (auto-restart) (Result: exit-code) since Tue 2026-01-20 10:12:01 UTC; 5s ago
   Main PID: 99 (code=exited, status=1/FAILURE)

"""
NODES = table(("NAME", "STATUS", "ROLES", "AGE", "VERSION"), ("w2", "Ready", "<none>", "9d", "v1.30.1"))


@pytest.fixture(scope="module")
def rules() -> Any:
    return library.load().compiled()


def roots(report: Report) -> list[tuple[str, str]]:
    ids = {cause.finding for cause in report.causes}
    return [(f.rule, str(f.object)) for f in report.findings if f.id in ids]


# --- the journal of a kubelet -----------------------------------------------------------------------------------------

FAILING = {
    "alone": STARTED + SWAP,
    "after a prompt": f"root@w1:~# journalctl -u kubelet\n{STARTED}{SWAP}",
    "with its options in one word": f"root@w1 ~ # journalctl -xeu kubelet\n-- Subject: x\n--\n{STARTED}{SWAP}",
    "in a fence": f"My kubelet does not start:\n\n```\n{STARTED}{SWAP}```\n\nWhat can I do?\n",
    "of all units": f"It says:\n```\nJan 20 10:12:00 w1 dockerd[7]: no space left on device\n{STARTED}{SWAP}```\n",
    "of a status": UNIT + STARTED + SWAP,
    "again and again": (STARTED + QUIET + SWAP) * 3,
    "after it ran": RUNS + STARTED + SWAP,
}


@pytest.mark.parametrize("text", FAILING.values(), ids=FAILING)
def test_a_kubelet_that_does_not_start_is_told_without_any_object(rules: Any, text: str) -> None:
    report = diagnose(pasted(text), rules)
    assert roots(report) == [("kubelet-journal/does-not-start-swap", "Node/w1")]


def test_the_state_of_the_unit_follows_from_what_the_journal_says(rules: Any) -> None:
    report = diagnose(pasted(UNIT + SWAP), rules)
    cause, effect = report.findings
    assert (cause.rule, effect.rule) == ("kubelet-journal/does-not-start-swap", "node-unit-down/restarting")
    assert effect.caused_by == (cause.id,)
    alone = diagnose(pasted(UNIT + STARTED), rules)
    assert roots(alone) == [("node-unit-down/restarting", "Node/w1")]


@pytest.mark.parametrize("text", [STARTED + QUIET, SWAP + STARTED + QUIET + RUNS, RUNS], ids=["info", "good", "runs"])
def test_a_kubelet_that_has_started_is_not_blamed(rules: Any, text: str) -> None:
    report = diagnose(pasted(text), rules)
    assert not report.findings
    assert "kubelet-journal" not in {missed.rule for missed in report.not_evaluated}


def test_the_host_of_a_kubelets_journal_is_a_node_of_which_nothing_is_known() -> None:
    found = pasted(STARTED + QUIET)
    assert objects(found, "Node") == {"w1": {"metadata": {"name": "w1"}}}
    assert list(found.node_logs) == [NodeLog("w1", "kubelet")]


def test_the_host_of_a_journal_is_no_node_where_nodes_are_told(tmp_path: Path) -> None:
    assert list(objects(read(tmp_path, kubelet=QUIET, nodes=NODES), "Node")) == ["w2"]


def test_a_journal_of_another_unit_tells_of_no_cluster() -> None:
    with pytest.raises(InputError, match="holds no Kubernetes objects"):
        pasted("Jan 20 10:12:00 w1 sshd[7]: Accepted publickey\n" * 3)


# --- conditions without times -----------------------------------------------------------------------------------------

AUTOSCALER = """Name:            web
Namespace:       shop
Labels:          <none>
Annotations:     <none>
CreationTimestamp:  Tue, 20 Jan 2026 10:00:00 +0000
Reference:       Deployment/web
Metrics:         ( current / target )
  resource cpu on pods  (as a percentage of request):  <unknown> / 70%
Min replicas:    1
Max replicas:    5
Deployment pods: 1 current / 0 desired
Conditions:
  Type           Status  Reason                   Message
  ----           ------  ------                   -------
  AbleToScale    True    SucceededGetScale        the HPA controller was able to get the target's current scale
  ScalingActive  False   FailedGetResourceMetric  the server could not find the requested resource (get pods.m)
Events:
  Type     Reason                   Age   From                       Message
  ----     ------                   ----  ----                       -------
  Warning  FailedGetResourceMetric  AGO   horizontal-pod-autoscaler  failed to get cpu utilization
"""
DEPLOYMENT = """Name:               web
Namespace:          shop
CreationTimestamp:  Tue, 20 Jan 2026 10:00:00 +0000
Labels:             app=web
Annotations:        deployment.kubernetes.io/revision: 1
Selector:           app=web
Replicas:           1 desired | 1 updated | 1 total | 0 available | 1 unavailable
StrategyType:       RollingUpdate
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      False   MinimumReplicasUnavailable
  Progressing    True    ReplicaSetUpdated
OldReplicaSets:  <none>
NewReplicaSet:   web-6b8c4c5c8f (1/1 replicas created)
Events:
  Type    Reason             Age  From                   Message
  ----    ------             ---- ----                   -------
  Normal  ScalingReplicaSet  8m   deployment-controller  Scaled up replica set web-6b8c4c5c8f to 1
"""


def decided(report: Report, rule: str) -> bool | None:
    """Whether a rule found something; None where it could not be decided."""
    if any(missed.rule == rule for missed in report.not_evaluated):
        return None
    return any(f.rule.partition("/")[0] == rule for f in report.findings)


@pytest.mark.parametrize(
    ("ago", "wanted"),
    [("10s (x21 over 5m)", True), ("56s", None), ("10s (x2 over 25s)", None), ("40m (x9 over 2h)", None)],
)
def test_an_autoscaler_whose_events_say_that_it_lasts(rules: Any, ago: str, wanted: bool | None) -> None:
    assert decided(diagnose(pasted(AUTOSCALER.replace("AGO", ago)), rules), "hpa-no-metrics") is wanted


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("", "", True),
        ("revision: 1", "revision: 4", None),
        ("ReplicaSetUpdated", "NewReplicaSetAvailable", None),
        ("True    ReplicaSetUpdated", "False   ProgressDeadlineExceeded", True),
        ("8m ", "9s ", None),
    ],
)
def test_a_deployment_whose_rollout_is_not_in_progress(rules: Any, old: str, new: str, wanted: bool | None) -> None:
    text = DEPLOYMENT.replace(old, new) if old else DEPLOYMENT
    if new == "9s ":
        text = text.replace("ScalingReplicaSet  9s", "ScalingReplicaSet  9s ")
    assert decided(diagnose(pasted(text), rules), "deployment-replicas-short") is wanted


# --- patterns that are compiled late ----------------------------------------------------------------------------------


def test_all_patterns_for_text_can_be_compiled() -> None:
    found = [
        pattern
        for module in pkgutil.walk_packages(text.__path__, f"{text.__name__}.")
        for pattern in vars(importlib.import_module(module.name)).values()
        if isinstance(pattern, Late)
    ]
    assert len(found) > 100
    assert all(re.compile(pattern.pattern, pattern.flags).pattern == pattern.pattern for pattern in found)
