"""The examples of docs/writing-rules.md: they load, they pass, and they say what the page says that they say."""

from __future__ import annotations

import re
from pathlib import Path

from diagnose import library, linting
from diagnose.config import load_config
from diagnose.language.syntax import ASKED, RULE_KEYS
from diagnose.testing import run_folder
from tests import shown

PAGE = (Path(__file__).parent.parent.parent / "docs" / "writing-rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
YAML = [text for language, text in BLOCKS if language == "yaml"]


def write(folder: Path) -> Path:
    """The example, as the page says to call its files."""
    rule = next(t for t in YAML if t.startswith("id: "))
    test = next(t for t in YAML if t.startswith("rule: "))
    path = folder / "backups" / "backup-late.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(rule, encoding="utf-8")
    path.with_name("backup-late.test.yaml").write_text(test, encoding="utf-8")
    return path


def test_the_example_passes_its_tests_and_lint(tmp_path: Path) -> None:
    write(tmp_path)
    loaded = library.load(library.Selection(folders=[str(tmp_path)], builtin=False))
    outcomes = run_folder(tmp_path, loaded)
    assert [(o.case.name, o.difference) for o in outcomes if o.difference] == []
    assert len(outcomes) == 8
    assert linting.lint_folders([tmp_path]) == ([], 1)


def test_lint_says_what_the_page_shows(tmp_path: Path) -> None:
    path = write(tmp_path)
    text = path.read_text(encoding="utf-8").replace("$.spec.suspend", "$.spec.suspended").replace('"True"', "true")
    path.write_text(text, encoding="utf-8")
    shown = next(t for _, t in BLOCKS if t.startswith("$ diagnose rules lint ops-rules\n"))
    problems, _ = linting.lint_folders([tmp_path])
    assert [str(p).replace(str(tmp_path), "ops-rules") for p in problems] == shown.splitlines()[1:-1]


def test_the_policy_passes_its_tests_and_lint_and_finds_what_the_page_shows(tmp_path: Path) -> None:
    rule, test = (next(t for t in YAML if t.startswith(f"{key}: team-label-missing\n")) for key in ("id", "rule"))
    path = tmp_path / "ops-rules" / "labels" / "team-label-missing.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(rule, encoding="utf-8")
    path.with_name("team-label-missing.test.yaml").write_text(test, encoding="utf-8")
    loaded = library.load(
        library.Selection(folders=[str(tmp_path / "ops-rules")], builtin=False, profiles=ASKED["all"])
    )
    assert [o.difference for o in run_folder(tmp_path / "ops-rules", loaded) if o.difference] == []
    assert linting.lint_folders([tmp_path / "ops-rules"]) == ([], 1)
    command, _, output = next(t for _, t in BLOCKS if t.startswith("$ diagnose check ")).partition("\n")
    assert shown.run(command.removeprefix("$ "), tmp_path).out == output


def test_the_page_names_every_key_of_a_rule() -> None:
    shown_in_rules = re.findall(r"^([a-z]+):", "".join(YAML), re.MULTILINE)
    told = re.findall(r"`([a-z]+)(?::[^`]*)?`", PAGE)
    assert RULE_KEYS.keys() - {*shown_in_rules, *told} == {"category"}  # the folder says it


def test_the_settings_load() -> None:
    settings = next(t for t in YAML if t.startswith("rules:"))
    config = load_config(settings, "diagnose.yaml")
    assert config.overrides["backup-late"].params == {"patience": "50h"}
    assert not config.overrides["node-cordoned"].enabled


def test_the_page_names_every_verb() -> None:
    from diagnose.language.syntax import CLAUSES

    for verb in CLAUSES:
        assert f"| `{verb}: " in PAGE
