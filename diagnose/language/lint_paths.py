"""Lint of the paths of one rule: each against the fields and types that Kubernetes has.

At run time a path that is wrong finds nothing, so that the rule is only silent.
"""

from __future__ import annotations

from typing import Any

from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.problems import Problems
from diagnose.language.ruleset import suggest
from diagnose.language.scope import Bound, Scope
from diagnose.language.syntax import Clause, Place, Ref, Rule, Use
from diagnose.language.templates import Hole
from diagnose.language.templates import parse as parse_template
from diagnose.language.types import (
    ANY,
    LOG,
    NUMBERS,
    TEXTS,
    Wrong,
    called,
    element_of,
    end_of,
    fields_of,
    mismatch,
    type_of,
    value_of,
    walk,
)
from diagnose.language.words import respelled, words_of
from diagnose.paths import Key, Other, Path, parse

_TEXT_OPERATORS = ("matches", "starts_with")
_NUMBER_OPERATORS = ("lt", "le", "gt", "ge")
_AGE_OPERATORS = ("older_than", "younger_than")


class PathLint:
    """All checks of paths, for one rule and what the compiler resolved of it."""

    def __init__(self, rule: Rule, scope: Scope, problems: Problems) -> None:
        self.rule, self.scope, self.problems = rule, scope, problems
        self._ends = {(at, path.text): (path, bound) for path, bound, at in scope.used}

    def run(self) -> None:
        for path, bound, at in self.scope.used:
            self._path(path, bound, at)
        for test, path, bound in self.scope.tested:
            for use in test.uses:
                self._use(use, path, bound)
        for clause, path, bound in self.scope.targets:
            self._target(clause, path, bound)
        self._lets()
        self._templates()

    def _type(self, path: Path, bound: Bound) -> str:
        found = end_of(path, bound, self.scope.bound)
        return ANY if isinstance(found, Wrong) else found

    def _path(self, path: Path, bound: Bound, at: Place) -> None:
        found = end_of(path, bound, self.scope.bound)
        if isinstance(found, Wrong):
            self.problems.add(found.check, f"'{path.text}': {found.message}", at)
            return
        rest = next((s.text for s in path.segments if isinstance(s, Other)), None)
        if rest is not None:
            self._interpreted(path, rest, at)

    def _interpreted(self, path: Path, rest: str, at: Place) -> None:
        if "!=" in rest:
            self.problems.add(
                "not-equal",
                f"'{path.text}': != also selects elements without that field; go through the elements with a clause "
                "(`each: ...[*]`) and say `{not: ...}` in its where",
                at,
            )
            return
        self.problems.add(
            "interpreted",
            f"'{path.text}': only jsonpath-ng can read this, slowly, from '{rest.removeprefix('$')}' on; "
            "use keys, [*], [0] and [?(@.key=='value')], or a clause of its own",
            at,
        )

    def _use(self, use: Use, path: Path, bound: Bound) -> None:
        if use.operator == "not":
            for inner in use.argument:
                self._use(inner, path, bound)
            return
        left = self._type(path, bound)
        if left == ANY or use.operator == "exists":
            return
        if isinstance(use.argument, Ref):
            self._against(use, left, path)
            return
        problem = self._operand(use, left)
        if problem:
            self.problems.add("wrong-type", f"'{path.text}' is {called(left)}: {problem}", use.at)
        elif use.operator in ("is", "in"):
            self._words(use, path, bound)

    def _operand(self, use: Use, left: str) -> str:
        operator, literals = use.operator, use.literal if isinstance(use.literal, list) else [use.literal]
        if operator in ("is", "in"):
            return next((text for v in literals if (text := mismatch(left, v))), "")
        if operator in _TEXT_OPERATORS:
            return "" if left in (*TEXTS, LOG, "datetime") else f"'{operator}' reads text{_inside(left)}"
        if operator == "contains":
            return (
                "" if left in (*TEXTS, LOG) or element_of(left) else f"'contains' reads text or a list{_inside(left)}"
            )
        if operator in _NUMBER_OPERATORS:
            return "" if left in (*TEXTS, *NUMBERS) else f"'{operator}' compares numbers and quantities{_inside(left)}"
        if operator in _AGE_OPERATORS:
            return "" if left in ("datetime", *TEXTS) else f"'{operator}' reads times{_inside(left)}"
        if operator == "has_key":
            return "" if value_of(left) or fields_of(left) is not None else "'has_key' reads maps"
        return ""

    def _against(self, use: Use, left: str, path: Path) -> None:
        """Left and right of `{ref: ...}` must be of one kind."""
        right = self._end(use.argument.path, use.argument.at)
        if right == ANY:
            return
        at = use.argument.at
        if use.operator == "untolerated_by":
            if right != "V1Toleration":
                self.problems.add(
                    "wrong-type",
                    f"'{use.argument.path}' is {called(right)}: name the tolerations, as {use.argument.path}[*]",
                    at,
                )
        elif use.operator in ("is", "in", "contains") and _family(right) not in ("", _family(left)) and _family(left):
            self.problems.add(
                "wrong-type",
                f"'{path.text}' is {called(left)} and '{use.argument.path}' is {called(right)}: they are never equal"
                + ("; write [*] for the elements of a list" if "list" in (_family(left), _family(right)) else ""),
                at,
            )

    def _words(self, use: Use, path: Path, bound: Bound) -> None:
        end = len(path.segments)
        while end and not isinstance(path.segments[end - 1], Key):
            end -= 1
        if not end:
            return
        field = path.segments[end - 1]
        assert isinstance(field, Key)
        model = walk(type_of(bound, self.scope.bound), path.segments[: end - 1], path.root)
        if isinstance(model, Wrong):
            return
        known = words_of(model, field.name)
        for word in use.literal if isinstance(use.literal, list) else [use.literal]:
            self._word(word, known, model, field.name, use.at)

    def _word(self, word: Any, known: tuple[str, ...], model: str, field: str, at: Place) -> None:
        if not isinstance(word, str) or word == "" or word in known:
            return
        if known:
            guess = suggest(word, known)
            self.problems.add(
                "unknown-word",
                f"{called(model)}.{field} is never '{word}'{guess}; it is one of: {', '.join(known)}",
                at,
            )
        elif field in ("reason", "type") and respelled(word):
            self.problems.add("unknown-word", f"Kubernetes writes '{respelled(word)}', not '{word}'", at)

    def _target(self, clause: Clause, path: Path, bound: Bound) -> None:
        if element_of(self._type(path, bound)) is not None:
            self.problems.add(
                "list", f"'{path.text}' is one list; write {path.text}[*] to go through its elements", clause.at
            )

    def _lets(self) -> None:
        for clause in self.rule.match:
            for name, function, paths, at in clause.lets:
                takes = FUNCTIONS[function].takes
                for text in paths:
                    found = self._end(text, at)
                    if not _fits(found, takes):
                        self.problems.add(
                            "wrong-type",
                            f"'{function}' (of '{name}') reads {_TAKES.get(takes, called(takes))}; '{text}' is "
                            f"{called(found)}",
                            at,
                        )

    def _templates(self) -> None:
        rule = self.rule
        shared = [(rule.fix, rule.place("fix")), *((c, rule.place("commands")) for c in rule.commands)]
        for case in rule.cases:
            own = [(case.message, case.at), (case.fix, case.places.get("fix", case.at))]
            commands = [(c, case.places.get("commands", case.at)) for c in case.commands]
            for text, at in (*shared, *own, *commands):
                for hole in parse_template(text):
                    if isinstance(hole, Hole):
                        self._hole(hole, at)

    def _hole(self, hole: Hole, at: Place) -> None:
        found = self._end(hole.path, at)
        if hole.filter == "age" and found not in ("datetime", *TEXTS, ANY):
            self.problems.add("template", f"'{{{hole.path}|age}}': age reads a time; this is {called(found)}", at)
        elif hole.filter == "labels" and _family(found) not in ("map", "object", ""):
            self.problems.add("template", f"'{{{hole.path}|labels}}': labels reads a map; this is {called(found)}", at)
        elif hole.filter == "bytes" and found not in (*NUMBERS, *TEXTS, ANY):
            self.problems.add(
                "template", f"'{{{hole.path}|bytes}}': bytes reads a quantity; this is {called(found)}", at
            )
        elif not hole.filter and _family(found) == "object":
            self.problems.add(
                "template", f"'{{{hole.path}}}' shows all of {called(found)} as JSON; name a field of it", at
            )

    def _end(self, text: str, at: Place) -> str:
        """The type of a path as the compiler resolved it at this place."""
        found = self._ends.get(((at[0], at[1]), parse(text).text))
        return self._type(*found) if found else ANY


_TAKES = {"quantity": "numbers and quantities", "str": "text"}


def _fits(found: str, takes: str) -> bool:
    if found == ANY or takes == ANY:
        return True
    if takes == "quantity":
        return found in (*TEXTS, *NUMBERS)
    return found in TEXTS if takes == "str" else found == takes


def _inside(name: str) -> str:
    return "; write [*] for its elements" if element_of(name) else ""


def _family(name: str) -> str:
    """What values of a type can equal each other; "" for those that can be anything."""
    if name in (ANY, LOG):
        return ""
    if name in (*TEXTS, "datetime"):
        return "text"
    if name in NUMBERS:
        return "number"
    if element_of(name):
        return "list"
    return "map" if value_of(name) else "object" if fields_of(name) is not None else name
