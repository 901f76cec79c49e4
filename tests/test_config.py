"""diagnose.yaml: settings of a team, every mistake with its place."""

from __future__ import annotations

import pytest

from diagnose.config import Config, load_config
from diagnose.errors import LoadErrors
from diagnose.language.ruleset import Override
from diagnose.model import Severity

FULL = """\
rules:
  oom-killed: {severity: warning}
  crash-loop: {params: {restarts: 10}}
  pdb-blocks: {enabled: false}
only: ["images/*"]
skip: [node-cordoned]
rule_folders: [ops/rules]
severity: warning
fail_on: new:error
history_keep: 30d
cluster_name: prod-eu
"""


def test_a_full_configuration() -> None:
    assert load_config(FULL, "team/diagnose.yaml") == Config(
        overrides={
            "oom-killed": Override(severity=Severity.warning),
            "crash-loop": Override({"restarts": 10}),
            "pdb-blocks": Override(enabled=False),
        },
        only=("images/*",),
        skip=("node-cordoned",),
        rules_folders=("team/ops/rules",),
        severity="warning",
        fail_on="new:error",
        history_keep="30d",
        cluster_name="prod-eu",
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "rules:\n", "only: []\nskip:\n"])
def test_what_is_not_said_stays_as_it_is(text: str) -> None:
    assert load_config(text, "diagnose.yaml") == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rulez: {}", "diagnose.yaml:1:1: unknown key 'rulez', did you mean 'rules'?"),
        (
            "x: 1",
            "diagnose.yaml:1:1: unknown key 'x'; there are: cluster_name, fail_on, history_keep, only, prometheus, "
            "rule_folders, rules, severity, sinks, skip, waivers",
        ),
        ("rules: [a]", "diagnose.yaml:1:8: 'rules' is a map of rule id to settings"),
        ("rules: {a: 1}", "diagnose.yaml:1:12: settings of a rule are a map of: enabled, params, severity"),
        ("rules: {a: {sevrity: x}}", "diagnose.yaml:1:13: unknown key 'sevrity', did you mean 'severity'?"),
        (
            "rules: {a: {severity: warn}}",
            "diagnose.yaml:1:23: 'warn' is not one of: info, warning, error, critical, did you mean 'warning'?",
        ),
        ("rules: {a: {params: [1]}}", "diagnose.yaml:1:21: 'params' is a map of parameter to value"),
        ("rules: {a: {enabled: nope}}", "diagnose.yaml:1:22: 'enabled' is true or false"),
        ("only: a", "diagnose.yaml:1:7: 'only' is a list of texts"),
        ("skip: [1]", "diagnose.yaml:1:7: 'skip' is a list of texts"),
        (
            "fail_on: always",
            "diagnose.yaml:1:10: 'always' is not one of: info, warning, error, critical, new:info, new:warning, "
            "new:error, new:critical, never",
        ),
        ("severity: [x]", "diagnose.yaml:1:11: ['x'] is not one of: info, warning, error, critical"),
        (
            "- a",
            "diagnose.yaml:1:1: a configuration is a map of: cluster_name, fail_on, history_keep, only, prometheus, "
            "rule_folders, rules, severity, sinks, skip, waivers",
        ),
        ("history_keep: 30", "diagnose.yaml:1:15: 'history_keep' is a text"),
        ("only: [a]\nonly: [b]", "diagnose.yaml:2:1: duplicate key 'only'; it is first given in line 1"),
    ],
)
def test_mistakes_have_a_place(text: str, message: str) -> None:
    with pytest.raises(LoadErrors) as error:
        load_config(text, "diagnose.yaml")
    assert str(error.value) == message


def test_all_mistakes_at_once() -> None:
    with pytest.raises(LoadErrors) as error:
        load_config("only: a\nseverity: x\nnope: 1\n", "d.yaml")
    assert [str(e).split(" ")[0] for e in error.value.errors] == ["d.yaml:1:7:", "d.yaml:2:11:", "d.yaml:3:1:"]
