"""Every rule on manifests points at the line that is to be mended: its own tests, written as YAML, and read back."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
import yaml

from diagnose import library
from diagnose.checking import Set, check
from diagnose.kinds import is_observed
from diagnose.language.compiler import compile_rules
from diagnose.language.syntax import PROFILES, Rule
from diagnose.library import Selection, file_of
from diagnose.model import Finding, Report
from diagnose.sources.manifests import of_sheets
from diagnose.sources.manifests.documents import read_text
from diagnose.testing import TestCase, load_tests
from diagnose.testing import tests_of as file_of_tests

LIBRARY = library.load(Selection(scopes=("manifest",), profiles=frozenset(PROFILES)))
FILE = "set.yaml"


def firing() -> Iterator[tuple[Rule, TestCase]]:
    """The cases of every rule's own tests that expect findings."""
    for rule in LIBRARY.rules:
        path = file_of_tests(file_of(rule))
        for test in load_tests(path.read_text(encoding="utf-8"), str(path)):
            for case in test.cases:
                if test.rule == rule.id and case.expect and not isinstance(case.expect, str):
                    yield rule, case


CASES = [pair for pair in firing() if not any(map(is_observed, pair[1].snapshot.tables))]


def as_yaml(case: TestCase) -> str:
    """The objects of a test as people write them: a document each."""
    objects = []
    for rows in case.snapshot.tables.values():
        for record in rows:
            data = msgspec.json.decode(record.raw)
            data.setdefault("apiVersion", record.api_version or _version(record.key.group))
            data["kind"] = record.key.kind
            objects.append(data)
    return yaml.safe_dump_all(objects, sort_keys=False)


def _version(group: str) -> str:
    return f"{group}/v1" if group else "v1"


def checked(rule: Rule, case: TestCase, text: str) -> Report:
    sheet = read_text(text, FILE, asked=True)
    made = of_sheets([(sheet, True)], ((FILE, "manifests"),), version=case.snapshot.server_version)
    rules = compile_rules([rule], LIBRARY.relations, LIBRARY.symptoms)
    return check([Set(made)], rules, complete=True)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.id}: {case.name}" for rule, case in CASES])
def test_a_finding_points_at_the_line_of_its_field_or_of_the_nearest_parent(rule: Rule, case: TestCase) -> None:
    text = as_yaml(case)
    report = checked(rule, case, text)
    assert len(report.findings) == len(case.expect), report.findings
    for finding in report.findings:
        points_at_its_field(finding, text)


def points_at_its_field(finding: Finding, text: str) -> None:
    """The key, or the element, that the location's path ends with begins at its line and column."""
    location = finding.location
    assert location is not None, "it has no location"
    assert location.file == FILE
    line = text.split("\n")[location.line - 1]
    here = line[location.column - 1 :]
    last = location.path.rpartition(".")[2]
    if location.path.endswith("']"):
        key = location.path.rpartition("['")[2][:-2]
        assert here.startswith((f"{key}:", f"'{key}':", f'"{key}":')), (location, line)
    elif last.endswith("]"):
        assert line[: location.column - 1].rstrip().endswith("-"), (location, line)
    elif last == "$":
        assert location.column == 1
    else:
        assert here.startswith(f"{last}:"), (location, line)
    assert location.path != "$", "it points at the whole object"


def test_every_policy_has_a_location_test() -> None:
    tested = {rule.id for rule, _ in CASES}
    own = {rule.id for rule in LIBRARY.rules if rule.category != "manifests"}
    assert own <= tested
