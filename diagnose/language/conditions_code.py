"""Conditions as generated code: the same verdicts as the chain of checks, in about a third of the time.

It is done for conditions that are asked often. A test of a chain of keys for being there, for a text or for a truth
value becomes a comparison in place; every other test is called. Whatever is odd (a value that is not told, a map of
which only a part is told) is left to the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from diagnose.language.operators import Verdict
from diagnose.language.syntax import Ref, Use
from diagnose.paths import Key, Path
from diagnose.redact import REDACTED_FORMS
from diagnose.values import UNKNOWN

_REDACTED = frozenset(REDACTED_FORMS)
MANY = 200
"""After so many objects it pays to generate the code."""
Check = Callable[[Any, Any, dict[str, Any]], Verdict]


@dataclass(frozen=True)
class Part:
    """One test of a condition: its check, and where that is plain the path and the operators."""

    check: Check
    path: Path | None
    uses: tuple[Use, ...]
    passes: Check


def lazily(chain: Check, parts: Sequence[Part]) -> Check:
    """A check that becomes generated code when it is used often."""
    asked = 0
    made: Check | None = None

    def check(value: Any, match: Any, captures: dict[str, Any]) -> Verdict:
        nonlocal asked, made
        if made is not None:
            return made(value, match, captures)
        asked += 1
        if asked > MANY:
            made = generated(chain, parts)
        return chain(value, match, captures)

    return check


def generated(chain: Check, parts: Sequence[Part]) -> Check:
    """The condition as one Python function. Nothing of a rule but its keys and values, quoted, is in its source."""
    writer = _Writer(chain)
    for part in parts:
        writer.part(part)
    return writer.made()


class _Writer:
    """The source of a condition, and the constants that it names."""

    def __init__(self, chain: Check) -> None:
        self._lines = ["def check(value, match, captures):", "    if value.__class__ is not dict: return odd()"]
        self._names: dict[str, Any] = {"chain": chain, "UNKNOWN": UNKNOWN, "REDACTED": _REDACTED, "NONE": {}}
        self._below: dict[tuple[str, ...], str] = {(): "value"}
        self._undecided = False

    def made(self) -> Check:
        if self._undecided:
            self._put("return verdict")
            self._lines.insert(1, "    verdict = True")
        else:
            self._put("return True")
        source = "\n".join(self._lines).replace("odd()", "chain(value, match, captures)")
        exec(compile(source, "<condition>", "exec"), self._names)  # noqa: S102
        made: Check = self._names["check"]
        return made

    def _put(self, text: str) -> None:
        self._lines.append("    " + text)

    def _constant(self, value: Any) -> str:
        name = f"c{len(self._names)}"
        self._names[name] = value
        return name

    def part(self, part: Part) -> None:
        tests = [_comparison(use) for use in part.uses]
        keys = _keys(part.path)
        if keys is None or None in tests or not tests:
            self._call(part)
            return
        self._value(keys)
        for test in tests:
            if test is not None:
                for line in test:
                    self._put(line)

    def _call(self, part: Part) -> None:
        self._undecided = True
        if part.path is None:
            self._put(f"found = {self._constant(part.check)}(value, match, captures)")
        else:
            get, passes = self._constant(part.path.get), self._constant(part.passes)
            self._put(f"found = {passes}({get}(value), match, captures)")
        self._put("if found is False: return False")
        self._put("if found is None: verdict = None")

    def _value(self, keys: tuple[str, ...]) -> None:
        """Make `x` the value at the end of the keys; None where it is missing."""
        for length in range(1, len(keys)):
            above, here = keys[: length - 1], keys[:length]
            if here in self._below:
                continue
            name = self._below[here] = f"b{len(self._below)}"
            self._put(f"{name} = {self._below[above]}.get({here[-1]!r})")
            self._put(f"if {name} is None: {name} = NONE")
            self._put(f"elif {name}.__class__ is not dict: return odd()")
        self._put(f"x = {self._below[keys[:-1]]}.get({keys[-1]!r})")


def _keys(path: Path | None) -> tuple[str, ...] | None:
    if path is None or not path.segments:
        return None
    names = tuple(s.name for s in path.segments if isinstance(s, Key))
    return names if len(names) == len(path.segments) else None


def _comparison(use: Use) -> list[str] | None:
    """What tests `x` in place: it returns from the function where the condition fails or is odd, and else goes on."""
    argument = use.argument
    if use.operator == "exists" and not isinstance(argument, Ref):
        if argument:
            return ["if x is None: return False", "if x is UNKNOWN: return odd()"]
        return ["if x is not None: return odd()"]
    wanted = _wanted(use)
    if wanted is not None:
        return _is_one_of(wanted)
    if use.operator == "not" and isinstance(argument, tuple) and len(argument) == 1:
        refused = _wanted(argument[0])
        return _is_none_of(refused) if refused is not None else None
    return None


def _wanted(use: Use) -> tuple[str, ...] | bool | None:
    """The texts of which a use wants one, or the truth value; None when it wants something else."""
    argument = use.argument
    if use.operator == "is" and isinstance(argument, (str, bool)):
        texts = (argument,) if isinstance(argument, str) else argument
    elif use.operator == "in" and isinstance(argument, list) and all(isinstance(a, str) for a in argument):
        texts = tuple(argument)
    else:
        return None
    return None if isinstance(texts, tuple) and _REDACTED.intersection(texts) else texts


def _is_one_of(wanted: tuple[str, ...] | bool) -> list[str]:
    if isinstance(wanted, bool):
        return [
            f"if x is not {wanted!r}:",
            "    if x is None or x.__class__ is bool: return False",
            "    return odd()",
        ]
    return [
        f"if x.__class__ is not str or {_differs(wanted)}:",
        "    if x is None or (x.__class__ is str and x not in REDACTED): return False",
        "    return odd()",
    ]


def _is_none_of(refused: tuple[str, ...] | bool) -> list[str]:
    if isinstance(refused, bool):
        return [
            f"if x is not None and x is not {not refused!r}:",
            f"    if x is {refused!r}: return False",
            "    return odd()",
        ]
    return [
        "if x is not None:",
        "    if x.__class__ is not str or x in REDACTED: return odd()",
        f"    if not ({_differs(refused)}): return False",
    ]


def _differs(texts: tuple[str, ...]) -> str:
    return f"x != {texts[0]!r}" if len(texts) == 1 else f"x not in {texts!r}"
