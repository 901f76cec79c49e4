"""The terminal report as a person sees it."""

from __future__ import annotations

import dataclasses
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.model import Evidence, Finding, InputWarning, Location, NotEvaluated, ObjectRef, Severity
from diagnose.render import Options, render

from .builders import at, cause, event, field, finding, log, night, ref, report

NIGHT = """\
faults-a   Kubernetes 1.36.2   captured 2026-11-23 03:28:45Z
2 nodes, 37 pods, 355 events   212 rules
2 causes (1 critical, 1 error), 3 consequences, 8 info, 3 rules could not be
evaluated
The input was read only in part: objects may be missing.

 1 critical  Node worker-b: its kubelet never posted status
             [kubelet-never-posted]
   why       status.conditions[?(@.type=='Ready')].reason =
               NodeStatusNeverUpdated
   since     03:23:01Z, 5m44s before the capture
   so        Deployment shop/web: 0 of 3 replicas are available
               so Service shop/web has no ready endpoint
                 so Ingress shop/web: answers 503
             12 objects affected in all
   fix       Start the kubelet and check that it reaches the API server.
   run       systemctl status kubelet
             journalctl -u kubelet -n 100
   docs      https://kubernetes.io/docs/concepts/architecture/nodes/

 2 error     Deployment shop/api crashes with exit code 1: container api cannot
             reach postgres.shop.svc:5432 [crash-loop/connection-refused]
   why       Pod api-6cff9697b-klnt6:
               log "FATAL: could not connect to postgres: refused" (api,
                 previous run)
               event BackOff "Back-off restarting failed container" (x12, last
                 03:28:12Z, 33s before the capture)
   on        2 Pods: api-6cff9697b-klnt6, api-6cff9697b-x2k4p (4 times in all)
   fix       Start the database, or correct its address in the Deployment's
             environment; then watch the pods recover.
   run       kubectl -n shop logs deploy/api --previous
             kubectl -n shop get endpointslices -l kubernetes.io/service-name=postgres -o custom-columns=NAME:.x,A:.y
   refs      SRE-12

info (8)
   No memory limit: 7 Deployments: shop/d0, shop/d1, shop/d2, shop/d3, … and 3
     more [no-memory-limit]
   Node worker-b runs a kubelet of Kubernetes 1.29. [old-version]

could not tell (3 rules)
   StorageClass was not collected: pvc-missing-class, pvc-no-default (3 objects)
   not collected (pods.metrics.k8s.io): hpa-no-metrics

warnings (1)
   events.json: not read to its end: malformed JSON at byte 4096
"""


def text(of: object, **options: object) -> str:
    rendered = render(of, "text", Options(**options))  # type: ignore[arg-type]
    assert isinstance(rendered, str)
    return rendered


def body(of: object, **options: object) -> str:
    """The report without its header."""
    return text(of, **options).partition("\n\n")[2]


def columns(line: str) -> int:
    visible = (c for c in line if unicodedata.category(c) not in ("Mn", "Me"))
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in visible)


# --- whole reports ----------------------------------------------------------------------------------------------------


def test_whole_report():
    assert text(night()) == NIGHT


def test_color_only_adds_styles():
    colored = text(night(), color=True)
    assert colored != NIGHT
    assert re.sub(r"\x1b\[[0-9;]+m", "", colored) == NIGHT


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width):
    for line in text(night(), width=width).splitlines():
        assert columns(line) <= width or re.search(r"kubectl|journalctl|https://", line)


def test_an_absurd_width_is_mended():
    assert text(night(), width=1) == text(night(), width=40)


def test_healthy_is_two_lines():
    assert text(report()) == (
        "faults-a   Kubernetes 1.36.2   captured 2026-11-23 03:28:45Z\n"
        "nothing found: 212 rules on 2 nodes, 37 pods, 355 events\n"
    )


def test_healthy_says_in_one_line_what_it_could_not_tell():
    gaps = [NotEvaluated(f"rule-{n}", f"Kind{n % 30} was not collected") for n in range(90)]
    lines = text(report(not_evaluated=tuple(gaps))).splitlines()
    assert lines[2:] == ["could not tell (90 rules): not collected: Kind0 (3), Kind1 (3), Kind10 (3), Kin…"]


def test_nothing_examined_is_not_healthy():
    lines = text(report(objects={}, sources=(), captured_at=None, server_version="")).splitlines()
    assert lines == ["Nothing was examined: no Kubernetes objects in the input."]


def test_healthy_but_incomplete():
    lines = text(report(incomplete=True, warnings=(InputWarning("truncated", "a.json"),))).splitlines()
    assert lines[2:] == [
        "The input was read only in part: objects may be missing.",
        "",
        "warnings (1)",
        "   a.json: truncated",
    ]


@pytest.mark.parametrize(
    ("of_snapshot", "first"),
    [
        ({"sources": (("-", "json"),)}, "standard input   Kubernetes"),
        ({"sources": (("a/b/", "x"), ("c.json", "x"))}, "b, c.json   Kubernetes"),
        ({"sources": tuple((f"{n}.yaml", "x") for n in range(9))}, "0.yaml, 1.yaml, … and 7 more   Kubernetes"),
        ({"sources": (("/", "x"),)}, "/   Kubernetes"),
    ],
)
def test_source_names(of_snapshot, first):
    assert text(report(**of_snapshot)).startswith(first)


def test_title_stands_in_for_the_source():
    assert text(report(), title="prod-eu").startswith("prod-eu   Kubernetes")


def test_kinds_stand_in_for_pods_and_nodes():
    objects = {"Deployment.apps": 1200, "NetworkPolicy.networking.k8s.io": 3, "Endpoints": 2, "Role.x": 1}
    assert "on 1,200 Deployments, 3 NetworkPolicies, 2 Endpoints\n" in text(report(objects=objects))


# --- one cause --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "more", "expected"),
    [
        ("has no pod.", {}, "Deployment shop/api: has no pod. [r]"),
        ("shop/api has no pod.", {}, "Deployment shop/api has no pod. [r]"),
        ("Deployment shop/api has no pod.", {}, "Deployment shop/api has no pod. [r]"),
        ("shop/api: no pod.", {}, "Deployment shop/api: no pod. [r]"),
        ("shop/api-2 has no pod.", {}, "Deployment shop/api: shop/api-2 has no pod. [r]"),
        ("api has no pod.", {}, "Deployment shop/api: api has no pod. [r]"),
        ("exits with 1.", {"container": "web"}, "Deployment shop/api, container web: exits with 1. [r]"),
        ("web exits with 1.", {"container": "web"}, "Deployment shop/api: web exits with 1. [r]"),
        ("", {"title": "No pods"}, "Deployment shop/api: No pods [r]"),
    ],
)
def test_headline_names_the_object_once(message, more, expected):
    assert body(report([finding("r", "Deployment shop/api", message, **more)])) == f" 1 error     {expected}\n"


def test_a_kind_of_another_group_is_told_apart():
    foreign = dataclasses.replace(finding("r", "Node n"), object=ref("Node n", "config.openshift.io"))
    assert "Node.config.openshift.io n: is broken" in text(report([foreign]))
    usual = dataclasses.replace(finding("r", "Deployment a/d"), object=ref("Deployment a/d", "apps"))
    assert "Deployment a/d: is broken" in text(report([usual]))


def test_evidence_of_several_objects():
    proofs = (
        field("Pod a/p", "spec.nodeName", "n"),
        field("Node n", "spec.unschedulable", "true"),
        field("Pod b/q", "status.phase", ""),
        event("Pod b/q", "Failed", "no", last="2026-11-22T23:59:59Z"),
    )
    assert body(report([finding("r", "Pod a/p", evidence=proofs)])) == (
        " 1 error     Pod a/p: is broken [r]\n"
        "   why       spec.nodeName = n\n"
        "             Node n: spec.unschedulable = true\n"
        "             Pod b/q:\n"
        '               status.phase = ""\n'
        '               event Failed "no" (last 2026-11-22 23:59:59Z, 3h28m before the\n'
        "                 capture)\n"
    )


def test_times_without_a_capture_time():
    late = finding("r", "Pod a/p", since=at("2026-11-23T03:00:00Z"))
    assert "   since     2026-11-23 03:00:00Z\n" in text(report([late], captured_at=None))


def test_a_time_after_the_capture_says_so():
    late = finding("r", "Pod a/p", since=at("2026-11-23T03:29:45Z"))
    assert "   since     03:29:45Z, 60s after the capture\n" in text(report([late]))


def test_long_values_lose_their_middle():
    value = "a" * 1000 + "END"
    shown = text(report([finding("r", "Pod a/p", evidence=(field("Pod a/p", "f", value),))]), width=1000)
    line = next(line for line in shown.splitlines() if "why" in line)
    assert line.endswith("END") and "…" in line and len(line) < 330


def test_folded_objects():
    pods = tuple(ref(f"Pod shop/api-{n}") for n in range(9))
    services = (ref("Service other/s"),)
    shown = text(report([finding("r", "Deployment shop/api", objects=pods + services, count=10)]), width=100)
    assert "   on        9 Pods: api-0, api-1, api-2, api-3, … and 5 more; 1 Service: other/s\n" in shown


def test_an_object_that_only_repeats_the_subject_is_not_listed():
    assert "   on " not in text(report([finding("r", "Pod a/p", objects=(ref("Pod a/p"),))]))


def test_location_comes_first_and_stays_whole():
    place = Location("deploy/" + "long-folder-name/" * 5 + "api.yaml", 12, 7, "spec.replicas")
    lines = body(report([finding("r", "Pod a/p", location=place)])).splitlines()
    assert lines[1] == f"   at        {place.file}:12:7 spec.replicas"


def test_what_an_earlier_cause_said_is_not_repeated():
    same = [
        finding("r", f"Pod a/p{n}", fix="Do it.", docs=("https://x.io/1",), commands=(f"run {n}", "more")) for n in "12"
    ]
    assert body(report(same)).endswith(
        "\n 2 error     Pod a/p2: is broken [r]\n   fix       as for 1\n   run       run 2\n             more\n"
    )


def many(number: int) -> list[Finding]:
    proofs = (field("Pod a/p", "a", "1"), field("Pod a/p", "b", "2"))
    return [
        finding("r", f"Pod a/p{n:05}", severity="error" if n < 55 else "warning", evidence=proofs, commands=("a", "b"))
        for n in range(number)
    ]


def test_a_rule_that_fires_often_gets_brief():
    blocks = body(report(many(5))).split("\n\n")
    assert [block.count("\n") for block in blocks] == [5, 5, 5, 2, 3]


def test_the_limit():
    shown = text(report(many(10_000)))
    assert shown.endswith("\n\n… and 9,950 more causes (5 errors, 9,945 warnings): use --all or -o json\n")
    assert "10,000 causes (55 errors, 9,945 warnings)" in shown
    assert text(report(many(10_000)), limit=0).count("is broken") == 10_000


def test_wide_ranks_stay_aligned():
    assert body(report(many(100)), limit=0).splitlines()[:2] == [
        "  1 error     Pod a/p00000: is broken [r]",
        "    why       Pod p: ".rstrip(),
    ]


# --- effects ----------------------------------------------------------------------------------------------------------


def test_effects_stand_below_their_deepest_cause_once():
    a = finding("a", "Node n")
    b = finding("b", "Pod x/b", caused_by=(a.id,))
    c = finding("c", "Pod x/c", caused_by=(a.id, b.id))
    d = finding("d", "Pod x/d", caused_by=(a.id, b.id, c.id))
    assert body(report([a, b, c, d], [cause(1, a, d, c, b)])) == (
        " 1 error     Node n: is broken [a]\n"
        "   so        Pod x/b: is broken\n"
        "               so Pod x/c: is broken\n"
        "                 so Pod x/d: is broken\n"
    )


def test_effects_in_a_cycle_are_shown_all_the_same():
    a, b, c = (finding(name, f"Pod x/{name}") for name in "abc")
    b, c = dataclasses.replace(b, caused_by=(c.id,)), dataclasses.replace(c, caused_by=(b.id,))
    assert body(report([a, b, c], [cause(1, a, b, c)])).count("is broken") == 3


def test_a_shared_effect_says_so():
    a, b = finding("a", "Pod x/a"), finding("b", "Pod x/b")
    c = finding("c", "Service x/c", caused_by=(a.id, b.id))
    shown = body(report([a, b, c], [cause(1, a, c), cause(2, b, c)]))
    assert shown.count("Service x/c: is broken\n") == 1
    assert shown.count("Service x/c: is broken (also because of 1)\n") == 1


def test_many_effects_are_counted():
    node = finding("a", "Node n")
    pods = [finding("b", f"Pod x/{n}", caused_by=(node.id,)) for n in range(300)]
    services = [finding("c", f"Service x/{n}", caused_by=(node.id,)) for n in range(12)]
    shown = body(report([node, *pods, *services], [cause(1, node, *pods, *services, affected=313)]))
    assert shown.endswith("             … and more: 292 Pods, 12 Services\n             313 objects affected in all\n")


def test_deep_trees_stay_inside_the_width():
    chain = [finding("r0", "Node n")]
    for n in range(1, 60):
        chain.append(finding(f"r{n}", f"Pod some-namespace/{n}", "is broken " * 9, caused_by=(chain[-1].id,)))
    shown = text(report(chain, [cause(1, *chain)]), width=40, limit=0)
    assert max(map(columns, shown.splitlines()[4:])) <= 40


# --- what is hidden, infos, gaps --------------------------------------------------------------------------------------


def test_severity_hides_and_says_so():
    shown = text(night(), severity=Severity.critical)
    assert "1 cause (1 critical), 3 rules could not be evaluated, 12 below critical not\nshown\n" in shown
    assert "shop/api" not in shown and "info (" not in shown


def test_everything_hidden_is_not_nothing_found():
    shown = text(report([finding("r", "Pod a/p", severity="warning")]), severity=Severity.error)
    assert "nothing at error or worse (1 below it): 212 rules on 2 nodes" in shown


def test_a_low_cause_of_a_shown_effect_is_shown():
    low, high = finding("low", "Pod a/p", severity="info"), finding("high", "Service a/s")
    shown = text(report([low, high], [cause(1, low, high)]), severity=Severity.error)
    assert " 1 info      Pod a/p: is broken [low]\n   so        Service a/s: is broken\n" in shown


def test_only_infos():
    shown = text(report([finding("r", "Pod a/p", severity="info")]))
    assert "no causes, 1 info\n\ninfo (1)\n   Pod a/p: is broken [r]\n" in shown


def test_a_finding_without_a_cause_is_not_lost():
    assert " 1 error     Pod a/p: is broken [r]\n" in text(report([finding("r", "Pod a/p")], causes=[]))


def test_many_warnings_are_cut():
    warnings = tuple(InputWarning(f"w{n:03}") for n in range(100))
    shown = text(report(warnings=warnings))
    assert shown.endswith("   w019\n   … and 80 more: use --all or -o json\n")
    assert text(report(warnings=warnings), limit=0).endswith("   w099\n")


# --- hostile input ----------------------------------------------------------------------------------------------------

HOSTILE = "a\x1b[2J\x1b]0;t\x07\r\nb\x9b31m\u202ecod\u2066\ud800\x00\u2028z"
ESCAPED = r"a\x1b[2J\x1b]0;t\x07\r\nb\x9b31m\u202ecod\u2066\ud800\x00\u2028z"


def test_hostile_message():
    assert f"Pod a/p: {ESCAPED} [r]" in text(report([finding("r", "Pod a/p", HOSTILE)]), width=200)


def test_newlines_of_a_fix_are_paragraphs_and_of_a_command_are_not():
    shown = body(report([finding("r", "Pod a/p", fix="One.\n\nTwo\x1b.\n", commands=("echo a\nrm b",))]))
    assert shown.endswith("   fix       One.\n             Two\\x1b.\n   run       echo a\\nrm b\n")


anything = st.text(max_size=60)
names = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@given(data=st.data(), width=st.integers(0, 120), limit=st.integers(0, 2))
def test_no_text_reaches_the_terminal_unescaped(data, width, limit):
    def some(strategy: st.SearchStrategy[str] = anything) -> str:
        return data.draw(strategy)

    def objects() -> tuple[ObjectRef, ...]:
        return (ObjectRef(some(names), some(names), some(names), some(names)),)

    def one() -> object:
        kind = data.draw(st.sampled_from(["field", "event", "log"]))
        time = data.draw(st.none() | st.floats())
        about = objects()[0]
        return finding(
            some(names), "Pod a/p", some(), data.draw(st.sampled_from([s.name for s in Severity])), title=some(),
            key=(some(names),), objects=objects(), container=some(), fix=some(), commands=(some(),), docs=(some(),),
            refs=(some(),), since=time, evidence=(Evidence(kind, about, some(), some(), 2, time),),
            location=Location(some(), 1, 1, some()),
        )  # fmt: skip

    findings = [one(), one()]
    hostile = report(
        findings, [cause(1, *findings)] if data.draw(st.booleans()) else None,
        (NotEvaluated(some(), some(), (some(),), 1),), sources=((some(), some()),), server_version=some(),
        objects={some(): 1}, warnings=(InputWarning(some(), some()),), incomplete=True,
    )  # fmt: skip
    shown = text(hostile, width=width, limit=limit)
    assert shown.replace("\n", "").isprintable()
    shown.encode()


@given(names)
def test_a_long_name_never_breaks_the_width(name):
    about = finding("r", "Pod a/p", name * 20, evidence=(log("Pod a/p", name, name * 20),), fix=name * 30)
    for line in text(report([about]), width=50).splitlines():
        assert columns(line) <= 50 or "://" in line
