"""What lint can find: one table of checks, and a problem with its place."""

from __future__ import annotations

from dataclasses import dataclass

from diagnose.language.syntax import Place

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Check:
    """One check. `level` is how bad it is; `for_users` the level for rules that are not built in."""

    name: str
    level: str
    doc: str
    for_users: str = ""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that lint found, with its place: what is wrong, and what to do."""

    file: str
    line: int
    column: int
    level: str
    check: str
    message: str

    def __str__(self) -> str:
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p)
        return f"{place}: {self.level}: {self.message} [{self.check}]"


CHECKS: dict[str, Check] = {
    c.name: c
    for c in (
        Check("load", ERROR, "The file cannot be loaded or compiled as a rule or a test."),
        Check("unknown-field", ERROR, "A path names a field that Kubernetes' objects of this kind do not have."),
        Check("list", ERROR, "A list is read as if it were one element; `[*]` or `[0]` is missing."),
        Check("not-a-list", ERROR, "`[*]`, an index or a filter stands where there is no list."),
        Check("dotted-key", ERROR, "A key with dots in it must be quoted: `$.data['ca.crt']`."),
        Check(
            "wrong-type", ERROR, 'A value is compared with one of another type, as `status: true` for the text "True".'
        ),
        Check("unknown-word", ERROR, "A field is compared with a word that it never holds."),
        Check(
            "empty-pattern", ERROR, "A pattern without named groups matches the empty text, so that it always holds."
        ),
        Check(
            "not-equal",
            WARNING,
            "`!=` in a filter also selects elements without that field; a `not:` says which is meant.",
        ),
        Check(
            "interpreted",
            WARNING,
            "Only jsonpath-ng can read this path: ten times slower, and it hides what the rule reads.",
        ),
        Check("template", WARNING, "A placeholder shows a whole object, or its filter does not fit its type."),
        Check(
            "own-name",
            WARNING,
            "The message repeats the name of the object that the report names anyway, or of one of its pods.",
        ),
        Check("normal-state", WARNING, "The rule fires on a state that is normal for a short while, at any age."),
        Check("needs-status", ERROR, "The rule says `scope: manifest` but reads what only a running cluster has."),
        Check("unused-param", WARNING, "A parameter is declared and never used."),
        Check("unused-binding", WARNING, "A name is bound and never used."),
        Check("lost-capture", WARNING, "A named group under `not:` captures nothing."),
        Check("incomplete", ERROR, "A finding of the rule lacks fix, commands, docs or evidence.", WARNING),
        Check("docs", WARNING, "An entry of `docs` is not an https URL."),
        Check("category", ERROR, "The category is not the name of the rule's folder.", WARNING),
        Check("same-case", ERROR, "A case has the condition of an earlier one, so it never holds."),
        Check("same-severity", WARNING, "A case repeats the severity of its rule."),
        Check("duplicate", WARNING, "Two rules look for the same."),
        Check("no-tests", ERROR, "The rule has no tests.", WARNING),
        Check("never-fires", ERROR, "No test expects a finding of the rule, or of one of its cases.", WARNING),
        Check("never-silent", ERROR, "No test expects that the rule finds nothing.", WARNING),
        Check("stray-test", ERROR, "A test is for a rule that is not beside it."),
    )
}


class Problems:
    """Collects the problems of one file; each is told once."""

    def __init__(self, file: str, builtin: bool) -> None:
        self.file, self.builtin = file, builtin
        self.found: dict[Problem, None] = {}

    def add(self, check: str, message: str, at: Place) -> None:
        entry = CHECKS[check]
        level = entry.level if self.builtin or not entry.for_users else entry.for_users
        self.found.setdefault(Problem(self.file, *at, level, check, message))
