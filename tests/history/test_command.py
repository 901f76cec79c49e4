"""`--history` on the command line: what the report says, exit codes, and a history that fails."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from diagnose.cli.history import HistoryOptions
from diagnose.config import Config
from diagnose.errors import UsageError
from diagnose.render.json import json_schema

from ..builders import obj, pod, rule_text
from ..cli.command import Command, Ended, command
from ..server import ApiServer, Store

RULE = rule_text("{for: Pod, where: {$.status.phase: Failed}}", "{pod.metadata.name} failed.", rule="loud")
OWN = ("--no-default-rules", "--rules", "rules")


@pytest.fixture
def run(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """`diagnose dump` of failed pods at an hour of a day, with a history in h.db."""
    monkeypatch.chdir(tmp_path)
    Path("rules").mkdir()
    Path("rules", "loud.yaml").write_text(RULE)
    call = command(capsysbinary, monkeypatch)

    def dump(hour: int, names: Sequence[str], *options: str) -> Ended:
        Path("dump.json").write_text(pods(*names))
        fixed = ("--at", f"2026-11-23T{hour:02}:00:00Z", "--history", "h.db", "--cluster-name", "prod", *OWN)
        return call("dump", "dump.json", *fixed, *options)

    return dump


def pods(*names: str) -> str:
    made = [pod(name, meta={"uid": name}, status={"phase": "Failed"}) for name in names]
    made.append(pod("well", meta={"uid": "well"}, status={"phase": "Running"}))
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": made})


FOURTH = """\
dump.json   captured 2026-11-23 04:00:00Z   3 pods   1 rule
2 causes (2 errors)
since run 3 (captured 2026-11-23 03:00:00Z): 1 new, 1 back again, 1 gone

 1 error     Pod a/one: one failed. [loud]
   known     back again; it was there since 01:00:00Z, in 2 runs

 2 error     Pod a/three: three failed. [loud]
   known     new

gone (1)
   error Pod a/two: two failed. [loud] (seen 02:00:00Z to 03:00:00Z)
"""


def test_what_the_terminal_shows(run: Command) -> None:
    assert "first run in this history: nothing to compare with yet\n" in run(1, ["one"]).out
    second = run(2, ["two"]).out
    assert "since run 1 (captured 2026-11-23 01:00:00Z): 1 new, 1 gone\n" in second
    third = run(3, ["two"]).out
    assert "since run 2 (captured 2026-11-23 02:00:00Z): 1 still there\n" in third
    assert "   known     there since 02:00:00Z, in 2 runs\n" in third
    done = run(4, ["one", "three"])
    assert (done.code, done.err, done.out) == (0, "", FOURTH)


def test_a_healthy_run_tells_what_is_gone(run: Command) -> None:
    run(1, ["one"])
    assert run(2, []).out == (
        "dump.json   captured 2026-11-23 02:00:00Z\n"
        "nothing found: 1 rule on 1 pod\n"
        "since run 1 (captured 2026-11-23 01:00:00Z): 1 gone\n"
        "\n"
        "gone (1)\n"
        "   error Pod a/one: one failed. [loud] (seen 01:00:00Z)\n"
    )


def test_what_was_not_looked_for(run: Command) -> None:
    run(1, ["one"])
    Path("rules", "other.yaml").write_text(RULE.replace("loud", "other"))
    out = run(2, ["one"], "--skip", "loud").out
    assert "1 not looked for before, 1 not looked for this time" in out.replace("\n", " ")
    assert "   known     for the first time: the rule other was not run before\n" in out
    assert out.endswith(
        "not looked for this time (1)\n"
        "   the rule loud was not run: 1 (error Pod a/one: one failed. [loud] (seen\n"
        "     01:00:00Z))\n"
    )


def test_fail_on_what_is_new(run: Command) -> None:
    codes = [
        run(hour, names, "--fail-on", "new:error").code for hour, names in enumerate((["a"], ["a"], ["a", "b"], []))
    ]
    assert codes == [0, 0, 1, 0]
    assert run(9, ["a"], "--fail-on", "new:error").code == 1
    assert run(10, ["a"], "--fail-on", "error").code == 1
    assert run(11, ["a", "c"], "--fail-on", "new:critical").code == 0


def test_json_tells_it_too(run: Command) -> None:
    run(1, ["one", "two"])
    document = json.loads(run(2, ["two", "three"], "-o", "json").out)
    jsonschema.validate(document, json_schema(), jsonschema.Draft202012Validator)
    changes = document["changes"]
    assert (changes["against"], changes["since"]) == ("run 1", "2026-11-23T01:00:00Z")
    assert changes["counts"] == {"new": 1, "back": 0, "still": 1, "unknown": 0}
    assert [(past["message"], past["last_seen"]) for past in changes["gone"]] == [
        ("one failed.", "2026-11-23T01:00:00Z")
    ]
    assert {f["object"]["name"]: (f["known"]["state"], f["known"]["first_seen"]) for f in document["findings"]} == {
        "two": ("still", "2026-11-23T01:00:00Z"),
        "three": ("new", "2026-11-23T02:00:00Z"),
    }


def test_a_history_that_fails_never_loses_the_report(run: Command) -> None:
    Path("h.db").write_text("no database at all" * 100)
    done = run(1, ["one"], "-o", "text=report.txt", "-o", "json")
    assert (done.code, done.err) == (4, "diagnose: the history h.db was not written: file is not a database\n")
    assert json.loads(done.out)["changes"] is None
    assert "one failed." in Path("report.txt").read_text()


def test_a_cluster_that_is_not_told(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, run: Command) -> None:
    run(1, [])
    call = command(capsysbinary, monkeypatch)
    done = call("dump", "dump.json", "--history", "h.db", *OWN)
    assert (done.code, done.err) == (
        2,
        "diagnose: the history cannot tell which cluster this is: neither the Namespace kube-system nor the URL of the "
        "API server is there; name the cluster with --cluster-name\n",
    )
    assert "nothing found" in done.out
    Path("diagnose.yaml").write_text("cluster_name: prod\nhistory_keep: forever\n")
    assert call("dump", "dump.json", "--history", "h.db", *OWN).code == 0
    monkeypatch.setenv("DIAGNOSE_HISTORY", "h.db")
    assert call("dump", "dump.json", *OWN).code == 0
    with sqlite3.connect("h.db") as connection:
        assert connection.execute("SELECT count(*) FROM diagnose_runs").fetchone() == (3,)
    connection.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--fail-on", "new:error"),
            "--fail-on new:error needs --history: without earlier runs nothing is known to be new",
        ),
        (("--history-keep", "3d"), "--history-keep needs --history"),
        (
            ("--history", "h.db", "--history-keep", "soon"),
            "--history-keep takes a time as 30d or 12h, or 'forever', not 'soon'",
        ),
        (
            ("--history", "sqlite://"),
            "--history needs a file: of a database in memory nothing would be left after the run",
        ),
    ],
)
def test_mistakes_before_anything_is_read(
    capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: Sequence[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command(capsysbinary, monkeypatch)("dump", "nowhere", *options)
    assert (done.code, done.out, done.err) == (2, "", f"diagnose: {message}\n")


def test_without_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("diagnose.history")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(UsageError) as error:
        HistoryOptions("h.db", None, None).open(Config(), "never")
    assert str(error.value) == "--history needs more libraries (sqlalchemy): pip install 'kube-diagnose[history]'"


def test_retention(run: Command) -> None:
    run(1, ["one"])
    with sqlite3.connect("h.db") as connection:
        connection.execute("UPDATE diagnose_runs SET finished_at = finished_at - 91 * 86400")
        connection.execute("UPDATE diagnose_findings SET seen_on = seen_on - 91 * 86400")
    run(2, [], "--history-keep", "forever")
    assert connection.execute("SELECT count(*) FROM diagnose_runs").fetchone() == (2,)
    run(3, [])
    assert connection.execute("SELECT count(*) FROM diagnose_runs").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM diagnose_findings").fetchone() == (0,)
    connection.close()


def test_a_live_cluster_is_known_by_its_kube_system(
    capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules").mkdir()
    Path("rules", "loud.yaml").write_text(RULE)
    Path("rules", "spaces.yaml").write_text(rule_text("{for: Namespace, where: {$.x: y}}", "x", rule="spaces"))
    call = command(capsysbinary, monkeypatch)
    system = obj("Namespace", "kube-system", meta={"uid": "uid-of-it"})
    for failed, text in (("one", "first run"), ("two", "1 new, 1 gone")):
        objects = [system, obj("Namespace", "a"), pod(failed, status={"phase": "Failed"})]
        with ApiServer(Store.of(objects)) as server:
            server.kubeconfig(tmp_path / "config")
            done = call("cluster", "--kubeconfig", "config", "--history", "h.db", *OWN)
        assert (done.code, done.err) == (0, "")
        assert text in done.out
    with sqlite3.connect("h.db") as connection:
        assert connection.execute("SELECT uid FROM diagnose_clusters").fetchall() == [("uid-of-it",)]
    connection.close()
