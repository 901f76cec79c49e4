"""A compiled rule: what the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from diagnose.kinds import KindKey
from diagnose.language.conditions import Check, UseCheck
from diagnose.language.scope import Bound
from diagnose.language.steps import Step
from diagnose.language.syntax import Rule
from diagnose.match import Match
from diagnose.model import Severity
from diagnose.paths import Key, Path
from diagnose.relations import Relation

Text = Callable[[Match], str]
_RARE = frozenset({"waiting", "terminated", "deletionTimestamp", "unschedulable"})
_COMMON = frozenset({True, "True", "Running", "Ready", "Bound", "Available"})


@dataclass(frozen=True)
class Guard:
    """What must be so of the subject alone for the plan to hold: some value at one of `paths`,
    one of `values` where that is known."""

    paths: tuple[Path, ...]
    values: frozenset[Any] | None

    @property
    def rank(self) -> tuple[int, int]:
        """How selective it is likely to be: a known value deep in the object first, but not one that
        healthy objects have as well."""
        if self.values is not None:
            known = 1 if self.values & _COMMON else 3
        else:
            known = 2 if all(_RARE & {s.name for s in p.segments if isinstance(s, Key)} for p in self.paths) else 0
        return (known, max(len(p.segments) for p in self.paths))


Early = tuple[tuple[tuple[Path, UseCheck], ...], ...]
"""Alternatives of tests on the object alone; where each alternative has one that fails, the plan cannot hold."""


@dataclass(frozen=True)
class Proof:
    """One path of a rule's `evidence`, and the binding that it starts at."""

    text: str
    root: str
    get: Callable[[Match], Sequence[Any]]
    base: str
    whole: bool
    path: Path
    bound: Bound


@dataclass(frozen=True)
class CompiledCase:
    """One cause, ready to be told."""

    id: str
    when: Check | None
    title: str
    severity: Severity
    message: Text
    fix: Text
    commands: tuple[Text, ...]
    docs: tuple[str, ...]
    evidence: tuple[Proof, ...]
    symptom: str
    inferred: bool = False
    places: tuple[Proof, ...] = ()
    """Where a manifest is to be mended: the case's own evidence, then the rule's."""


@dataclass(frozen=True)
class Way:
    """Where the effects of a cause are: a symptom, and the relations from a binding to its objects."""

    symptom: str
    root: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Plan:
    """One rule, compiled. `keys` are the kinds of its subjects; `where` the subject's own condition.

    `reads_log`: it holds only for a pod of which some log was collected. `asks_log`: it looks at the logs of
    some containers, and holds without them too.
    """

    rule: Rule
    keys: tuple[KindKey, ...]
    virtual: str
    name: str
    where: Check | None
    steps: tuple[Step, ...]
    cases: tuple[CompiledCase, ...]
    explains: tuple[Way, ...]
    guards: tuple[Guard, ...]
    object: str
    since: Callable[[Match], Sequence[Any]] | None
    reads_log: bool = False
    asks_log: bool = False
    early: Early = ()
