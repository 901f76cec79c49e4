"""Rule folders to lint: files read, rules and their tests brought together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from diagnose.errors import DiagnoseError, LoadError, LoadErrors
from diagnose.language.lint import Linter, Problem, Subject
from diagnose.language.ruleset import load_rules, suggest
from diagnose.language.syntax import ASKED, Rule
from diagnose.library import TEST_SUFFIX, Selection, builtin_folder, load, rule_files
from diagnose.testing import RuleTest, load_tests, tests_of


def lint_folders(folders: Iterable[Path]) -> tuple[list[Problem], int]:
    """The problems of all rules in some folders (or files), and how many rules there are. Raises LoadErrors
    only when the tables beside the built-in rules are wrong."""
    folders = list(folders)
    tables = load(Selection(builtin=False))
    linter = Linter(tables.relations, tables.symptoms)
    ids = _ids_of_builtin() if any(not is_builtin(f) for f in folders) else {}
    number = 0
    for folder in folders:
        for path in rule_files(folder):
            rules = _read(path, linter)
            number += len(rules)
            for rule in rules:
                _unique(rule, ids, linter, path)
            _lint_file(path, rules, linter)
        for tests in sorted(folder.rglob(f"*{TEST_SUFFIX}")) if folder.is_dir() else ():
            if not rule_of(tests).exists():
                linter.problem("stray-test", f"there is no {rule_of(tests).name} beside it", str(tests), (1, 1))
    return linter.found(), number


def is_builtin(path: Path) -> bool:
    """Whether a file or folder is part of the rules that come with the program."""
    return path.resolve().is_relative_to(builtin_folder().resolve())


def rule_of(tests: Path) -> Path:
    """The rule file beside a file of tests."""
    return tests.with_name(tests.name.removesuffix(TEST_SUFFIX) + ".yaml")


def _ids_of_builtin() -> dict[str, str]:
    try:
        return {r.id: r.file for r in load(Selection(profiles=ASKED["all"])).rules}
    except DiagnoseError:
        return {}


def _read(path: Path, linter: Linter) -> list[Rule]:
    try:
        return load_rules(path.read_text(encoding="utf-8"), str(path))
    except LoadErrors as several:
        linter.load_errors(several)
    except (OSError, UnicodeDecodeError) as error:
        linter.load_errors(LoadErrors([LoadError(f"cannot be read: {error}", str(path))]))
    return []


def _unique(rule: Rule, ids: dict[str, str], linter: Linter, path: Path) -> None:
    there = ids.setdefault(rule.id, str(path))
    if there != str(path) and not rule.replaces:
        linter.problem(
            "load",
            f"there is a rule '{rule.id}' already, in {there}; choose another id, or say `replaces: true`",
            rule.file,
            rule.place("id"),
        )


def _lint_file(path: Path, rules: list[Rule], linter: Linter) -> None:
    file = tests_of(path)
    tests: list[RuleTest] = []
    readable = True
    if file.exists():
        try:
            tests = load_tests(file.read_text(encoding="utf-8"), str(file))
        except LoadErrors as several:
            linter.load_errors(several)
            readable = False
        except (OSError, UnicodeDecodeError) as error:
            linter.load_errors(LoadErrors([LoadError(f"cannot be read: {error}", str(file))]))
            readable = False
    ids = [r.id for r in rules]
    for test in tests:
        if rules and test.rule not in ids:
            message = f"'{test.rule}' is no rule of {path.name}{suggest(test.rule, ids)}; it has: {', '.join(ids)}"
            linter.problem("stray-test", message, str(file), (1, 1))
    for rule in rules:
        own = [t for t in tests if t.rule == rule.id]
        linter.lint(Subject(rule, own if readable else None, is_builtin(path)))
