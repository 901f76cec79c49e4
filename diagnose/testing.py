"""Rule tests: small snapshots, changed by one fact, and the whole messages that must come of them.

A test stands beside its rule as `<id>.test.yaml`; docs/writing-rules.md shows the format.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnose.errors import LoadError, LoadErrors
from diagnose.kinds import KindKey, key_of, parse_key
from diagnose.language.compiler import compile_rules
from diagnose.language.reading import Fields, instead, shown, suggest
from diagnose.language.syntax import Rule
from diagnose.library import TEST_SUFFIX, Library, rule_files
from diagnose.logs import ContainerLog, Log, NodeLog
from diagnose.model import Finding, Report
from diagnose.paths import Index, Key, PathError, Segment, Where, parse
from diagnose.positions import Step, load_all
from diagnose.run import diagnose
from diagnose.snapshot import Builder, Snapshot
from diagnose.values import timestamp

NOT_EVALUATED = "not evaluated"
_FILE_KEYS = {"rule", "at", "version", "server", "given", "logs", "cases"}
_CASE_KEYS = {"name", "change", "add", "logs", "collected", "at", "version", "server", "expect"}
_EXPECT_KEYS = {
    "subject",
    "case",
    "message",
    "severity",
    "objects",
    "container",
    "fix",
    "commands",
    "evidence",
    "title",
}


@dataclass(frozen=True)
class TestCase:
    """One case: a snapshot and what the rule must say of it (NOT_EVALUATED, or findings)."""

    name: str
    snapshot: Snapshot
    expect: str | tuple[Mapping[str, Any], ...]
    file: str
    line: int

    __test__ = False


@dataclass(frozen=True)
class RuleTest:
    """The tests of one rule."""

    rule: str
    cases: tuple[TestCase, ...]

    def fires(self) -> set[str]:
        """The case ids that some test expects ("" for a rule without cases)."""
        return {str(e.get("case", "")) for c in self.cases if not isinstance(c.expect, str) for e in c.expect}

    def silent(self) -> bool:
        """Whether some test expects no finding."""
        return any(c.expect == () for c in self.cases)


@dataclass(frozen=True)
class Outcome:
    """What one test case came to; `difference` is empty when it passed."""

    case: TestCase
    rule: str
    difference: str = ""


def tests_of(rule_file: Path) -> Path:
    """Where the tests of a rule file are."""
    return rule_file.with_name(rule_file.name.removesuffix(".yaml") + TEST_SUFFIX)


def load_tests(text: str, file: str) -> list[RuleTest]:
    """All rule tests of one file. Raises LoadErrors."""
    errors: list[LoadError] = []
    try:
        documents = load_all(text, file)
    except LoadError as error:
        raise LoadErrors([error]) from None
    found = [_Reader(d, errors).test() for d in documents if d.data is not None]
    if errors:
        raise LoadErrors(errors)
    return found


def run_test(test: RuleTest, rule: Rule, library: Library) -> list[Outcome]:
    """Every case of a rule's tests."""
    rules = compile_rules([rule], library.relations, library.symptoms)
    return [Outcome(case, rule.id, _difference(case, diagnose(case.snapshot, rules))) for case in test.cases]


def run_folder(folder: Path, library: Library) -> list[Outcome]:
    """The tests beside the rules of a folder (or of one rule file), for the rules of `library`.

    Raises LoadErrors when a test cannot be read, or is for another rule than those of its file.
    """
    by_id = {r.id: r for r in library.rules}
    outcomes: list[Outcome] = []
    for path in rule_files(folder):
        tests = tests_of(path)
        if not tests.exists():
            continue
        for test in load_tests(tests.read_text(encoding="utf-8"), str(tests)):
            rule = by_id.get(test.rule)
            if rule is not None:
                outcomes += run_test(test, rule, library)
            elif path.stem in by_id:
                raise LoadErrors(
                    [LoadError(f"there is no rule '{test.rule}'{suggest(test.rule, by_id)}", str(tests), 1, 1)]
                )
    return outcomes


def _difference(case: TestCase, report: Report) -> str:
    undecided = [n.reason for n in report.not_evaluated]
    got = [_told(f) for f in report.findings]
    if case.expect == NOT_EVALUATED:
        if got:
            return "expected: not evaluated\n" + _lines("got", [{k: g[k] for k in _BRIEF} for g in got])
        return "" if undecided else "expected: not evaluated\ngot: evaluated, and nothing found"
    assert not isinstance(case.expect, str)
    wanted = [dict(e) for e in case.expect]
    narrowed = [{k: g[k] for k in (wanted[i] if i < len(wanted) else _BRIEF)} for i, g in enumerate(got)]
    if narrowed != wanted:
        more = f"\nnot evaluated: {'; '.join(undecided)}" if undecided and not got else ""
        return _lines("expected", wanted) + "\n" + _lines("got", narrowed) + more
    if not wanted and undecided:
        return f"expected: nothing, decided\ngot: not evaluated: {'; '.join(undecided)}"
    return ""


_BRIEF = ("subject", "case", "message")


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "subject": str(finding.object),
        "case": finding.rule.partition("/")[2],
        "message": finding.message,
        "severity": finding.severity.name,
        "objects": [str(o) for o in finding.objects],
        "container": finding.container,
        "fix": finding.fix,
        "title": finding.title,
        "commands": list(finding.commands),
        "evidence": [f"{e.source}: {e.text}" for e in finding.evidence],
    }


def _lines(word: str, entries: Sequence[Mapping[str, Any]]) -> str:
    if not entries:
        return f"{word}: nothing"
    return "\n".join(f"{word}: {dict(e)}" for e in entries)


@dataclass
class _Given:
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)


class _Reader(Fields):
    def test(self) -> RuleTest:
        data = self.doc.data
        if not isinstance(data, dict):
            self.wrong(f"a test is a map with rule, at, given and cases, not {shown(data)}")
            return RuleTest("", ())
        self.keys(data, _FILE_KEYS, "a test")
        rule = self.text(data.get("rule", ""), "rule")
        if not rule:
            self.wrong_key("the test has no 'rule': the id of the rule that it tests")
        given = _Given()
        for i, entry in enumerate(self._list(data.get("given"), "given")):
            self._add(given.objects, entry, ("given", i))
        given.logs = self._logs(data, ())
        self._settings(data, ())
        cases = [self._case(c, i, data, given) for i, c in enumerate(self._list(data.get("cases"), "cases"))]
        if not data.get("cases"):
            self.wrong("a test needs cases, as `- {name: it is healthy, expect: []}`")
        return RuleTest(rule, tuple(c for c in cases if c is not None))

    def _list(self, value: Any, *path: Step) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self.wrong(f"'{path[-1]}' takes a list, not {shown(value)}", *path)
            return []
        return value or []

    def _logs(self, data: Mapping[str, Any], path: tuple[Step, ...]) -> dict[str, Any]:
        logs = self.map(data.get("logs") or {}, *path, "logs")
        for name in logs:
            if "/" not in name:
                known = "namespace/pod/container, the same with ' previous', or node/unit"
                self.wrong_key(f"'{name}' is no name of a log; it is {known}", *path, "logs", name)
        return {name: text for name, text in logs.items() if "/" in name}

    def _settings(self, data: Mapping[str, Any], path: tuple[Step, ...]) -> None:
        at = data.get("at")
        if at is not None and (not isinstance(at, str) or timestamp(at) is None):
            self.wrong(f"'at' takes a time, as \"2026-01-01T12:00:00Z\", not {shown(at)}", *path, "at")
        for kind in self._list(data.get("collected"), *path, "collected"):
            if not isinstance(kind, str):
                self.wrong(f"'collected' takes kinds, as [Pod, Node], not {shown(kind)}", *path, "collected")

    def _add(self, objects: dict[str, dict[str, Any]], entry: Any, path: tuple[Step, ...]) -> None:
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("kind"), str)
            or not isinstance(entry.get("metadata"), dict)
        ):
            self.wrong("an object has a kind and metadata, as {kind: Pod, metadata: {namespace: a, name: p}}", *path)
            return
        made = copy.deepcopy(entry)
        key = _key(made)
        made.setdefault("apiVersion", f"{key.group}/v1" if key.group else "v1")
        objects[_name(made)] = made

    def _case(self, data: Any, i: int, file: Mapping[str, Any], given: _Given) -> TestCase | None:
        path = ("cases", i)
        if not isinstance(data, dict):
            self.wrong(f"a case is a map with name and expect, not {shown(data)}", *path)
            return None
        self.keys(data, _CASE_KEYS, "a case", *path)
        if "name" not in data or "expect" not in data:
            self.wrong("a case has a name and `expect`", *path)
            return None
        objects = copy.deepcopy(given.objects)
        for j, entry in enumerate(self._list(data.get("add"), *path, "add")):
            self._add(objects, entry, (*path, "add", j))
        for name, change in self.map(data.get("change") or {}, *path, "change").items():
            self._change(objects, name, change, (*path, "change", name))
        logs = {**given.logs, **self._logs(data, path)}
        self._settings(data, path)
        expect = self._expect(data["expect"], path)
        if self.errors:
            return None
        settings = {k: data.get(k, file.get(k)) for k in ("at", "version", "server")}
        snapshot = _snapshot(list(objects.values()), logs, data.get("collected"), settings)
        return TestCase(str(data["name"]), snapshot, expect, self.doc.file, self.doc.at(*path)[0])

    def _expect(self, data: Any, path: tuple[Step, ...]) -> str | tuple[Mapping[str, Any], ...]:
        if data == NOT_EVALUATED:
            return NOT_EVALUATED
        if not isinstance(data, list):
            self.wrong(f"'expect' is [], `not evaluated`, or a list of findings, not {shown(data)}", *path, "expect")
            return ()
        for j, entry in enumerate(data):
            if not isinstance(entry, dict) or not isinstance(entry.get("message"), str):
                what = "{subject: Pod/a/p, case: other, message: the whole message}"
                self.wrong(f"a finding is expected with its message, as {what}", *path, "expect", j)
            else:
                self.keys(entry, _EXPECT_KEYS, "an expected finding", *path, "expect", j)
        return tuple(data)

    def _change(self, objects: dict[str, dict[str, Any]], name: str, change: Any, path: tuple[Step, ...]) -> None:
        if name not in objects:
            self.wrong_key(f"there is no object '{name}'{instead(name, objects, 'there are')}", *path)
            return
        if change is None:
            del objects[name]
            return
        for text, value in self.map(change, *path).items():
            try:
                _put(objects[name], parse(text).segments, copy.deepcopy(value))
            except (PathError, ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration) as error:
                self.wrong_key(f"'{text}' cannot be changed: {error or 'there is no such place'}", *path, text)


def _put(target: Any, segments: tuple[Segment, ...], value: Any) -> None:
    """Set a value, making the maps on its way; None removes it."""
    if not segments:
        raise ValueError("the object itself cannot be replaced; take it out with `null` and add another")
    for segment in segments[:-1]:
        target = _into(target, segment)
    match segments[-1]:
        case Key(name) if value is None:
            target.pop(name, None)
        case Key(name):
            target[name] = value
        case Index(number) if value is None:
            del target[number]
        case Index(number) if number == len(target):
            target.append(value)
        case Index(number):
            target[number] = value
        case Where(keys, wanted) as where:
            found = [e for e in target if _field(e, keys) == wanted]
            if not found:
                raise ValueError(f"no element fits {where}")
            if value is None:
                target.remove(found[0])
            else:
                target[target.index(found[0])] = value
        case other:
            raise ValueError(f"a path with {type(other).__name__} names no one place")


def _into(target: Any, segment: Segment) -> Any:
    match segment:
        case Key(name):
            return target.setdefault(name, {})
        case Index(number):
            return target[number]
        case Where(keys, wanted):
            return next(e for e in target if _field(e, keys) == wanted)
        case other:
            raise ValueError(f"a path with {type(other).__name__} names no one place")


def _field(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _key(value: Mapping[str, Any]) -> KindKey:
    api = value.get("apiVersion")
    return key_of(str(api), str(value["kind"])) if api else parse_key(str(value["kind"]))


def _name(value: Mapping[str, Any]) -> str:
    meta = value["metadata"]
    return "/".join(str(p) for p in (value["kind"], meta.get("namespace", ""), meta.get("name", "")) if p)


def _snapshot(
    objects: Sequence[dict[str, Any]],
    logs: Mapping[str, Any],
    collected: Sequence[str] | None,
    settings: Mapping[str, Any],
) -> Snapshot:
    builder = Builder()
    if collected is None:
        builder.coverage.add_everything()
    wanted = None if collected is None else {parse_key(k) for k in collected}
    for key in wanted or ():
        builder.coverage.add(key)
    for value in objects:
        if wanted is None or _key(value) in wanted:
            builder.add_object(value, kind=_key(value))
    for name, text in logs.items():
        if text is not None:
            builder.add_log(_log_key(name), Log.of_text(name, str(text)))
    if settings.get("version"):
        builder.version(str(settings["version"]))
    builder.server = settings.get("server")
    return builder.build(at=timestamp(settings.get("at")))


def _log_key(name: str) -> ContainerLog | NodeLog:
    """`ns/pod/container`, `ns/pod/container previous`, or `node/unit`."""
    name, _, previous = name.partition(" ")
    parts = name.split("/")
    if len(parts) == 2:
        return NodeLog(parts[0], parts[1])
    return ContainerLog(parts[0], parts[1], parts[2] if len(parts) > 2 else "", previous == "previous")
