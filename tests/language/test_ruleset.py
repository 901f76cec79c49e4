"""Rule files to rules: what each key becomes, defaults, places, parameters and what a configuration changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose import library
from diagnose.errors import LoadErrors
from diagnose.language.compiler import compile_rules
from diagnose.language.ruleset import Override, load_rules
from diagnose.language.syntax import CASE_KEYS, CLAUSE_KEYS, CLAUSES, REPORT_KEYS, RULE_KEYS, Ref
from diagnose.model import Severity
from tests.language.tables import RELATIONS, SYMPTOMS

SKETCH = Path(__file__).parent / "sketch.yaml"
FULL = """\
id: pod-waits
title: A pod waits
severity: warning
scope: manifest
about: Some pods wait.
params: {least: 2, names: [a, b]}
match:
- for: Pod
  as: subject
  where:
  - {$.status.phase: Pending, $.spec.priority: {ge: {param: least}}}
  - {$.metadata.name: {in: {param: names}, not: x}}
- some: subject -> events
  as: event
  newest: $.lastTimestamp
  where: {$.reason: {is: {ref: subject.spec.nodeName}}}
- {maybe: ConfigMap, named: subject.metadata.name, namespace: subject.metadata.namespace, as: map, unknown: absent}
- {maybe: Node, as: roomiest, largest: $.status.allocatable.cpu}
- {count: Node, as: nodes, is: {ge: 1, lt: 9}}
- let: {all: {values: [event.message, map.data]}, n: {length: "all[*]"}}
- when: {n: {gt: 0}}
report:
  object: subject
  since: subject.metadata.creationTimestamp
  evidence: [event.message]
  commands: [kubectl get pods]
cases:
- id: short
  when: {n: 1}
  message: "waits {n}"
  severity: critical
  title: T
  fix: F
  commands: [c]
  evidence: [n]
  docs: [d]
  symptom: pod-pending
- {id: long, message: waits}
evidence: [map.data]
fix: Wait.
commands: [kubectl get nodes]
docs: [https://kubernetes.io/]
refs: [CIS-1]
symptom: pod-not-ready
explains: [{symptom: no-endpoints, via: subject -> services}]
kubernetes: ">=1.25"
aliases: [pod-waited]
profile: baseline
replaces: true
inferred: true
"""
MINIMAL = "id: m\ntitle: t\nseverity: error\nmatch: [{for: Pod}]\nreport: {message: found}\n"


def test_every_part_of_a_rule() -> None:
    (rule,) = load_rules(FULL, "rules/pods/pod-waits.yaml")
    assert (rule.id, rule.title, rule.category, rule.severity) == ("pod-waits", "A pod waits", "pods", Severity.warning)
    assert (rule.scope, rule.about, rule.kubernetes) == ("manifest", "Some pods wait.", ">=1.25")
    assert (rule.object, rule.since, rule.symptom) == ("subject", "subject.metadata.creationTimestamp", "pod-not-ready")
    assert rule.evidence == ("map.data", "event.message")
    assert rule.commands == ("kubectl get nodes", "kubectl get pods")
    assert (rule.fix, rule.docs, rule.refs) == ("Wait.", ("https://kubernetes.io/",), ("CIS-1",))
    assert (rule.aliases, rule.replaces) == (("pod-waited",), True)
    assert [(e.symptom, e.via) for e in rule.explains] == [("no-endpoints", "subject -> services")]
    assert rule.params == {"least": 2, "names": ["a", "b"]}
    assert rule.used_params == {"least", "names"}


def test_every_kind_of_clause() -> None:
    (rule,) = load_rules(FULL, "pod-waits.yaml")
    subject, some, maybe, roomiest, count, let, when = rule.match
    assert [(c.verb, c.target, c.name) for c in rule.match[:5]] == [
        ("for", "Pod", "subject"),
        ("some", "subject -> events", "event"),
        ("maybe", "ConfigMap", "map"),
        ("maybe", "Node", "roomiest"),
        ("count", "Node", "nodes"),
    ]
    assert [[t.path for t in tests] for tests in subject.where] == [
        ["$.status.phase", "$.spec.priority"],
        ["$.metadata.name"],
    ]
    equal, least = (t.uses[0] for t in subject.where[0])
    assert (equal.operator, equal.argument) == ("is", "Pending")
    assert (least.operator, least.argument, least.literal) == ("ge", 2.0, 2)
    among, negated = subject.where[1][0].uses
    assert (among.operator, among.argument) == ("in", ["a", "b"])
    assert (negated.operator, negated.argument[0].operator, negated.argument[0].argument) == ("not", "is", "x")
    assert some.newest == "$.lastTimestamp"
    assert isinstance(some.where[0][0].uses[0].argument, Ref)
    assert (maybe.absent_if_unknown, roomiest.largest) == (True, "$.status.allocatable.cpu")
    assert (maybe.named, maybe.namespace) == ("subject.metadata.name", "subject.metadata.namespace")
    assert [u.operator for u in count.uses] == ["ge", "lt"]
    assert [(n, f, p) for n, f, p, _ in let.lets] == [
        ("all", "values", ("event.message", "map.data")),
        ("n", "length", ("all[*]",)),
    ]
    assert when.when[0][0].path == "n"


def test_cases() -> None:
    (rule,) = load_rules(FULL, "pod-waits.yaml")
    short, long = rule.cases
    assert (short.id, short.message, short.severity, short.title) == ("short", "waits {n}", Severity.critical, "T")
    assert (short.fix, short.commands, short.evidence, short.docs) == ("F", ("c",), ("n",), ("d",))
    assert (short.symptom, long.symptom, long.when) == ("pod-pending", "", ())


def test_defaults() -> None:
    (rule,) = load_rules(MINIMAL, "m.yaml")
    assert (rule.category, rule.scope, rule.match[0].name) == ("user", "state", "pod")
    assert [c.message for c in rule.cases] == ["found"]
    assert (rule.docs, rule.params, rule.explains) == ((), {}, ())


def test_places() -> None:
    (rule,) = load_rules(FULL, "pod-waits.yaml")
    assert rule.at == (1, 1)
    assert rule.place("title") == (2, 8)
    assert rule.place("since") == (24, 10)
    assert rule.place("nothing") == (1, 1)
    assert rule.match[0].where[0][0].at == (11, 6)
    assert rule.match[0].where[0][1].uses[0].at == (11, 53)


def test_several_rules_in_one_file_and_empty_documents() -> None:
    found = load_rules(f"---\n---\n{MINIMAL}---\n{MINIMAL.replace('id: m', 'id: n')}", "<rules>")
    assert [r.id for r in found] == ["m", "n"]
    assert load_rules("", "empty.yaml") == []


def test_a_configuration_changes_severity_and_parameters() -> None:
    override = Override(params={"least": 7}, severity=Severity.critical)
    (rule,) = load_rules(FULL, "pod-waits.yaml", {"pod-waits": override})
    assert rule.severity is Severity.critical
    assert rule.match[0].where[0][1].uses[0].argument == 7.0
    assert rule.params["least"] == 7


def test_a_configuration_cannot_set_what_is_no_parameter() -> None:
    with pytest.raises(LoadErrors) as caught:
        load_rules(FULL, "pod-waits.yaml", {"pod-waits": Override(params={"leest": 7})})
    assert str(caught.value) == (
        "pod-waits.yaml:6:9: the configuration sets 'leest', which is no parameter of this rule, did you mean 'least'?"
    )
    with pytest.raises(LoadErrors, match="it has none"):
        load_rules(MINIMAL, "m.yaml", {"m": Override(params={"x": 1})})


def test_the_wrong_value_of_a_configuration_is_told_where_it_is_used() -> None:
    with pytest.raises(LoadErrors, match="'ge' takes a number or a quantity, as 500m or 1Gi, not 'many'"):
        load_rules(FULL, "pod-waits.yaml", {"pod-waits": Override(params={"least": "many"})})


def test_every_key_of_the_tables_is_read() -> None:
    """FULL has each key once, so that a key of the tables which the loader forgets is noticed here."""
    for key in (*RULE_KEYS, *CLAUSE_KEYS, *CASE_KEYS, *REPORT_KEYS):
        assert f"{key}:" in FULL or key in ("category", "message"), key
    assert set(CLAUSES) - {"each", "none", "every"} <= {w.strip("-{ ").partition(":")[0] for w in FULL.splitlines()}


def test_rules_of_every_shape_compile() -> None:
    found = load_rules(SKETCH.read_text(encoding="utf-8"), "<sketch>")
    compiled = compile_rules(found, RELATIONS, SYMPTOMS)
    assert len(compiled.plans) == 18
    assert len({r.id for r in found}) == 18


def test_a_rule_takes_the_place_of_another(tmp_path: Path) -> None:
    for name, more in (("one", ""), ("two", "replaces: true\n")):
        (tmp_path / name).mkdir()
        text = f"id: m\ntitle: {name}\nseverity: error\nmatch: [{{for: Pod}}]\nreport: {{message: m}}\n{more}"
        (tmp_path / name / "m.yaml").write_text(text, encoding="utf-8")
    loaded = library.load(library.Selection(folders=[str(tmp_path)], builtin=False))
    assert [r.title for r in loaded.rules] == ["two"]
