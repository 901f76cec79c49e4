"""What a rule file says, as frozen values: names are not resolved yet, every part knows its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnose.model import Severity

Place = tuple[int, int]
NOWHERE: Place = (0, 0)


@dataclass(frozen=True)
class Ref:
    """`{ref: path}`: the right side is read from a binding."""

    path: str
    at: Place


@dataclass(frozen=True)
class Use:
    """One operator with its right side: a prepared literal, a Ref, or (for `not`) more uses."""

    operator: str
    argument: Any
    literal: Any
    at: Place


@dataclass(frozen=True)
class Test:
    """One line of a `where`: a path and what its values must be."""

    path: str
    uses: tuple[Use, ...]
    at: Place


OR = "|"
"""Between the kinds of a `for` that names several."""

Condition = tuple[tuple[Test, ...], ...]
"""Alternatives, of which one must hold; all tests of an alternative must hold."""


@dataclass(frozen=True)
class Clause:
    """One step of `match`. `verb` is a key of CLAUSES; `name` the binding it makes."""

    verb: str
    target: str
    at: Place
    name: str = ""
    where: Condition = ()
    newest: str = ""
    largest: str = ""
    absent_if_unknown: bool = False
    named: str = ""
    namespace: str = ""
    uses: tuple[Use, ...] = ()
    lets: tuple[tuple[str, str, tuple[str, ...], Place], ...] = ()
    when: Condition = ()


@dataclass(frozen=True)
class Case:
    """One cause: the message, and what differs from the rule's own fields."""

    id: str
    message: str
    at: Place
    when: Condition = ()
    severity: Severity | None = None
    fix: str = ""
    title: str = ""
    commands: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    symptom: str = ""
    inferred: bool | None = None
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Explains:
    """A symptom that this rule's findings are the cause of, and the way to its objects."""

    symptom: str
    via: str
    at: Place


@dataclass(frozen=True)
class Rule:
    """One rule file (or one document of it). `used_params` are the parameters that some `{param: ...}` names."""

    id: str
    title: str
    category: str
    severity: Severity
    scope: str
    match: tuple[Clause, ...]
    cases: tuple[Case, ...]
    file: str
    at: Place
    object: str = ""
    since: str = ""
    evidence: tuple[str, ...] = ()
    fix: str = ""
    commands: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    symptom: str = ""
    inferred: bool = False
    explains: tuple[Explains, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    used_params: frozenset[str] = frozenset()
    kubernetes: str = ""
    aliases: tuple[str, ...] = ()
    replaces: bool = False
    about: str = ""
    profile: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        return self.places.get(name, self.at)


@dataclass(frozen=True)
class Symptom:
    """Something a user sees. `explains` are (symptom, relation chain) that follow from it."""

    name: str
    of: str
    about: str
    explains: tuple[Explains, ...]


CLAUSES: dict[str, str] = {
    "for": "The subject: one match per object of this kind, or of several like ones. Opens the rule, once.",
    "each": "Fan out: one match per element.",
    "some": "At least one passes; binds the first, or the newest by a path.",
    "none": "None passes. Needs its kind collected.",
    "every": "There is at least one, and all pass. Needs its kind collected.",
    "count": "Binds how many pass; `is` tests the number.",
    "maybe": "Like some, but the match goes on without it (an outer join).",
    "let": "Binds computed values.",
    "when": "Tests bindings.",
}

CLAUSE_KEYS: dict[str, str] = {
    "as": "the name of the binding",
    "where": "what must hold of `$`, the object or element of this clause",
    "newest": "a time in each candidate; the newest is bound",
    "largest": "a quantity in each candidate; the largest is bound",
    "unknown": "`absent`: what cannot be decided counts as not there (maybe)",
    "named": "a path to the name of the object (with a kind as target)",
    "namespace": "a path to its namespace, when it is not the subject's own",
    "is": "operators on the number (count)",
}

RULE_KEYS: dict[str, str] = {
    "id": "kebab-case, the file's stem, for ever",
    "title": "what is wrong, in a few words",
    "category": "the folder's name",
    "severity": "critical, error, warning or info",
    "scope": "state (needs status; dumps and clusters) or manifest (needs spec only; files too)",
    "profile": "of a policy: baseline, restricted, hygiene or opinion; such rules run in `check` only",
    "about": "what a reader of the reference should know",
    "match": "the clauses, in order",
    "report": "message, object, evidence, fix, commands, since",
    "cases": "disjoint causes: the first whose `when` holds",
    "evidence": "paths whose values prove the finding",
    "fix": "what to do",
    "commands": "exact kubectl lines",
    "docs": "URLs",
    "symptom": "what this finding is an effect of",
    "explains": "the symptoms that this finding is the cause of",
    "inferred": "true: the cause is concluded from signs, no status, event or log states it; its confidence is lower",
    "params": "thresholds and their defaults",
    "kubernetes": "the versions it applies to, as >=1.25",
    "refs": "ids in PSS, CIS or NSA",
    "aliases": "older ids of this rule",
    "replaces": "true: this rule takes the place of the loaded rule of the same id",
}

REPORT_KEYS: dict[str, str] = {
    "message": "the sentence, a template",
    "object": "the binding that the finding is about (the subject)",
    "evidence": RULE_KEYS["evidence"],
    "fix": RULE_KEYS["fix"],
    "commands": RULE_KEYS["commands"],
    "since": "a path to the time it began",
}

CASE_KEYS: dict[str, str] = {
    "id": "kebab-case; the finding is rule/case",
    "when": "what must hold of the bindings",
    "title": RULE_KEYS["title"],
    "message": REPORT_KEYS["message"],
    "severity": RULE_KEYS["severity"],
    "fix": RULE_KEYS["fix"],
    "commands": RULE_KEYS["commands"],
    "evidence": RULE_KEYS["evidence"],
    "docs": RULE_KEYS["docs"],
    "symptom": RULE_KEYS["symptom"],
    "inferred": RULE_KEYS["inferred"],
}

SCOPES = ("state", "manifest")

PROFILES: dict[str, str] = {
    "baseline": "what the API server refuses, what breaks, and the baseline Pod Security Standard",
    "restricted": "the restricted Pod Security Standard",
    "hygiene": "resources, probes, images, access, network and availability, as far as few would disagree",
    "opinion": "what some want and others do not",
}
"""What a policy can belong to; a rule that is no policy belongs to none."""

ASKED: dict[str, frozenset[str]] = {
    "baseline": frozenset({"baseline"}),
    "restricted": frozenset({"baseline", "restricted"}),
    "hygiene": frozenset({"baseline", "hygiene"}),
    "default": frozenset({"baseline", "restricted", "hygiene"}),
    "all": frozenset(PROFILES),
}
"""What `--profile` takes, and the profiles that it stands for."""
