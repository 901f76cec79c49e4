"""Lint of one rule as a whole: what it lacks, what it never uses, what it should not say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from diagnose.language.patterns import Pattern
from diagnose.language.problems import Problems
from diagnose.language.scope import SNAPSHOT, Bound, Scope
from diagnose.language.syntax import Case, Clause, Condition, Place, Ref, Rule, Use
from diagnose.language.templates import Hole
from diagnose.language.templates import parse as parse_template
from diagnose.paths import Key, Path

_SHORT_LIVED = frozenset({"ContainerCreating", "PodInitializing", "Pending", "Terminating", "Released"})
_AGES = ("older_than", "younger_than")
_PROVES = ("some", "none", "every", "count", "when")
_CLUSTER_ONLY = ("status", "log", "previous_log", "logs")


class RuleLint:
    """All checks of a rule that are not about the types of its paths."""

    def __init__(self, rule: Rule, scope: Scope, problems: Problems) -> None:
        self.rule, self.scope, self.add = rule, scope, problems.add

    def run(self) -> None:
        self._complete()
        self._category()
        self._patterns()
        self._unused()
        self._cases()
        self._names()
        self._short_lived()
        self._manifest()

    def _complete(self) -> None:
        """Every finding says what to do, and proves itself."""
        rule = self.rule
        for case in rule.cases:
            of = f"case '{case.id}'" if case.id else "the rule"
            at = case.at if case.id else rule.at
            if not (case.fix or rule.fix):
                self.add("incomplete", f"{of} has no 'fix': say what a person should do", at)
            if not (case.commands or rule.commands) and rule.scope == "state":
                self.add("incomplete", f"{of} has no 'commands': give the kubectl lines that show or mend it", at)
            if not (case.docs or rule.docs):
                self.add("incomplete", f"{of} has no 'docs': give a URL where one can read more", at)
            if not (case.evidence or rule.evidence):
                self.add("incomplete", f"{of} has no 'evidence': name the paths whose values prove it", at)
        for docs, at in ((rule.docs, rule.place("docs")), *((c.docs, c.places.get("docs", c.at)) for c in rule.cases)):
            for url in docs:
                if not url.startswith("https://"):
                    self.add("docs", f"'{url}' is not an https URL", at)

    def _category(self) -> None:
        folder = PurePath(self.rule.file).parent.name
        if folder and self.rule.category != folder and "category" in self.rule.places:
            self.add(
                "category",
                f"the category is '{self.rule.category}' but the folder is '{folder}'; leave 'category' out, or "
                f"move the file",
                self.rule.place("category"),
            )

    def _patterns(self) -> None:
        for use, negated in self._uses():
            if use.operator != "matches" or isinstance(use.argument, Ref) or use.argument is None:
                continue
            if use.argument.names:
                if negated:
                    names = ", ".join(sorted(use.argument.names))
                    self.add(
                        "lost-capture", f"under 'not', the named group {names} captures nothing; write (?:...)", use.at
                    )
            elif use.argument.search(""):
                self.add(
                    "empty-pattern",
                    f"the pattern {use.literal!r} matches the empty text, so it holds for every text; say what "
                    f"must be there",
                    use.at,
                )

    def _unused(self) -> None:
        rule, named = self.rule, self.scope.named
        for param in rule.params:
            if param not in rule.used_params:
                self.add(
                    "unused-param",
                    f"the parameter '{param}' is never used; write {{param: {param}}} or take it out",
                    rule.place("params"),
                )
        for name, what, at in self._bindings():
            if name not in named and name != rule.object:
                self.add("unused-binding", f"'{name}' is never used; {what}", at)

    def _bindings(self) -> Iterator[tuple[str, str, Place]]:
        for clause in self.rule.match:
            if clause.verb not in ("for", "each") and clause.name:
                yield clause.name, "take out its 'as'" if clause.verb != "maybe" else "take the clause out", clause.at
            for name, _, _, at in clause.lets:
                yield name, "take it out", at
            for name, use in _captures(clause.where, clause.when):
                yield name, "write (?:...) for a group that only groups", use.at
        for case in self.rule.cases:
            for name, use in _captures(case.when):
                yield name, "write (?:...) for a group that only groups", use.at

    def _cases(self) -> None:
        seen: dict[object, Case] = {}
        for case in self.rule.cases:
            same = seen.setdefault(plain(case.when), case)
            if same is not case:
                self.add(
                    "same-case",
                    f"case '{case.id}' has the condition of '{same.id}', so it never holds; take one out",
                    case.at,
                )
            if case.severity is not None and case.severity == self.rule.severity:
                at = case.places.get("severity", case.at)
                self.add("same-severity", f"case '{case.id}' repeats the severity of the rule; leave it out", at)

    def _names(self) -> None:
        """The report names its object beside the message; a pod's name also keeps findings from folding."""
        rule = self.rule
        subject = rule.match[0].name
        own = {rule.object or subject}
        pods = {b.name for b in self.scope.bound.values() if b.form == "object" and b.kind == "Pod"} & {subject}
        for case in rule.cases:
            for hole in parse_template(case.message):
                if not isinstance(hole, Hole):
                    continue
                name = hole.path.removesuffix(".metadata.name")
                if name == hole.path or name not in own | pods:
                    continue
                why = (
                    "findings on pods of one workload then do not fold"
                    if name in pods
                    else "the report names the object itself"
                )
                self.add("own-name", f"the message has {{{hole.path}}}: take it out; {why}", case.at)

    def _short_lived(self) -> None:
        rule = self.rule
        if rule.scope != "state" or any(use.operator in _AGES for use, _ in self._uses()):
            return
        if any(c.verb in _PROVES for c in rule.match):
            return
        for use, negated in self._uses():
            words = use.literal if isinstance(use.literal, list) else [use.literal]
            normal = [w for w in words if isinstance(w, str) and w in _SHORT_LIVED]
            if use.operator in ("is", "in") and not negated and normal:
                self.add(
                    "normal-state",
                    f"'{normal[0]}' is normal for a short while; add a minimum age, as "
                    "$.metadata.creationTimestamp: {older_than: 5m}, or what proves a fault",
                    use.at,
                )
                return

    def _manifest(self) -> None:
        if self.rule.scope != "manifest":
            if self.rule.profile:
                self.add("needs-status", "a policy reads manifests: say 'scope: manifest'", self.rule.place("profile"))
            return
        for path, bound, at in self.scope.used:
            if (bound.name == SNAPSHOT and path.text != f"{SNAPSHOT}.version") or _reads_cluster(path, bound):
                self.add(
                    "needs-status",
                    f"'{path.text}' is known only in a cluster; say 'scope: state', or read the spec",
                    at,
                )
        for clause in self.rule.match:
            if clause.target.partition("->")[2].strip() in ("events", "load", "journal", "endpoints"):
                self.add("needs-status", f"'{clause.target}' is known only in a cluster; say 'scope: state'", clause.at)

    def _uses(self) -> Iterator[tuple[Use, bool]]:
        for clause in self.rule.match:
            yield from _walk(clause.uses, False)
            for condition in (clause.where, clause.when):
                yield from _of(condition)
        for case in self.rule.cases:
            yield from _of(case.when)


def _reads_cluster(path: Path, bound: Bound) -> bool:
    first = path.segments[0] if path.segments else None
    return isinstance(first, Key) and first.name in _CLUSTER_ONLY and (bound.form == "object" or bound.view is not None)


def _of(condition: Condition) -> Iterator[tuple[Use, bool]]:
    for tests in condition:
        for test in tests:
            yield from _walk(test.uses, False)


def _walk(uses: tuple[Use, ...], negated: bool) -> Iterator[tuple[Use, bool]]:
    for use in uses:
        if use.operator == "not":
            yield from _walk(use.argument, True)
        else:
            yield use, negated


def _captures(*conditions: Condition) -> Iterator[tuple[str, Use]]:
    for condition in conditions:
        for use, negated in _of(condition):
            if use.operator == "matches" and not negated and isinstance(use.argument, Pattern):
                yield from ((name, use) for name in use.argument.names)


def plain(value: object) -> object:
    """What a condition or clause says, without its places: equal when it says the same."""
    if isinstance(value, Use):
        return (value.operator, plain(value.argument if value.operator == "not" else value.literal), plain_ref(value))
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    if hasattr(value, "path") and hasattr(value, "uses"):
        return (value.path, plain(value.uses))
    return repr(value)


def plain_ref(use: Use) -> str:
    return use.argument.path if isinstance(use.argument, Ref) else ""


def signature(rule: Rule) -> object:
    """What a rule looks for; equal for two rules that look for the same."""
    return tuple(_said(c) for c in rule.match), tuple(plain(c.when) for c in rule.cases)


def _said(clause: Clause) -> object:
    lets = tuple(let[:3] for let in clause.lets)
    texts = (clause.verb, clause.target, clause.name, clause.newest, clause.largest, clause.named, clause.namespace)
    return (*texts, lets, plain(clause.where), plain(clause.uses), plain(clause.when))
