"""What RBAC refuses is coverage: which rules it leaves undecided, and which right would decide them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from diagnose import library
from diagnose.errors import InputError
from diagnose.kinds import TABLE
from diagnose.live import capture
from diagnose.rbac import cluster_role
from diagnose.run import diagnose
from tests.builders import obj, undecided
from tests.builders import rules as rules_of
from tests.live.support import client, missing, names, pods, pulled, told
from tests.server import ApiServer, Store

NEEDS_SECRET = """
id: needs-secret
title: t
severity: error
match:
- for: Pod
- none: Secret
  named: pod.spec.secret
report: {message: m}
"""


def test_a_list_that_is_refused(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1)), refused=["list secrets", "list deployments.apps"]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Secret", "Deployment"])
    assert snapshot.coverage.describe() == {
        "Deployment.apps": "refused: forbidden, it needs the verb list on deployments.apps",
        "Pod": "all",
        "Secret": "refused: forbidden, it needs the verb list on secrets",
    }
    assert not snapshot.incomplete and not told(snapshot)
    assert server.asked().count("/api/v1/secrets") == 1, "a refusal is not asked about again"


def test_the_report_names_the_rules_and_the_right(tmp_path: Path) -> None:
    rules = rules_of(NEEDS_SECRET)
    one = obj("Pod", "p", "shop", spec={"secret": "s", "containers": []})
    with ApiServer(Store.of([one]), refused=["list secrets"]) as server, client(server, tmp_path) as transport:
        report = diagnose(capture(transport, rules), rules)
    assert undecided(report) == [
        ("needs-secret", "Secret could not be collected: forbidden, it needs the verb list on secrets")
    ]
    assert report.not_evaluated[0].needs == ("Secret",)


def test_rights_in_one_namespace_of_two(tmp_path: Path) -> None:
    store = Store.of([*pods(1, "a"), *pods(1, "b")])
    with ApiServer(store, refused=["list pods b", "list nodes"]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "Node"], ["a", "b"])
    assert names(snapshot) == ["a/p-000"]
    assert missing(snapshot, "Pod", "a") is None
    assert missing(snapshot, "Pod", "b") == (
        "Pod could not be collected: forbidden, it needs the verb list on pods in namespace b"
    )
    assert missing(snapshot, "Node") == "Node could not be collected: forbidden, it needs the verb list on nodes"


def test_no_right_at_all(tmp_path: Path) -> None:
    refused = ["list pods", "list nodes"]
    with ApiServer(Store.of(pods(1)), refused=refused) as server, pytest.raises(InputError) as error:
        pulled(server, tmp_path, ["Pod", "Node"])
    assert str(error.value) == (
        'the server refuses every list: pods is forbidden: User "system:serviceaccount:ops:diagnose" cannot list '
        'resource "pods" in API group "" at the cluster scope; `diagnose cluster --print-rbac` writes the rights that '
        "are needed; with rights in some namespaces only, name them with -n"
    )


def test_the_role_is_what_the_rules_list(tmp_path: Path) -> None:
    rules = rules_of(NEEDS_SECRET)
    assert yaml.safe_load(cluster_role(rules)) == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "kube-diagnose", "labels": {"app.kubernetes.io/name": "kube-diagnose"}},
        "rules": [
            {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["list"]},
            {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["list"]},
            {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list"]},
        ],
    }
    with ApiServer(Store.of(pods(1))) as server, client(server, tmp_path) as transport:
        capture(transport, rules)
    assert sorted(p for p in server.asked() if p not in ("/version", "/api", "/apis")) == [
        "/api/v1/pods", "/api/v1/secrets", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs",
    ]  # fmt: skip


def test_a_rule_that_reads_logs_needs_them() -> None:
    rule = """
id: reads-log
title: t
severity: error
match:
- for: Pod
- some: pod -> containers
  as: container
  where: {$.log: {contains: panic}}
report: {message: m}
"""
    role = yaml.safe_load(cluster_role(rules_of(rule)))
    assert role["rules"][-1] == {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}


def test_the_role_of_all_rules_is_read_only_sorted_and_free_of_what_no_api_has() -> None:
    rules = yaml.safe_load(cluster_role(library.load().compiled()))["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    assert [r["resources"] for r in rules if r["verbs"] == ["get"]] == [["pods/log"]]
    groups = [rule["apiGroups"][0] for rule in rules[:-1]]
    assert groups == sorted(set(groups))
    assert all(rule["resources"] == sorted(set(rule["resources"])) for rule in rules)
    assert not any("diagnose" in group for group in groups)
    known = {(i.group, i.resource) for i in TABLE}
    custom = {(r["apiGroups"][0], n) for r in rules[:-1] for n in r["resources"]} - known
    assert {
        ("cert-manager.io", "certificates"),
        ("cilium.io", "ciliumnetworkpolicies"),
        ("monitoring.coreos.com", "prometheuses"),
        ("snapshot.storage.k8s.io", "volumesnapshotclasses"),
    } <= custom
