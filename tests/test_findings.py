"""Findings: on the workload a person would fix, folded, with what proves them, and the same in every run."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.model import Evidence, ObjectRef, Report
from diagnose.render import render
from tests.builders import NOW, event, messages, obj, only, owned_by, pod, report, rule_text, waiting

DEPLOYMENT = obj("Deployment", "d", "a", meta={"uid": "1"})
RS = obj("ReplicaSet", "d-5c9f7d5b8", "a", meta={"uid": "2", **owned_by(DEPLOYMENT)})
HASH = {"pod-template-hash": "5c9f7d5b8"}
RULE = rule_text("for: Pod\n{each: pod -> containers, as: c}", "{c.name} of {pod.metadata.name} {pod.spec.said}")


def of_rs(name: str, said: Any = "x", containers: tuple[str, ...] = ("c",)) -> dict[str, Any]:
    spec = {"said": said, "containers": [{"name": c} for c in containers]}
    return pod(name, labels=HASH, meta=owned_by(RS), spec=spec)


def places(told: Report) -> list[tuple[str, list[str]]]:
    return [(str(f.object), [str(o) for o in f.objects]) for f in told.findings]


PODS = [of_rs("d-5c9f7d5b8-aaaaa"), of_rs("d-5c9f7d5b8-bbbbb")]
BOTH = ["Pod/a/d-5c9f7d5b8-aaaaa", "Pod/a/d-5c9f7d5b8-bbbbb"]


@pytest.mark.parametrize(
    ("owners", "on"),
    [
        ([DEPLOYMENT, RS], "Deployment/a/d"),
        ([RS], "Deployment/a/d"),
        ([DEPLOYMENT], "Deployment/a/d"),
        ([], "Deployment/a/d"),
    ],
)
def test_pods_of_a_deployment_are_one_finding_on_it(owners: list[Any], on: str) -> None:
    told = report(RULE, [*owners, *PODS])
    assert places(told) == [(on, BOTH)]
    found = only(told)
    assert (found.message, found.count, found.container) == ("c of d-5c9f7d5b8-aaaaa x", 2, "c")
    assert found.object.group == "apps"


def test_the_finding_has_the_same_id_whether_or_not_its_owners_were_collected() -> None:
    assert len({only(report(RULE, [*owners, *PODS])).id for owners in ([DEPLOYMENT, RS], [RS], [])}) == 1


def test_without_the_hash_of_the_template_the_replicaset_is_named() -> None:
    told = report(RULE, [pod("p", meta=owned_by(RS), spec={"containers": [{"name": "c"}]})])
    assert places(told) == [("ReplicaSet/a/d-5c9f7d5b8", ["Pod/a/p"])]


def test_pods_of_other_workloads_stand_for_themselves() -> None:
    cron = obj("CronJob", "cron", "a")
    job = obj("Job", "cron-1", "a", meta=owned_by(cron))
    sts = obj("StatefulSet", "sts", "a")
    static = pod("etcd-n", "kube-system", meta=owned_by(obj("Node", "n")), spec={"containers": [{"name": "c"}]})
    rollout = obj("Rollout.argoproj.io", "ro", "a")
    objects = [cron, job, sts, static, rollout, pod("bare", spec={"containers": [{"name": "c"}]})]
    owned = [("cron-1-x", job), ("sts-0", sts), ("ro-x", rollout)]
    objects += [pod(n, meta=owned_by(o), spec={"containers": [{"name": "c"}]}) for n, o in owned]
    assert places(report(RULE, objects)) == [
        ("CronJob/a/cron", ["Pod/a/cron-1-x"]),
        ("Pod/a/bare", []),
        ("Pod/kube-system/etcd-n", []),
        ("Rollout/a/ro", ["Pod/a/ro-x"]),
        ("StatefulSet/a/sts", ["Pod/a/sts-0"]),
    ]


def test_owners_in_a_circle_do_not_hang() -> None:
    job, p = obj("Job", "j", "a"), pod("p", spec={"containers": [{"name": "c"}]})
    job["metadata"] |= owned_by(p)
    p["metadata"] |= owned_by(job)
    assert len(report(RULE, [job, p]).findings) == 1


@pytest.mark.parametrize(
    ("said", "groups"),
    [
        (("exit 1 after 10s", "exit 1 after 20s"), 1),
        (("0a1b2c3d4e5f60718293", "f0e1d2c3b4a5968778695a4b"), 1),
        (("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "7ba7b810-9dad-11d1-80b4-00c04fd430c8"), 1),
        (("cannot reach db", "cannot reach cache"), 2),
    ],
)
def test_messages_that_differ_in_numbers_only_are_one(said: tuple[str, str], groups: int) -> None:
    told = report(RULE, [of_rs("d-5c9f7d5b8-aaaaa", said[0]), of_rs("d-5c9f7d5b8-bbbbb", said[1])])
    assert len(told.findings) == groups
    assert len({f.id for f in told.findings}) == groups


def test_short_names_in_a_message_do_not_keep_pods_apart() -> None:
    told = report(RULE, [of_rs("an", "ban-an banana"), of_rs("na", "ban-an banana")])
    assert places(told) == [("Deployment/a/d", ["Pod/a/an", "Pod/a/na"])]


def test_each_container_is_a_finding_of_its_own() -> None:
    told = report(RULE, [of_rs("d-5c9f7d5b8-aaaaa", containers=("one", "two"))])
    assert [(f.container, f.key) for f in told.findings] == [("one", ("one",)), ("two", ("two",))]
    assert len({f.id for f in told.findings}) == 2


def test_what_is_said_of_one_object_twice_with_other_numbers_is_two_findings() -> None:
    service = obj("Service", "s", "a", spec={"ports": [{"port": 80}, {"port": 443}, {"port": 443}]})
    told = report(rule_text("for: Service\n{each: 'service.spec.ports[*]', as: p}", "port {p.port}"), [service])
    assert messages(told) == ["port 80", "port 443"]
    assert len({f.id for f in told.findings}) == 2
    keyed = rule_text("for: Pod\n{each: 'pod.spec.env[*]', as: e}", "needs {e.key}")
    p = pod(spec={"env": [{"name": "m", "key": "one"}, {"name": "m", "key": "two"}]})
    assert messages(report(keyed, [p])) == ["needs one", "needs two"]


def test_the_finding_may_be_about_another_object_of_the_match() -> None:
    service = obj("Service", "s", "a", spec={"selector": HASH})
    text = rule_text("for: Service\n{each: service -> pods, as: p}", "x").replace("report: {", "report: {object: p, ")
    assert places(report(text, [service, DEPLOYMENT, RS, *PODS])) == [("Deployment/a/d", [*BOTH, "Service/a/s"])]


def test_since_is_when_the_first_of_the_folded_began() -> None:
    text = RULE.replace("report: {", "report: {since: pod.status.startTime, ")
    times = ["2026-01-01T11:00:00Z", "2026-01-01T10:00:00Z"]
    pods = [{**p, "status": {"startTime": t}} for p, t in zip(PODS, times, strict=True)]
    assert only(report(text, [RS, *pods])).since == 1767261600.0
    assert only(report(text, PODS)).since is None


def with_evidence(match: str, *paths: str) -> str:
    return rule_text(match, "m", tail="evidence: [" + ", ".join(f'"{p}"' for p in paths) + "]")


P = ObjectRef("Pod", "a", "p")


def test_evidence_names_the_field_and_its_value() -> None:
    p = pod(spec={"x": "v", "l": [{"name": "one", "n": 1}, {"name": "two", "n": 2}], "none": None})
    text = with_evidence(
        "for: Pod\n{each: 'pod.spec.l[*]', as: e}", "pod.spec.x", "e.n", "pod.spec.none", "pod.spec.gone"
    )
    assert [f.evidence for f in report(text, [p]).findings] == [
        (Evidence("field", P, "spec.x", "v"), Evidence("field", P, "e one: n", "1")),
        (Evidence("field", P, "spec.x", "v"), Evidence("field", P, "e two: n", "2")),
    ]


def test_evidence_of_a_container_names_it() -> None:
    text = with_evidence("for: Pod\n{each: pod -> containers, as: c}", "c.status.state.waiting.reason", "c.image")
    assert only(report(text, [pod(**waiting("Bad"))])).evidence == (
        Evidence("field", P, "c: status.state.waiting.reason", "Bad"),
        Evidence("field", P, "c: image", "x:1"),
    )


def test_evidence_of_an_event_is_the_event() -> None:
    about = obj("Deployment", "d", "a", meta={"uid": "1"})
    said = event(about, "Failed", "no luck", count=3)
    text = with_evidence("for: Deployment\n{some: deployment -> events, as: e}", "e.message")
    (proof,) = only(report(text, [about, said])).evidence
    assert proof == Evidence("event", ObjectRef("Deployment", "a", "d", "apps"), "Failed", "no luck", 3, 1767268800.0)
    assert (proof.object.uid, proof.object.api_version) == ("1", "apps/v1")


def test_evidence_of_an_event_without_fields() -> None:
    said = event(pod(), "x")
    said |= {"reason": None, "message": None}
    text = with_evidence("for: Pod\n{some: pod -> events, as: e}", "e")
    assert only(report(text, [pod(), said])).evidence == (Evidence("event", P, "", "", 1, 1767268800.0),)


LOG = "starting\nFATAL: cannot connect to db:5432\nshutting down\n"


def test_evidence_of_a_log_is_the_line_that_matched() -> None:
    match = "for: Pod\n{each: pod -> containers, as: c, where: {$.log: {matches: 'connect to (?P<peer>[a-z]+)'}}}"
    told = report(with_evidence(match, "c.log"), [pod(**waiting("x"))], logs={("a", "p", "c"): LOG})
    assert only(told).evidence == (Evidence("log", P, "c", "FATAL: cannot connect to db:5432"),)


def test_evidence_of_a_log_that_no_pattern_read_is_its_last_line() -> None:
    text = with_evidence("for: Pod\n{each: pod -> containers, as: c}", "c.logs[*]")
    logs = {("a", "p", "c"): LOG, ("a", "p", "c", "previous"): "first run\n"}
    assert [e.text for e in only(report(text, [pod(**waiting("x"))], logs=logs)).evidence] == [
        "first run",
        "shutting down",
    ]


def test_evidence_is_told_once_and_only_so_much_of_it() -> None:
    p = pod(spec={"long": "x" * 9000, **{f"f{i}": str(i) for i in range(9)}})
    paths = ["pod.spec.long", "pod.spec.long", *(f"pod.spec.f{i}" for i in range(9))]
    found = only(report(with_evidence("for: Pod", *paths), [p]))
    assert [(e.source, len(e.text)) for e in found.evidence] == [
        ("spec.long", 4000),
        *((f"spec.f{i}", 1) for i in range(5)),
    ]


def test_commands_quote_what_they_cite() -> None:
    text = rule_text("for: Pod", "m", tail="commands: ['kubectl get pod {pod.metadata.name}']")
    assert only(report(text, [pod("p; rm -rf /")])).commands == ("kubectl get pod 'p; rm -rf /'",)


def test_worst_first_then_in_a_fixed_order_and_byte_stable() -> None:
    files = [
        rule_text("for: Pod", "m", rule=f"r{i}").replace("error", level, 1) for i, level in enumerate(["info", "error"])
    ]
    objects = [pod("b"), pod("a"), *PODS]
    told = report(files, objects)
    assert [(f.rule, f.object.name) for f in told.findings] == [
        *(("r1", n) for n in ("d", "a", "b")),
        *(("r0", n) for n in ("d", "a", "b")),
    ]
    again = report(list(reversed(files)), list(reversed(objects)))
    assert render(again, "json") == render(told, "json")
    assert NOW.encode() in render(told, "json")
