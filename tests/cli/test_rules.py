"""`diagnose rules`: its commands, what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner

from diagnose.cli import cli
from diagnose.errors import DiagnoseError, LoadErrors

RULE = """\
id: waits
title: A pod waits
severity: error
about: Some pods wait for a long time.
params: {least: 2}
match:
- for: Pod
  where: {$.status.reason: {in: [Evicted, NodeLost], not: Shutdown}, $.spec.priority: {ge: {param: least}}}
- {maybe: ConfigMap, named: pod.spec.nodeName, namespace: pod.metadata.namespace, as: map}
- some: pod -> events
  as: event
  newest: $.lastTimestamp
  where:
  - {$.message: {contains: x}, $.count: {gt: 1}}
  - {$.reason: {is: {ref: pod.status.reason}}}
- {count: Node, as: nodes, is: {ge: 1}}
- let: {n: {length: "map.data[*]"}}
- when: {n: {exists: true}}
cases:
- id: few
  when: {nodes: {lt: 3}, map.immutable: true}
  severity: warning
  message: "waits for {event.reason}"
  fix: Add nodes.
- {id: other, message: waits, symptom: pod-pending}
evidence: [event.message]
fix: Wait.
commands: ["kubectl get pods"]
docs: [https://kubernetes.io/docs/]
refs: [CIS-1]
symptom: pod-not-ready
explains: [{symptom: no-endpoints, via: pod -> services}]
kubernetes: ">=1.25"
aliases: [waited]
"""
SHOWN = """\
waits: A pod waits
  severity  error
  category  pods
  scope     state
  versions  >=1.25
  params    least=2
  refs      CIS-1
  was       waited
  file      {file}

  Some pods wait for a long time.

looks for
  for Pod as pod where
    $.status.reason is one of 'Evicted', 'NodeLost' and not (is 'Shutdown')
    $.spec.priority >= 2
  maybe ConfigMap named pod.spec.nodeName in the namespace pod.metadata.namespace as map
  some pod -> events as event, the newest by $.lastTimestamp where
    $.message contains 'x'
    $.count > 1
    or
    $.reason is pod.status.reason
  count Node as nodes, >= 1
  let n = length(map.data[*])
  when
    n exists

says
  waits/few (warning), when
    nodes < 3
    map.immutable is true
    says: waits for {{event.reason}}
    fix: Add nodes.
  waits/other
    says: waits
    effect: pod-pending

proves it by
  event.message

run
  kubectl get pods

fix
  Wait.

explains
  no-endpoints of pod -> services

effect
  pod-not-ready

docs
  https://kubernetes.io/docs/
"""


def run(*arguments: str) -> tuple[int, str]:
    """The exit code and what went to stdout; a DiagnoseError counts as the entry point counts it."""
    result = CliRunner().invoke(cli, ["rules", *arguments], standalone_mode=False)
    if isinstance(result.exception, DiagnoseError):
        return result.exception.exit_code, str(result.exception)
    if isinstance(result.exception, click.ClickException):
        return 2, result.exception.format_message()
    if result.exception is not None:
        raise result.exception
    return int(result.return_value or 0), result.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine" / "pods" / "waits.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(RULE, encoding="utf-8")
    return tmp_path / "mine"


def test_list_of_the_built_in_rules() -> None:
    code, text = run("list")
    assert code == 0
    rows = [line.split()[0] for line in text.splitlines() if line.startswith("  ")]
    found = json.loads(run("list", "-o", "json")[1])
    assert [r["id"] for r in found] == sorted(rows)
    assert set(found[0]) == {"id", "title", "category", "severity", "scope", "profile", "cases"}
    assert text.splitlines()[-1].startswith(f"{len(found)} rules, ")


def test_list_of_other_rules(folder: Path) -> None:
    code, text = run("list", "--rules", str(folder), "--no-default-rules", "-o", "json")
    assert code == 0
    assert json.loads(text) == [
        {
            "id": "waits",
            "title": "A pod waits",
            "category": "pods",
            "severity": "error",
            "scope": "state",
            "profile": "",
            "cases": ["few", "other"],
        }
    ]
    code, text = run("list", "--rules", str(folder), "--no-default-rules")
    assert text == "pods\n  waits  error     A pod waits\n\n1 rule, 2 kinds of finding\n"
    assert run("list", "--no-default-rules") == (0, "no rules\n")
    both = json.loads(run("list", "--rules", str(folder), "-o", "json")[1])
    assert len(both) == len(json.loads(run("list", "-o", "json")[1])) + 1


def test_list_only_some(folder: Path) -> None:
    arguments = ("list", "--rules", str(folder), "-o", "json")
    assert [r["id"] for r in json.loads(run(*arguments, "--only", "pods/waits")[1])] == ["waits"]
    assert "waits" not in [r["id"] for r in json.loads(run(*arguments, "--skip", "waits")[1])]


def test_a_rule_that_does_not_load_is_told_with_its_place(folder: Path) -> None:
    (folder / "pods" / "waits.yaml").write_text(RULE.replace("title:", "titel:"), encoding="utf-8")
    code, text = run("list", "--rules", str(folder))
    assert code == 2
    assert f"{folder}/pods/waits.yaml:2:1: unknown key 'titel' in a rule, did you mean 'title'?" in text


def test_show(folder: Path) -> None:
    file = folder / "pods" / "waits.yaml"
    for name in ("waits", "waits/few", "waited"):
        code, text = run("show", name, "--rules", str(folder), "--no-default-rules")
        assert (code, text) == (0, SHOWN.format(file=file))
    assert run("show", "waits", "--rules", str(folder), "-o", "yaml") == (0, RULE)


def test_show_names_the_file_of_a_built_in_rule() -> None:
    rule = json.loads(run("list", "-o", "json")[1])[0]
    code, text = run("show", rule["id"])
    assert code == 0
    file = next(line.split()[1] for line in text.splitlines() if line.startswith("  file "))
    assert Path(file).read_text(encoding="utf-8").startswith(f"id: {rule['id']}\n")


def test_show_every_built_in_rule() -> None:
    from diagnose import library
    from diagnose.cli.rules_text import describe

    for rule in library.load(library.Selection(scopes=("state", "manifest"))).rules:
        text = describe(rule, library.file_of(rule))
        assert text.startswith(f"{rule.id}: {rule.title}\n")
        assert all(case.message.split("\n")[0][:40] in " ".join(text.split()) for case in rule.cases)


def test_show_an_unknown_rule(folder: Path) -> None:
    code, text = run("show", "wait", "--rules", str(folder))
    assert (code, text) == (2, "there is no rule 'wait', did you mean 'waits'? `diagnose rules list` has them all")


def test_text_of_a_rule_cannot_steer_the_terminal(folder: Path) -> None:
    (folder / "pods" / "waits.yaml").write_text(RULE.replace("A pod waits", '"A \\e[31mpod"'), encoding="utf-8")
    for arguments in (("list",), ("show", "waits")):
        assert "\x1b" not in run(*arguments, "--rules", str(folder), "--no-default-rules")[1]


def test_new_test_and_lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = run("new", "rollout-paused", "--category", "workloads", "--dir", "mine")
    assert code == 0
    assert text.splitlines()[:2] == [
        "wrote mine/workloads/rollout-paused.yaml",
        "wrote mine/workloads/rollout-paused.test.yaml",
    ]
    assert run("test", "mine") == (0, "3 cases of 1 rule passed\n")
    assert run("lint", "mine", "--fail-on", "warning") == (0, "no problems in 1 rule\n")
    assert run("lint", "mine", "-o", "json") == (0, "[]\n")
    assert run("test", "mine/workloads/rollout-paused.test.yaml") == (0, "3 cases of 1 rule passed\n")
    assert run("test", "--no-default-rules", "--rules", "mine") == (0, "3 cases of 1 rule passed\n")
    schema = json.loads(run("schema")[1])
    from diagnose.positions import load

    jsonschema.validate(load(Path("mine/workloads/rollout-paused.yaml").read_text(encoding="utf-8")).data, schema)


def test_new_overwrites_nothing_and_wants_a_kebab_id(tmp_path: Path) -> None:
    arguments = ("--category", "workloads", "--dir", str(tmp_path))
    assert run("new", "a-rule", *arguments)[0] == 0
    assert run("new", "a-rule", *arguments) == (2, f"{tmp_path}/workloads/a-rule.yaml is there already")
    assert run("new", "A_Rule", *arguments) == (2, "an id is kebab-case, as image-pull; this is 'A_Rule'")
    assert run("new", "b", "--category", "../x", "--dir", str(tmp_path)) == (
        2,
        "a category is kebab-case, as image-pull; this is '../x'",
    )
    assert run("new", "a-rule")[0] == 2
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, text = run("new", "a-rule", "--category", "x", "--dir", str(tmp_path / "file"))
    assert code == 2
    assert "cannot be written" in text


def test_a_test_that_fails(tmp_path: Path) -> None:
    run("new", "a-rule", "--category", "workloads", "--dir", str(tmp_path))
    file = tmp_path / "workloads" / "a-rule.test.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("may never run", "never runs"), encoding="utf-8")
    code, text = run("test", str(tmp_path))
    assert code == 1
    assert text == (
        f"{file}:8: a-rule: a paused rollout\n"
        "    expected: {'subject': 'Deployment/shop/api', 'message': 'the rollout is paused, so the image "
        "api:2 never runs'}\n"
        "    got: {'subject': 'Deployment/shop/api', 'message': 'the rollout is paused, so the image api:2 may "
        "never run'}\n"
        "1 of 3 cases of 1 rule failed\n"
    )
    assert f"{file}:12: a-rule: not paused: passed\n" in run("test", "-v", str(tmp_path))[1]


def test_what_cannot_be_tested(tmp_path: Path, folder: Path) -> None:
    assert run("test", str(folder)) == (2, f"no tests beside the rules of {folder}")
    assert run("test", str(tmp_path / "nowhere")) == (2, f"no such file or folder: {tmp_path}/nowhere")
    assert run("test", "--no-default-rules") == (2, "name folders or files of rules, or leave out --no-default-rules")
    (tmp_path / "x.test.yaml").write_text("", encoding="utf-8")
    code, text = run("test", str(tmp_path / "x.test.yaml"))
    assert (code, text) == (2, f"{tmp_path}/x.test.yaml: there is no x.yaml beside it")


def test_lint_finds(tmp_path: Path) -> None:
    run("new", "a-rule", "--category", "workloads", "--dir", str(tmp_path))
    file = tmp_path / "workloads" / "a-rule.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("$.spec.paused", "$.spec.pausd"), encoding="utf-8")
    code, text = run("lint", str(tmp_path))
    assert (code, text) == (
        1,
        f"{file}:9:5: error: '$.spec.pausd': DeploymentSpec has no field 'pausd', did you mean 'paused'? "
        f"[unknown-field]\n"
        "1 error, 0 warnings in 1 rule\n",
    )
    code, text = run("lint", str(tmp_path), "-o", "json")
    assert code == 1
    assert json.loads(text) == [
        {
            "file": str(file),
            "line": 9,
            "column": 5,
            "level": "error",
            "check": "unknown-field",
            "message": "'$.spec.pausd': DeploymentSpec has no field 'pausd', did you mean 'paused'?",
        }
    ]
    assert run("lint", str(tmp_path), "--fail-on", "never")[0] == 0
    (file.with_suffix("")).with_suffix(".test.yaml").unlink()
    assert run("lint", str(file), "--fail-on", "warning")[0] == 1


def test_lint_of_what_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("id: x\n", encoding="utf-8")
    code, text = run("lint", str(tmp_path))
    assert code == 2
    assert f"{tmp_path}/x.yaml:1:1: error: the rule has no 'match': the clauses, in order [load]\n" in text


def test_the_built_in_rules_pass_their_tests() -> None:
    code, text = run("test")
    assert code == 0, text


def test_the_built_in_rules_have_no_lint_errors() -> None:
    code, text = run("lint")
    assert code == 0, text


def test_reference_is_markdown() -> None:
    code, text = run("reference")
    assert code == 0
    assert text.startswith("# Rule reference\n")


def test_help_lists_the_commands() -> None:
    code, text = run("--help")
    assert code == 0
    for command in ("list", "show", "test", "lint", "schema", "reference", "docs", "new"):
        assert f"  {command} " in text


def test_errors_of_the_tables_are_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from diagnose import library, linting

    (tmp_path / "relations.yaml").write_text("- 5\n", encoding="utf-8")
    (tmp_path / "symptoms.yaml").write_text("[]\n", encoding="utf-8")
    monkeypatch.setattr(library, "builtin_folder", lambda: tmp_path)
    with pytest.raises(LoadErrors, match=r"rules/relations\.yaml:1:3"):
        linting.lint_folders([tmp_path])
