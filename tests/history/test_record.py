"""Runs one after the other: since when a finding is there, when it is gone, when it came back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from diagnose.errors import HistoryError, UsageError
from diagnose.history import Identity
from diagnose.history.rows import storable
from diagnose.model import Known, NotEvaluated, ObjectRef, Report, Severity, State

from ..render.hostile import TEXTS
from .support import DAY, finding, record, report, rows, rules_of, spans, states


def test_the_first_run_has_nothing_to_compare_with(url: str) -> None:
    of = report(["a"])
    changes = record(url, of)
    assert (changes.against, changes.since, changes.gone, changes.unseen) == ("", None, (), ())
    assert changes.known == {finding("a").id: Known(State.unknown, 1000.0)}


def test_new_still_gone_and_back(url: str) -> None:
    record(url, report(["a"], 1000))
    second = report(["a", "b"], 2000)
    changes = record(url, second)
    assert (changes.against, changes.since) == ("run 1", 1000.0)
    assert changes.known[finding("a").id] == Known(State.still, 1000.0, times_seen=2)
    assert changes.known[finding("b").id] == Known(State.new, 2000.0)

    changes = record(url, report(["b"], 3000))
    assert rules_of(changes.gone) == ["a"]
    gone = changes.gone[0]
    assert (gone.id, gone.first_seen, gone.last_seen, gone.times_seen) == (finding("a").id, 1000.0, 2000.0, 2)
    assert (gone.finding.object, gone.finding.message) == (ObjectRef("Pod", "shop", "a"), "is broken")
    assert record(url, report(["b"], 4000)).gone == ()

    changes = record(url, report(["a", "b"], 5000))
    assert changes.known[finding("a").id] == Known(State.back, 1000.0, times_seen=3, flaps=1)
    assert changes.known[finding("b").id] == Known(State.still, 2000.0, times_seen=4)
    assert spans(url) == {"a": (1000, 5000, None, 3, 1), "b": (2000, 5000, None, 4, 0)}


def test_another_severity_is_told(url: str) -> None:
    record(url, report([finding("a", "warning")], 1000))
    changes = record(url, report([finding("a", "critical")], 2000))
    assert changes.known[finding("a").id].severity_before is Severity.warning
    assert record(url, report([finding("a", "critical")], 3000)).known[finding("a").id].severity_before is None


REFUSED = {"coverage": {"Pod": "refused: forbidden, it needs the verb list on pods"}}


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (report(rules=["b"]), "the rule a was not run"),
        (report(rules=None), "the report does not tell which rules were run"),
        (report(namespaces=("web",)), "only the namespace web was looked at"),
        (report(incomplete=True), "the input was read only in part"),
        (report(coverage={}), "Pod was not collected"),
        (report(coverage={"Pod": "partial"}), "Pod was collected only in part"),
        (report(coverage={"Pod": ["web"]}), "Pod was not collected in namespace shop"),
        (report(**REFUSED), "Pod could not be collected: forbidden, it needs the verb list on pods"),
        (
            report(not_evaluated=(NotEvaluated("a", "Secret was not collected"),)),
            "the rule could not be decided: Secret was not collected",
        ),
        (
            report(not_evaluated=(NotEvaluated("a", "hidden", namespaces=("shop", "web")),)),
            "the rule could not be decided: hidden",
        ),
    ],
)
def test_what_was_not_looked_for_is_not_gone(url: str, second: Report, why: str) -> None:
    record(url, report(["a"], 1000))
    later = replace(second, snapshot=replace(second.snapshot, captured_at=2000.0))
    changes = record(url, later)
    assert changes.gone == ()
    assert [(p.finding.rule, p.why) for p in changes.unseen] == [("a", why)]
    assert rows(url)[0]["why_unseen"] == why
    third = report(["a"], 3000)
    assert states(record(url, third), third) == {"a": State.still}
    assert spans(url)["a"] == (1000, 3000, None, 2, 0)


@pytest.mark.parametrize(
    "second",
    [
        report(not_evaluated=(NotEvaluated("a", "hidden", namespaces=("web",)),)),
        report(not_evaluated=(NotEvaluated("b", "hidden"),)),
        report(namespaces=("shop",)),
        report(coverage={"Pod": ["shop"]}),
    ],
)
def test_what_was_looked_for_is_gone(url: str, second: Report) -> None:
    record(url, report(["a"], 1000))
    changes = record(url, replace(second, snapshot=replace(second.snapshot, captured_at=2000.0)))
    assert (rules_of(changes.gone), changes.unseen) == (["a"], ())
    assert spans(url)["a"] == (1000, 1000, 2000, 1, 0)


def test_gone_when_it_can_be_seen_again(url: str) -> None:
    record(url, report(["a"], 1000))
    record(url, report([], 2000, rules=["b"]))
    changes = record(url, report([], 3000))
    assert (rules_of(changes.gone), changes.unseen) == (["a"], ())
    assert spans(url)["a"] == (1000, 1000, 3000, 1, 0)


def test_not_new_when_no_earlier_run_looked(url: str) -> None:
    record(url, report(["a"], 1000, rules=["a"]))
    second = report(["a", "b"], 2000)
    changes = record(url, second)
    assert changes.known[finding("b").id] == Known(State.unknown, 2000.0, why="the rule b was not run")
    assert changes.known[finding("a").id].state is State.still


def test_new_when_any_earlier_run_looked(url: str) -> None:
    """Two jobs in turn, each of its own namespaces."""
    record(url, report([], 1000, namespaces=("shop",)))
    record(url, report([], 2000, namespaces=("web",)))
    third = report(["a"], 3000, namespaces=("shop",))
    assert states(record(url, third), third) == {"a": State.new}


def test_a_workload_that_is_only_known_by_name_this_time_is_not_gone(url: str) -> None:
    """Without the Job the same fault would be told of the Job, and not of its CronJob."""
    about = replace(finding("a"), object=ObjectRef("CronJob", "shop", "tidy", "batch"))
    shown = replace(about, objects=(ObjectRef("Pod", "shop", "tidy-1-x"),))
    record(url, report([shown], 1000, coverage={"Pod": "all", "CronJob.batch": "all"}))
    changes = record(url, report([], 2000, coverage={"Pod": "all"}))
    assert [(p.finding.rule, p.why) for p in changes.unseen] == [("a", "CronJob.batch was not collected")]


def test_a_workload_that_was_never_collected_can_be_gone(url: str) -> None:
    shown = replace(
        finding("a"), object=ObjectRef("Deployment", "shop", "web", "apps"), objects=(ObjectRef("Pod", "shop", "w"),)
    )
    record(url, report([shown], 1000))
    assert rules_of(record(url, report([], 2000)).gone) == ["a"]


def test_an_unknown_capture_time_is_when_the_run_finished(url: str) -> None:
    record(url, report(["a"], None), now=500.0)
    changes = record(url, report(["a"], None), now=600.0)
    assert changes.since is None
    assert changes.known[finding("a").id].first_seen == 500.0


# --- runs that come late


def test_an_older_run_does_not_undo_a_newer_one(url: str) -> None:
    record(url, report(["a"], 1000))
    record(url, report(["b"], 3000))
    late = report(["a", "c"], 2000)
    changes = record(url, late)
    assert (changes.against, changes.gone, changes.unseen) == ("run 1", (), ())
    assert states(changes, late) == {"a": State.still, "c": State.new}
    assert spans(url) == {
        "a": (1000, 2000, 3000, 2, 0),
        "b": (3000, 3000, None, 1, 0),
        "c": (2000, 2000, 3000, 1, 0),
    }


def test_an_older_run_can_show_that_it_was_gone_earlier(url: str) -> None:
    record(url, report(["a"], 1000))
    record(url, report([], 3000))
    assert rules_of(record(url, report([], 2000)).gone) == ["a"]
    assert spans(url)["a"] == (1000, 1000, 2000, 1, 0)


def test_an_older_run_moves_the_first_sight_back(url: str) -> None:
    record(url, report(["a"], 2000))
    record(url, report(["a"], 1000))
    assert spans(url)["a"] == (1000, 2000, None, 2, 0)


def test_the_same_dump_twice(url: str) -> None:
    record(url, report(["a"], 1000))
    again = report(["a"], 1000)
    assert states(record(url, again), again) == {"a": State.still}
    assert spans(url)["a"] == (1000, 1000, None, 2, 0)


# --- what is kept


def test_what_is_kept_of_a_run(url: str) -> None:
    of = report(["a", finding("b", "warning")], 1000, not_evaluated=(NotEvaluated("c", "x"), NotEvaluated("c", "y")))
    record(url, of)
    run = rows(url, "runs")[0]
    del run["scope"]
    assert run == {
        "id": 1,
        "cluster": 1,
        "at": 1000.0,
        "captured_at": 1000.0,
        "finished_at": 1005.0,
        "title": "title",
        "version": "1.0",
        "rules": 212,
        "objects": 394,
        "critical": 0,
        "error": 1,
        "warning": 1,
        "info": 0,
        "not_evaluated": 1,
        "incomplete": False,
    }
    assert rows(url, "clusters") == [{"id": 1, "name": "prod", "uid": "", "server": "", "title": "title"}]


def test_the_latest_message_severity_and_object_are_kept(url: str) -> None:
    record(url, report([finding("a")], 1000))
    newer = replace(finding("a", "info"), message="3 restarts", object=ObjectRef("Pod", "shop", "a", uid="u-2"))
    record(url, report([newer], 2000))
    record(url, report([replace(newer, message="older")], 1500))
    row = rows(url)[0]
    assert (row["message"], row["severity"], row["uid"]) == ("3 restarts", Severity.info, "u-2")


def test_old_runs_and_findings_are_forgotten(url: str) -> None:
    record(url, report(["a", "b"], 1000), now=1000)
    record(url, report(["b"], 2000), now=5 * DAY)
    record(url, report(["c"], 3000, rules=["c"]), now=9 * DAY, keep=8 * DAY)
    assert [run["finished_at"] for run in rows(url, "runs")] == [5 * DAY, 9 * DAY]
    assert sorted(spans(url)) == ["b", "c"]
    changes = record(url, report([], 4000), now=20 * DAY, keep=8 * DAY)
    assert sorted(rules_of(changes.gone)) == ["b", "c"]
    assert [run["finished_at"] for run in rows(url, "runs")] == [20 * DAY]
    assert spans(url) == {}


def test_retention_is_of_one_cluster(url: str) -> None:
    record(url, report(["a"], 1000), identity=Identity("other"), now=1000)
    record(url, report(["a"], 1000), now=90 * DAY, keep=DAY)
    assert len(rows(url)) == 2


def test_an_old_dump_is_kept_by_when_it_was_recorded(url: str) -> None:
    record(url, report(["a"], 1000), now=900 * DAY, keep=90 * DAY)
    assert spans(url)["a"] == (1000, 1000, None, 1, 0)


def test_many_findings(url: str) -> None:
    many = report([finding(f"a:shop/{n}") for n in range(1501)], 1000)
    record(url, many)
    changes = record(url, replace(many, findings=many.findings[:1300]))
    assert (changes.count(State.still), len(changes.gone)) == (1300, 201)


def test_clusters_are_apart(url: str) -> None:
    record(url, report(["a"], 1000), identity=Identity("one"))
    changes = record(url, report(["b"], 2000), identity=Identity("two"))
    assert (changes.against, changes.gone) == ("", ())


@pytest.mark.parametrize(
    "text", [*TEXTS, "\x00", "\ud800", "'; DROP TABLE diagnose_runs; --", "%s %(x)s :x", "x" * 9000]
)
def test_hostile_texts(url: str, text: str) -> None:
    hostile = replace(finding("a"), message=text, title=text, key=(text,), object=ObjectRef("Pod", "shop", text))
    of = report([hostile], 1000, not_evaluated=(NotEvaluated("b", text, namespaces=(text,)),))
    record(url, of)
    changes = record(url, of)
    assert [known.state for known in changes.known.values()] == [State.still]
    changes = record(url, report([], 3000))
    assert len(changes.gone) == 1
    assert changes.gone[0].id == hostile.id
    assert changes.gone[0].finding.message == storable(text)


def test_nothing_is_written_when_the_cluster_is_not_told(url: str) -> None:
    with pytest.raises(UsageError) as error:
        record(url, report(["a"]), identity=Identity())
    assert str(error.value) == (
        "the history cannot tell which cluster this is: neither the Namespace kube-system nor the URL of the API "
        "server is there; name the cluster with --cluster-name"
    )
    record(url, report(["a"]))
    assert len(rows(url, "runs")) == 1


def test_a_broken_scope_is_an_error_of_the_history(tmp_path: Path) -> None:
    url = str(tmp_path / "h.db")
    record(url, report(["a"]))
    with closing(sqlite3.connect(url)) as connection:
        connection.execute("update diagnose_scopes set document = '[]'")
        connection.commit()
    with pytest.raises(HistoryError, match="the history holds a scope that cannot be read"):
        record(url, report([], 2000))
