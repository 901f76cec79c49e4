"""From a path of a rule to steps in an object: the very element that matched, or the nearest parent that is there."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose import library
from diagnose.checking import Set, check
from diagnose.language.compiler import compile_rules
from diagnose.language.ruleset import load_rules
from diagnose.library import Selection
from diagnose.locate import follow
from diagnose.model import Location
from diagnose.paths import parse
from diagnose.sources.manifests import of_sheets
from diagnose.sources.manifests.documents import read_text

LIBRARY = library.load(Selection(scopes=("manifest",)))
WEB = """\
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: web}
  spec:
    jobTemplate:
      spec:
        template:
          metadata:
            labels: {app: web, "a.b/c": d}
          spec:
            securityContext: {runAsUser: 5}
            initContainers:
            - name: first
              image: a
            containers:
            - name: one
              image: b
              ports:
              - {containerPort: 80, name: http}
              - {containerPort: 80, name: again}
            - name: two
              image: c
              securityContext: {runAsGroup: 7}
              args: [x, y, x]
"""
SPEC = "$.items[0].spec.jobTemplate.spec.template.spec"


def located(clauses: str, evidence: str, text: str = WEB) -> list[Location | None]:
    """The places of the findings of a rule with those clauses, in order."""
    rule = f"""
id: r
title: T
severity: error
scope: manifest
match:
{clauses.strip()}
report: {{message: found, evidence: ["{evidence}"]}}
"""
    rules = compile_rules(load_rules(rule, "r.yaml"), LIBRARY.relations, LIBRARY.symptoms)
    made = of_sheets([(read_text(text, "web.yaml", asked=True), True)], (("web.yaml", "manifests"),))
    report = check([Set(made)], rules, complete=True)
    return sorted((f.location for f in report.findings), key=lambda place: (place.line, place.column) if place else ())


TEMPLATE = "- for: PodSpec\n"
CONTAINERS = TEMPLATE + "- each: podspec -> containers\n  as: container\n"


@pytest.mark.parametrize(
    ("clauses", "evidence", "places"),
    [
        (CONTAINERS + "  where: {$.name: two}", "container.image", [(25, 15, f"{SPEC}.containers[1].image")]),
        (CONTAINERS + "  where: {$.role: init}", "container.spec.image", [(17, 15, f"{SPEC}.initContainers[0].image")]),
        (CONTAINERS + "  where: {$.name: one}", "container.spec.resources.limits", [(19, 15, f"{SPEC}.containers[0]")]),
        (
            CONTAINERS + "  where: {$.name: two}",
            "container.security.runAsGroup",
            [(26, 33, f"{SPEC}.containers[1].securityContext.runAsGroup")],
        ),
        (
            CONTAINERS + "  where: {$.name: two}",
            "container.security.runAsUser",
            [(14, 31, f"{SPEC}.securityContext.runAsUser")],
        ),
        (
            CONTAINERS + "  where: {$.name: two}",
            "container.security.privileged",
            [(26, 15, f"{SPEC}.containers[1].securityContext")],
        ),
        (
            CONTAINERS + "  where: {$.name: one}\n- each: container.spec.ports[*]\n  as: p\n  where: {$.name: again}",
            "p.containerPort",
            [(23, 18, f"{SPEC}.containers[0].ports[1].containerPort")],
        ),
        (
            CONTAINERS + "  where: {$.name: two}\n- each: container.spec.args[*]\n  as: arg\n  where: {$: y}",
            "arg",
            [(27, 25, f"{SPEC}.containers[1].args[1]")],
        ),
        (
            TEMPLATE + "- each: podspec.spec.containers[*]\n  as: found\n  where: {$.name: two}",
            "found.args",
            [(27, 15, f"{SPEC}.containers[1].args")],
        ),
        (
            CONTAINERS + "  where: {$.name: two}\n- let: {first: {first: container.spec.args}}",
            "first",
            [(27, 15, f"{SPEC}.containers[1].args")],
        ),
        (TEMPLATE, "podspec.metadata.labels['a.b/c']", [(12, 32, f"{SPEC[:-5]}.metadata.labels['a.b/c']")]),
        (TEMPLATE, "podspec.object.metadata.name", [(6, 14, "$.items[0].metadata.name")]),
        (TEMPLATE, "podspec.spec.hostNetwork", [(13, 11, SPEC)]),
        (TEMPLATE, "podspec.spec.containers[*].args[*]", [(27, 22, f"{SPEC}.containers[1].args[0]")]),
        (TEMPLATE, "podspec.spec.containers[?(@.name=='two')].image", [(25, 15, f"{SPEC}.containers[1].image")]),
        (TEMPLATE, "podspec.spec.containers[1].name", [(24, 15, f"{SPEC}.containers[1].name")]),
        (
            CONTAINERS + "  where: {$.name: two}",
            "container.apparmor",
            [(11, 11, f"{SPEC[:-5]}.metadata")],
        ),
        ("- for: CronJob", "cronjob.spec.schedule", [(7, 3, "$.items[0].spec")]),
    ],
)  # fmt: skip
def test_places(clauses: str, evidence: str, places: list[tuple[int, int, str]]) -> None:
    found = located(clauses, evidence)
    assert [(p.line, p.column, p.path) for p in found if p is not None] == places
    assert len(found) == len(places)


def test_evidence_of_another_object_is_where_that_stands() -> None:
    text = WEB + "- apiVersion: v1\n  kind: Service\n  metadata: {name: web}\n"
    (place,) = located("- for: CronJob\n- some: Service\n  as: service", "service.metadata.name", text)
    assert place is not None
    assert (place.line, place.path) == (30, "$.items[1].metadata.name")


VALUES = """
- let:
    images: {values: ["podspec.spec.initContainers[*].image", "podspec.spec.containers[*].image"]}
    limits: {values: ["podspec.spec.initContainers[*]", "podspec.spec.containers[*]"]}
"""


@pytest.mark.parametrize(
    ("clauses", "evidence", "place"),
    [
        ("- each: images[*]\n  as: image\n  where: {$: c}", "image", (25, 15, f"{SPEC}.containers[1].image")),
        ("- each: limits[*]\n  as: one\n  where: {$.name: two}", "one.image", (25, 15, f"{SPEC}.containers[1].image")),
        ("- each: limits[*]\n  as: one\n  where: {$.name: first}", "one.env", (16, 15, f"{SPEC}.initContainers[0]")),
    ],
)
def test_a_let_of_several_sources(clauses: str, evidence: str, place: tuple[int, int, str]) -> None:
    """The one source counts that the very element comes from."""
    (found,) = located(TEMPLATE + VALUES.strip() + "\n" + clauses, evidence)
    assert found is not None
    assert (found.line, found.column, found.path) == place


@pytest.mark.parametrize(
    ("value", "path", "steps"),
    [
        ({"a": [{"b": 1}, {"c": 2}]}, "$.a[*].c", ("a", 1, "c")),
        ({"a": [{"b": 1}, {"c": 2}]}, "$.a[*].d.e", ("a", 0)),
        ({"a": {"x": {"y": 1}}}, "$.a[*].y", ("a", "x", "y")),
        ({"a": None}, "$.a.b", ()),
        ([], "$.a", ()),
        ("text", "$.a", ()),
    ],
)
def test_follow(value: Any, path: str, steps: tuple[str | int, ...]) -> None:
    assert follow(value, parse(path).segments)[0] == steps


def test_follow_to_the_very_value() -> None:
    twin, wanted = {"b": 1}, {"b": 1}
    assert follow({"a": [twin, wanted]}, parse("$.a[*]").segments, wanted) == (("a", 1), True)
