"""Rules in words, for `rules list` and `rules show`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from diagnose.language.syntax import OR, PROFILES, Case, Clause, Condition, Ref, Rule, Use

_WIDTH = 100
_WORDS = {
    "is": "is",
    "in": "is one of",
    "matches": "matches",
    "contains": "contains",
    "starts_with": "starts with",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "older_than": "is older than",
    "younger_than": "is younger than",
    "has_key": "has the key",
    "selects": "selects",
    "untolerated_by": "is untolerated by",
    "version": "is a version",
}


def as_json(rule: Rule) -> dict[str, Any]:
    """A rule as `rules list -o json` shows it."""
    return {
        "id": rule.id,
        "title": rule.title,
        "category": rule.category,
        "severity": rule.severity.name,
        "scope": rule.scope,
        "profile": rule.profile,
        "cases": [c.id for c in rule.cases if c.id],
    }


def table(rules: Sequence[Rule]) -> str:
    """All rules, by category."""
    if not rules:
        return "no rules"
    wide = max(len(r.id) for r in rules)
    lines: list[str] = []
    for category in sorted({r.category for r in rules}):
        lines += ["", category] if lines else [category]
        lines += [_row(r, wide) for r in rules if r.category == category]
    cases = sum(len(r.cases) for r in rules)
    summary = f"{len(rules)} rule{'' if len(rules) == 1 else 's'}, {cases} kind{'' if cases == 1 else 's'} of finding"
    return "\n".join([*lines, "", summary])


def _row(rule: Rule, wide: int) -> str:
    scope = f" ({rule.profile} policy)" if rule.profile else " (manifests too)" if rule.scope == "manifest" else ""
    return f"  {rule.id:<{wide}}  {rule.severity.name:<8}  {rule.title}{scope}"


def describe(rule: Rule, file: Path) -> str:
    """Everything that a rule says."""
    lines = [f"{rule.id}: {rule.title}"]
    facts = {
        "severity": rule.severity.name,
        "category": rule.category,
        "scope": rule.scope,
        "policy": f"{rule.profile}: {PROFILES[rule.profile]}" if rule.profile else "",
        "versions": rule.kubernetes,
        "params": ", ".join(f"{k}={v}" for k, v in rule.params.items()),
        "refs": ", ".join(rule.refs),
        "was": ", ".join(rule.aliases),
        "file": str(file),
    }
    lines += [f"  {name:<9} {value}" for name, value in facts.items() if value]
    lines += _paragraph(rule.about)
    lines += ["", "looks for"]
    for clause in rule.match:
        lines += _clause(clause)
    lines += ["", "says"]
    for case in rule.cases:
        lines += _case(case, rule)
    if rule.object:
        lines.append(f"  about the object '{rule.object}'")
    lines += _listed("proves it by", rule.evidence)
    lines += _listed("run", rule.commands)
    lines += ["", "fix", *_wrapped(rule.fix)] if rule.fix else []
    explains = [f"{e.symptom} of {e.via}" for e in rule.explains]
    lines += _listed("explains", explains)
    lines += _listed("effect", [rule.symptom] if rule.symptom else [])
    lines += _listed("docs", rule.docs)
    return "\n".join(lines)


def _paragraph(text: str) -> list[str]:
    return ["", *_wrapped(text)] if text else []


def _wrapped(text: str) -> list[str]:
    lines = text.splitlines()
    if len(lines) > 1:  # what is to be written stands in lines of its own
        return [*_wrapped(lines[0]), *(f"    {line}" for line in lines[1:])]
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _listed(word: str, entries: Iterable[str]) -> list[str]:
    found = list(entries)
    return ["", word, *(f"  {e}" for e in found)] if found else []


def _clause(clause: Clause) -> list[str]:
    if clause.verb == "let":
        return [f"  let {name} = {function}({', '.join(paths)})" for name, function, paths, _ in clause.lets]
    if clause.verb == "when":
        return ["  when", *_condition(clause.when)]
    head = f"  {clause.verb} {' or '.join(clause.target.split(OR))}"
    head += f" named {clause.named}" if clause.named else ""
    head += f" in the namespace {clause.namespace}" if clause.namespace else ""
    head += f" as {clause.name}" if clause.name else ""
    head += f", the newest by {clause.newest}" if clause.newest else ""
    head += f", {' and '.join(_use(u) for u in clause.uses)}" if clause.uses else ""
    return [head + (" where" if clause.where else ""), *_condition(clause.where)]


def _condition(condition: Condition) -> list[str]:
    lines = []
    for i, tests in enumerate(condition):
        lines += ["    or"] if i else []
        lines += [f"    {t.path} {' and '.join(_use(u) for u in t.uses)}" for t in tests]
    return lines


def _use(use: Use) -> str:
    if use.operator == "exists":
        return "exists" if use.argument else "does not exist"
    if use.operator == "not":
        return f"not ({' and '.join(_use(u) for u in use.argument)})"
    return f"{_WORDS.get(use.operator, use.operator)} {_value(use)}"


def _value(use: Use) -> str:
    if isinstance(use.argument, Ref):
        return use.argument.path
    if isinstance(use.literal, list):
        return ", ".join(map(_literal, use.literal))
    return _literal(use.literal)


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'" if isinstance(value, str) else str(value)


def _case(case: Case, rule: Rule) -> list[str]:
    if not case.id:
        return _wrapped(case.message)
    severity = f" ({case.severity.name})" if case.severity is not None and case.severity != rule.severity else ""
    lines = [f"  {rule.id}/{case.id}{severity}" + (", when" if case.when else "")]
    lines += _condition(case.when)
    lines.append(f"    says: {case.message}")
    lines += [f"    fix: {case.fix}"] if case.fix else []
    lines += [f"    run: {c}" for c in case.commands]
    lines += [f"    proof: {e}" for e in case.evidence]
    lines += [f"    docs: {d}" for d in case.docs]
    lines += [f"    effect: {case.symptom}"] if case.symptom else []
    return lines
