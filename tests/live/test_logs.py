"""Logs: only of containers that a rule asks about, the previous run first, and no more than a rule reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diagnose.asked_logs import containers_asked
from diagnose.live import capture
from diagnose.logs import ContainerLog
from diagnose.run import diagnose
from diagnose.snapshot import Snapshot
from diagnose.sources.cluster import logs as fetching
from diagnose.sources.cluster.logs import Asked, Fetched, fetch_logs
from tests import builders
from tests.builders import messages, obj
from tests.builders import rules as rules_of
from tests.live.support import client, pods
from tests.server import ApiServer, Fault, Store, answers

CRASHES = """
id: crashes
title: t
severity: error
match:
- for: Pod
- each: pod -> containers
  as: container
  where: {$.status.state.waiting.reason: CrashLoopBackOff}
cases:
- id: said
  when: {"container.logs[*]": {matches: 'FATAL: (?P<said>[^\\n]+)'}}
  message: "{container.name} says {said}"
- {id: silent, message: "{container.name} says nothing"}
"""
EVERYWHERE = """
id: everywhere
title: t
severity: warning
match:
- for: Pod
- some: pod -> containers
  as: container
  where: {$.log: {contains: forbidden}}
report: {message: "{container.name} is refused something"}
"""


def crashing(name: str, *containers: str, node: str = "n1") -> dict[str, Any]:
    """A pod of which the first container crashes, and the others run."""
    first, *_ = containers
    spec = {"nodeName": node, "containers": [{"name": c} for c in containers]}
    states = [
        {"name": c, "state": {"waiting": {"reason": "CrashLoopBackOff"}} if c == first else {}} for c in containers
    ]
    return obj("Pod", name, "shop", spec=spec, status={"phase": "Running", "containerStatuses": states})


def log_requests(server: ApiServer) -> list[tuple[str, str, bool]]:
    """Pod, container and whether the previous run was asked for, of each log."""
    found = [r for r in server.requests if r.path.endswith("/log")]
    return [(r.path.split("/")[-2], r.query["container"], "previous" in r.query) for r in found]


def captured(server: ApiServer, folder: Path, *texts: str) -> tuple[Snapshot, list[str]]:
    """What was captured for some rules, and what they find in it."""
    rules = rules_of(*texts)
    with client(server, folder) as transport:
        snapshot = capture(transport, rules)
    return snapshot, messages(diagnose(snapshot, rules))


def test_only_what_a_rule_reads_is_fetched_and_the_previous_run_first(tmp_path: Path) -> None:
    logs = {("shop", "api", "api", "previous"): "FATAL: no database\n", ("shop", "api", "api"): "starting\n"}
    store = Store.of([crashing("api", "api", "proxy"), *pods(3)], logs)
    with ApiServer(store) as server:
        snapshot, found = captured(server, tmp_path, CRASHES)
    assert log_requests(server) == [("api", "api", True), ("api", "api", False)]
    assert found == ["api says no database"]
    assert [log.text for log in snapshot.logs.values()] == ["starting\n", "FATAL: no database\n"]
    assert not snapshot.warnings


def test_no_rule_that_reads_logs_asks_for_none(tmp_path: Path) -> None:
    rule = CRASHES.partition("cases:")[0] + "report: {message: m}"
    with ApiServer(Store.of([crashing("api", "api")])) as server:
        captured(server, tmp_path, rule)
    assert log_requests(server) == []


def test_a_rule_about_every_log_sees_those_that_others_ask_for(tmp_path: Path) -> None:
    logs = {("shop", "api", "api"): "forbidden", ("shop", "p-000", "c"): "forbidden"}
    store = Store.of([crashing("api", "api"), *pods(1)], logs)
    with ApiServer(store) as server:
        _, found = captured(server, tmp_path, CRASHES, EVERYWHERE)
        assert found == ["api says nothing", "api is refused something"]
    assert {pod for pod, _, _ in log_requests(server)} == {"api"}


def test_a_log_that_is_not_there_is_no_failure(tmp_path: Path) -> None:
    with ApiServer(Store.of([crashing("api", "api")])) as server:
        snapshot, found = captured(server, tmp_path, CRASHES)
    assert found == ["api says nothing"]
    assert (snapshot.logs, snapshot.warnings, snapshot.incomplete) == ({}, (), False)


def test_evidence_alone_asks_for_a_log() -> None:
    rule = CRASHES.partition("cases:")[0] + "report: {message: m}\nevidence: [container.previous_log]"
    assert containers_asked(builders.snapshot([crashing("api", "api", "b")]), rules_of(rule)) == [
        ("shop", "api", "api")
    ]


def fetched(server: ApiServer, folder: Path, *asked: Asked) -> Fetched:
    with client(server, folder) as transport:
        return fetch_logs(transport, asked, ["crashes", "everywhere"])


def test_logs_that_are_refused_are_told_with_the_right_and_the_rules(tmp_path: Path) -> None:
    asked = [Asked("a", "p", "c"), Asked("a", "q", "c"), Asked("b", "p", "c")]
    with ApiServer(Store.of([]), refused=["get pods/log a"]) as server:
        found = fetched(server, tmp_path, *asked)
    assert found.warnings == [
        "logs were not read: forbidden, it needs the verb get on pods/log in namespace a; "
        "rules that look at them saw none: crashes, everywhere"
    ]
    assert len(log_requests(server)) == 3, "a namespace that refuses is asked once"


def test_a_kubelet_that_does_not_answer_is_asked_once(tmp_path: Path) -> None:
    dead = [Asked("shop", f"p-{i:03}", "c", "n2") for i in range(3)]
    store = Store.of(pods(4), {("shop", "p-003", "c"): "fine"})
    with ApiServer(store, faults=[Fault("p-00[012]/log", 500, times=None)]) as server:
        found = fetched(server, tmp_path, *dead, Asked("shop", "p-003", "c", "n1"))
    assert list(found.logs) == [ContainerLog("shop", "p-003", "c")]
    (warning,) = found.warnings
    assert warning == (
        "the logs of 3 containers on node n2 were not read: /api/v1/namespaces/shop/pods/p-000/log: HTTP 500: "
        "an error on the server has prevented the request from succeeding"
    )
    assert {pod for pod, _, _ in log_requests(server)} == {"p-000", "p-003"}


def test_the_end_of_a_log_is_what_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BYTES", 2000)
    short = "".join(f"line {i}\n" for i in range(2000))
    wide = "".join(f"{i:03} {'x' * 16}\n" for i in range(2000))
    store = Store.of(pods(2), {("shop", "p-000", "c"): short, ("shop", "p-001", "c"): wide})
    with ApiServer(store) as server:
        monkeypatch.setattr(fetching, "BYTES", 8000)
        found = fetched(server, tmp_path, Asked("shop", "p-000", "c"), Asked("shop", "p-001", "c"))
    few, many = (found.logs[ContainerLog("shop", pod, "c")].text for pod in ("p-001", "p-000"))
    assert (many.count("\n"), many.splitlines()[-1]) == (fetching.LINES, "line 1999")
    assert (few.count("\n"), few.splitlines()[-1][:4]) == (fetching.FEW_LINES, "1999")


def test_there_is_a_limit_to_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST", 2)
    store = Store.of(pods(4), {("shop", f"p-{i:03}", "c"): "x" for i in range(4)})
    with ApiServer(store) as server:
        found = fetched(server, tmp_path, *(Asked("shop", f"p-{i:03}", "c") for i in range(4)))
    assert [key.pod for key in found.logs] == ["p-000", "p-001"]
    assert found.warnings == ["rules ask for the logs of 4 containers; those of 2 were left out"]


def test_a_server_that_does_not_keep_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BYTES", 1000)
    monkeypatch.setattr(answers, "log", lambda *_: answers.Answer(200, b"x" * 100_000, "text/plain"))
    with ApiServer(Store.of(pods(1))) as server:
        found = fetched(server, tmp_path, Asked("shop", "p-000", "c"))
    assert {log.size for log in found.logs.values()} == {1000}
