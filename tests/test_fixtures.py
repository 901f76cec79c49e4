"""Whole snapshots and the whole report that must come of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose import library, sources
from diagnose.language.compiler import RuleSet
from diagnose.model import Severity
from diagnose.run import diagnose
from tests import golden


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return library.load().compiled()


@pytest.mark.parametrize("folder", golden.folders(), ids=lambda p: p.name)
def test_report_is_the_expected_one(folder: Path, rules: RuleSet) -> None:
    expected = (folder / golden.EXPECTED).read_text(encoding="utf-8")
    assert golden.report(folder, rules) == expected, "if this is better, `make golden` writes it"


@pytest.mark.parametrize("folder", [f for f in golden.folders() if f.name.startswith("healthy")], ids=lambda p: p.name)
def test_healthy_is_silent_under_all_rules(folder: Path, rules: RuleSet) -> None:
    with sources.read([str(folder)]) as snapshot:
        report = diagnose(snapshot, rules)
    assert [f"{f.rule} {f.object}" for f in report.findings if f.severity >= Severity.warning] == []
