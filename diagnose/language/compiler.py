"""Rules to plans: names resolved, conditions and templates made into functions, dispatch derived.

Everything wrong is told at once, with its place; a plan that exists is one that can run.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from diagnose import normalise
from diagnose.decode import Readings
from diagnose.errors import LoadError, LoadErrors
from diagnose.kinds import BY_KIND, KindKey, parse_key
from diagnose.language import steps as verbs
from diagnose.language.conditions import (
    CompiledTest,
    add_captures,
    captured_names,
    compile_condition,
    compile_uses,
)
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.guards import asks_log, early_tests, guards_of_subject, guards_of_view, guards_of_when, needs_log
from diagnose.language.plan import CompiledCase, Early, Guard, Plan, Proof, Way
from diagnose.language.reading import instead, suggest
from diagnose.language.scope import (
    ANYTHING,
    EVERY_KIND,
    SNAPSHOT,
    VIRTUAL,
    Bound,
    ReadKey,
    Reads,
    Scope,
    Steps,
    from_match,
    keys_of,
)
from diagnose.language.syntax import OR, Case, Clause, Place, Ref, Rule, Symptom, Test, Use
from diagnose.language.targets import compile_target, joined_by_value, resolve_chain
from diagnose.language.texts import template
from diagnose.paths import parse as parse_path
from diagnose.relations import Relations
from diagnose.views import TEMPLATED


@dataclass(frozen=True)
class RuleSet:
    """All loaded rules, compiled together, and what they read of a snapshot."""

    plans: tuple[Plan, ...]
    symptoms: Mapping[str, tuple[Symptom, tuple[Way, ...]]]
    relations: Relations
    reads: Reads

    def decoders(self) -> Readings:
        """How to decode each kind: to the fields that some rule reads."""
        return self._decoders

    def joining(self) -> Readings:
        """How to decode the objects that a join finds: to the fields that rules read of such."""
        return self._joining

    @cached_property
    def _decoders(self) -> Readings:
        return self._readings(self.reads.paths)

    @cached_property
    def _joining(self) -> Readings:
        return self._readings(self.reads.joined)

    def _readings(self, paths: Mapping[ReadKey, set[Steps]]) -> Readings:
        general = self.reads.paths.get(EVERY_KIND, set())
        return Readings(
            {
                key: paths.get(key, set()) | general | set(normalise.reads(key)) | {("kind",)}
                for key in self.reads.paths
                if isinstance(key, KindKey)
            }
        )

    def scanning(self) -> Readings:
        """How to decode each kind for dispatch and indexes alone: the few fields that decide who is a candidate."""
        return self._scanning

    @cached_property
    def _scanning(self) -> Readings:
        paths: dict[KindKey, set[Steps]] = {}
        for plan in self.plans:
            for key in plan.keys:
                paths.setdefault(key, set()).update(_asked_first(plan))
        for key, text, _ in self.reads.indexes:
            paths.setdefault(key, set()).update(parse_path(text).reads())
        of_all = {steps for plan in self.plans if not plan.keys for steps in _asked_first(plan)}
        for some in paths.values():
            some |= of_all
        return Readings({key: some | set(normalise.reads(key)) | {("kind",)} for key, some in paths.items()})


def _asked_first(plan: Plan) -> set[Steps]:
    """What dispatch reads of an object to see whether a plan may be about it."""
    found = {steps for guard in plan.guards for path in guard.paths for steps in path.reads()}
    return found | {steps for tests in plan.early for path, _ in tests for steps in path.reads()}


def compile_rules(
    rules: Iterable[Rule],
    relations: Relations,
    symptoms: Iterable[Symptom] = (),
    seen: Callable[[Rule, Scope], None] | None = None,
    present: Container[KindKey] | None = None,
) -> RuleSet:
    """Compile rules that belong together; `seen` gets each rule with what its paths resolved to. Raises LoadErrors.

    With `present`, of a rule that is about none of these kinds only that is kept which tells that it was not needed.
    """
    reads = Reads()
    errors: list[LoadError] = []
    table = {s.name: s for s in symptoms}
    walked = Reads()
    ways = {s.name: (s, _symptom_ways(s, relations, walked, errors)) for s in table.values()}
    plans = []
    for rule in rules:
        compiler = _Compiler(rule, relations, reads, errors, table)
        plans.append(compiler.plan(present))
        if seen is not None:
            seen(rule, compiler.scope)
    if errors:
        raise LoadErrors(errors)
    return RuleSet(tuple(p for p in plans if p is not None), ways, relations, reads.with_symptoms(walked))


def _symptom_ways(symptom: Symptom, relations: Relations, reads: Reads, errors: list[LoadError]) -> tuple[Way, ...]:
    scope = Scope("symptoms.yaml", relations, reads, errors)
    bound = Bound("object", "object", kind=symptom.of)
    ways = []
    for e in symptom.explains:
        resolved = resolve_chain(bound, [n.strip() for n in e.via.split("->") if n.strip()], scope, e.at)
        if resolved is not None:
            ways.append(Way(e.symptom, "object", tuple(resolved[0])))
    return tuple(ways)


class _Compiler:
    def __init__(
        self,
        rule: Rule,
        relations: Relations,
        reads: Reads,
        errors: list[LoadError],
        symptoms: Mapping[str, Symptom],
    ) -> None:
        self.rule = rule
        self.scope = Scope(rule.file, relations, reads, errors)
        self.symptoms = symptoms
        self.guards: list[Guard] = []
        self.stateful = False
        self.reads_log = False
        self.first: Clause | None = None
        self.early: Early = ()

    def plan(self, present: Container[KindKey] | None = None) -> Plan | None:
        rule = self.rule
        if not rule.match or rule.match[0].verb != "for":
            return None
        subject = rule.match[0]
        keys = self._subject_keys(subject)
        if present is not None and keys and not any(key in present for key in keys):
            return Plan(rule, keys, "", subject.name, None, (), (), (), (), subject.name, None)
        bound = Bound(subject.name, "object", kind=subject.target)
        self.scope.add(bound, subject.at)
        self.scope.subject = subject.name
        where = self._subject_where(subject, bound)
        self.first = rule.match[1] if len(rule.match) > 1 else None
        steps = [step for clause in rule.match[1:] for step in self._clause(clause, bound)]
        cases = tuple(self._case(c) for c in rule.cases)
        explains = tuple(w for e in rule.explains if (w := self._way(e.symptom, e.via, e.at)))
        target = self._object(subject)
        since = self.scope.getter(rule.since, rule.place("since")) if rule.since else None
        return Plan(
            rule, keys, subject.target if subject.target in VIRTUAL else "", subject.name, where,
            tuple(steps), cases, explains, tuple(self.guards), target, since, self.reads_log, asks_log(self.scope),
            self.early,
        )  # fmt: skip

    def _subject_keys(self, subject: Clause) -> tuple[KindKey, ...]:
        kind = subject.target
        if kind == ANYTHING:
            return ()
        if kind in VIRTUAL:
            for workload in TEMPLATED:
                self.scope.reads.paths[parse_key(workload)]
            return tuple(parse_key(k) for k in TEMPLATED)
        if OR in kind:
            return tuple(k for one in kind.split(OR) for k in self._subject_keys(replace(subject, target=one)))
        if "." not in kind and kind not in BY_KIND:
            own = f"; a custom resource is written with its group, as {kind}.example.com"
            guess = suggest(kind, [*BY_KIND, *VIRTUAL, ANYTHING]) or own
            self.scope.wrong(f"unknown kind '{kind}'{guess}", subject.at)
            return ()
        self.scope.reads.paths[parse_key(kind)]
        return (parse_key(kind),)

    def _subject_where(self, subject: Clause, bound: Bound) -> Any:
        self.scope.here = bound
        check, tests = compile_condition(subject.where, self.scope)
        self.scope.here = None
        for name, use in captured_names(subject.where).items():
            self.scope.add(Bound(name, "value", captures=True), use.at)
        self.guards += guards_of_subject(bound, tests)
        self.stateful = any(t.source.path.startswith("$.status") for alternative in tests for t in alternative)
        return check if subject.where else None

    def _clause(self, clause: Clause, subject: Bound) -> list[verbs.Step]:
        if clause.verb == "let":
            return self._lets(clause)
        if clause.verb == "when":
            check, tests = compile_condition(clause.when, self.scope)
            add_captures(clause.when, self.scope)
            if clause is self.first:
                self.guards += guards_of_when(subject, tests)
                self.early = early_tests(subject, tests)
            return [verbs.when(check)]
        target = compile_target(clause, self.scope, self.stateful)
        if target is None:
            self._declare_anyway(clause)
            return []
        self.scope.here = target.bound
        check, tests = compile_condition(clause.where, self.scope)
        self.scope.here = None
        probe = joined_by_value(target, tests, self.scope) if clause.verb != "every" else None
        of = probe or target.of
        order = self._order(clause, target.bound)
        names = tuple(captured_names(clause.where))
        depends = self._depends(clause, tests) if target.scans is not None else None
        if probe is not None and not _same_for_all(tests):
            depends = None
        own = all(t.own and not t.refs for alternative in tests for t in alternative)
        joined = verbs.Joined(clause.name, of, check, order, names, depends, own)
        if clause.verb in ("each", "some"):
            self.guards += guards_of_view(target.bound, subject, tests, self.scope)
            if any(t.source.path.startswith("$.status") for alternative in tests for t in alternative):
                self.stateful = True
            self.reads_log = self.reads_log or needs_log(target.bound, subject, tests)
        return [self._verb(clause, joined, target.bound)]

    def _depends(self, clause: Clause, tests: list[list[CompiledTest]]) -> verbs.Depends:
        """What a clause over all objects of a kind compares with: the values of other bindings."""
        paths = [text for alternative in tests for test in alternative for text in _other_paths(test.source)]
        found = [self.scope.path(text, clause.at) for text in dict.fromkeys(paths)]
        getters = [from_match(path) for path in found if path is not None]
        return lambda match: tuple(repr(get(match)) for get in getters)

    def _verb(self, clause: Clause, joined: verbs.Joined, bound: Bound) -> verbs.Step:
        if clause.uses and clause.verb != "count":
            self.scope.wrong(f"'is' tests the number of a count; '{clause.verb}' has none: use where", clause.at)
        if clause.verb == "count":
            self.scope.add(Bound(clause.name, "value", function="count"), clause.at)
            test = compile_uses(clause.uses, self.scope) if clause.uses else None
            return verbs.count(joined, test, tuple(sorted(_limits(clause.uses))))
        if clause.verb in ("none", "every"):
            return verbs.none(joined) if clause.verb == "none" else verbs.every(joined)
        self.scope.add(bound, clause.at)
        add_captures(clause.where, self.scope)
        if clause.verb == "maybe":
            return verbs.maybe(joined, clause.absent_if_unknown)
        return verbs.each(joined) if clause.verb == "each" else verbs.some(joined)

    def _declare_anyway(self, clause: Clause) -> None:
        """Later clauses should not complain of a name whose own clause is wrong."""
        if clause.name:
            self.scope.bound.setdefault(clause.name, Bound(clause.name, "value"))
        for name in captured_names(clause.where):
            self.scope.bound.setdefault(name, Bound(name, "value", captures=True))

    def _order(self, clause: Clause, bound: Bound) -> verbs.Order | None:
        text = clause.newest or clause.largest
        if not text:
            return None
        if clause.newest and clause.largest:
            self.scope.wrong("a clause binds the newest or the largest, not both", clause.at)
        self.scope.here = bound
        found = self.scope.resolve(text, clause.at)
        self.scope.here = None
        if found is None:
            return None
        return verbs.newest(found[0]) if clause.newest else verbs.largest(found[0])

    def _lets(self, clause: Clause) -> list[verbs.Step]:
        made = []
        for name, function, paths, at in clause.lets:
            entry = FUNCTIONS[function]
            least, most = entry.paths
            if not least <= len(paths) <= most:
                number = f"{least}" if least == most else f"{least} to {most}"
                self.scope.wrong(f"'{function}' takes {number} paths, not {len(paths)}", at)
            found = [f for p in paths if (f := self.scope.resolve(p, at)) is not None]
            self.scope.add(Bound(name, "value", function=function, of=tuple(found)), at)
            made.append(verbs.let(name, entry.call, [from_match(path) for path, _ in found], entry.partial))
        return made

    def _case(self, case: Case) -> CompiledCase:
        rule = self.rule
        check = None
        outside = dict(self.scope.bound)
        if case.when:
            check, _ = compile_condition(case.when, self.scope)
            add_captures(case.when, self.scope)
        proofs = [*rule.evidence, *case.evidence]
        symptom = case.symptom or rule.symptom
        if symptom and symptom not in self.symptoms:
            self._unknown_symptom(symptom, case.places.get("symptom") or rule.place("symptom"))
        proved = {t: p for t in dict.fromkeys(proofs) if (p := self._proof(t, rule.place("evidence")))}
        compiled = CompiledCase(
            id=case.id,
            when=check,
            title=case.title or rule.title,
            severity=case.severity or rule.severity,
            message=template(self.scope, case.message, case.at),
            fix=template(self.scope, case.fix or rule.fix, case.places.get("fix") or rule.place("fix")),
            commands=tuple(
                template(self.scope, c, case.places.get("commands") or rule.place("commands"), in_shell=True)
                for c in case.commands or rule.commands
            ),
            docs=case.docs or rule.docs,
            evidence=tuple(proved.values()),
            symptom=symptom,
            inferred=rule.inferred if case.inferred is None else case.inferred,
            places=tuple(proved[t] for t in (*case.evidence, *rule.evidence) if t in proved),
        )
        self.scope.bound = outside
        return compiled

    def _proof(self, text: str, at: Place) -> Proof | None:
        found = self.scope.resolve(text, at)
        if found is None:
            return None
        path, bound = found
        base = bound.name if bound.form == "object" else bound.base
        return Proof(path.text, path.root, self.scope.getter(text, at), base, not path.segments, path, bound)

    def _way(self, symptom: str, via: str, at: Place) -> Way | None:
        if symptom not in self.symptoms:
            self._unknown_symptom(symptom, at)
            return None
        start, *names = (part.strip() for part in via.split("->"))
        bound = self.scope.binding(start, at)
        if bound is None:
            return None
        resolved = resolve_chain(bound, names, self.scope, at)
        return Way(symptom, start, tuple(resolved[0])) if resolved else None

    def _unknown_symptom(self, symptom: str, at: Place) -> None:
        self.scope.wrong(f"unknown symptom '{symptom}'{instead(symptom, self.symptoms, 'symptoms.yaml has')}", at)

    def _object(self, subject: Clause) -> str:
        name = self.rule.object
        if not name:
            return subject.name
        bound = self.scope.binding(name, self.rule.place("object"))
        if bound is not None and bound.form != "object":
            self.scope.wrong(f"'{name}' is not an object, so no finding can be about it", self.rule.place("object"))
        return name


def _limits(uses: Iterable[Use]) -> set[float]:
    """The numbers that a test of a count compares with, and their neighbours: where its answer may change."""
    found: set[float] = set()
    for use in uses:
        if use.operator == "not" and isinstance(use.argument, tuple):
            found |= _limits(use.argument)
        else:
            numbers = use.argument if isinstance(use.argument, list) else [use.argument]
            found |= {n + d for n in numbers if isinstance(n, (int, float)) for d in (-1, 0, 1)}
    return found


def _same_for_all(tests: list[list[CompiledTest]]) -> bool:
    """Whether a condition compares with nothing but facts of the snapshot."""
    texts = [text for alternative in tests for test in alternative for text in _other_paths(test.source)]
    return all(text.startswith(f"{SNAPSHOT}.") for text in texts)


def _other_paths(test: Test) -> list[str]:
    """The paths of a condition that do not begin at the clause's own object."""
    uses = list(test.uses)
    refs = []
    while uses:
        use = uses.pop()
        if isinstance(use.argument, Ref):
            refs.append(use.argument.path)
        elif use.operator == "not":
            uses += use.argument
    return [text for text in (test.path, *refs) if not text.startswith("$")]


__all__ = ["SNAPSHOT", "RuleSet", "compile_rules", "keys_of"]
