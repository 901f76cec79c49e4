"""Rule files to `Rule` values: every mistake is a LoadError with its line and column.

Names of bindings, relations and paths are resolved later, by the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from diagnose.decode import MALFORMED, documents
from diagnose.errors import LoadError, LoadErrors
from diagnose.language import syntax
from diagnose.language.functions import TABLE as FUNCTIONS
from diagnose.language.operators import TABLE as OPERATORS
from diagnose.language.patterns import Pattern
from diagnose.language.reading import Fields, instead, listed, shown, suggest
from diagnose.language.syntax import OR, Case, Clause, Condition, Explains, Place, Ref, Rule, Test, Use
from diagnose.model import Severity
from diagnose.positions import Marked, Step, load_all
from diagnose.values import version_in_range

if TYPE_CHECKING:
    from diagnose.sources.yaml_bulk import Converter

_REQUIRED = ("id", "title", "severity", "match")
_LEVELS = [s.name for s in sorted(Severity, reverse=True)]
_EXPLAINS = "{symptom: pod-not-ready, via: node -> pods}"


@dataclass(frozen=True)
class Override:
    """What diagnose.yaml changes of one rule."""

    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None
    enabled: bool = True


def load_rules(
    text: str,
    file: str,
    overrides: Mapping[str, Override] | None = None,
    linted: bool = False,
    places: bool = True,
) -> list[Rule]:
    """All rules of one file. Raises LoadErrors with everything that is wrong in it.

    `linted`: its patterns are known to be good (the rules that come with the program), so they need not
    be compiled to find out. `places` False reads it in a third of the time, and nothing of it knows where it stands.
    """
    errors: list[LoadError] = []
    rules: list[Rule] = []
    try:
        found = load_all(text, file) if places else _unplaced(text, file)
    except LoadError as error:
        raise LoadErrors([_with_hint(error)]) from None
    for document in found:
        if document.data is None:
            continue
        rule = Reader(document, errors, linted).rule(file, overrides or {})
        if rule is not None:
            rules.append(rule)
    if errors:
        raise LoadErrors(errors)
    return rules


_NOWHERE = ((0, 0), (0, 0), None)


def _unplaced(text: str, file: str) -> list[Marked]:
    """The documents of a file that comes with the program, without their places and what `load_all` refuses."""
    from diagnose.sources.yaml_bulk import YamlError

    try:
        found = list(documents(_converter()(text.encode())))
    except (YamlError, *MALFORMED) as error:
        raise LoadError(str(error), file) from None
    return [Marked(msgspec.json.decode(d.raw), file, _NOWHERE) for d in found]


@cache
def _converter() -> Converter:
    from diagnose.sources.yaml_bulk import Converter

    return Converter(trusted=True)


def _with_hint(error: LoadError) -> LoadError:
    if "flow mapping" not in error.message:
        return error
    hint = '; text that has braces is quoted: "{pod.spec.nodeName} is full"'
    return LoadError(error.message + hint, error.file, error.line, error.column)


class Reader(Fields):
    """Reads one document as a rule."""

    def __init__(self, document: Marked, errors: list[LoadError], linted: bool = False) -> None:
        super().__init__(document, errors)
        self._linted = linted
        self._params: dict[str, Any] = {}
        self._used_params: set[str] = set()

    def rule(self, file: str, overrides: Mapping[str, Override]) -> Rule | None:
        data = self.doc.data
        if not isinstance(data, dict):
            self.wrong(f"a rule is a map with id, title, severity, match and report, not {shown(data)}")
            return None
        self.keys(data, syntax.RULE_KEYS, "a rule")
        for key in _REQUIRED:
            if key not in data:
                self.wrong_key(f"the rule has no '{key}': {syntax.RULE_KEYS[key]}")
        rule_id = self.id(data["id"], "id") if "id" in data else ""
        stem = PurePath(file).stem
        if rule_id and len(stem) > 1 and stem != rule_id and not stem.startswith("<"):
            self.wrong(f"the id is '{rule_id}' but the file is called '{stem}.yaml'; they must be the same", "id")
        override = overrides.get(rule_id, Override())
        self._read_params(data, override)
        severity = Severity[self.choice(data.get("severity", "error"), _LEVELS, "severity")]
        report = self.map(data.get("report", {}), "report")
        self.keys(report, syntax.REPORT_KEYS, "report", "report")
        return Rule(
            id=rule_id,
            title=self.text(data.get("title", ""), "title"),
            category=self.text(data.get("category", PurePath(file).parent.name or "user"), "category"),
            severity=override.severity or severity,
            scope=self.choice(data.get("scope", "state"), syntax.SCOPES, "scope"),
            match=self._match(data["match"]) if "match" in data else (),
            cases=self._cases(data, report),
            file=file,
            at=self.place(),
            object=self.text(report.get("object", ""), "report", "object"),
            since=self.text(report.get("since", ""), "report", "since"),
            evidence=self.texts(data.get("evidence", []), "evidence")
            + self.texts(report.get("evidence", []), "report", "evidence"),
            fix=self.text(data.get("fix", report.get("fix", "")), "fix"),
            commands=self.texts(data.get("commands", []), "commands")
            + self.texts(report.get("commands", []), "report", "commands"),
            docs=self.texts(data.get("docs", []), "docs"),
            refs=self.texts(data.get("refs", []), "refs"),
            symptom=self.text(data.get("symptom", ""), "symptom"),
            inferred=self.flag(data.get("inferred", False), "inferred"),
            explains=self._explains(data.get("explains", [])),
            params=self._params,
            used_params=frozenset(self._used_params),
            kubernetes=self._versions(data.get("kubernetes", "")),
            aliases=self.texts(data.get("aliases", []), "aliases"),
            replaces=data.get("replaces") is True,
            about=self.text(data.get("about", ""), "about"),
            profile=self.choice(data["profile"], list(syntax.PROFILES), "profile") if "profile" in data else "",
            places={**{k: self.place("report", k) for k in report}, **{k: self.place(k) for k in data}},
        )

    def _read_params(self, data: Mapping[str, Any], override: Override) -> None:
        declared = self.map(data.get("params", {}), "params")
        self._params = dict(declared)
        for name, value in override.params.items():
            if name not in declared:
                guess = instead(name, declared, "it has") if declared else "; it has none"
                self.wrong(f"the configuration sets '{name}', which is no parameter of this rule{guess}", "params")
            self._params[name] = value

    def _versions(self, value: Any) -> str:
        text = self.text(value, "kubernetes")
        if text:
            try:
                version_in_range("v1.0.0", text)
            except ValueError as error:
                self.wrong(str(error), "kubernetes")
                return ""
        return text

    # --- match

    def _match(self, data: Any) -> tuple[Clause, ...]:
        if not isinstance(data, list) or not data:
            self.wrong(f"'match' is a list of clauses that begins with `- for: Kind`, not {shown(data)}", "match")
            return ()
        clauses = [self._clause(c, ("match", i)) for i, c in enumerate(data)]
        found = [c for c in clauses if c is not None]
        opens = found[0].verb == "for" if found else True
        if not opens and all(c.verb != "for" for c in found):
            self.wrong(f"the first clause must be `for: Kind`, not '{found[0].verb}'", "match", 0)
        for i, clause in enumerate(clauses[1:], 1):
            if clause is not None and clause.verb == "for":
                what = "join with each, some, none and the others" if opens else "make it the first clause"
                self.wrong(f"'for' opens the rule, once; {what}", "match", i)
        return tuple(found)

    def _clause(self, data: Any, path: tuple[Step, ...]) -> Clause | None:
        if not isinstance(data, dict):
            self.wrong(f"a clause is a map such as `some: pod -> events`, not {shown(data)}", *path)
            return None
        verbs = [v for v in syntax.CLAUSES if v in data]
        if len(verbs) != 1:
            self._no_verb(data, verbs, path)
            return None
        verb = verbs[0]
        allowed = [verb, *(() if verb in ("let", "when") else syntax.CLAUSE_KEYS)]
        self.keys(data, allowed, f"a '{verb}' clause", *path)
        place = self.place(*path)
        if verb == "let":
            return Clause(verb, "", place, lets=self._lets(data["let"], (*path, "let")))
        if verb == "when":
            return Clause(verb, "", place, when=self._condition(data["when"], (*path, "when")))
        target = self._target(data[verb], verb, path)
        name = self.binding(data["as"], *path, "as") if "as" in data else ""
        if verb == "for" and not name:
            if OR in target:
                self.wrong("a rule about several kinds needs a name for what it is about: `as: name`", *path)
            name = target.partition(".")[0].partition(OR)[0].lower()
        return Clause(
            verb,
            target,
            self.place(*path, verb),
            name=name,
            where=self._condition(data["where"], (*path, "where")) if "where" in data else (),
            newest=self.text(data.get("newest", ""), *path, "newest"),
            largest=self.text(data.get("largest", ""), *path, "largest"),
            absent_if_unknown=self._absent_if_unknown(data, verb, path),
            named=self.text(data.get("named", ""), *path, "named"),
            namespace=self.text(data.get("namespace", ""), *path, "namespace"),
            uses=self._uses(data["is"], (*path, "is")) if "is" in data else (),
        )

    def _target(self, data: Any, verb: str, path: tuple[Step, ...]) -> str:
        """What a clause goes through; `for` may name several kinds."""
        if verb == "for" and isinstance(data, list):
            return OR.join(self.texts(data, *path, verb))
        return self.text(data, *path, verb)

    def _no_verb(self, data: Mapping[str, Any], verbs: list[str], path: tuple[Step, ...]) -> None:
        known = f"a clause begins with one of: {', '.join(syntax.CLAUSES)}"
        if verbs:
            names = " and ".join(f"'{v}'" for v in data if v in verbs)
            self.wrong(f"a clause has one verb, this has {names}; write one clause for each", *path)
        elif not data:
            self.wrong(f"an empty clause; {known}", *path)
        else:
            first = next((k for k in data if suggest(k, syntax.CLAUSES)), next(iter(data)))
            self.wrong_key(f"unknown clause '{first}'{suggest(first, syntax.CLAUSES) or f'; {known}'}", *path, first)

    def _absent_if_unknown(self, data: Mapping[str, Any], verb: str, path: tuple[Step, ...]) -> bool:
        if "unknown" not in data:
            return False
        if verb != "maybe" or data["unknown"] != "absent":
            self.wrong(
                "write `unknown: absent`, in a 'maybe' clause only: what cannot be decided counts as not there",
                *path,
                "unknown",
            )
        return True

    def _lets(self, data: Any, path: tuple[Step, ...]) -> tuple[tuple[str, str, tuple[str, ...], Place], ...]:
        found = []
        for name, call in self.map(data, *path).items():
            self.binding(name, *path, name)
            if not isinstance(call, dict) or len(call) != 1:
                example = "{sum: pod.spec.containers[*].resources.requests.cpu}"
                self.wrong(f"'{name}' takes one function of paths, as {example}, not {shown(call)}", *path, name)
                continue
            ((function, argument),) = call.items()
            if function not in FUNCTIONS:
                guess = instead(function, FUNCTIONS, "there are")
                self.wrong_key(f"unknown function '{function}'{guess}", *path, name, function)
                continue
            paths = argument if isinstance(argument, list) else [argument]
            found.append((name, function, self._paths(paths, *path, name, function), self.place(*path, name)))
        return tuple(found)

    def _paths(self, paths: list[Any], *path: Step) -> tuple[str, ...]:
        if not all(isinstance(p, str) for p in paths):
            self.wrong(f"'{path[-1]}' takes a path or a list of paths, not {shown(paths)}", *path)
            return ()
        return tuple(paths)

    def _condition(self, data: Any, path: tuple[Step, ...]) -> Condition:
        if isinstance(data, list):
            return tuple(self._tests(d, (*path, i)) for i, d in enumerate(data))
        return (self._tests(data, path),)

    def _tests(self, data: Any, path: tuple[Step, ...]) -> tuple[Test, ...]:
        if not isinstance(data, dict):
            example = "{$.status.phase: Pending}"
            self.wrong(f"a condition is a map of paths, as {example}, or a list of such maps, not {shown(data)}", *path)
            return ()
        return tuple(Test(key, self._uses(value, (*path, key)), self.doc.at(*path, key)) for key, value in data.items())

    def _uses(self, data: Any, path: tuple[Step, ...]) -> tuple[Use, ...]:
        if not isinstance(data, dict) or set(data) in ({"ref"}, {"param"}):
            return (self._use("is", data, path),)
        uses = []
        for name, argument in data.items():
            if name not in OPERATORS:
                guess = instead(name, OPERATORS, "there are")
                self.wrong_key(f"unknown operator '{name}'{guess}", *path, name)
            elif name == "not":
                inner = self._uses(argument, (*path, name))
                uses.append(Use("not", inner, argument, self.place(*path, name)))
            else:
                uses.append(self._use(name, argument, (*path, name)))
        return tuple(uses)

    def _use(self, operator: str, argument: Any, path: tuple[Step, ...]) -> Use:
        place = self.place(*path)
        if isinstance(argument, dict) and set(argument) == {"ref"}:
            if isinstance(argument["ref"], str):
                return Use(operator, Ref(argument["ref"], place), None, place)
            self.wrong(f"'ref' takes a path, as pod.spec.nodeName, not {shown(argument['ref'])}", *path, "ref")
            return Use(operator, None, None, place)
        if isinstance(argument, dict) and set(argument) == {"param"}:
            name = argument["param"]
            if not isinstance(name, str) or name not in self._params:
                guess = suggest(str(name), self._params) or "; declare it: `params: {name: value}`"
                self.wrong(f"unknown parameter {shown(name)}{guess}", *path, "param")
                return Use(operator, None, None, place)
            self._used_params.add(name)
            argument = self._params[name]
        try:
            prepared = OPERATORS[operator].prepare(argument)
            if isinstance(prepared, Pattern) and not self._linted:
                prepared.check()
            return Use(operator, prepared, argument, place)
        except ValueError as error:
            self.wrong(f"'{operator}' takes {error}, not {shown(argument)}", *path)
            return Use(operator, None, argument, place)

    # --- what it says

    def _cases(self, data: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[Case, ...]:
        if "cases" not in data:
            if "message" not in report and isinstance(data.get("report", {}), dict):
                self.wrong_key("the rule says nothing: give `report: {message: ...}` or `cases`")
            message = self.text(report.get("message", ""), "report", "message")
            return (Case("", message, self.place("report", "message")),)
        if "message" in report:
            self.wrong_key("a rule has a message or cases, not both; take one out", "report", "message")
        cases = data["cases"]
        if not isinstance(cases, list) or not cases:
            self.wrong(f"'cases' is a list of {{id: ..., when: ..., message: ...}}, not {shown(cases)}", "cases")
            return ()
        found = [self._case(c, ("cases", i)) for i, c in enumerate(cases)]
        seen: set[str] = set()
        for i, case in enumerate(found):
            if case.id in seen:
                self.wrong(f"there is a case '{case.id}' already; choose another id", "cases", i, "id")
            seen.add(case.id or f"#{i}")
            if not case.when and i < len(found) - 1:
                self.wrong(f"case '{case.id}' has no 'when', so the cases after it never hold; put it last", "cases", i)
        return tuple(found)

    def _case(self, data: Any, path: tuple[Step, ...]) -> Case:
        entry = self.map(data, *path)
        self.keys(entry, syntax.CASE_KEYS, "a case", *path)
        for key in ("id", "message"):
            if key not in entry and isinstance(data, dict):
                self.wrong(f"the case has no '{key}': {syntax.CASE_KEYS[key]}", *path)
        severity = entry.get("severity")
        return Case(
            id=self.id(entry["id"], *path, "id") if "id" in entry else "",
            message=self.text(entry.get("message", ""), *path, "message"),
            at=self.place(*path, "message"),
            when=self._condition(entry["when"], (*path, "when")) if "when" in entry else (),
            severity=Severity[self.choice(severity, _LEVELS, *path, "severity")] if severity else None,
            fix=self.text(entry.get("fix", ""), *path, "fix"),
            title=self.text(entry.get("title", ""), *path, "title"),
            commands=self.texts(entry.get("commands", []), *path, "commands"),
            evidence=self.texts(entry.get("evidence", []), *path, "evidence"),
            docs=self.texts(entry.get("docs", []), *path, "docs"),
            symptom=self.text(entry.get("symptom", ""), *path, "symptom"),
            inferred=self.flag(entry["inferred"], *path, "inferred") if "inferred" in entry else None,
            places={key: self.place(*path, key) for key in entry},
        )

    def _explains(self, data: Any) -> tuple[Explains, ...]:
        if not isinstance(data, list):
            self.wrong(f"'explains' is a list, as [{_EXPLAINS}], not {shown(data)}", "explains")
            return ()
        found = []
        for i, entry in enumerate(data):
            if not isinstance(entry, dict) or set(entry) != {"symptom", "via"}:
                text = f"'explains' takes {_EXPLAINS}, where via may be just a binding, not {shown(entry)}"
                self.wrong(text, "explains", i)
                continue
            found.append(Explains(str(entry["symptom"]), str(entry["via"]), self.place("explains", i)))
        return tuple(found)


__all__ = ["Override", "Reader", "listed", "load_rules", "suggest"]
