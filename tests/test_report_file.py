"""Saved reports, read back: everything that was written, and clear words about what is no report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import InputError
from diagnose.model import Changes, Known, Location, NotEvaluated, Past, Report, Severity, State
from diagnose.render import Options, render
from diagnose.report_file import is_report, read_report

from .render import builders, hostile


def written(report: Report, **options: Any) -> bytes:
    data = render(report, "json", Options(**options))
    assert isinstance(data, bytes)
    return data


def everything() -> Report:
    """A report with every field filled."""
    night = builders.night()
    first, second, *rest = night.findings
    placed = replace(first, location=Location("f.yaml", 3, 4, "spec"), container="c", symptom="s", key=("k", "l"))
    causes = tuple(replace(c, finding=placed.id) if c.finding == first.id else c for c in night.causes)
    known = {f.id: Known(State.unknown, None, why="no") for f in (second, *rest)}
    known[placed.id] = Known(State.back, 5.0, 3, 2, Severity.info)
    past = Past(second.id, builders.finding("r/c", "Pod a/b", key=("x",), container="c"), 1.0, 2.0, 3)
    return replace(
        night,
        causes=causes,
        findings=(placed, second, *rest),
        not_evaluated=(NotEvaluated("x", "hidden", ("Secret",), 2, ("", "shop")), *night.not_evaluated),
        rule_ids=("a", "b"),
        namespaces=("shop",),
        changes=Changes("run 1", 4.0, known, (past,), (replace(past, why="not looked for"),)),
    )


@pytest.mark.parametrize("report", [builders.report(), builders.night(), everything()])
def test_what_was_written_is_read(report: Report) -> None:
    data = written(report)
    assert is_report(data[:100])
    read = read_report(data, "r.json")
    assert written(read) == data
    assert read.findings[0].id in {finding.id for finding in report.findings} if report.findings else True


@settings(max_examples=30, deadline=None)
@given(hostile.reports() | st.just(hostile.worst()))
def test_hostile_reports_are_read(report: Report) -> None:
    data = written(report).replace(b'"0001-01-01T00:00:00Z"', b"null")  # Go's zero time is no time
    assert written(read_report(data, "r.json")) == data


def test_the_lowest_severity_is_kept() -> None:
    read = read_report(written(builders.night(), severity=Severity.error), "r.json")
    assert read.lowest is Severity.error
    assert read_report(written(read), "r.json").lowest is Severity.error


def test_fields_of_a_newer_program_are_passed_over_and_of_an_older_one_unknown() -> None:
    document = json.loads(written(everything()))
    for added in ("scope", "changes"):
        del document[added]
    for finding in document["findings"]:
        del finding["known"]
        finding["novel"] = {"x": 1}
    for each in document["not_evaluated"]:
        del each["namespaces"]
    document["novel"] = []
    read = read_report(json.dumps(document).encode(), "r.json")
    assert (read.rule_ids, read.namespaces, read.changes) == (None, None, None)
    assert {each.namespaces for each in read.not_evaluated} == {None}


def broken(*path: Any, to: Any) -> bytes:
    """A report with one value replaced."""
    document = json.loads(written(builders.night()))
    inside = document
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return json.dumps(document).encode()


NIGHT = written(builders.night())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            broken("schema", to="diagnose.report/v2"),
            "r.json: a report of schema 'diagnose.report/v2'; this version reads diagnose.report/v1",
        ),
        (b"{}", "r.json: not as diagnose.report/v1 says: Object missing required field `schema`"),
        (b"[]", "r.json: not as diagnose.report/v1 says: Expected `object`, got `array`"),
        (
            broken("findings", 1, "rule", to=7),
            "r.json: not as diagnose.report/v1 says: Expected `str`, got `int` - at `$.findings[1].rule`",
        ),
        (
            broken("causes", 0, "rank", to="x"),
            "r.json: not as diagnose.report/v1 says: Expected `int`, got `str` - at `$.causes[0].rank`",
        ),
        (
            broken("findings", 0, "severity", to="bad"),
            "r.json: not as diagnose.report/v1 says: Invalid enum value 'bad' - at `$.findings[0].severity`",
        ),
        (
            broken("findings", 0, "id", to="0" * 16),
            "r.json: the id '0000000000000000' is not that of its rule, object and key - at `$.findings[0].id`",
        ),
        (
            broken("findings", 0, "evidence", 0, "path", to=None),
            "r.json: evidence is a path, an event or a log, and this names none of them "
            "- at `$.findings[0].evidence[0]`",
        ),
        (
            NIGHT[: len(NIGHT) // 2],
            "r.json: no whole JSON: Input data was truncated; the report may have been cut off",
        ),
    ],
)
def test_what_is_no_report(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_report(data, "r.json")
    assert str(error.value) == message


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda end: b'{"schema": "diagnose.report/v1", ' + end))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_report(data, "r.json")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InputError, match=r"r\.json: "):
        read_report(b'{"schema": "diagnose.report/v1", "x": ' + b"[" * 100_000, "r.json")


@pytest.mark.parametrize(
    "head", [b"", b"{", b'{"kind": "List"}', b"apiVersion: v1", b'["diagnose.report/v1"]', b"\x1f\x8b"]
)
def test_other_files_are_no_reports(head: bytes) -> None:
    assert not is_report(head)


def test_a_report_of_another_version_is_a_report() -> None:
    assert is_report(b'\n {\n "schema": "diagnose.report/v9"')
