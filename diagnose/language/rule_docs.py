"""docs/rules/: a page for each category of rules, and an index; docs/coverage.md from its table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagnose.language.syntax import OR, PROFILES, Case, Rule
from diagnose.model import Severity

MADE = "Made by `diagnose rules docs` from the rules; do not edit it."
_LOG = re.compile(r"\.(?:log|logs|previous_log)\b")


def pages(rules: Sequence[Rule]) -> dict[str, str]:
    """File names and texts: README.md and one page a category."""
    by_category: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda r: (r.category, r.id)):
        by_category.setdefault(rule.category, []).append(rule)
    made = {f"{category}.md": _page(category, found) for category, found in by_category.items()}
    return {"README.md": _index(by_category), **made}


def _index(by_category: Mapping[str, Sequence[Rule]]) -> str:
    every = [r for found in by_category.values() for r in found]
    kinds = sum(len(r.cases) for r in every)
    parts = [
        f"# Rules\n\n{MADE}",
        f"{len(every)} rules tell {kinds} kinds of finding apart. `diagnose rules show ID` reads one back in full; "
        "[writing-rules.md](../writing-rules.md) tells how to write one, and "
        "[coverage.md](../coverage.md) which known conditions have one.",
        f"Severity: {_severities()}.",
    ]
    parts += [
        f"## [{category}]({category}.md)\n\n" + _table(found, f"{category}.md")
        for category, found in by_category.items()
    ]
    return "\n\n".join(parts) + "\n"


def _severities() -> str:
    meaning = {
        "critical": "the cluster or many workloads are down",
        "error": "a workload does not do its job",
        "warning": "it will or may break",
        "info": "worth knowing",
    }
    return "; ".join(f"{s.name}: {meaning[s.name]}" for s in sorted(Severity, reverse=True))


def _table(rules: Iterable[Rule], page: str = "") -> str:
    rows = [f"| [{r.id}]({page}#{r.id}) | {_levels(r)} | {_text(r.title)} |" for r in rules]
    return "\n".join(["| rule | severity | |", "| --- | --- | --- |", *rows])


def _levels(rule: Rule) -> str:
    found = {c.severity or rule.severity for c in rule.cases}
    return ", ".join(s.name for s in sorted(found, reverse=True))


def _page(category: str, rules: Sequence[Rule]) -> str:
    return "\n\n".join([f"# {category}\n\n{MADE}", _table(rules), *(_rule(r) for r in rules)]) + "\n"


def _rule(rule: Rule) -> str:
    parts = [f"## {rule.id}", f"**{_text(rule.title)}** ({_levels(rule)})"]
    if rule.about:
        parts.append(_text(rule.about))
    facts = {
        "Looks at": ", ".join(_reads(rule)),
        "Parameters": ", ".join(f"`{k}: {v}`" for k, v in rule.params.items()),
        "Kubernetes": f"`{rule.kubernetes}`" if rule.kubernetes else "",
        "Also for": "manifests, before they are applied" if rule.scope == "manifest" and not rule.profile else "",
        "Policy": f"`{rule.profile}`: {PROFILES[rule.profile]}" if rule.profile else "",
        "Standards": ", ".join(rule.refs),
        "Former ids": ", ".join(f"`{a}`" for a in rule.aliases),
        "About": f"the {rule.object}" if rule.object and rule.object != rule.match[0].name else "",
        "A sight of": f"`{rule.symptom}`; another finding may explain it" if rule.symptom else "",
        "Explains": ", ".join(dict.fromkeys(f"`{e.symptom}`" for e in rule.explains)),
    }
    parts.append("\n".join(f"- {name}: {value}" for name, value in facts.items() if value))
    if rule.cases[0].id:
        parts += ["\n".join(_case(rule, c)) for c in rule.cases]
    else:
        parts.append(f"> {_text(rule.cases[0].message)}")
    parts += [_fix(rule.fix)] if rule.fix else []
    parts += [_code(rule.commands)] if rule.commands else []
    parts += ["See: " + ", ".join(f"<{u}>" for u in rule.docs)] if rule.docs else []
    return "\n\n".join(parts)


def _case(rule: Rule, case: Case) -> Iterator[str]:
    """A cause. What it has in common with the rule is told there."""
    yield f"### {rule.id}/{case.id}\n"
    if case.severity is not None and case.severity != rule.severity:
        yield f"Severity: {case.severity.name}.\n"
    if case.title and case.title != rule.title:
        yield f"{_text(case.title)}.\n"
    yield f"> {_text(case.message)}"
    if case.symptom:
        yield f"\nA sight of `{case.symptom}`; another finding may explain it."
    if case.fix:
        yield f"\n{_fix(case.fix)}"
    if case.commands:
        yield f"\n{_code(case.commands)}"
    if case.docs:
        yield "\nSee: " + ", ".join(f"<{u}>" for u in case.docs)


def _reads(rule: Rule) -> list[str]:
    """The kinds and relations that a rule goes through, in its order, and logs."""
    found: dict[str, None] = {}
    for clause in rule.match:
        target = clause.target
        if "->" in target:
            found.update(dict.fromkeys(word.strip() for word in target.split("->")[1:]))
        elif target[:1].isupper():
            found.update((f"`{kind}`", None) for kind in target.split(OR))
    told = [*rule.evidence, *(str(t.path) for c in rule.cases for tests in c.when for t in tests)]
    told += [p for clause in rule.match for _, _, paths, _ in clause.lets for p in paths]
    if any(_LOG.search(path) for path in told):
        found["logs"] = None
    return list(found)


def _fix(text: str) -> str:
    """What to do, and in lines of its own what to write."""
    first, *rest = text.splitlines()
    if not rest:
        return _text(f"Fix: {text}")
    return "\n".join([_text(f"Fix: {first}"), "", "```yaml", *(_plain(line) for line in rest), "```"])


def _code(lines: Iterable[str]) -> str:
    return "\n".join(["```sh", *(_plain(line) for line in lines), "```"])


def _plain(template: str) -> str:
    """A template as one reads it: its doubled braces are single ones."""
    return template.replace("{{", "{").replace("}}", "}")


def _text(template: str) -> str:
    """Text that Markdown shows as it is; placeholders stand in code."""
    parts = re.split(r"(\{\{|\}\}|\{[^{}]+\})", template)
    shown = [
        p[0] if p in ("{{", "}}") else f"`{p}`" if p.startswith("{") else re.sub(r"([\\`*_<>|\[\]])", r"\\\1", p)
        for p in parts
    ]
    return " ".join("".join(shown).split())


# --- docs/coverage.md


@dataclass(frozen=True)
class Condition:
    """One line of the coverage table: a known condition, and the rules for it, or why there is none."""

    id: str
    name: str
    rules: tuple[str, ...]
    reason: str


def read_coverage(text: str) -> list[Condition]:
    """The lines of a coverage table: id, name, rules and reason, with tabs between. Raises ValueError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = [c.strip() for c in line.split("\t")]
        if not 3 <= len(cells) <= 4:
            raise ValueError(f"line {number}: {len(cells)} columns; id, name, rules and reason are wanted")
        identifier, name, rules, reason = [*cells, ""][:4]
        found.append(Condition(identifier, name, tuple(rules.split()), reason))
    return found


_FAMILIES = {
    "A": "Pending and scheduling",
    "B": "Image pulls",
    "C": "Containers",
    "D": "Workload controllers",
    "E": "Services, ingresses, gateways, aggregated APIs",
    "F": "Network policies, DNS, meshes",
    "G": "Storage",
    "H": "Autoscaling and disruption",
    "I": "Nodes",
    "J": "Quotas, capacity, utilisation",
    "K": "Control plane, admission, certificates, operators",
    "L": "References, RBAC, hygiene",
}


def coverage_page(conditions: Sequence[Condition], rules: Iterable[Rule]) -> str:
    """docs/coverage.md."""
    category = {r.id: r.category for r in rules}
    covered = sum(bool(c.rules) for c in conditions)
    parts = [
        f"# Coverage\n\n{MADE} Its table is coverage.tsv.",
        f"{len(conditions)} conditions that tools of this trade are known to look for, or ought to: "
        f"{covered} have a rule, and {len(conditions) - covered} a reason why not.",
    ]
    families: dict[str, list[Condition]] = {}
    for condition in conditions:
        families.setdefault(condition.id[:1], []).append(condition)
    for family, found in sorted(families.items()):
        rows = [f"| {c.id} | {_text(c.name)} | {_covering(c, category)} |" for c in found]
        share = sum(bool(c.rules) for c in found)
        head = f"## {family} {_FAMILIES.get(family, '')} ({share} of {len(found)})".replace("  ", " ")
        parts.append("\n".join([head, "", "| | condition | rules, or why none |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def _covering(condition: Condition, category: Mapping[str, str]) -> str:
    links = []
    for name in condition.rules:
        rule = name.partition("/")[0]
        anchor = name.replace("/", "")
        links.append(f"[{name}](rules/{category.get(rule, '')}.md#{anchor})")
    return "; ".join(p for p in (", ".join(links), _text(condition.reason)) if p)
