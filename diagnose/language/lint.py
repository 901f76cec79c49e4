"""Lint: what is wrong with rules that load, and would only make them silent, wrong or unclear.

Places are those of the rule file; docs/rule-reference.md lists the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from diagnose.errors import LoadErrors
from diagnose.language.compiler import compile_rules
from diagnose.language.lint_paths import PathLint
from diagnose.language.lint_rules import RuleLint, signature
from diagnose.language.problems import CHECKS, ERROR, WARNING, Problem, Problems
from diagnose.language.scope import Scope
from diagnose.language.syntax import Place, Rule, Symptom
from diagnose.relations import Relations


class Tests(Protocol):
    """What lint asks of the tests of a rule."""

    def fires(self) -> set[str]: ...

    def silent(self) -> bool: ...


@dataclass(frozen=True)
class Subject:
    """A rule to lint, with its tests (None: they cannot be read) and whether it is one of the built-in rules."""

    rule: Rule
    tests: Sequence[Tests] | None = ()
    builtin: bool = False


@dataclass
class Linter:
    """Lints rules one after the other; `finish` compares them with each other."""

    relations: Relations
    symptoms: Sequence[Symptom]
    problems: dict[Problem, None] = field(default_factory=dict)
    _seen: dict[object, Rule] = field(default_factory=dict)

    def lint(self, subject: Subject) -> None:
        """Every check of one rule."""
        rule, problems = subject.rule, Problems(subject.rule.file, subject.builtin)
        scopes: list[Scope] = []

        def keep(_: Rule, scope: Scope) -> None:
            scopes.append(scope)

        try:
            compile_rules([rule], self.relations, self.symptoms, keep)
        except LoadErrors as several:
            self.load_errors(several)
            return
        PathLint(rule, scopes[0], problems).run()
        RuleLint(rule, scopes[0], problems).run()
        _tested(subject, problems)
        same = self._seen.setdefault(signature(rule), rule)
        if same is not rule:
            message = f"the rule '{same.id}' looks for the same; join the two, or say what differs"
            problems.add("duplicate", message, rule.at)
        self.problems.update(problems.found)

    def load_errors(self, several: LoadErrors) -> None:
        """Errors of loading or compiling, as problems."""
        for error in several.errors:
            self.problems[Problem(error.file, error.line, error.column, ERROR, "load", error.message)] = None

    def problem(self, check: str, message: str, file: str, at: Place) -> None:
        """One problem that is not of one rule."""
        self.problems[Problem(file, *at, CHECKS[check].level, check, message)] = None

    def found(self) -> list[Problem]:
        """All problems, by file and place."""
        return sorted(self.problems)


def _tested(subject: Subject, problems: Problems) -> None:
    """A rule has tests; each of its cases fires in one, and one is silent."""
    rule = subject.rule
    if subject.tests is None:
        return
    if not subject.tests:
        problems.add("no-tests", f"the rule has no tests: write {rule.id}.test.yaml beside it", rule.at)
        return
    fired: set[str] = set().union(*(t.fires() for t in subject.tests))
    for case in rule.cases:
        if case.id and case.id not in fired:
            message = f"no test expects case '{case.id}': add one, or take the case out if nothing reaches it"
            problems.add("never-fires", message, case.at)
        elif not case.id and not fired:
            problems.add("never-fires", "no test expects a finding of the rule: add one that fires", rule.at)
    if not any(t.silent() for t in subject.tests):
        problems.add("never-silent", "no test expects nothing: add the nearest healthy case with `expect: []`", rule.at)


def counts(problems: Iterable[Problem]) -> Mapping[str, int]:
    """How many errors and warnings."""
    found = {ERROR: 0, WARNING: 0}
    for problem in problems:
        found[problem.level] += 1
    return found


__all__ = ["CHECKS", "ERROR", "WARNING", "Linter", "Problem", "Subject", "Tests", "counts"]
