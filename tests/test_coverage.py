"""docs/coverage.tsv: each known condition has rules that exist, or a reason why it has none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from diagnose import library
from diagnose.language.rule_docs import read_coverage
from diagnose.language.syntax import ASKED

TABLE = Path(__file__).parent.parent / "docs" / "coverage.tsv"
CONDITIONS = read_coverage(TABLE.read_text(encoding="utf-8"))
SIZES = {"A": 13, "B": 14, "C": 30, "D": 27, "E": 22, "F": 9, "G": 16, "H": 12, "I": 20, "J": 9, "K": 16, "L": 11}


def test_each_condition_stands_there_once_and_in_order() -> None:
    wanted = [f"{family}{number:02}" for family, size in SIZES.items() for number in range(1, size + 1)]
    assert len(wanted) == 199
    assert [c.id for c in CONDITIONS] == wanted


def test_each_has_rules_or_a_reason() -> None:
    assert [c.id for c in CONDITIONS if not c.rules and not c.reason] == []
    assert [c.id for c in CONDITIONS if not c.name] == []


def test_the_rules_and_cases_exist() -> None:
    rules = library.load(library.Selection(profiles=ASKED["all"])).rules
    known = {r.id for r in rules} | {f"{r.id}/{c.id}" for r in rules for c in r.cases if c.id}
    assert [(c.id, name) for c in CONDITIONS for name in c.rules if name not in known] == []


def test_no_rule_is_named_twice_for_one_condition() -> None:
    doubled = {c.id: [n for n, times in Counter(c.rules).items() if times > 1] for c in CONDITIONS}
    assert {i: names for i, names in doubled.items() if names} == {}
