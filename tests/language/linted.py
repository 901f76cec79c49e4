"""Small rules for the tests of lint, and what it says of them."""

from __future__ import annotations

from collections.abc import Iterable

from diagnose.language.lint import Linter, Problem, Subject
from diagnose.language.ruleset import load_rules
from tests.language.tables import RELATIONS, SYMPTOMS

WHOLE = "fix: Mend it.\ncommands: [kubectl get pods]\ndocs: [https://kubernetes.io/docs/]\nevidence: [{evidence}]\n"


class Tests:
    """Stands for the tests beside a rule."""

    __test__ = False

    def __init__(self, fires: Iterable[str] = ("",), silent: bool = True) -> None:
        self._fires, self._silent = set(fires), silent

    def fires(self) -> set[str]:
        return self._fires

    def silent(self) -> bool:
        return self._silent


def rule_text(match: str, message: str = "found", more: str = "", evidence: str = "pod.status.phase") -> str:
    report = "" if "cases:" in more else f'report: {{message: "{message}"}}\n'
    return f"id: r\ntitle: T\nseverity: error\nmatch:\n{match}\n{report}{more}" + WHOLE.format(evidence=evidence)


def lint(text: str, tests: Tests | None = None, builtin: bool = True) -> list[Problem]:
    linter = Linter(RELATIONS, SYMPTOMS)
    for rule in load_rules(text, "<r>"):
        linter.lint(Subject(rule, [tests or Tests()], builtin))
    return linter.found()


def told(text: str, tests: Tests | None = None, builtin: bool = True) -> list[str]:
    return [f"{p.check}: {p.message}" for p in lint(text, tests, builtin)]


FOR_POD = "- for: Pod\n  where: {$.status.reason: Evicted}\n"
