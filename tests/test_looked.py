"""Whether a run could have seen a finding. The reasons themselves are held where they are used: history, diff."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnose.looked import LIVE, looked_at, trace_of, why_unseen
from diagnose.model import NotEvaluated, ObjectRef, Report
from diagnose.sources.cluster.pull import FORMAT

from .render import builders


def report(**more: object) -> Report:
    not_evaluated = more.pop("not_evaluated", ())
    made = builders.report(**{"coverage": {"Pod": "all", "Node": "all"}, **more})  # type: ignore[arg-type]
    return replace(made, rule_ids=("a",), not_evaluated=not_evaluated)  # type: ignore[arg-type]


def test_a_live_cluster_that_fails_in_part_is_whole_elsewhere() -> None:
    """A broken aggregated API must not keep everything else open for ever."""
    assert FORMAT == LIVE
    coverage = {"Pod": "all", "NodeMetrics.metrics.k8s.io": "failed: 503"}
    live = report(incomplete=True, sources=(("https://c", LIVE), ("http://p", "prometheus")), coverage=coverage)
    dump = report(incomplete=True, coverage=coverage)
    of_pod = trace_of(builders.finding("a", "Pod shop/x"))
    of_metrics = trace_of(
        replace(builders.finding("a", "x"), object=ObjectRef("NodeMetrics", "", "n", "metrics.k8s.io"))
    )
    assert why_unseen(of_pod, looked_at(live)) is None
    assert why_unseen(of_metrics, looked_at(live)) == "NodeMetrics.metrics.k8s.io could not be collected: 503"
    assert why_unseen(of_pod, looked_at(dump)) == "the input was read only in part"


@pytest.mark.parametrize(
    ("about", "where", "seen"),
    [
        ("Pod shop/x", ("shop",), False),
        ("Pod shop/x", ("web",), True),
        ("Pod shop/x", None, False),
        ("Pod shop/x", ("",), True),
        ("Node n", ("",), False),
        ("Node n", ("shop",), False),
    ],
)
def test_where_a_rule_could_not_be_decided(about: str, where: tuple[str, ...] | None, seen: bool) -> None:
    """A finding of a cluster-scoped object may have been shown by objects anywhere."""
    of = report(not_evaluated=(NotEvaluated("a", "hidden", namespaces=where),))
    assert (why_unseen(trace_of(builders.finding("a/case", about)), looked_at(of)) is None) is seen


def test_long_lists_of_namespaces_are_cut() -> None:
    of = replace(report(), namespaces=("a", "b", "c", "d", "e"))
    trace = trace_of(builders.finding("a", "Pod shop/x"))
    assert why_unseen(trace, looked_at(of)) == "only the namespaces a, b, c and 2 others were looked at"
    assert why_unseen(trace, looked_at(replace(of, namespaces=("a", "b", "c", "d")))) == (
        "only the namespaces a, b, c, d were looked at"
    )
    assert why_unseen(trace, looked_at(replace(of, namespaces=()))) == "no namespace was looked at"
