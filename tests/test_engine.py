"""Clauses, three-valued: each verb when it holds, when it does not, and when nobody can tell."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from diagnose.errors import LoadErrors
from diagnose.run import diagnose
from tests.builders import (
    event,
    messages,
    obj,
    owned_by,
    pod,
    report,
    rule_text,
    rules,
    snapshot,
    undecided,
    verdict,
)

HIDDEN = "a value that it reads was redacted, or is not in the dump"
EXPIRED = "the events of the object have expired (the API server keeps them for an hour)"

NODE = obj("Node", "n")
ON_NODE = pod(spec={"nodeName": "n"}, status={"phase": "Failed"})
HEALTHY = pod("q", spec={"nodeName": "n"}, status={"phase": "Running"})
SECRETIVE = pod("s", spec={"nodeName": "n"}, status={"phase": "[redacted]"})

VERBS = {
    "each": ("{each: node -> pods, as: x, where: {$.status.phase: Failed}}", "{x.metadata.name}"),
    "some": ("{some: node -> pods, as: x, where: {$.status.phase: Failed}}", "{x.metadata.name}"),
    "none": ("{none: node -> pods, where: {$.status.phase: Failed}}", "none"),
    "every": ("{every: node -> pods, where: {$.status.phase: Failed}}", "every"),
    "count": ("{count: node -> pods, as: x, where: {$.status.phase: Failed}, is: {ge: 1}}", "{x}"),
    "maybe": ("{maybe: node -> pods, as: x, where: {$.status.phase: Failed}}", "{x.metadata.name}"),
}
NOT_POD = "Pod was not collected"


def of_node(verb: str, *pods: dict[str, Any], **settings: Any) -> list[str] | str:
    clause, message = VERBS[verb]
    return verdict(report(rule_text(f"for: Node\n{clause}", message), [NODE, *pods], **settings))


@pytest.mark.parametrize(
    ("verb", "fits", "mixed", "fails", "nothing"),
    [
        ("each", ["p"], ["p"], [], []),
        ("some", ["p"], ["p"], [], []),
        ("none", [], [], ["none"], ["none"]),
        ("every", ["every"], [], [], []),
        ("count", ["1"], ["1"], [], []),
        ("maybe", ["p"], ["p"], ["none"], ["none"]),
    ],
)
def test_a_verb_over_what_is_there(verb: str, fits: Any, mixed: Any, fails: Any, nothing: Any) -> None:
    assert of_node(verb, ON_NODE) == fits
    assert of_node(verb, ON_NODE, HEALTHY) == mixed
    assert of_node(verb, HEALTHY) == fails
    assert of_node(verb) == nothing


@pytest.mark.parametrize(
    ("verb", "alone", "with_fit", "with_misfit"),
    [
        ("each", HIDDEN, ["p"], HIDDEN),
        ("some", HIDDEN, ["p"], HIDDEN),
        ("none", HIDDEN, [], HIDDEN),
        ("every", HIDDEN, HIDDEN, []),
        ("count", HIDDEN, ["unknown"], HIDDEN),
        ("maybe", ["unknown"], ["p"], ["unknown"]),
    ],
)
def test_a_verb_over_a_hidden_value(verb: str, alone: Any, with_fit: Any, with_misfit: Any) -> None:
    assert of_node(verb, SECRETIVE) == alone
    assert of_node(verb, SECRETIVE, ON_NODE) == with_fit
    assert of_node(verb, SECRETIVE, HEALTHY) == with_misfit


@pytest.mark.parametrize(
    ("verb", "nothing", "with_fit", "with_misfit"),
    [
        ("each", NOT_POD, ["p"], []),
        ("some", NOT_POD, ["p"], NOT_POD),
        ("none", NOT_POD, [], NOT_POD),
        ("every", NOT_POD, NOT_POD, []),
        ("count", NOT_POD, ["unknown"], NOT_POD),
        ("maybe", ["unknown"], ["p"], ["unknown"]),
    ],
)
def test_a_verb_over_what_may_be_missing(verb: str, nothing: Any, with_fit: Any, with_misfit: Any) -> None:
    assert of_node(verb, collected=["Node"]) == nothing
    assert of_node(verb, ON_NODE, collected=["Node"]) == with_fit
    assert of_node(verb, HEALTHY, collected=["Node"]) == with_misfit


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("{ge: 0}", ["unknown"]),
        ("{ge: 3}", NOT_POD),
        ("{ge: 1, le: 3}", NOT_POD),
        ("{in: [4, 7]}", NOT_POD),
        ("5", NOT_POD),
        ("{not: 5}", NOT_POD),
        ("{lt: 1}", []),
        ("{lt: 2}", NOT_POD),
        ("{le: 1000}", NOT_POD),
    ],
)
def test_a_count_that_may_be_larger_decides_only_what_holds_for_every_larger_number(test: str, told: Any) -> None:
    rule = rule_text(f"for: Node\n{{count: node -> pods, as: x, is: {test}}}", "{x}")
    assert verdict(report(rule, [NODE, ON_NODE], collected=["Node"])) == told


def test_a_count_with_a_hidden_element_is_bounded_by_it() -> None:
    match = "for: Node\n{count: node -> pods, as: x, where: {$.status.phase: Failed}, is: %s}"
    assert verdict(report(rule_text(match % "{ge: 3}"), [NODE, ON_NODE, SECRETIVE])) == []
    assert verdict(report(rule_text(match % "{le: 2}"), [NODE, ON_NODE, SECRETIVE])) == ["found"]
    assert verdict(report(rule_text(match % "2"), [NODE, ON_NODE, SECRETIVE])) == HIDDEN


def test_a_subject_of_which_nothing_was_collected() -> None:
    told = report(rule_text("for: Pod\n{none: pod -> node}"), [], collected=["Node"])
    assert undecided(told) == [("r", "Pod was not collected")]
    assert [n.needs for n in told.not_evaluated] == [("Pod",)]


def test_not_evaluated_counts_the_objects() -> None:
    rule = rule_text("for: Pod\n{some: pod -> claims, as: c}")
    told = report(rule, [with_claim("p"), with_claim("q")], collected=["Pod"])
    assert [(n.reason, n.needs, n.objects) for n in told.not_evaluated] == [
        ("PersistentVolumeClaim was not collected", ("PersistentVolumeClaim",), 2)
    ]


def with_claim(name: str) -> dict[str, Any]:
    return pod(name, spec={"volumes": [{"persistentVolumeClaim": {"claimName": f"data-{name}"}}]})


def test_absence_is_decided_per_namespace() -> None:
    rule = rule_text("for: Pod\n{none: pod -> claims}", "{pod.metadata.namespace}")
    objects = [{**with_claim("p"), "metadata": {"name": "p", "namespace": n}} for n in ("a", "b")]
    told = report(rule, objects, collected=["Pod"], namespaces={"PersistentVolumeClaim": ["a"]})
    assert messages(told) == ["a"]
    assert undecided(told) == [("r", "PersistentVolumeClaim was not collected in namespace b")]


def test_expired_events_are_no_evidence_of_absence() -> None:
    rule = rule_text("{for: Pod, where: {$.status.phase: Pending}}\n{none: pod -> events}")
    young = {"creationTimestamp": "2026-01-01T11:30:00Z"}
    old = {"creationTimestamp": "2026-01-01T10:30:00Z"}
    assert verdict(report(rule, [pod(status={"phase": "Pending"}, meta=young)])) == ["found"]
    assert verdict(report(rule, [pod(status={"phase": "Pending"}, meta=old)])) == EXPIRED
    known = pod(status={"phase": "Pending"}, meta=old)
    assert verdict(report(rule, [known, event(known, "Other")])) == []
    stateless = rule_text("for: Pod\n{none: pod -> events}")
    assert verdict(report(stateless, [pod(meta=old)])) == ["found"]


def test_let_computes_and_hides_what_it_cannot_know() -> None:
    def told(function: str, *amounts: str) -> list[str] | str:
        match = f"for: Pod\nlet: {{x: {{{function}: 'pod.spec.amounts[*]'}}}}"
        return verdict(report(rule_text(match, "{x}"), [pod(spec={"amounts": list(amounts)})]))

    assert told("sum", "500m", "1") == ["1.5"]
    assert told("sum") == ["none"]
    assert told("sum", "1", "[redacted]") == ["unknown"]
    assert told("values", "1", "[redacted]") == ['["1"]']
    assert told("first", "[redacted]") == ["unknown"]
    assert told("max", "500m", "1") == ["1"]


def test_when_over_bindings() -> None:
    match = "for: Pod\n{maybe: pod -> node, as: n}\nwhen: {n.spec.unschedulable: %s}"
    cordoned = obj("Node", "n", spec={"unschedulable": True})
    assert verdict(report(rule_text(match % "true"), [ON_NODE, cordoned])) == ["found"]
    assert verdict(report(rule_text(match % "true"), [ON_NODE, NODE])) == []
    assert verdict(report(rule_text(match % "true"), [ON_NODE])) == []
    assert verdict(report(rule_text(match % "true"), [ON_NODE], collected=["Pod"])) == HIDDEN
    assert verdict(report(rule_text(match % "{not: true}"), [ON_NODE])) == ["found"]
    assert verdict(report(rule_text(match % "{not: true}"), [ON_NODE], collected=["Pod"])) == HIDDEN


A, B, C = "$.spec.a", "$.spec.b", "$.spec.c"
TRUE, FALSE, UNKNOWN = "x", "y", "[redacted]"


@pytest.mark.parametrize(
    ("left", "right", "both", "one"),
    [
        (TRUE, TRUE, ["found"], ["found"]),
        (TRUE, FALSE, [], ["found"]),
        (TRUE, UNKNOWN, HIDDEN, ["found"]),
        (FALSE, TRUE, [], ["found"]),
        (FALSE, FALSE, [], []),
        (FALSE, UNKNOWN, [], HIDDEN),
        (UNKNOWN, TRUE, HIDDEN, ["found"]),
        (UNKNOWN, FALSE, [], HIDDEN),
        (UNKNOWN, UNKNOWN, HIDDEN, HIDDEN),
    ],
)
def test_and_and_or_of_three_values(left: str, right: str, both: Any, one: Any) -> None:
    objects = [pod(spec={"a": left, "b": right})]
    assert verdict(report(rule_text(f"{{for: Pod, where: {{{A}: x, {B}: x}}}}"), objects)) == both
    assert verdict(report(rule_text(f"{{for: Pod, where: [{{{A}: x}}, {{{B}: x}}]}}"), objects)) == one


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], ["found"]),
        ([FALSE], ["found"]),
        ([TRUE], []),
        ([UNKNOWN], HIDDEN),
        ([UNKNOWN, FALSE], HIDDEN),
        ([UNKNOWN, TRUE], []),
    ],
)
def test_not_holds_when_no_value_passes(values: list[str], told: Any) -> None:
    rule = rule_text("{for: Pod, where: {'$.spec.l[*]': {not: x}}}")
    assert verdict(report(rule, [pod(spec={"l": values})])) == told


@pytest.mark.parametrize(
    ("left", "right", "equal", "unequal"),
    [
        (["x", "y"], ["z", "x"], ["found"], []),
        (["x"], ["z"], [], ["found"]),
        ([], ["z"], [], ["found"]),
        (["x"], [], [], ["found"]),
        ([], [UNKNOWN], [], ["found"]),
        (["x"], [UNKNOWN], HIDDEN, HIDDEN),
        ([UNKNOWN], ["x"], HIDDEN, HIDDEN),
        ([UNKNOWN, "x"], ["x"], ["found"], []),
    ],
)
def test_a_reference_between_two_lists_means_any_against_any(left: Any, right: Any, equal: Any, unequal: Any) -> None:
    objects = [pod(spec={"l": left, "r": right})]
    where = "{for: Pod, where: {'$.spec.l[*]': %s}}"
    assert verdict(report(rule_text(where % "{is: {ref: 'pod.spec.r[*]'}}"), objects)) == equal
    assert verdict(report(rule_text(where % "{not: {is: {ref: 'pod.spec.r[*]'}}}"), objects)) == unequal


@pytest.mark.parametrize(
    ("value", "there", "absent"),
    [
        ({"a": "x"}, ["found"], []),
        ({"a": "[redacted]"}, ["found"], []),
        ({"a": None}, [], ["found"]),
        ({}, [], ["found"]),
    ],
)
def test_exists_of_a_redacted_text_is_known(value: Any, there: Any, absent: Any) -> None:
    assert verdict(report(rule_text(f"{{for: Pod, where: {{{A}: {{exists: true}}}}}}"), [pod(spec=value)])) == there
    assert verdict(report(rule_text(f"{{for: Pod, where: {{{A}: {{exists: false}}}}}}"), [pod(spec=value)])) == absent


def test_without_a_capture_time_an_age_cannot_be_told() -> None:
    rule = rule_text("{for: Pod, where: {$.metadata.creationTimestamp: {older_than: 5m}}}")
    born = pod(meta={"creationTimestamp": "2026-01-01T11:00:00Z"})
    assert verdict(report(rule, [born])) == ["found"]
    timeless = dataclasses.replace(snapshot([born]), captured_at=None)
    assert undecided(diagnose(timeless, rules(rule))) == [("r", "the capture time is not known")]


def test_captures_are_bound_only_when_their_clause_holds() -> None:
    def told(where: str) -> list[str] | str:
        blocked = pod(spec={"reason": "Blocked", "message": "quota small is used up"})
        return verdict(report(rule_text(f"for: Pod\n{{maybe: Pod, where: {where}}}", "{quota}"), [blocked]))

    pattern = '$.spec.message: {matches: "quota (?P<quota>[a-z]+) is used"}'
    assert told(f"{{{pattern}}}") == ["small"]
    assert told(f"{{{pattern}, $.spec.reason: Other}}") == ["none"]
    assert told(f"[{{{pattern}, $.spec.reason: Other}}, {{$.spec.reason: Blocked}}]") == ["none"]
    assert told(f"[{{$.spec.reason: Other}}, {{{pattern}}}]") == ["small"]


def test_a_maybe_that_cannot_tell_leaves_its_captures_unknown() -> None:
    pattern = '{matches: "quota (?P<quota>[a-z]+)"}'
    match = f"for: Pod\n{{maybe: pod -> events, where: {{$.message: {pattern}}}}}\nwhen: {{quota: {{exists: false}}}}"
    assert verdict(report(rule_text(match, "{quota}"), [pod()])) == ["none"]
    assert verdict(report(rule_text(match, "{quota}"), [pod()], collected=["Pod"])) == HIDDEN


def test_newest_binds_the_latest_whatever_the_order() -> None:
    p = pod()
    times = {"e1": "2026-01-01T11:00:00Z", "e2": "2026-01-01T11:59:00Z", "e3": "2026-01-01T11:30:00Z"}
    events = [event(p, "Failed", n, name=n, lastTimestamp=t) for n, t in times.items()]
    rule = rule_text("for: Pod\n{some: pod -> events, as: e, newest: $.lastTimestamp}", "{e.message}")
    assert verdict(report(rule, [p, *events])) == ["e2"]
    assert verdict(report(rule, [p, *reversed(events)])) == ["e2"]


def test_a_kind_by_name_in_the_namespace_of_the_subject() -> None:
    p = pod(spec={"wants": ["here", "gone", "elsewhere"], "in": "b", "hidden": "[redacted]"})
    maps = [obj("ConfigMap", "here", "a"), obj("ConfigMap", "elsewhere", "b")]
    match = "for: Pod\n{each: 'pod.spec.wants[*]', as: want}\n{none: ConfigMap, named: want%s}"
    assert messages(report(rule_text(match % "", "{want}"), [p, *maps])) == ["elsewhere", "gone"]
    assert messages(report(rule_text(match % ", namespace: pod.spec.in", "{want}"), [p, *maps])) == ["gone", "here"]
    assert verdict(report(rule_text(match % ", namespace: pod.spec.hidden"), [p, *maps])) == HIDDEN
    told = report(rule_text(match % "", "{want}"), [p, *maps], collected=["Pod"], namespaces={"ConfigMap": ["b"]})
    assert undecided(told) == [("r", "ConfigMap was not collected in namespace a")]


def test_a_named_kind_keeps_to_its_name_when_its_where_joins_by_value() -> None:
    p = pod(spec={"want": "m", "k": "v"})
    other = obj("ConfigMap", "other", "a", data={"k": "v"})
    match = "for: Pod\n{some: ConfigMap, named: pod.spec.want, as: m, where: {$.data.k: {is: {ref: pod.spec.k}}}}"
    assert verdict(report(rule_text(match, "{m.metadata.name}"), [p, other])) == []
    assert verdict(
        report(rule_text(match, "{m.metadata.name}"), [p, other, obj("ConfigMap", "m", "a", data={"k": "v"})])
    ) == ["m"]


def test_a_relation_stays_a_relation_when_its_where_joins_by_value() -> None:
    service = obj("Service", "s", "a", spec={"selector": {"app": "x"}, "name": "http"})
    stranger = pod("stranger", labels={"app": "y"}, spec={"port": "http"})
    friend = pod("friend", labels={"app": "x"}, spec={"port": "http"})
    match = "for: Service\n{%s: service -> pods, where: {$.spec.port: {is: {ref: service.spec.name}}}}"
    assert verdict(report(rule_text(match % "some"), [service, stranger])) == []
    assert verdict(report(rule_text(match % "none"), [service, stranger])) == ["found"]
    assert verdict(report(rule_text(match % "some"), [service, stranger, friend])) == ["found"]


@pytest.mark.parametrize(("verb", "told"), [("some", ["found"]), ("none", []), ("every", []), ("count", ["found"])])
def test_a_join_by_value(verb: str, told: Any) -> None:
    pending, holder, other = (
        pod(n, m, spec={"port": p}) for n, m, p in (("p", "a", 80), ("q", "b", 80), ("r", "a", 81))
    )
    tail = ", as: n, is: 2" if verb == "count" else ""
    where = "where: {$.spec.port: {is: {ref: pod.spec.port}}}"
    match = f"{{for: Pod, where: {{$.metadata.name: p}}}}\n{{{verb}: Pod, {where}{tail}}}"
    assert verdict(report(rule_text(match), [pending, holder, other])) == told


@pytest.mark.parametrize(("mine", "theirs"), [("[redacted]", "v"), ("v", "[redacted]"), ("[redacted]", "[redacted]")])
def test_a_join_by_a_hidden_value_cannot_be_told(mine: str, theirs: str) -> None:
    objects = [pod("p", spec={"want": mine}), obj("ConfigMap", "m", "a", data={"k": theirs})]
    for verb in ("some", "none"):
        match = f"for: Pod\n{{{verb}: ConfigMap, where: {{$.data.k: {{is: {{ref: pod.spec.want}}}}}}}}"
        assert verdict(report(rule_text(match), objects)) == HIDDEN


def test_a_join_by_a_list_or_map_compares_it_whole() -> None:
    objects = [pod("p", spec={"want": ["x"]}), obj("ConfigMap", "m", "a", data={"k": ["x"]})]
    match = "for: Pod\n{some: ConfigMap, where: {$.data.k: {is: {ref: pod.spec.want}}}}"
    assert verdict(report(rule_text(match), objects)) == ["found"]


@pytest.mark.parametrize("operator", ["matches", "exists"])
def test_an_operator_on_a_literal_refuses_a_reference(operator: str) -> None:
    text = rule_text(f"{{for: Pod, where: {{$.spec.a: {{{operator}: {{ref: pod.spec.b}}}}}}}}")
    expected = f"'{operator}' takes a literal, not {{ref: pod.spec.b}}"
    with pytest.raises(LoadErrors, match=re.escape(expected)):
        rules(text)


def test_owned_by_is_here_for_the_owner_of_a_chain() -> None:
    deployment = obj("Deployment", "d", "a", meta={"uid": "1"})
    rs = obj("ReplicaSet", "d-1", "a", meta={"uid": "2", **owned_by(deployment)})
    p = pod("d-1-x", meta=owned_by(rs))
    match = "for: Pod\n{some: pod -> workload, as: w}"
    assert verdict(report(rule_text(match, "{w.kind} {w.metadata.name}"), [deployment, rs, p])) == ["Deployment d"]
