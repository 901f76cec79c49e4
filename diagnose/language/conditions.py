"""Conditions compiled to functions. A verdict is True, False, or None: cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from diagnose.language import conditions_code
from diagnose.language.operators import TABLE, Moment, Verdict
from diagnose.language.scope import Bound, Scope, from_match
from diagnose.language.syntax import Condition, Ref, Test, Use
from diagnose.logs import Log
from diagnose.match import Match
from diagnose.paths import parse
from diagnose.redact import is_unknown

Captures = dict[str, Any]
Check = Callable[[Any, Match, Captures], Verdict]
UseCheck = Callable[[Sequence[Any], Match, Captures], Verdict]
LINES = "\x00lines"


@dataclass(frozen=True)
class CompiledTest:
    """One line of a `where`: its check, and the parts that dispatch and joins look at."""

    source: Test
    own: bool
    check: Check
    refs: bool
    passes: UseCheck


def always(value: Any, match: Match, captures: Captures) -> Verdict:
    return True


def compile_condition(condition: Condition, scope: Scope) -> tuple[Check, list[list[CompiledTest]]]:
    """The check of a `where` or `when`, and its tests by alternative. Captured names enter the scope later."""
    alternatives = [[_compile_test(t, scope) for t in tests] for tests in condition]
    if not alternatives:
        return always, []
    checks = [_chained(tests) for tests in alternatives]
    return (checks[0] if len(checks) == 1 else _any(checks)), alternatives


def _chained(tests: Sequence[CompiledTest]) -> Check:
    """All of the tests; as code when they look at the value itself and are asked often."""
    chain = _all([t.check for t in tests])
    if not any(t.own for t in tests):
        return chain
    parts = [
        conditions_code.Part(t.check, parse(t.source.path) if t.own else None, t.source.uses, t.passes) for t in tests
    ]
    return conditions_code.lazily(chain, parts)


def captured_names(condition: Condition) -> dict[str, Use]:
    """The named groups of the patterns in a condition (not of negated ones)."""
    return {
        name: use
        for tests in condition
        for test in tests
        for use in test.uses
        if use.operator == "matches" and use.argument is not None and not isinstance(use.argument, Ref)
        for name in use.argument.names
    }


def add_captures(condition: Condition, scope: Scope) -> None:
    """Put the named groups of a condition into scope."""
    for name, use in captured_names(condition).items():
        scope.add(Bound(name, "value", captures=True), use.at)


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any, match: Match, captures: Captures) -> Verdict:
        verdict: Verdict = True
        for one in checks:
            found = one(value, match, captures)
            if found is False:
                return False
            if found is None:
                verdict = None
        return verdict

    return check


def _any(checks: Sequence[Check]) -> Check:
    def check(value: Any, match: Match, captures: Captures) -> Verdict:
        verdict: Verdict = False
        for one in checks:
            mine: Captures = {}
            found = one(value, match, mine)
            if found:
                _merge(captures, mine)
                return True
            if found is None:
                verdict = None
        return verdict

    return check


def _merge(into: Captures, more: Captures) -> None:
    lines = {**into.get(LINES, {}), **more.get(LINES, {})}
    into.update(more)
    if lines:
        into[LINES] = lines


def _compile_test(test: Test, scope: Scope) -> CompiledTest:
    passes = compile_uses(test.uses, scope)
    refs = any(_has_ref(u) for u in test.uses)
    found = scope.resolve(test.path, test.at)
    if found is None:
        return CompiledTest(test, False, always, True, passes)
    path, bound_to = found
    scope.tested.append((test, path, bound_to))
    get = path.get
    if path.root == "$":
        return CompiledTest(
            test, True, lambda value, match, captures: passes(get(value), match, captures), refs, passes
        )
    read = from_match(path)
    of_match = lambda value, match, captures: passes(read(match), match, captures)  # noqa: E731
    return CompiledTest(test, False, of_match, True, passes)


def _has_ref(use: Use) -> bool:
    if isinstance(use.argument, tuple) and use.operator == "not":
        return any(_has_ref(u) for u in use.argument)
    return isinstance(use.argument, Ref)


def compile_uses(uses: Iterable[Use], scope: Scope) -> UseCheck:
    """All of several operators on the same values."""
    return _all([_compile_use(u, scope) for u in uses])


def _compile_use(use: Use, scope: Scope) -> UseCheck:
    if use.operator == "exists" and not isinstance(use.argument, Ref):
        return _exists(bool(use.argument))
    if use.operator == "not":
        return _not([_compile_use(u, scope) for u in use.argument])
    operator = TABLE[use.operator]
    if isinstance(use.argument, Ref):
        if operator.takes in ("regex", "bool"):
            scope.wrong(f"'{use.operator}' takes a literal, not {{ref: {use.argument.path}}}", use.at)
        return _against(operator.test, operator.whole, scope.getter(use.argument.path, use.argument.at))
    test, argument = operator.test, use.argument
    if operator.name == "is" and isinstance(argument, str):
        return _equals(argument)

    def check(values: Sequence[Any], match: Match, captures: Captures) -> Verdict:
        verdict: Verdict = False
        for value in values:
            if is_unknown(value):
                verdict = None
                continue
            found = test(value, argument, match.moment)
            if found:
                if found is not True:
                    _capture(found, value, captures)
                return True
            if found is None:
                verdict = None
        return verdict

    return check


def _equals(text: str) -> UseCheck:
    """What most conditions are: a value is this text."""

    def check(values: Sequence[Any], match: Match, captures: Captures) -> Verdict:
        if text in values:
            return True
        for value in values:
            if is_unknown(value):
                return None
        return False

    return check


def _capture(found: Any, value: Any, captures: Captures) -> None:
    for name, text in found.groupdict().items():
        if text is not None:
            captures[name] = text
    if isinstance(value, Log):
        captures.setdefault(LINES, {})[value.name] = value.line_at(found.start())


def _exists(wanted: bool) -> UseCheck:
    def check(values: Sequence[Any], match: Match, captures: Captures) -> Verdict:
        if not values:
            return not wanted
        if all(v is not None and not isinstance(v, str) and is_unknown(v) for v in values):
            return None
        return wanted

    return check


def _not(inner: list[UseCheck]) -> UseCheck:
    def check(values: Sequence[Any], match: Match, captures: Captures) -> Verdict:
        verdict: Verdict = True
        if not values:
            return True
        for value in values:
            found = [c((value,), match, {}) for c in inner]
            if all(found):
                return False
            if None in found and False not in found:
                verdict = None
        return verdict

    return check


def _against(test: Any, whole: bool, right: Callable[[Match], Sequence[Any]]) -> UseCheck:
    def check(values: Sequence[Any], match: Match, captures: Captures) -> Verdict:
        if not values:
            return False
        arguments = right(match)
        for argument in arguments:
            if is_unknown(argument):
                return None
        moment: Moment = match.moment
        verdict: Verdict = False
        for value in values:
            if is_unknown(value):
                verdict = None
                continue
            for argument in [list(arguments)] if whole else arguments:
                found = test(value, argument, moment)
                if found:
                    return True
                if found is None:
                    verdict = None
        return verdict

    return check
