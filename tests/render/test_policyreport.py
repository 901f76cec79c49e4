"""The report as PolicyReport objects, against the facts of their CRDs."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from diagnose.model import Location, ObjectRef, Report, Severity
from diagnose.render import Options, policyreport, render

from .builders import finding, night, report
from .hostile import reports, worst

SCHEMA = json.loads((Path(__file__).parent / "policyreport.schema.json").read_text())
ETCD = 1_500_000


def documents(of: Report, options: Options | None = None) -> list[Any]:
    """The objects, each valid and with a summary that counts its results."""
    out = render(of, "policyreport", options)
    assert isinstance(out, str)
    assert "&id" not in out
    found = list(yaml.safe_load_all(out))
    for each in found:
        jsonschema.validate(each, SCHEMA, jsonschema.Draft202012Validator)
        assert each["summary"] == {**dict.fromkeys(each["summary"], 0), **Counter(r["result"] for r in each["results"])}
        assert (each["kind"] == "PolicyReport") == bool(each["metadata"].get("namespace"))
    names = [(each["metadata"].get("namespace"), each["metadata"]["name"]) for each in found]
    assert len(names) == len(set(names))
    return found


def test_one_for_the_cluster_and_one_a_namespace() -> None:
    cluster, shop = documents(night())
    assert cluster["metadata"] == {
        "name": "kube-diagnose",
        "labels": {"app.kubernetes.io/managed-by": "kube-diagnose"},
    }
    assert cluster["summary"] == {"pass": 0, "fail": 1, "warn": 1, "error": 3, "skip": 0}
    assert (shop["metadata"]["name"], shop["metadata"]["namespace"]) == ("kube-diagnose", "shop")
    assert shop["summary"] == {"pass": 0, "fail": 3, "warn": 8, "error": 0, "skip": 0}


def test_a_result() -> None:
    crash = next(r for r in documents(night())[1]["results"] if r["policy"] == "crash-loop")
    assert crash == {
        "source": "kube-diagnose",
        "policy": "crash-loop",
        "rule": "connection-refused",
        "category": "workload",
        "severity": "high",
        "result": "fail",
        "resources": [{"apiVersion": "v1", "kind": "Deployment", "namespace": "shop", "name": "api"}],
        "message": "shop/api crashes with exit code 1: container api cannot reach postgres.shop.svc:5432",
        "properties": {
            "id": "203dcaf0d0afd53a",
            "title": "Crash loop/connection refused",
            "cause": "true",
            "rank": "2",
            "confidence": "high",
            "container": "api",
            "objects": "2 Pods: api-6cff9697b-klnt6, api-6cff9697b-x2k4p",
            "fix": "Start the database, or correct its address in the Deployment's environment; "
            "then watch the pods recover.",
            "commands": "kubectl -n shop logs deploy/api --previous\nkubectl -n shop get endpointslices "
            "-l kubernetes.io/service-name=postgres -o custom-columns=NAME:.x,A:.y",
        },
        "timestamp": {"seconds": 1795404525, "nanos": 0},
    }


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("critical", ("critical", "fail")),
        ("error", ("high", "fail")),
        ("warning", ("medium", "warn")),
        ("info", ("info", "warn")),
    ],
)
def test_severities(severity: str, expected: tuple[str, str]) -> None:
    (result,) = documents(report([finding("r", "Node n", severity=severity)]))[0]["results"]
    assert (result["severity"], result["result"]) == expected


def test_what_could_not_be_decided_is_an_error_of_the_cluster() -> None:
    undecided = [r for r in documents(night())[0]["results"] if r["result"] == "error"]
    assert undecided[1] == {
        "source": "kube-diagnose",
        "policy": "pvc-missing-class",
        "result": "error",
        "message": "not evaluated: StorageClass was not collected",
        "properties": {"objects": "2"},
        "timestamp": {"seconds": 1795404525, "nanos": 0},
    }


def test_a_healthy_cluster_has_an_empty_report_that_replaces_an_older_one() -> None:
    (cluster,) = documents(report())
    assert (cluster["kind"], cluster["results"]) == ("ClusterPolicyReport", [])


def test_an_api_version_that_is_not_known_is_not_guessed() -> None:
    for ref, expected in (
        (ObjectRef("Deployment", "a", "d", "apps", "apps/v1", "u1"), {"apiVersion": "apps/v1", "uid": "u1"}),
        (ObjectRef("HorizontalPodAutoscaler", "a", "d", "autoscaling"), {}),
    ):
        about = dataclasses.replace(finding("r", "Pod a/p"), object=ref)
        resource = documents(report([about]))[1]["results"][0]["resources"][0]
        assert {key: resource[key] for key in ("apiVersion", "uid") if key in resource} == expected


def test_the_time_is_that_of_the_capture_or_else_of_the_run() -> None:
    of = report([finding("r", "Node n")], captured_at=None)
    assert documents(of, Options(generated_at=7.9))[0]["results"][0]["timestamp"] == {"seconds": 7, "nanos": 0}
    assert "timestamp" not in documents(of)[0]["results"][0]


def test_a_place_in_a_file() -> None:
    (result,) = documents(report([finding("r", "Node n", location=Location("a.yaml", 3, 5, "spec"))]))[0]["results"]
    assert result["properties"]["location"] == "a.yaml:3:5 spec"


def test_a_long_list_goes_on_in_more_objects_that_fit_into_etcd() -> None:
    many = [finding("r", f"Pod shop/p{n}", "is broken " * 40, fix="Mend it. " * 60) for n in range(1200)]
    found = documents(report(many))[1:]
    assert [each["metadata"]["name"] for each in found] == ["kube-diagnose", "kube-diagnose-2", "kube-diagnose-3"]
    assert sum(len(each["results"]) for each in found) == 1200


def test_long_results_take_more_objects() -> None:
    many = [finding("r", f"Pod shop/p{n}", "é" * 4000, fix="Mend it. " * 900) for n in range(400)]
    found = documents(report(many))[1:]
    assert sum(len(each["results"]) for each in found) == 400
    assert len(found) > 1
    assert max(len(json.dumps(each, ensure_ascii=False).encode()) for each in found) < ETCD


def test_names_do_not_depend_on_what_is_found() -> None:
    assert {each["metadata"]["name"] for each in documents(night())} == {policyreport.NAME}


def test_severity_hides() -> None:
    assert len(documents(night(), Options(severity=Severity.critical))) == 1


def test_hostile_texts() -> None:
    documents(worst())


@settings(deadline=None)
@given(of=reports())
def test_every_report_is_valid(of: Report) -> None:
    documents(of)
