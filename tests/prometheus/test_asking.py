"""What is asked, and what becomes of answers that are odd, wrong or missing."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from diagnose import library
from diagnose.kinds import is_measured, parse_key
from diagnose.language.types import OBSERVED_TYPES
from diagnose.run import diagnose
from diagnose.snapshot import Snapshot
from diagnose.sources.prometheus import observe
from diagnose.sources.prometheus.queries import QUERIES
from diagnose.sources.prometheus.shapes import SHAPES
from diagnose.web import Endpoint
from tests.builders import obj, snapshot
from tests.sinks.server import Answer, Receiver, receiver
from tests.sinks.support import Waits

from .metrics import NOW
from .test_real import cluster, seen

NUMBER = sum(map(len, QUERIES.values()))


def answer(*series: tuple[dict[str, str], str]) -> Answer:
    """An instant vector."""
    result = [{"metric": labels, "value": [1767268800, value]} for labels, value in series]
    return Answer(body=json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode())


def of(*answers: Answer, before: Snapshot | None = None, **match: str) -> tuple[Snapshot, Receiver]:
    with receiver(*answers) as there:
        client = Waits().client(Endpoint(there.url))
        after = observe(before or cluster(), client, match)
        client.close()
    return after, there


def asked(there: Receiver) -> list[dict[str, str]]:
    assert all((got.method, got.path) == ("POST", "/api/v1/query") for got in there.got)
    return [{name: values[0] for name, values in parse_qs(got.body.decode()).items()} for got in there.got]


WHO = {"namespace": "a", "pod": "p", "container": "c"}


def test_every_query_is_asked_for_the_capture_time() -> None:
    _, there = of(*[answer()] * NUMBER)
    queries = asked(there)
    assert len(queries) == NUMBER and {query["time"] for query in queries} == {"1767268800.000"}
    assert not any("$" in query["query"] for query in queries)
    assert "kubelet_volume_stats_capacity_bytes{}" in queries[7]["query"]


def test_labels_choose_a_cluster() -> None:
    _, there = of(*[answer()] * NUMBER, cluster='a"b\\', tenant="t")
    for query in asked(there):
        assert query["query"].count('cluster="a\\"b\\\\",tenant="t"') == 1
        assert ",," not in query["query"] and "{," not in query["query"]


def test_what_is_no_number_is_no_value() -> None:
    after, _ = of(
        answer((WHO, "1e3"), (WHO | {"pod": "gone"}, "5"), (WHO | {"container": "d"}, "NaN")),
        answer((WHO, "+Inf")),
        answer((WHO, "x")),
        answer((WHO, "0")),
        answer((WHO, "0")),
        *[answer()] * NUMBER,
    )
    (usage,) = seen(after, "ContainerUsage")
    assert (usage["cpu"], usage["memory"]) == ({"periods": 0, "throttled": 0}, {"workingSet": 1000})


def test_a_server_that_fails_leaves_rules_undecided() -> None:
    after, there = of(Answer(401, b"who are you"))
    why = f"Prometheus at {there.url} gave no answer: HTTP 401: who are you"
    assert [str(warning) for warning in after.warnings] == [f"{there.url}: {why}"]
    assert after.incomplete and len(there.got) == 1
    report = diagnose(after, library.compiled(library.Selection(only=("usage/*",))))
    assert {each.reason.partition(" could not be collected: ")[2] for each in report.not_evaluated} == {why}
    assert len(report.not_evaluated) == 6


def test_one_reason_where_none_was_asked() -> None:
    report = diagnose(cluster(), library.compiled(library.Selection(only=("usage/*",))))
    assert {each.reason for each in report.not_evaluated} == {
        "it asks what a Prometheus measured, and none was asked (--prometheus URL)"
    }


def test_what_came_before_a_failure_stays() -> None:
    good = [answer((WHO, "1"))] * len(QUERIES["ContainerUsage"])
    after, _ = of(*good, *[Answer(422, b"too many samples")] * 9)
    assert len(seen(after, "ContainerUsage")) == 1
    assert "ContainerRestarts.observed.diagnose" in after.coverage.failed()
    assert "ContainerUsage.observed.diagnose" not in after.coverage.failed()


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"data": {"result": [{"metric": 1}]}}', b"\xff", b"[" * 100_000]
)
def test_an_answer_that_is_none_of_a_prometheus(body: bytes) -> None:
    after, _ = of(Answer(body=body))
    assert "gave no answer: its answer is none of a Prometheus: " in str(after.warnings[0])


def test_without_a_capture_time_nothing_is_asked() -> None:
    after, there = of(before=snapshot([obj("Node", "n")], at=None))
    assert after.captured_at is None and there.got == []
    assert str(after.warnings[0]) == (
        f"{there.url}: Prometheus was not asked, for the capture time is not known; give it with --at"
    )


@pytest.mark.parametrize(
    ("labels", "node"),
    [
        ({"instance": "10.0.0.1:9100"}, "n"),
        ({"instance": "n:9100"}, "n"),
        ({"instance": "x:9100", "node": "n"}, "n"),
        ({"instance": "x:9100", "exported_node": "n", "node": "other"}, "n"),
        ({"instance": "[fd00::1]:9100"}, "n"),
        ({"instance": "elsewhere:9100", "nodename": "n"}, "n"),
        ({"instance": "10.0.0.9:9100"}, None),
        ({}, None),
    ],
)
def test_whose_node_it_is(labels: dict[str, str], node: str | None) -> None:
    addresses = [{"address": "10.0.0.1"}, {"address": "fd00::1"}, {"odd": 1}, "odd"]
    before = snapshot([obj("Node", "n", status={"addresses": addresses})], at=NOW, collected=["Node"])
    skipped = sum(len(QUERIES[kind]) for kind in list(QUERIES)[:3])
    measured = answer((labels | {"mountpoint": "/"}, "8"))
    after, _ = of(*[answer()] * skipped, *[measured] * 4, *[answer()] * NUMBER, before=before)
    assert [each["metadata"]["name"] for each in seen(after, "NodeUsage")] == ([node] if node else [])


def test_hostile_labels_break_nothing() -> None:
    hostile = {"namespace": "a", "pod": "p", "container": "\x1b[31m</script>\u202e\x00"}
    after, _ = of(*[answer((hostile, "1"))] * NUMBER)
    assert diagnose(after, library.compiled(library.Selection(only=("usage/*",)))).findings == ()


def test_every_kind_is_known_to_all_tables() -> None:
    assert set(QUERIES) == set(SHAPES)
    assert all(is_measured(parse_key(kind)) and kind in OBSERVED_TYPES for kind in QUERIES)


def test_every_query_is_in_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "prometheus.md").read_text()
    metrics = {query.metric for queries in QUERIES.values() for query in queries}
    assert not {metric for metric in metrics if f"`{metric}`" not in page}
    assert all(f"`{kind}`" in page for kind in QUERIES)
