"""Whatever order runs come in, the history ends with the same spans; in order, it says what a simple model says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.model import State

from .support import RULES, record, report, rules_of, spans, states


@dataclass(frozen=True)
class Seen:
    """What one run found, and which rules it had."""

    found: frozenset[str]
    rules: frozenset[str]


rules = st.sets(st.sampled_from(RULES))
runs = st.lists(st.builds(lambda ran, found: Seen(frozenset(ran & found), frozenset(ran)), rules, rules), max_size=7)


@settings(max_examples=25, deadline=None)
@given(runs=runs, data=st.data())
def test_the_order_of_arrival_does_not_matter(runs: list[Seen], data: st.DataObject) -> None:
    arrival = data.draw(st.permutations(range(len(runs))))
    with tempfile.TemporaryDirectory() as folder:
        ends = []
        for name, order in (("sorted", range(len(runs))), ("shuffled", arrival)):
            url = str(Path(folder) / name)
            for number in order:
                record(url, report(runs[number].found, 1000.0 + number, rules=runs[number].rules), now=5000.0)
            ends.append({rule: span[:4] for rule, span in spans(url).items()} if runs else {})
    assert ends[0] == ends[1]


@settings(max_examples=25, deadline=None)
@given(runs=runs)
def test_each_run_is_told_as_a_simple_model_tells_it(runs: list[Seen]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = str(Path(folder) / "h.db")
        for number, run in enumerate(runs):
            of = report(run.found, 1000.0 + number, rules=run.rules)
            changes = record(url, of)
            earlier = runs[:number]
            assert states(changes, of) == {rule: model(rule, earlier) for rule in run.found}
            there = {r for r in RULES if model(r, earlier) is State.still} - run.found
            assert set(rules_of(changes.gone)) == there & run.rules
            assert set(rules_of(changes.unseen)) == there - run.rules


def model(rule: str, earlier: list[Seen]) -> State:
    """The state of a finding that is there now."""
    looked = [rule in run.found for run in earlier if rule in run.rules]
    if not looked:
        return State.unknown
    if looked[-1]:
        return State.still
    return State.back if any(looked) else State.new
