"""Messages of real clusters: the right rule recognises each, or no rule is for it (see real_messages)."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.real_messages import FILE, NO_RULE, SILENT, Outcome, outcome, rows, rules, table, tally, wanted

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the collected messages are not here")

# Rows that no rule is for: what OpenShift's operators say of their own work, Machines, DeploymentConfigs.
MOST_WITHOUT_RULE = {"api-connectivity": 26, "other": 48, "controller": 3, "quota-admission": 2, "webhook": 1}


@cache
def outcomes() -> tuple[Outcome, ...]:
    return tuple(outcome(row) for row in rows())


def test_each_row_has_a_verdict() -> None:
    for row in rows():
        found = wanted(row)
        assert bool(found.ids) != (found.verdict in (SILENT, NO_RULE)), row
        assert found.ids or found.why, row


def test_the_table_has_no_stale_lines() -> None:
    used = {wanted(row) for row in rows()}
    assert [w for w in table() if w not in used] == []
    known = {f"{p.rule.id}/{c.id}" if c.id else p.rule.id for p in rules().plans for c in p.rule.cases}
    exact = {i for w in table() for i in w.ids if "*" not in i}
    assert exact - known == set()


def test_few_rows_have_no_rule() -> None:
    without = Counter(o.row.category for o in outcomes() if o.good is None)
    assert {c: n for c, n in without.items() if n > MOST_WITHOUT_RULE.get(c, 0)} == {}


def test_rows_without_a_rule_blame_nothing() -> None:
    """An operator's message about itself stands in a cluster where all is well."""
    assert [str(o.row) for o in outcomes() if o.good is None and o.found] == []


def test_nine_of_ten_are_recognised() -> None:
    meant = [o for o in outcomes() if o.good is not None]
    wrong = [f"{o.row}\n  wanted {o.wanted.ids or o.wanted.verdict}, found {o.found}" for o in meant if not o.good]
    assert len(meant) > 400
    assert len(wrong) <= len(meant) // 10, "\n".join([*wrong, tally(outcomes())])


def test_no_category_is_left_behind() -> None:
    for category in sorted({o.row.category for o in outcomes()}):
        meant = [o for o in outcomes() if o.row.category == category and o.good is not None]
        good = sum(o.good is True for o in meant)
        assert good >= 0.9 * len(meant), f"{category}: {good} of {len(meant)}\n{tally(outcomes())}"
