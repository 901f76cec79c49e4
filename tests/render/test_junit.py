"""The report as JUnit XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings

from diagnose.model import Report, Severity
from diagnose.render import Options, render

from .builders import event, finding, night, report
from .hostile import reports, worst

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))
RUN = Options(generated_at=1795404600.5, duration=1.25)


def document(of: Report, options: Options = RUN) -> ElementTree.Element:
    """The parsed document, valid, with counts that are those of its cases."""
    out = render(of, "junit", options)
    assert isinstance(out, bytes)
    root = ElementTree.fromstring(out)
    SCHEMA.validate(root)
    for suite in (root, *root.iter("testsuite")):
        for counted, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            assert int(suite.attrib[counted]) == len(list(suite.iter(tag)))
    return root


def cases(of: Report, suite: str) -> dict[str, ElementTree.Element]:
    found = document(of).find(f"testsuite[@name='{suite}']")
    assert found is not None
    return {case.attrib["name"]: case for case in found}


def test_a_suite_a_category_and_a_case_a_rule_and_object() -> None:
    root = document(night())
    assert [suite.attrib["name"] for suite in root] == ["input", "node", "workload", "not evaluated"]
    assert root.attrib == {
        "name": "kube-diagnose", "tests": "17", "failures": "4", "errors": "1", "skipped": "3", "time": "1.250"
    }  # fmt: skip
    assert root[1].attrib["timestamp"] == "2026-11-23T03:30:00"


def test_an_error_fails() -> None:
    case = cases(night(), "workload")["crash-loop/connection-refused: Deployment shop/api"]
    (failure,) = case
    assert failure.tag == "failure"
    assert failure.attrib == {
        "type": "error",
        "message": "Deployment shop/api crashes with exit code 1: container api cannot reach postgres.shop.svc:5432",
    }
    assert (failure.text or "").splitlines()[:3] == [
        "error: Deployment shop/api crashes with exit code 1: container api cannot reach postgres.shop.svc:5432",
        'why: Pod shop/api-6cff9697b-klnt6: log "FATAL: could not connect to postgres: refused" (api, previous run)',
        'why: Pod shop/api-6cff9697b-klnt6: event BackOff "Back-off restarting failed container" '
        "(x12, last 03:28:12Z, 33s before the capture)",
    ]


def test_a_warning_is_output_of_a_case_that_passes() -> None:
    (output,) = cases(night(), "workload")["ingress-503: Ingress shop/web"]
    assert output.tag == "system-out"
    assert output.text == ("warning: Ingress shop/web: answers 503\nbecause of: Service shop/web has no ready endpoint")


def test_what_could_not_be_decided_is_skipped() -> None:
    (skipped,) = cases(night(), "not evaluated")["pvc-missing-class"]
    assert (skipped.tag, skipped.attrib["message"]) == ("skipped", "StorageClass was not collected (2 objects)")


def test_input_that_could_not_be_read_is_an_error() -> None:
    (error,) = cases(night(), "input")["faults-a: 2 nodes, 37 pods, 355 events"]
    assert error.tag == "error"
    assert error.text == "events.json: not read to its end: malformed JSON at byte 4096"


def test_a_healthy_cluster_is_two_cases_that_pass() -> None:
    root = document(report())
    assert [case.attrib["name"] for case in root.iter("testcase")] == [
        "faults-a: 2 nodes, 37 pods, 355 events",
        "nothing found: 212 rules on 2 nodes, 37 pods, 355 events",
    ]
    assert (root.attrib["failures"], root.attrib["errors"]) == ("0", "0")


def test_nothing_examined_is_an_error() -> None:
    assert document(report(objects={})).attrib["errors"] == "1"


def test_findings_of_one_rule_about_one_object_are_one_case() -> None:
    both = [finding("r", "Pod a/p", f"{name} fails", container=name, key=(name,)) for name in ("one", "two")]
    (case,) = cases(report(both), "workload").values()
    assert case[0].attrib["message"] == "Pod a/p: one fails; Pod a/p: two fails"


def test_severity_hides() -> None:
    names = [c.attrib["name"] for c in document(night(), Options(severity=Severity.critical)).iter("testcase")]
    assert "ingress-503: Ingress shop/web" not in names


def test_control_characters_are_shown_not_written() -> None:
    proof = event("Pod a/p", "Bad\x00", "a\x1b[2J\ud800\ufffe")
    (case,) = cases(report([finding("r", "Pod a/p", "x\x08y", evidence=(proof,))]), "workload").values()
    assert r"x\x08y" in case[0].attrib["message"]
    assert r"event Bad\x00 \"a\x1b[2J\ud800\ufffe\"".replace('\\"', '"') in (case[0].text or "")


@pytest.mark.parametrize("of", [worst()], ids=["hostile"])
def test_hostile_texts(of: Report) -> None:
    document(of)


@settings(deadline=None)
@given(of=reports())
def test_every_report_is_valid(of: Report) -> None:
    document(of)
