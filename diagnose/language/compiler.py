"""Rules to plans: names resolved, conditions and templates made into functions, dispatch derived.

Everything wrong is told at once, with its place; a plan that exists is one that can run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from diagnose import normalise
from diagnose.decode import projection
from diagnose.errors import LoadError, LoadErrors
from diagnose.kinds import BY_KIND, KindKey, parse_key
from diagnose.language import steps as verbs
from diagnose.language.conditions import (
    add_captures,
    always,
    captured_names,
    compile_condition,
    compile_uses,
)
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.guards import guards_of_subject, guards_of_view
from diagnose.language.plan import CompiledCase, Guard, Plan, Proof, Text, Way
from diagnose.language.ruleset import listed, suggest
from diagnose.language.scope import EVERY_KIND, SNAPSHOT, VIRTUAL, Bound, Reads, Scope, keys_of
from diagnose.language.syntax import Case, Clause, Place, Rule, Symptom
from diagnose.language.targets import compile_target, joined_by_value, resolve_chain
from diagnose.language.templates import FILTERS, Hole, parse, show_all
from diagnose.match import Match
from diagnose.relations import Relations
from diagnose.views import WORKLOADS


@dataclass(frozen=True)
class RuleSet:
    """All loaded rules, compiled together, and what they read of a snapshot."""

    plans: tuple[Plan, ...]
    symptoms: Mapping[str, tuple[Symptom, tuple[Way, ...]]]
    relations: Relations
    reads: Reads

    def decoders(self) -> dict[KindKey, msgspec.json.Decoder[Any] | None]:
        """For each kind a decoder of the fields that some rule reads; None: decode all of it."""
        general = self.reads.paths.get(EVERY_KIND, set())
        found: dict[KindKey, msgspec.json.Decoder[Any] | None] = {}
        for key in [k for k in self.reads.paths if isinstance(k, KindKey)]:
            paths = self.reads.paths[key] | general | set(normalise.reads(key))
            found[key] = None if () in paths else projection(paths)
        return found


def compile_rules(rules: Iterable[Rule], relations: Relations, symptoms: Iterable[Symptom] = ()) -> RuleSet:
    """Compile rules that belong together. Raises LoadErrors."""
    reads = Reads()
    errors: list[LoadError] = []
    table = {s.name: s for s in symptoms}
    ways = {s.name: (s, _symptom_ways(s, relations, reads, errors)) for s in table.values()}
    plans = [_Compiler(rule, relations, reads, errors, table).plan() for rule in rules]
    if errors:
        raise LoadErrors(errors)
    return RuleSet(tuple(p for p in plans if p is not None), ways, relations, reads)


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

    def plan(self) -> Plan | None:
        rule = self.rule
        if not rule.match or rule.match[0].verb != "for":
            return None
        subject = rule.match[0]
        keys = self._subject_keys(subject)
        bound = Bound(subject.name, "object", kind=subject.target)
        self.scope.add(bound, subject.at)
        where = self._subject_where(subject, bound)
        steps = [step for clause in rule.match[1:] for step in self._clause(clause, bound)]
        cases = tuple(self._case(c) for c in rule.cases)
        explains = tuple(w for e in rule.explains if (w := self._way(e.symptom, e.via, e.at)))
        target = self._object(subject)
        since = self.scope.getter(rule.since, rule.place("report")) if rule.since else None
        return Plan(
            rule, keys, subject.target if subject.target in VIRTUAL else "", subject.name, where,
            tuple(steps), cases, explains, tuple(self.guards), target, since,
        )  # fmt: skip

    def _subject_keys(self, subject: Clause) -> tuple[KindKey, ...]:
        kind = subject.target
        if kind in VIRTUAL:
            for workload in WORKLOADS:
                self.scope.reads.paths[parse_key(workload)]
            return tuple(parse_key(k) for k in WORKLOADS)
        if "." not in kind and kind not in BY_KIND:
            guess = suggest(kind, [*BY_KIND, *VIRTUAL]) or "; write Kind.group for a custom resource"
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
        self.guards += guards_of_subject(tests)
        self.stateful = any(t.source.path.startswith("$.status") for alternative in tests for t in alternative)
        return check if subject.where else None

    def _clause(self, clause: Clause, subject: Bound) -> list[verbs.Step]:
        if clause.verb == "let":
            return self._lets(clause)
        if clause.verb == "when":
            check, _ = compile_condition(clause.when, self.scope)
            add_captures(clause.when, self.scope)
            return [verbs.when(check)]
        target = compile_target(clause, self.scope, self.stateful)
        if target is None:
            self._declare_anyway(clause)
            return []
        self.scope.here = target.bound
        check, tests = compile_condition(clause.where, self.scope)
        self.scope.here = None
        of = joined_by_value(target, tests, self.scope) or target.of
        newest = self._newest(clause, target.bound)
        names = tuple(captured_names(clause.where))
        joined = verbs.Joined(clause.name, of, check or always, newest, names)
        if clause.verb in ("each", "some"):
            self.guards += guards_of_view(target.bound, subject, tests, self.scope)
            if any(t.source.path.startswith("$.status") for alternative in tests for t in alternative):
                self.stateful = True
        return [self._verb(clause, joined, target.bound)]

    def _verb(self, clause: Clause, joined: verbs.Joined, bound: Bound) -> verbs.Step:
        if clause.uses and clause.verb != "count":
            self.scope.wrong(f"'is' tests the number of a count; '{clause.verb}' has none", clause.at)
        if clause.verb == "count":
            self.scope.add(Bound(clause.name, "value"), clause.at)
            return verbs.count(joined, compile_uses(clause.uses, self.scope) if clause.uses else None)
        if clause.verb in ("none", "every"):
            return verbs.none(joined) if clause.verb == "none" else verbs.every(joined)
        self.scope.add(bound, clause.at)
        add_captures(clause.where, self.scope)
        make = {"each": verbs.each, "some": verbs.some, "maybe": verbs.maybe}[clause.verb]
        return make(joined)

    def _declare_anyway(self, clause: Clause) -> None:
        """Later clauses should not complain of a name whose own clause is wrong."""
        if clause.name:
            self.scope.bound.setdefault(clause.name, Bound(clause.name, "value"))
        for name in captured_names(clause.where):
            self.scope.bound.setdefault(name, Bound(name, "value", captures=True))

    def _newest(self, clause: Clause, bound: Bound) -> Any:
        if not clause.newest:
            return None
        self.scope.here = bound
        found = self.scope.resolve(clause.newest, clause.at)
        self.scope.here = None
        return found[0] if found else None

    def _lets(self, clause: Clause) -> list[verbs.Step]:
        made = []
        for name, function, paths, at in clause.lets:
            entry = FUNCTIONS[function]
            least, most = entry.paths
            if not least <= len(paths) <= most:
                self.scope.wrong(f"'{function}' takes {least if least == most else f'{least} to {most}'} path(s), not {len(paths)}", at)
            getters = [self.scope.getter(p, at) for p in paths]
            self.scope.add(Bound(name, "value"), at)
            made.append(verbs.let(name, entry.call, getters))
        return made

    def _case(self, case: Case) -> CompiledCase:
        rule = self.rule
        check = None
        if case.when:
            check, _ = compile_condition(case.when, self.scope)
            add_captures(case.when, self.scope)
        proofs = [*rule.evidence, *case.evidence]
        symptom = case.symptom or rule.symptom
        if symptom and symptom not in self.symptoms:
            self._unknown_symptom(symptom, case.places.get("symptom") or rule.place("symptom"))
        compiled = CompiledCase(
            id=case.id,
            when=check,
            title=case.title or rule.title,
            severity=case.severity or rule.severity,
            message=self.template(case.message, case.at),
            fix=self.template(case.fix or rule.fix, case.places.get("fix") or rule.place("fix")),
            commands=tuple(
                self.template(c, case.places.get("commands") or rule.place("commands"), shell=True)
                for c in case.commands or rule.commands
            ),
            docs=case.docs or rule.docs,
            evidence=tuple(p for t in dict.fromkeys(proofs) if (p := self._proof(t, rule.place("evidence")))),
            symptom=symptom,
        )
        for name in captured_names(case.when):
            del self.scope.bound[name]
        return compiled

    def _proof(self, text: str, at: Place) -> Proof | None:
        found = self.scope.resolve(text, at)
        if found is None:
            return None
        path, bound = found
        base = bound.name if bound.form == "object" else bound.base
        return Proof(path.text, path.root, self.scope.getter(text, at), base, not path.segments)

    def _way(self, symptom: str, via: str, at: Place) -> Way | None:
        if symptom not in self.symptoms:
            self._unknown_symptom(symptom, at)
            return None
        start, *names = (part.strip() for part in via.split("->"))
        bound = self.scope.binding(start, at)
        if bound is None:
            return None
        resolved = resolve_chain(bound, names, self.scope, at) if names else ([], bound.kind)
        return Way(symptom, start, tuple(resolved[0])) if resolved else None

    def _unknown_symptom(self, symptom: str, at: Place) -> None:
        guess = suggest(symptom, self.symptoms) or f"; symptoms.yaml has: {listed(self.symptoms)}"
        self.scope.wrong(f"unknown symptom '{symptom}'{guess}", at)

    def _object(self, subject: Clause) -> str:
        name = self.rule.object
        if not name:
            return subject.name
        bound = self.scope.binding(name, self.rule.place("report"))
        if bound is not None and bound.form != "object":
            self.scope.wrong(f"'{name}' is not an object, so no finding can be about it", self.rule.place("report"))
        return name

    def template(self, text: str, at: Place, shell: bool = False) -> Text:
        """A function from a match to the text with its holes filled (quoted for a shell, in commands)."""
        try:
            parts = parse(text)
        except ValueError as error:
            self.scope.wrong(str(error), at)
            return lambda match: text
        pieces: list[str | Callable[[Match], str]] = [
            p if isinstance(p, str) else _quoted(self._hole(p, at)) if shell else self._hole(p, at) for p in parts
        ]
        if all(isinstance(p, str) for p in pieces):
            fixed = "".join(p for p in pieces if isinstance(p, str))
            return lambda match: fixed
        return lambda match: "".join(p if isinstance(p, str) else p(match) for p in pieces)

    def _hole(self, hole: Hole, at: Place) -> Callable[[Match], str]:
        get = self.scope.getter(hole.path, (at[0], at[1]))
        if not hole.filter:
            return lambda match: _shown(get(match), match)
        entry = FILTERS.get(hole.filter)
        if entry is None:
            guess = suggest(hole.filter, FILTERS) or f"; there are: {listed(FILTERS)}"
            self.scope.wrong(f"unknown filter '{hole.filter}'{guess}", at)
            return lambda match: ""
        apply = entry.apply
        return lambda match: show_all([apply(v, match.moment.now) for v in get(match)])


def _quoted(hole: Callable[[Match], str]) -> Callable[[Match], str]:
    return lambda match: shlex.quote(hole(match))


def _shown(values: Sequence[Any], match: Match) -> str:
    from diagnose.logs import Log

    return show_all([match.lines.get(v.name, v) if isinstance(v, Log) else v for v in values])


__all__ = ["SNAPSHOT", "RuleSet", "compile_rules", "keys_of"]
