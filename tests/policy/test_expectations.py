"""What polaris, kube-linter and kube-score expect of their own manifests, held against our rules.

mapping.yaml says which of our rules stand for which of their checks; it is reviewed, and must not grow stale.
"""

from __future__ import annotations

import pytest

from diagnose import library
from diagnose.language.syntax import ASKED
from tests.policy import scoring

LEAST_MAPPED, LEAST_AGREEMENT = 0.85, 0.95

needs_shared = pytest.mark.skipif(not scoring.SHARED.is_dir(), reason="the manifests of other tools are not here")


def mapped() -> list[scoring.Row]:
    return [row for row in scoring.rows() if row.name in scoring.mapping().checks]


@needs_shared
def test_every_check_has_rules_or_a_reason() -> None:
    told = {*scoring.mapping().checks, *scoring.mapping().unmapped}
    assert {row.name for row in scoring.rows()} == told
    assert not set(scoring.mapping().checks) & set(scoring.mapping().unmapped)


@needs_shared
def test_most_rows_are_mapped() -> None:
    rows = list(scoring.rows())
    assert len(rows) > 600
    assert len(mapped()) / len(rows) >= LEAST_MAPPED


@needs_shared
def test_we_agree_even_counting_what_we_judge_otherwise() -> None:
    rows = mapped()
    assert sum(map(scoring.agrees, rows)) / len(rows) >= LEAST_AGREEMENT


@needs_shared
def test_every_disagreement_has_a_reason() -> None:
    unexplained = [row for row in mapped() if not scoring.agrees(row) and not scoring.mapping().reason(row)]
    assert unexplained == []


@needs_shared
def test_every_reason_is_needed() -> None:
    rows = [row for row in mapped() if not scoring.agrees(row)]
    for entry in scoring.mapping().otherwise:
        assert any(
            row.name == entry["check"]
            and row.file.endswith(entry["file"])
            and entry.get("object") in (None, row.object.get("name"))
            for row in rows
        ), f"{entry['check']} {entry['file']}: we agree, so take the reason out"


def test_the_mapping_names_rules_that_there_are() -> None:
    known = {rule.id for rule in library.load(library.Selection(profiles=ASKED["all"])).rules}
    named = {rule for entry in scoring.mapping().checks.values() for rule in entry["rules"]}
    assert named <= known


def test_every_reason_says_something() -> None:
    reasons = [*scoring.mapping().unmapped.values(), *(entry["reason"] for entry in scoring.mapping().otherwise)]
    assert all(reason.endswith(".") and len(reason) > 30 for reason in reasons)
