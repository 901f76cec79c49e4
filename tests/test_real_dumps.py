"""The real dumps of ../shared/dumps/real-1.36 against the truth that was written down when they were made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from diagnose import library, sources
from diagnose.model import Finding, Report, Severity
from diagnose.run import diagnose

DUMPS = Path(__file__).parent.parent.parent / "shared" / "dumps" / "real-1.36"
pytestmark = pytest.mark.skipif(not DUMPS.is_dir(), reason="../shared/dumps is not there")


@pytest.fixture(scope="module")
def rules() -> Any:
    return library.load().compiled()


def _report(rules: Any, *paths: Path) -> Report:
    with sources.read([str(p) for p in paths]) as snapshot:
        return diagnose(snapshot, rules)


def _truth(folder: str) -> dict[str, Any]:
    return dict(yaml.safe_load((DUMPS / folder / "expected.yaml").read_text()))


def _objects(finding: Finding) -> set[str]:
    return {str(finding.object), *(str(o) for o in finding.objects)}


def _says(finding: Finding, words: list[str]) -> bool:
    text = "\n".join((finding.message, finding.title, *(e.text for e in finding.evidence)))
    return all(word in text for word in words)


def _roots(report: Report) -> list[Finding]:
    by_id = {f.id: f for f in report.findings}
    return [by_id[c.finding] for c in report.causes]


def _unnamed(report: Report, truth: dict[str, Any]) -> list[str]:
    """The roots that no cause names; each cause answers for one root."""
    left = _roots(report)
    missing = []
    for root in truth["roots"]:
        found = next((f for f in left if root["object"] in _objects(f) and _says(f, root["says"])), None)
        if found is None:
            missing.append(f"{root['object']}: {root['about']} {root['says']}")
        else:
            left.remove(found)
    return missing


def _misplaced(report: Report, truth: dict[str, Any]) -> Iterator[str]:
    """The symptoms that do not stand under their root."""
    by_id = {f.id: f for f in report.findings}
    under: dict[str, set[str]] = {}
    for cause in report.causes:
        for effect in cause.effects:
            for name in _objects(by_id[effect]):
                under.setdefault(name, set()).update(_objects(by_id[cause.finding]))
    for symptom in truth["symptoms"]:
        if symptom["of"] not in under.get(symptom["object"], set()):
            yield f"{symptom['object']} under {symptom['of']}"


@pytest.mark.parametrize("form", ["", "get"])
def test_healthy_has_nothing_at_warning_or_above(rules: Any, form: str) -> None:
    report = _report(rules, DUMPS / "healthy" / form)
    assert [f"{f.rule} {f.object}: {f.message}" for f in report.findings if f.severity >= Severity.warning] == []
    assert not report.snapshot.incomplete


def test_healthy_cluster_info_alone(rules: Any) -> None:
    report = _report(rules, DUMPS / "healthy" / "cluster-info")
    assert [f"{f.rule} {f.object}: {f.message}" for f in report.findings if f.severity >= Severity.warning] == []


def test_faults_a_names_every_root(rules: Any) -> None:
    report = _report(rules, DUMPS / "faults-a")
    truth = _truth("faults-a")
    assert _unnamed(report, truth) == []
    assert list(_misplaced(report, truth)) == []
    blamed = {str(f.object): f.rule for f in report.findings if f.severity >= Severity.warning}
    assert {q: blamed[q] for q in truth["quiet"] if q in blamed} == {}


def test_faults_a_minor_matters_are_never_errors(rules: Any) -> None:
    report = _report(rules, DUMPS / "faults-a")
    for minor in _truth("faults-a")["minor"]:
        severities = {f.severity.name for f in report.findings if minor["object"] in _objects(f)}
        assert severities and severities <= {"info", "warning"}


def test_faults_a_blames_nothing_else(rules: Any) -> None:
    """A cause at error or above is one of the roots, on one of their objects."""
    report = _report(rules, DUMPS / "faults-a")
    known = {r["object"] for r in _truth("faults-a")["roots"]}
    extra = [f for f in _roots(report) if f.severity >= Severity.error and not _objects(f) & known]
    assert [f"{f.rule} {f.object}: {f.message}" for f in extra] == []


def test_faults_a_cluster_info_alone(rules: Any) -> None:
    """What that form holds (pods, events, services, deployments, replica sets, nodes) is named all the same."""
    kinds = ("Pod", "Deployment", "Service", "Node")
    truth = _truth("faults-a")
    truth["roots"] = [r for r in truth["roots"] if r["object"].split("/")[0] in kinds]
    report = _report(rules, DUMPS / "faults-a" / "cluster-info")
    assert _unnamed(report, truth) == []


def test_kubelet_down(rules: Any) -> None:
    report = _report(rules, DUMPS / "kubelet-down")
    truth = _truth("kubelet-down")
    assert _unnamed(report, truth) == []
    assert list(_misplaced(report, truth)) == []


def _stuck_on(folder: Path, node: str) -> set[str]:
    """The pods bound to a node that wait for their containers, straight from the file."""
    pods = json.loads((folder / "get" / "pods.json").read_text())["items"]
    return {
        f"Pod/{p['metadata']['namespace']}/{p['metadata']['name']}"
        for p in pods
        if p["spec"].get("nodeName") == node
        and {
            (s.get("state") or {}).get("waiting", {}).get("reason") for s in p["status"].get("containerStatuses") or []
        }
        & {"ContainerCreating", "PodInitializing"}
    }


def test_sandbox_fail_is_one_cause(rules: Any) -> None:
    """Every stuck pod is told by it, but one: that fails on a missing ConfigMap before its sandbox is tried."""
    report = _report(rules, DUMPS / "sandbox-fail")
    assert _unnamed(report, _truth("sandbox-fail")) == []
    sandbox = [f for f in _roots(report) if "sandbox" in f.rule]
    assert [str(f.object) for f in sandbox] == ["Node/worker-a"]
    stuck = _stuck_on(DUMPS / "sandbox-fail", "worker-a")
    assert len(stuck) == 27
    assert stuck - _objects(sandbox[0]) == {"Pod/shop/missing-volume-configmap"}
    assert "volume-source-missing/configmap" in {
        f.rule for f in _roots(report) if "Pod/shop/missing-volume-configmap" in _objects(f)
    }
