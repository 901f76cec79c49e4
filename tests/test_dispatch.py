"""Dispatch by value changes the speed of a run, never its result; and neither does any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.kinds import KindKey
from diagnose.language.compiler import RuleSet
from diagnose.model import Report
from diagnose.run import diagnose
from diagnose.snapshot import Builder
from tests.builders import obj, pod, report, rule_text, rules, snapshot, verdict

HIDDEN = "[redacted]"
VALUE = st.sampled_from(
    ["x", "x", HIDDEN, HIDDEN, "y", 1, True, None, [], ["x"], [HIDDEN, "y"], {"a": "x"}, {"a": HIDDEN}]
)
LITERAL = st.sampled_from(["x", "x", "1", "true", "''"])


def operators(depth: int = 1) -> st.SearchStrategy[str]:
    """The right side of a line of a where."""
    plain = st.one_of(
        LITERAL,
        LITERAL.map(lambda v: f"{{is: {v}}}"),
        st.lists(LITERAL, min_size=1, max_size=2).map(lambda v: f"{{in: [{', '.join(v)}]}}"),
        st.sampled_from(
            ["{exists: true}", "{exists: false}", "{matches: x}", "{exists: true, not: x}", "{is: {ref: s.spec.other}}"]
        ),
    )
    return st.one_of(plain, operators(0).map(lambda o: f"{{not: {o}}}")) if depth else plain


def where(*paths: str) -> st.SearchStrategy[str]:
    lines = st.dictionaries(st.sampled_from(paths), operators(), min_size=1, max_size=2)
    one = lines.map(lambda d: "{" + ", ".join(f"'{k}': {v}" for k, v in d.items()) + "}")
    return st.one_of(one, one, st.lists(one, min_size=1, max_size=2).map(lambda ls: f"[{', '.join(ls)}]"))


SUBJECT = where("$.spec.a", "$.spec.l[*]", "$.spec.l[*].a", "$.spec.l[0]")
ELEMENTS = st.sampled_from(["s.spec.l[*]", "s.spec.m[*]", "s.spec.a"])
CONTAINER = where("$.status.reason", "$.spec.image", "$.image", "$.role", "$.status.ports[*]")
NO_WHERE = st.just("")


def clause(verb: str, target: str, condition: str) -> str:
    tail = f", where: {condition}" if condition else ""
    return f"{{{verb}: '{target}', as: e{tail}}}"


CLAUSES = st.one_of(
    NO_WHERE,
    st.builds(clause, st.sampled_from(["each", "some", "maybe"]), ELEMENTS, st.one_of(NO_WHERE, where("$", "$.a"))),
    st.builds(clause, st.sampled_from(["each", "some", "maybe"]), st.just("s -> containers"), CONTAINER),
)


WHEN = where("s.spec.a", "s.spec.l[*]", "s.spec.l[*].a", "s.spec.l[0]").map(lambda w: f"{{when: {w}}}")


@st.composite
def rule_files(draw: st.DrawFn, name: str = "r") -> str:
    kind = draw(st.sampled_from(["Pod", "Pod", "PodSpec"]))
    tail = draw(st.one_of(NO_WHERE, SUBJECT))
    subject = f"{{for: {kind}, as: s" + (f", where: {tail}}}" if tail else "}")
    second = draw(st.one_of(CLAUSES, WHEN))
    if kind == "PodSpec":
        second = second.replace("$.status.", "$.spec.")
    if kind == "PodSpec":
        second = second.replace("s.spec.a", "s.object.spec.template.spec.a") if draw(st.booleans()) else second
    shown = "{s.metadata.name}" + (" {e}" if "as: e" in second else "")
    return rule_text("\n".join(line for line in (subject, second) if line), shown, rule=name)


@st.composite
def objects(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for i in range(draw(st.integers(1, 4))):
        fields = st.fixed_dictionaries(
            {"a": VALUE, "l": st.lists(VALUE, max_size=2)}, optional={"other": VALUE, "m": VALUE}
        )
        spec = draw(fields)
        spec["containers"] = [{"name": "c", "image": draw(VALUE), "reason": draw(VALUE)}]
        status = {"containerStatuses": [{"name": "c", "reason": draw(VALUE), "ports": draw(VALUE)}]}
        if draw(st.sampled_from([True, True, False])):
            made.append(pod(f"p{i}", spec=spec, status=status))
        else:
            made.append(
                obj("Deployment", f"d{i}", "a", spec={"template": {"spec": spec, "metadata": {"name": f"t{i}"}}})
            )
    return made


def unguarded(ruleset: RuleSet) -> RuleSet:
    return replace(ruleset, plans=tuple(replace(p, guards=(), early=()) for p in ruleset.plans))


def reasons(told: Report) -> set[tuple[str, str]]:
    return {(n.rule, n.reason) for n in told.not_evaluated}


@settings(max_examples=400, deadline=None)
@given(rule_files(), objects())
def test_dispatch_never_changes_the_findings(text: str, given_objects: list[dict[str, Any]]) -> None:
    ruleset = rules(text)
    made = snapshot(given_objects)
    fast, slow = diagnose(made, ruleset), diagnose(made, unguarded(ruleset))
    assert fast.findings == slow.findings
    assert reasons(fast) <= reasons(slow)


@settings(max_examples=200, deadline=None)
@given(SUBJECT, objects())
def test_dispatch_on_the_subject_never_changes_what_is_undecided(
    condition: str, given_objects: list[dict[str, Any]]
) -> None:
    ruleset = rules(rule_text(f"{{for: Pod, as: s, where: {condition}}}"))
    made = snapshot(given_objects)
    assert reasons(diagnose(made, ruleset)) == reasons(diagnose(made, unguarded(ruleset)))


@settings(max_examples=100, deadline=None)
@given(rule_files("one"), rule_files("two"), objects(), st.randoms())
def test_no_order_matters(one: str, two: str, given_objects: list[dict[str, Any]], random: Any) -> None:
    told = report([one, two], given_objects)
    shuffled = random.sample(given_objects, len(given_objects))
    assert report([two, one], shuffled) == told


def test_the_template_of_a_pod_spec_is_looked_up_in_every_kind() -> None:
    template = {"spec": {"hostNetwork": True, "containers": [{"name": "c"}]}}
    found = [
        pod("pod", **template),
        obj("Deployment", "deployment", "a", spec={"template": template}),
        obj("CronJob", "cronjob", "a", spec={"jobTemplate": {"spec": {"template": template}}}),
    ]
    other = rule_text("{for: PodSpec, where: {$.spec.hostPID: true}}", rule="other")
    rule = rule_text("{for: PodSpec, as: ps, where: {$.spec.hostNetwork: true}}", "{ps.path}")
    assert verdict(report([rule, other], found)) == [
        "$.spec.jobTemplate.spec.template.spec",
        "$.spec.template.spec",
        "$.spec",
    ]


def test_a_view_at_the_end_of_a_chain_is_read() -> None:
    service = obj("Service", "s", "a", spec={"selector": {"app": "x"}})
    p = pod(
        labels={"app": "x"},
        spec={"containers": [{"name": "c"}]},
        status={"containerStatuses": [{"name": "c", "ready": False}]},
    )
    other = rule_text("{for: Pod, where: {$.spec.x: 1}}", rule="other")
    rule = rule_text(
        "for: Service\n{each: service -> pods -> containers, as: c, where: {$.status.ready: false}}", "{c.name}"
    )
    assert verdict(report([rule, other], [service, p])) == ["c"]


def test_counting_the_containers_of_a_template_reads_them() -> None:
    deployment = obj("Deployment", "d", "a", spec={"template": {"spec": {"containers": [{"name": "c"}]}}})
    other = rule_text("{for: Deployment, where: {$.spec.x: 1}}", rule="other")
    rule = rule_text("{for: PodSpec, as: ps}\n{count: ps -> containers, as: n}", "{n}")
    assert verdict(report([rule, other], [deployment])) == ["1"]


def test_the_object_behind_a_template_is_read() -> None:
    deployment = obj("Deployment", "d", "a", spec={"template": {"spec": {}}}, status={"replicas": 3})
    rule = rule_text("{for: PodSpec, as: ps}", "{ps.object.status.replicas}")
    assert verdict(report(rule, [deployment])) == ["3"]


def test_what_the_bytes_of_an_object_lack_but_its_place_tells() -> None:
    builder = Builder()
    builder.coverage.add_everything()
    builder.add_json(
        b'{"items": [{"metadata": {"name": 7}, "spec": {"x": "\\u0061"}}]}', "p", KindKey("", "Pod"), "shop"
    )
    made = builder.build()
    for where in ("$.metadata.namespace: shop", "$.metadata.name: '7'", "$.kind: Pod", "$.spec.x: a"):
        told = diagnose(made, rules(rule_text(f"{{for: Pod, where: {{{where}}}}}", "{pod.metadata.name}")))
        assert [f.message for f in told.findings] == ["7"], where


def test_events_of_every_api_are_found_by_their_time() -> None:
    said = {**obj("Event.events.k8s.io", "e", "a"), "note": "n", "eventTime": "2026-01-01T11:00:00Z"}
    rule = rule_text("{for: Event, where: {$.lastTimestamp: {exists: true}}}", "{event.message}")
    assert verdict(report(rule, [said])) == ["n"]


def test_of_many_words_none_is_lost() -> None:
    files = [rule_text(f"{{for: Pod, where: {{$.spec.x: word-{i}}}}}", f"{i}", rule=f"r{i:02}") for i in range(20)]
    assert verdict(report(files, [pod(f"p{i:02}", spec={"x": f"word-{i}"}) for i in range(20)])) == [
        str(i) for i in range(20)
    ]
