"""Rule files to `Rule` values: every mistake is a LoadError with its line and column.

Names of bindings, relations and paths are resolved later, by the compiler.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from diagnose.errors import LoadError, LoadErrors
from diagnose.language import syntax
from diagnose.language.operators import TABLE as OPERATORS
from diagnose.language.syntax import Case, Clause, Condition, Explains, Place, Ref, Rule, Test, Use
from diagnose.model import Severity
from diagnose.positions import Marked, Step, load_all

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class Override:
    """What diagnose.yaml changes of one rule."""

    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None
    enabled: bool = True


def suggest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` when something known is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean '{close[0]}'?" if close else ""


def listed(known: Iterable[str]) -> str:
    return ", ".join(sorted(known))


def load_rules(text: str, file: str, overrides: Mapping[str, Override] | None = None) -> list[Rule]:
    """All rules of one file. Raises LoadErrors with everything that is wrong in it."""
    errors: list[LoadError] = []
    rules: list[Rule] = []
    try:
        documents = load_all(text, file)
    except LoadError as error:
        raise LoadErrors([error]) from None
    for document in documents:
        if document.data is None:
            continue
        reader = Reader(document, errors)
        rule = reader.rule(file, overrides or {})
        if rule is not None:
            rules.append(rule)
    if errors:
        raise LoadErrors(errors)
    return rules


class Reader:
    """Reads one document, collecting errors; a part that is wrong becomes its default."""

    def __init__(self, document: Marked, errors: list[LoadError]) -> None:
        self._doc = document
        self._errors = errors
        self._params: dict[str, Any] = {}

    def _wrong(self, message: str, *path: Step, value: bool = True) -> None:
        make = self._doc.value_error if value else self._doc.error
        self._errors.append(make(message, *path))

    def _place(self, *path: Step) -> Place:
        line, column = self._doc.value_at(*path)
        return line, column

    def rule(self, file: str, overrides: Mapping[str, Override]) -> Rule | None:
        data = self._doc.data
        if not isinstance(data, dict):
            self._wrong("a rule is a map with id, title, match and report")
            return None
        self._keys(data, syntax.RULE_KEYS, "a rule", ())
        for key in ("id", "title", "severity", "match"):
            if key not in data:
                self._wrong(f"the rule has no '{key}' ({syntax.RULE_KEYS[key]})", value=False)
        rule_id = self._id(data.get("id", ""), "id")
        stem = PurePath(file).stem
        if rule_id and len(stem) > 1 and stem != rule_id and not stem.startswith("<"):
            self._wrong(f"the id is '{rule_id}' but the file is called '{stem}.yaml'; they must be the same", "id")
        override = overrides.get(rule_id, Override())
        self._read_params(data, override)
        severity = self._severity(data.get("severity", "error"), "severity")
        report = self._map(data.get("report", {}), "report")
        self._keys(report, syntax.REPORT_KEYS, "report", ("report",))
        return Rule(
            id=rule_id,
            title=self._text(data.get("title", ""), "title"),
            category=self._text(data.get("category", PurePath(file).parent.name or "user"), "category"),
            severity=override.severity or severity,
            scope=self._choice(data.get("scope", "state"), syntax.SCOPES, "scope"),
            match=self._match(data.get("match", [])),
            cases=self._cases(data, report),
            file=file,
            at=self._place(),
            object=self._text(report.get("object", ""), "report", "object"),
            since=self._text(report.get("since", ""), "report", "since"),
            evidence=self._texts(data.get("evidence", []), "evidence")
            + self._texts(report.get("evidence", []), "report", "evidence"),
            fix=self._text(data.get("fix", report.get("fix", "")), "fix"),
            commands=self._texts(data.get("commands", []), "commands")
            + self._texts(report.get("commands", []), "report", "commands"),
            docs=self._texts(data.get("docs", []), "docs"),
            refs=self._texts(data.get("refs", []), "refs"),
            symptom=self._text(data.get("symptom", ""), "symptom"),
            explains=self._explains(data.get("explains", [])),
            params=self._params,
            kubernetes=self._text(data.get("kubernetes", ""), "kubernetes"),
            aliases=self._texts(data.get("aliases", []), "aliases"),
            replaces=data.get("replaces") is True,
            about=self._text(data.get("about", ""), "about"),
            places={key: self._place(key) for key in data},
        )

    def _read_params(self, data: Mapping[str, Any], override: Override) -> None:
        declared = self._map(data.get("params", {}), "params")
        self._params = dict(declared)
        for name, value in override.params.items():
            if name not in declared:
                self._wrong(f"the configuration sets '{name}', which is no parameter of this rule", "params")
            self._params[name] = value

    def _match(self, data: Any) -> tuple[Clause, ...]:
        if not isinstance(data, list) or not data:
            self._wrong("'match' is a list of clauses that begins with `for: Kind`", "match")
            return ()
        clauses = [self._clause(c, ("match", i)) for i, c in enumerate(data)]
        found = [c for c in clauses if c is not None]
        if found and found[0].verb != "for":
            self._wrong(f"the first clause must be `for: Kind`, not '{found[0].verb}'", "match", 0)
        for i, clause in enumerate(found[1:], 1):
            if clause.verb == "for":
                self._wrong("'for' opens the rule and stands there only; join with each, some, none", "match", i)
        return tuple(found)

    def _clause(self, data: Any, path: tuple[Step, ...]) -> Clause | None:
        if not isinstance(data, dict):
            self._wrong("a clause is a map such as `some: pod -> events`", *path)
            return None
        verbs = [v for v in syntax.CLAUSES if v in data]
        if len(verbs) != 1:
            self._unknown_verb(data, verbs, path)
            return None
        verb = verbs[0]
        allowed = {verb, *(() if verb in ("let", "when") else syntax.CLAUSE_KEYS)}
        for key in data:
            if key not in allowed:
                self._wrong(
                    f"unknown key '{key}' in a '{verb}' clause{suggest(key, allowed)} It takes: {listed(allowed)}"
                    if suggest(key, allowed)
                    else f"unknown key '{key}' in a '{verb}' clause; it takes: {listed(allowed)}",
                    *path,
                    key,
                    value=False,
                )
        place = self._place(*path)
        if verb == "let":
            return Clause(verb, "", place, lets=self._lets(data["let"], (*path, "let")))
        if verb == "when":
            return Clause(verb, "", place, when=self._condition(data["when"], (*path, "when")))
        target = self._text(data[verb], *path, verb)
        name = self._binding(data.get("as"), (*path, "as")) if "as" in data else ""
        if verb == "for" and not name:
            name = target.partition(".")[0].lower()
        uses = self._uses(data["is"], (*path, "is")) if "is" in data else ()
        return Clause(
            verb,
            target,
            self._place(*path, verb),
            name=name,
            where=self._condition(data["where"], (*path, "where")) if "where" in data else (),
            newest=self._text(data.get("newest", ""), *path, "newest"),
            named=self._text(data.get("named", ""), *path, "named"),
            namespace=self._text(data.get("namespace", ""), *path, "namespace"),
            uses=uses,
        )

    def _unknown_verb(self, data: Mapping[str, Any], verbs: list[str], path: tuple[Step, ...]) -> None:
        if verbs:
            self._wrong(f"a clause has one verb, this has {listed(verbs)}", *path)
            return
        first = next(iter(data), "")
        guess = suggest(first, syntax.CLAUSES) or f"; a clause begins with one of: {', '.join(syntax.CLAUSES)}"
        self._wrong(f"unknown clause '{first}'{guess}", *path, first, value=False)

    def _lets(self, data: Any, path: tuple[Step, ...]) -> tuple[tuple[str, str, tuple[str, ...], Place], ...]:
        from diagnose.language.functions import TABLE as FUNCTIONS

        found = []
        for name, call in self._map(data, *path).items():
            self._binding(name, (*path, name))
            if not isinstance(call, dict) or len(call) != 1:
                self._wrong("write {function: path}, as {sum: pod.spec.containers[*].x}", *path, name)
                continue
            ((function, argument),) = call.items()
            if function not in FUNCTIONS:
                self._wrong(
                    f"unknown function '{function}'{suggest(function, FUNCTIONS) or '; there are: ' + listed(FUNCTIONS)}",
                    *path,
                    name,
                    function,
                    value=False,
                )
                continue
            paths = argument if isinstance(argument, list) else [argument]
            found.append((name, function, self._texts(paths, *path, name, function), self._place(*path, name)))
        return tuple(found)

    def _condition(self, data: Any, path: tuple[Step, ...]) -> Condition:
        if isinstance(data, list):
            return tuple(self._tests(d, (*path, i)) for i, d in enumerate(data))
        return (self._tests(data, path),)

    def _tests(self, data: Any, path: tuple[Step, ...]) -> tuple[Test, ...]:
        if not isinstance(data, dict):
            self._wrong("expected a map of path to value or operators (or a list of such maps)", *path)
            return ()
        return tuple(
            Test(key, self._uses(value, (*path, key)), self._doc.at(*path, key)) for key, value in data.items()
        )

    def _uses(self, data: Any, path: tuple[Step, ...]) -> tuple[Use, ...]:
        if not isinstance(data, dict) or set(data) in ({"ref"}, {"param"}):
            return (self._use("is", data, path),)
        uses = []
        for name, argument in data.items():
            if name not in OPERATORS:
                guess = suggest(name, OPERATORS) or f"; there are: {listed(OPERATORS)}"
                self._wrong(f"unknown operator '{name}'{guess}", *path, name, value=False)
                continue
            if name == "not":
                inner = self._uses(argument, (*path, name))
                uses.append(Use("not", inner, argument, self._place(*path, name)))
            else:
                uses.append(self._use(name, argument, (*path, name)))
        return tuple(uses)

    def _use(self, operator: str, argument: Any, path: tuple[Step, ...]) -> Use:
        place = self._place(*path)
        if isinstance(argument, dict) and set(argument) == {"ref"}:
            return Use(operator, Ref(self._text(argument["ref"], *path, "ref"), place), None, place)
        if isinstance(argument, dict) and set(argument) == {"param"}:
            name = argument["param"]
            if name not in self._params:
                self._wrong(f"unknown parameter '{name}'{suggest(str(name), self._params)}; declare it under params", *path)
                return Use(operator, None, None, place)
            argument = self._params[name]
        try:
            return Use(operator, OPERATORS[operator].prepare(argument), argument, place)
        except ValueError as error:
            self._wrong(f"'{operator}' takes {error}, not {argument!r}", *path)
            return Use(operator, None, argument, place)

    def _cases(self, data: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[Case, ...]:
        if "cases" not in data:
            if "message" not in report:
                self._wrong("the rule says nothing: give `report: {message: ...}` or `cases`", value=False)
            message = self._text(report.get("message", ""), "report", "message")
            return (Case("", message, self._place("report", "message")),)
        if "message" in report:
            self._wrong("a rule has a message or cases, not both", "report", "message", value=False)
        cases = data["cases"]
        if not isinstance(cases, list) or not cases:
            self._wrong("'cases' is a list of {id, when, message}", "cases")
            return ()
        found = [self._case(c, ("cases", i)) for i, c in enumerate(cases)]
        seen: set[str] = set()
        for i, case in enumerate(found):
            if case.id in seen:
                self._wrong(f"there is a case '{case.id}' already", "cases", i, "id")
            seen.add(case.id)
            if not case.when and i < len(found) - 1:
                self._wrong(f"case '{case.id}' always holds, so the cases after it never do", "cases", i)
        return tuple(found)

    def _case(self, data: Any, path: tuple[Step, ...]) -> Case:
        entry = self._map(data, *path)
        self._keys(entry, syntax.CASE_KEYS, "a case", path)
        for key in ("id", "message"):
            if key not in entry:
                self._wrong(f"the case has no '{key}'", *path)
        severity = entry.get("severity")
        return Case(
            id=self._id(entry.get("id", ""), *path, "id"),
            message=self._text(entry.get("message", ""), *path, "message"),
            at=self._place(*path, "message"),
            when=self._condition(entry["when"], (*path, "when")) if "when" in entry else (),
            severity=self._severity(severity, *path, "severity") if severity else None,
            fix=self._text(entry.get("fix", ""), *path, "fix"),
            title=self._text(entry.get("title", ""), *path, "title"),
            commands=self._texts(entry.get("commands", []), *path, "commands"),
            evidence=self._texts(entry.get("evidence", []), *path, "evidence"),
            docs=self._texts(entry.get("docs", []), *path, "docs"),
            symptom=self._text(entry.get("symptom", ""), *path, "symptom"),
            places={key: self._place(*path, key) for key in entry},
        )

    def _explains(self, data: Any) -> tuple[Explains, ...]:
        if not isinstance(data, list):
            self._wrong("'explains' is a list of {symptom, via}", "explains")
            return ()
        found = []
        for i, entry in enumerate(data):
            if not isinstance(entry, dict) or set(entry) != {"symptom", "via"}:
                self._wrong("write {symptom: pod-not-ready, via: node -> pods}", "explains", i)
                continue
            found.append(Explains(str(entry["symptom"]), str(entry["via"]), self._place("explains", i)))
        return tuple(found)

    def _keys(self, data: Mapping[str, Any], known: Mapping[str, str], what: str, path: tuple[Step, ...]) -> None:
        for key in data:
            if key not in known:
                guess = suggest(key, known) or f"; it takes: {listed(known)}"
                self._wrong(f"unknown key '{key}' in {what}{guess}", *path, key, value=False)

    def _id(self, value: Any, *path: Step) -> str:
        if not isinstance(value, str) or not _ID.match(value):
            if value != "":
                self._wrong(f"an id is kebab-case, as image-pull; this is {value!r}", *path)
            return ""
        return value

    def _binding(self, value: Any, path: tuple[Step, ...]) -> str:
        if not isinstance(value, str) or not _NAME.match(value) or value == "snapshot":
            self._wrong(f"a binding's name is one word of letters, digits and _; this is {value!r}", *path)
            return ""
        return value

    def _severity(self, value: Any, *path: Step) -> Severity:
        names = [s.name for s in Severity]
        return Severity[self._choice(value, names, *path)] if value in names else self._bad_severity(value, path)

    def _bad_severity(self, value: Any, path: tuple[Step, ...]) -> Severity:
        self._choice(value, [s.name for s in Severity], *path)
        return Severity.error

    def _choice(self, value: Any, known: Iterable[str], *path: Step) -> str:
        choices = list(known)
        if value not in choices:
            self._wrong(f"{value!r} is not one of: {', '.join(choices)}{suggest(str(value), choices)}", *path)
            return choices[0]
        return str(value)

    def _text(self, value: Any, *path: Step) -> str:
        if not isinstance(value, str):
            self._wrong(f"expected text, not {value!r}", *path)
            return ""
        return value

    def _texts(self, value: Any, *path: Step) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self._wrong("expected a list of texts", *path)
            return ()
        return tuple(value)

    def _map(self, value: Any, *path: Step) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._wrong("expected a map", *path)
            return {}
        return value
