"""Which findings are causes: chains, circles, several causes, ranking, and nothing lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.correlate import _acyclic
from diagnose.model import Report
from tests.builders import obj, owned_by, pod, report, rule_text, symptoms

DEPLOYMENT = obj("Deployment", "d", "a", meta={"uid": "1"})
RS = obj("ReplicaSet", "d-1", "a", meta={"uid": "2", **owned_by(DEPLOYMENT)})
NODE = obj("Node", "n")
SERVICE = obj("Service", "s", "a", spec={"selector": {"app": "x"}})


def shop(name: str = "d-1-p", **fields: Any) -> dict[str, Any]:
    """A pod of the Deployment, behind the Service, on the node."""
    return pod(name, labels={"app": "x"}, meta=owned_by(RS), spec={"nodeName": "n"}, **fields)


def rule(name: str, kind: str, head: str = "", severity: str = "error", message: str = "m") -> str:
    return rule_text(f"{{for: {kind}, as: it}}", message, rule=name, tail=head).replace("error", severity, 1)


def tree(told: Report) -> list[tuple[str, list[str]]]:
    """Each cause with its effects, as `rule object`."""
    name = {f.id: f"{f.rule} {f.object.name}" for f in told.findings}
    return [(name[c.finding], [name[e] for e in c.effects]) for c in told.causes]


def causes_of(told: Report) -> dict[str, list[str]]:
    name = {f.id: f.rule for f in told.findings}
    return {f.rule: sorted(name[c] for c in f.caused_by) for f in told.findings}


KUBELET = rule("kubelet", "Node", "explains: [{symptom: pod-not-ready, via: it -> pods}]", "critical")
NOT_READY = rule("not-ready", "Pod", "symptom: pod-not-ready")
NO_ENDPOINTS = rule("no-endpoints", "Service", "symptom: no-endpoints")
SHORT = rule("short", "Deployment", "symptom: replicas-short", "warning")
WORLD = [DEPLOYMENT, RS, NODE, SERVICE, shop()]


def test_a_cause_explains_along_a_relation_and_all_that_follows() -> None:
    told = report([SHORT, NOT_READY, NO_ENDPOINTS, KUBELET], WORLD)
    assert tree(told) == [("kubelet n", ["not-ready d", "no-endpoints s", "short d"])]
    assert causes_of(told) == {
        "kubelet": [],
        "not-ready": ["kubelet"],
        "no-endpoints": ["kubelet", "not-ready"],
        "short": ["kubelet", "not-ready"],
    }
    assert [f.rule for f in told.findings] == ["kubelet", "not-ready", "no-endpoints", "short"]
    assert [(c.rank, c.affected) for c in told.causes] == [(1, 4)]


def test_a_symptom_leads_on_though_no_rule_found_what_is_between() -> None:
    told = report([SHORT, KUBELET], WORLD)
    assert tree(told) == [("kubelet n", ["short d"])]


def test_a_cause_elsewhere_explains_nothing_here() -> None:
    other = pod("other", labels={"app": "x"}, spec={"nodeName": "m"})
    told = report([KUBELET, NOT_READY], [NODE, other])
    assert tree(told) == [("kubelet n", []), ("not-ready other", [])]


def test_two_findings_of_one_symptom_do_not_explain_each_other() -> None:
    first, second = (rule(name, "Pod", "symptom: pod-not-ready") for name in ("crash", "pull"))
    told = report([first, second], [pod()])
    assert tree(told) == [("crash p", []), ("pull p", [])]


def test_several_causes_of_one_effect_all_count() -> None:
    pull = rule("pull", "Pod", "symptom: pod-not-ready\nexplains: [{symptom: replicas-short, via: it -> workload}]")
    told = report([SHORT, pull, rule("crash", "Pod", "symptom: pod-not-ready")], [DEPLOYMENT, RS, shop()])
    assert tree(told) == [("crash d", ["short d"]), ("pull d", ["short d"])]
    assert causes_of(told)["short"] == ["crash", "pull"]
    assert sorted(f.rule for f in told.findings) == ["crash", "pull", "short"]


def test_of_two_that_explain_each_other_the_worse_is_the_cause() -> None:
    head = "symptom: pod-{}\nexplains: [{{symptom: pod-{}, via: it}}]"
    mild = rule("a-mild", "Pod", head.format("pending", "missing"), "warning")
    bad = rule("b-bad", "Pod", head.format("missing", "pending"), "error")
    told = report([mild, bad], [pod()])
    assert tree(told) == [("b-bad p", ["a-mild p"])]
    same = [
        rule(name, "Pod", head.format(*which))
        for name, which in (("x", ("pending", "missing")), ("y", ("missing", "pending")))
    ]
    assert tree(report(same, [pod()])) == [("x p", ["y p"])]


def test_a_circle_of_three_has_one_cause() -> None:
    kinds = ["pod-pending", "pod-missing", "replicas-short"]
    files = [
        rule(f"r{i}", "Pod", f"symptom: {kinds[i]}\nexplains: [{{symptom: {kinds[(i + 1) % 3]}, via: it}}]")
        for i in range(3)
    ]
    told = report(files, [pod()])
    assert tree(told) == [("r0 p", ["r1 p", "r2 p"])]


def test_causes_are_ranked_by_severity_then_by_what_they_explain() -> None:
    lone = rule("lone", "Namespace", severity="critical")
    info = rule("info", "Namespace", severity="info")
    plain = rule("a-plain", "Service", severity="error")
    told = report([info, plain, NOT_READY, lone, SHORT], [*WORLD, obj("Namespace", "ns")])
    assert [(c[0], len(c[1])) for c in tree(told)] == [
        ("lone ns", 0),
        ("not-ready d", 1),
        ("a-plain s", 0),
        ("info ns", 0),
    ]
    assert [c.rank for c in told.causes] == [1, 2, 3, 4]


def test_a_case_may_have_a_symptom_of_its_own() -> None:
    tail = "cases:\n- {id: one, when: {it.spec.x: 1}, message: m, symptom: pod-not-ready}\n- {id: two, message: m}\n"
    cases = rule_text("{for: Pod, as: it}", tail=tail, rule="cases")
    told = report([cases, KUBELET], [NODE, *(pod(f"p{i}", spec={"nodeName": "n", "x": i}) for i in (1, 2))])
    assert tree(told) == [("kubelet n", ["cases/one p1"]), ("cases/two p2", [])]


def test_the_cause_may_start_at_any_object_of_the_match() -> None:
    file = rule_text(
        "{for: Service, as: it}\n{some: it -> pods, as: p}",
        rule="r",
        tail="explains: [{symptom: pod-not-ready, via: p}]",
    )
    assert tree(report([file, NOT_READY], WORLD)) == [("r s", ["not-ready d"])]


def test_the_symptoms_lead_somewhere_and_nowhere_in_circles() -> None:
    table = {s.name: s for s in symptoms()}
    assert all(e.symptom in table for s in table.values() for e in s.explains)
    assert "replicas-short" in {n for n in table if not table[n].explains}
    remaining = set(table)
    while ends := {n for n in remaining if not {e.symptom for e in table[n].explains} & (remaining - {n})}:
        remaining -= ends
    assert remaining == set()


EDGES = st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 6), max_size=4), max_size=7).map(
    lambda edges: {effect: causes - {effect} for effect, causes in edges.items()}
)


@settings(deadline=None)
@given(EDGES)
def test_what_is_kept_has_no_circle_and_every_effect_keeps_a_way_to_a_root(edges: dict[int, set[int]]) -> None:
    kept = _acyclic([], edges)
    assert all(causes <= edges[effect] for effect, causes in kept.items())
    remaining = set(range(7))
    while free := {n for n in remaining if not kept.get(n, set()) & remaining}:
        remaining -= free
    assert remaining == set()
    for effect, causes in edges.items():
        assert not causes or kept.get(effect) or all(effect in ancestors(kept, c) for c in causes)


def ancestors(kept: dict[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    open_ = [start]
    while open_:
        for cause in kept.get(open_.pop(), ()):
            if cause not in found:
                found.add(cause)
                open_.append(cause)
    return found


SYMPTOMS = st.sampled_from(["pod-pending", "pod-missing", "pod-not-ready", "replicas-short", "no-endpoints"])
FILES = st.lists(
    st.tuples(st.sampled_from(["Pod", "Service", "Deployment"]), SYMPTOMS, SYMPTOMS), min_size=1, max_size=5
)


@settings(deadline=None, max_examples=60)
@given(FILES)
def test_nothing_is_lost_and_no_root_has_a_cause(files: list[tuple[str, str, str]]) -> None:
    texts = [
        rule(f"r{i}", kind, f"symptom: {own}\nexplains: [{{symptom: {other}, via: it}}]")
        for i, (kind, own, other) in enumerate(files)
    ]
    told = report(texts, WORLD)
    by_id = {f.id: f for f in told.findings}
    assert len(by_id) == len(told.findings) == len(files)
    assert {c.finding for c in told.causes} == {f.id for f in told.findings if not f.caused_by}
    assert {e for c in told.causes for e in (c.finding, *c.effects)} == set(by_id)
    assert [c.rank for c in told.causes] == list(range(1, len(told.causes) + 1))
