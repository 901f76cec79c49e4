"""Lint of whole rules, their tests and their files: each check with a rule that fails it, and one that does not."""

from __future__ import annotations

from pathlib import Path

from diagnose import library, linting
from diagnose.kinds import TABLE as KINDS
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.lint import CHECKS, Linter, Subject
from diagnose.language.ruleset import load_rules
from diagnose.language.types import VIEW_TYPES, element_of, fields_of, model_of, value_of
from diagnose.language.words import CLOSED, KNOWN
from diagnose.views import TABLE as VIEWS
from tests.language.linted import FOR_POD, Tests, lint, rule_text, told
from tests.language.tables import RELATIONS, SYMPTOMS

SKETCH = Path(__file__).parent / "sketch.yaml"


def checks(text: str, tests: Tests | None = None, builtin: bool = True) -> list[tuple[str, str]]:
    return [(p.level, p.check) for p in lint(text, tests, builtin)]


def test_a_whole_rule_has_no_problems() -> None:
    assert checks(rule_text(FOR_POD)) == []


def test_what_a_rule_lacks() -> None:
    text = f'id: r\ntitle: T\nseverity: error\nmatch:\n{FOR_POD}report: {{message: "x"}}\n'
    assert checks(text) == [("error", "incomplete")] * 4
    assert checks(text, builtin=False) == [("warning", "incomplete")] * 4
    per_case = (
        f"id: r\ntitle: T\nseverity: error\nmatch:\n{FOR_POD}docs: [https://a.b/]\nevidence: [pod.status.phase]\n"
        "commands: [kubectl get pods]\ncases:\n- {id: a, when: {pod.spec.priority: 1}, message: x, fix: F}\n- "
        "{id: b, message: y}\n"
    )
    assert [p.message for p in lint(per_case, Tests(["a", "b"]))] == [
        "case 'b' has no 'fix': say what a person should do"
    ]


def test_a_manifest_rule_needs_no_commands_and_no_cluster() -> None:
    head = "id: r\ntitle: T\nseverity: error\nscope: manifest\nfix: F\ndocs: [https://a.b/]\n"
    good = (
        head
        + "match: [{for: PodSpec, as: t}, {each: 't.spec.containers[*]', as: c}]\nevidence: [t.path]\n"
        + "report: {message: x}\n"
    )
    assert checks(good) == []
    bad = (
        head
        + "match: [{for: Pod, where: {$.status.phase: Running}}, {some: pod -> events}]\nevidence: [snapshot.server]\n"
        + "report: {message: x}\n"
    )
    assert [c for _, c in checks(bad)] == ["needs-status"] * 3


def test_docs_are_https() -> None:
    text = rule_text(FOR_POD).replace("https://kubernetes.io/docs/", "http://kubernetes.io/docs/")
    assert told(text) == ["docs: 'http://kubernetes.io/docs/' is not an https URL"]


def test_the_category_is_the_folder() -> None:
    linter = Linter(RELATIONS, SYMPTOMS)
    for rule in load_rules(rule_text(FOR_POD, more="category: nodes\n"), "rules/pods/r.yaml"):
        linter.lint(Subject(rule, [Tests()], True))
    assert [p.message for p in linter.found()] == [
        "the category is 'nodes' but the folder is 'pods'; leave 'category' out, or move the file"
    ]


def test_what_is_never_used() -> None:
    clauses = (
        "- {some: pod -> events, as: event}\n- {maybe: pod -> owner, as: owner}\n- {count: Node, as: nodes, "
        "is: {ge: 1}}\n"
        "- let: {n: {length: pod.spec.containers}}\n- when: {pod.status.message: {matches: '(?P<a>x)(?P<b>y)'}}"
    )
    assert told(rule_text(FOR_POD + clauses, "{a}", "params: {least: 1}\n")) == [
        "unused-binding: 'event' is never used; take out its 'as'",
        "unused-binding: 'owner' is never used; take the clause out",
        "unused-binding: 'nodes' is never used; take out its 'as'",
        "unused-binding: 'n' is never used; take it out",
        "unused-binding: 'b' is never used; write (?:...) for a group that only groups",
        "unused-param: the parameter 'least' is never used; write {param: least} or take it out",
    ]


def test_names_are_used_in_conditions_targets_reports_and_explanations() -> None:
    clauses = (
        "- {some: pod -> node, as: node}\n- {some: pod -> claims, as: claim}\n- {some: pod -> services, as: service}\n"
        "- {some: claim -> pods, as: other}\n- when: {other.spec.priority: {ge: {param: least}}}"
    )
    more = "params: {least: 1}\nexplains: [{symptom: no-endpoints, via: service}]\n"
    text = rule_text(FOR_POD + clauses, "x", more).replace('{message: "x"}', '{message: "x", object: node}')
    assert told(text) == []


def test_cases() -> None:
    more = (
        "cases:\n- {id: a, when: {pod.spec.priority: {ge: 1}}, message: x}\n"
        "- {id: b, when: {pod.spec.priority: {ge: 1}}, message: y, severity: error}\n- {id: c, message: z}\n"
    )
    assert sorted(told(rule_text(FOR_POD, more=more), Tests(["a", "b"]))) == [
        "never-fires: no test expects case 'c': add one, or take the case out if nothing reaches it",
        "same-case: case 'b' has the condition of 'a', so it never holds; take one out",
        "same-severity: case 'b' repeats the severity of the rule; leave it out",
    ]


def test_the_message_does_not_name_its_object() -> None:
    assert told(rule_text(FOR_POD, "{pod.metadata.name} waits")) == [
        "own-name: the message has {pod.metadata.name}: take it out; findings on pods of one workload then do not fold"
    ]
    node = "- for: Node\n  where: {$.spec.unschedulable: true}\n"
    assert told(rule_text(node, "{node.metadata.name}", evidence="node.spec")) == [
        "own-name: the message has {node.metadata.name}: take it out; the report names the object itself"
    ]
    other = FOR_POD + "- {some: pod -> node, as: node}\n"
    assert told(rule_text(other, "on {node.metadata.name}")) == []


def test_a_state_that_is_normal_for_a_while_needs_an_age() -> None:
    creating = "- for: Pod\n- each: pod -> containers\n  where: {$.status.state.waiting.reason: ContainerCreating}\n"
    assert [c for _, c in checks(rule_text(creating))] == ["normal-state"]
    aged = creating.replace("for: Pod", "for: Pod\n  where: {$.metadata.creationTimestamp: {older_than: 5m}}")
    assert checks(rule_text(aged)) == []
    proved = creating + "- some: pod -> events\n  where: {$.reason: FailedMount}\n"
    assert checks(rule_text(proved)) == []


def test_rules_with_the_same_match() -> None:
    text = rule_text(FOR_POD)
    found = lint(f"{text}---\n{text.replace('id: r', 'id: s').replace('found', 'seen')}")
    assert [p.message for p in found] == ["the rule 'r' looks for the same; join the two, or say what differs"]
    assert lint(f"{text}---\n{text.replace('id: r', 'id: s').replace('Evicted', 'NodeLost')}") == []


def test_tests_that_are_missing() -> None:
    linter = Linter(RELATIONS, SYMPTOMS)
    (rule,) = load_rules(rule_text(FOR_POD), "<r>")
    linter.lint(Subject(rule, [], True))
    linter.lint(Subject(rule, None, True))
    assert [p.message for p in linter.found()] == ["the rule has no tests: write r.test.yaml beside it"]
    assert [c for _, c in checks(rule_text(FOR_POD), Tests([], True))] == ["never-fires"]
    assert checks(rule_text(FOR_POD), Tests([""], False)) == [("error", "never-silent")]
    assert checks(rule_text(FOR_POD), Tests([""], False), builtin=False) == [("warning", "never-silent")]


def test_compile_errors_are_problems() -> None:
    assert told(rule_text(FOR_POD, "{nobody}")) == ["load: unknown binding 'nobody'; in scope: pod, snapshot"]


def test_rules_of_every_shape_fit_the_types() -> None:
    linter = Linter(RELATIONS, SYMPTOMS)
    for rule in load_rules(SKETCH.read_text(encoding="utf-8"), "<sketch>"):
        linter.lint(Subject(rule, None))
    assert [str(p) for p in linter.found() if p.check != "incomplete"] == []


# --- files


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


TEST = """\
rule: r
given: [{kind: Pod, metadata: {namespace: a, name: p}, status: {reason: Evicted}}]
cases:
- {name: evicted, expect: [{message: found}]}
- {name: gone, change: {Pod/a/p: null}, expect: []}
"""


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "pods/r.yaml", rule_text(FOR_POD))
    write(tmp_path, "pods/r.test.yaml", TEST)
    assert linting.lint_folders([tmp_path]) == ([], 1)


def test_what_is_wrong_with_files(tmp_path: Path) -> None:
    write(tmp_path, "pods/r.yaml", rule_text(FOR_POD))
    write(tmp_path, "pods/r.test.yaml", TEST.replace("rule: r", "rule: rr"))
    write(tmp_path, "pods/alone.test.yaml", TEST)
    write(tmp_path, "nodes/r.yaml", rule_text(FOR_POD.replace("Evicted", "NodeLost")))
    write(tmp_path, "nodes/r.test.yaml", TEST.replace("expect: []", "expect: nothing"))
    write(tmp_path, "nodes/broken.yaml", "id: broken\n")
    (tmp_path / "nodes/binary.yaml").write_bytes(b"\xff\xfe\xfa")
    problems, number = linting.lint_folders([tmp_path])
    assert number == 2
    found = [(Path(p.file).relative_to(tmp_path).as_posix(), p.check) for p in problems]
    assert found == [
        ("nodes/binary.yaml", "load"),
        *[("nodes/broken.yaml", "load")] * 4,
        ("nodes/r.test.yaml", "load"),
        ("pods/alone.test.yaml", "stray-test"),
        ("pods/r.test.yaml", "stray-test"),
        ("pods/r.yaml", "no-tests"),
        ("pods/r.yaml", "load"),
    ]


def test_the_id_of_a_built_in_rule_is_taken(tmp_path: Path) -> None:
    taken = library.load().rules[0].id
    path = write(tmp_path, f"{taken}.yaml", rule_text(FOR_POD).replace("id: r", f"id: {taken}"))
    messages = [p.message for p in linting.lint_folders([path])[0]]
    assert any(m.startswith(f"there is a rule '{taken}' already, in rules/") for m in messages)
    write(tmp_path, f"{taken}.yaml", rule_text(FOR_POD, more="replaces: true\n").replace("id: r", f"id: {taken}"))
    assert not any("already" in p.message for p in linting.lint_folders([path])[0])


# --- tables


def test_the_fields_of_views_are_those_that_views_document() -> None:
    for view, types in VIEW_TYPES.items():
        assert set(types) == set(VIEWS[view].fields)
        for name in types.values():
            inner = element_of(name) or value_of(name) or name
            assert inner in ("str", "int", "float", "bool", "log") or fields_of(inner), name


def test_every_kind_of_the_official_client_has_its_fields() -> None:
    foreign = ("metrics.k8s.io", "gateway.networking.k8s.io")
    for kind in KINDS:
        model = model_of(kind.kind)
        if kind.group not in foreign and kind.kind != "PodSecurityPolicy":
            assert (fields_of(model) or {}).get("metadata") == "V1ObjectMeta", kind.kind
    assert model_of("Event") == "CoreV1Event"
    assert "metrics" in (fields_of("V2HorizontalPodAutoscalerSpec") or {})
    assert model_of("Node.config.openshift.io") == "view:object"


def test_the_words_are_of_fields_that_exist() -> None:
    for model, name in CLOSED:
        assert name in (fields_of(model) or {}), (model, name)
    assert all(word[0].isupper() for word in KNOWN)


def test_functions_take_and_give_types_that_exist() -> None:
    for function in FUNCTIONS.values():
        gives = element_of(function.gives) or value_of(function.gives) or function.gives
        assert gives in ("object", "float", "str"), function.name


def test_every_check_is_documented() -> None:
    for name, check in CHECKS.items():
        assert check.name == name
        assert check.level in ("error", "warning")
        assert check.doc.endswith(".")
