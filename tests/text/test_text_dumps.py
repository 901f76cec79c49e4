"""Text as a dump: events, usage, logs, refusals, several files together, hostile input."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import InputError
from diagnose.logs import ContainerLog
from tests.dumps import as_json, item, listed, load
from tests.text.texts import objects, pasted, read, table

PODS = table(
    ("NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"),
    ("shop", "api-6cff9697b-klnt6", "1/1", "Running", "0", "41m"),
    ("shop", "api-6cff9697b-x2k8p", "0/1", "CrashLoopBackOff", "9 (1m ago)", "41m"),
    ("shop", "db-0", "2/2", "Running", "0", "41m"),
    ("kube-system", "db-0", "1/1", "Running", "0", "41m"),
)
DEPLOYMENTS = table(
    ("NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"),
    ("shop", "api", "1/2", "2", "1", "41m", "api", "shop/api:1", "app=api"),
)
EVENTS = table(
    ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
    ("3m20s", "Warning", "BackOff", "pod/api-6cff9697b-x2k8p", "Back-off restarting failed container"),
    ("41m", "Normal", "Starting", "node/worker-1", ""),
    ("<unknown>", "Warning", "FailedScheduling", "Pod/db-0", "0/3 nodes are available:  3 Insufficient cpu."),
)

# --- events -----------------------------------------------------------------------------------------------------------


def events(text: str) -> list[tuple[Any, ...]]:
    return sorted(
        (e["involvedObject"]["kind"], e["involvedObject"]["name"], e["type"], e["reason"], e["message"], e.get("count"))
        for e in objects(pasted(text), "Event").values()
    )


def test_events_with_and_without_a_header() -> None:
    found = events(EVENTS)
    assert [event[:5] for event in found] == [
        ("Node", "worker-1", "Normal", "Starting", ""),
        ("Pod", "api-6cff9697b-x2k8p", "Warning", "BackOff", "Back-off restarting failed container"),
        ("Pod", "db-0", "Warning", "FailedScheduling", "0/3 nodes are available:  3 Insufficient cpu."),
    ]
    assert events(EVENTS.partition("\n")[2]) == found


def test_events_of_all_namespaces_and_wide_ones() -> None:
    text = table(
        (
            "NAMESPACE",
            "LAST SEEN",
            "TYPE",
            "REASON",
            "OBJECT",
            "SUBOBJECT",
            "SOURCE",
            "MESSAGE",
            "FIRST SEEN",
            "COUNT",
            "NAME",
        ),
        (
            "shop",
            "3m",
            "Warning",
            "BackOff",
            "pod/a",
            "spec.containers{a}",
            "kubelet, w1",
            "Back-off",
            "41m",
            "12",
            "a.18f",
        ),
    )
    found = pasted(text)
    (event,) = objects(found, "Event").values()
    assert event["involvedObject"]["fieldPath"] == "spec.containers{a}"
    assert event["source"] == {"component": "kubelet", "host": "w1"}
    assert (event["count"], event["firstTimestamp"], event["lastTimestamp"]) == (12, "2460s ago", "180s ago")
    assert found.coverage.describe() == {"Event": "all"}


def test_events_of_kubectl_events_and_messages_of_several_lines() -> None:
    text = "$ kubectl events -n shop\n" + table(
        ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"),
        ("72s (x3 over 5m)", "Warning", "Failed", "Pod/a", "Error: first line"),
    )
    (event,) = events(text + "second line\n")
    assert event == ("Pod", "a", "Warning", "Failed", "Error: first line\nsecond line", 3)


def test_the_end_of_a_list_of_events_proves_nothing() -> None:
    assert pasted("$ kubectl get events -n shop\n" + EVENTS).coverage.describe() == {"Event": ["shop"]}
    assert pasted("$ kubectl get events -n shop | tail -n 3\n" + EVENTS).coverage.describe() == {"Event": "partial"}
    assert pasted(EVENTS.partition("\n")[2]).coverage.describe() == {"Event": "partial"}


# --- usage ------------------------------------------------------------------------------------------------------------


def test_usage_of_nodes_and_containers() -> None:
    nodes = table(
        ("NAME", "CPU(cores)", "CPU%", "MEMORY(bytes)", "MEMORY%"),
        ("w1", "250m", "12%", "1024Mi", "50%"),
        ("w2", "<unknown>", "<unknown>", "<unknown>", "<unknown>"),
    )
    containers = table(
        ("NAMESPACE", "POD", "NAME", "CPU(cores)", "MEMORY(bytes)"),
        ("shop", "db-0", "db", "1m", "9Mi"),
        ("shop", "db-0", "proxy", "2m", "8Mi"),
    )
    found = pasted(f"$ kubectl top nodes\n{nodes}\n$ kubectl top pods -A --containers\n{containers}\n")
    assert objects(found, "NodeMetrics")["w1"]["usage"] == {"cpu": "250m", "memory": "1024Mi"}
    assert objects(found, "NodeMetrics")["w2"]["usage"] == {}
    assert objects(found, "PodMetrics")["shop/db-0"]["containers"] == [
        {"name": "db", "usage": {"cpu": "1m", "memory": "9Mi"}},
        {"name": "proxy", "usage": {"cpu": "2m", "memory": "8Mi"}},
    ]


# --- logs -------------------------------------------------------------------------------------------------------------

LOG = "2026-01-20T10:12:01Z ERROR cannot connect\n"
CRASHED = "api-6cff9697b-x2k8p"
API = {"containers": [{"name": "api"}]}


def ran(restarts: int) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "api", "restartCount": restarts, "ready": restarts == 0}]}


NAMED = as_json(
    listed(
        item("Pod", "api-6cff9697b-klnt6", "shop", spec=API, status=ran(0)),
        item("Pod", CRASHED, "shop", spec=API, status=ran(9)),
        item("Pod", "db-0", "shop", spec={"containers": [{"name": "db"}, {"name": "proxy"}]}),
        item("Pod", "db-0", "infra", spec={"containers": [{"name": "db"}]}),
        item("Deployment", "api", "shop"),
        {**item("Deployment", "db", "infra"), "kind": "StatefulSet"},
    )
)  # fmt: skip
PLACES = {
    "logs/api-6cff9697b-klnt6.txt": ("shop", "api-6cff9697b-klnt6", "api", False),
    "logs/api-6cff9697b-klnt6.api.previous.txt": ("shop", "api-6cff9697b-klnt6", "api", True),
    "api-6cff9697b-klnt6-previous.log": ("shop", "api-6cff9697b-klnt6", "api", True),
    "shop/db-0/proxy.log": ("shop", "db-0", "proxy", False),
    "shop-db-0-proxy.log": ("shop", "db-0", "proxy", False),
    "shop_db-0_db-previous.log": ("shop", "db-0", "db", True),
    "infra/db-0.log": ("infra", "db-0", "db", False),
    "pods/infra/db-0/logs.txt": ("infra", "db-0", "db", False),
    "logs/infra/db.txt": ("infra", "db-0", "db", False),
    "logs/api.txt": ("shop", CRASHED, "api", False),
    "logs/api.previous.txt": ("shop", CRASHED, "api", True),
    "logs/api.api.txt": ("shop", CRASHED, "api", False),
}


@pytest.mark.parametrize("path", PLACES)
def test_the_path_tells_whose_log_it_is(path: str, tmp_path: Path) -> None:
    found = load(tmp_path, {path: LOG.encode(), "objects.json": NAMED})
    assert {key: log.text for key, log in found.logs.items()} == {ContainerLog(*PLACES[path]): LOG.partition(" ")[2]}


def test_a_log_of_nobody_is_told_where_the_dump_is_text(tmp_path: Path) -> None:
    found = read(tmp_path, pods=PODS, logs__nobody=LOG, logs__other=LOG)
    assert [str(w).replace(f"{tmp_path}/", "") for w in found.warnings] == [
        "logs/nobody.txt: not used: no pod is known that this log and 1 more logs could be of"
    ]


def test_a_log_that_was_pasted(tmp_path: Path) -> None:
    text = f"$ kubectl logs -n shop deploy/api --previous\n{LOG}$ kubectl logs -n shop db-0 -c proxy\n{LOG}"
    found = load(tmp_path, {"notes.txt": text.encode(), "objects.json": NAMED})
    assert list(found.logs) == [ContainerLog("shop", CRASHED, "api", True), ContainerLog("shop", "db-0", "proxy")]


LINES = [
    "2026-01-20T10:12:01.123456789Z hello",
    "2026-01-20 10:12:01,123 INFO hello",
    "[2026-01-20 10:12:01] hello",
    "E0120 10:12:01.000000       1 main.go:12] hello",
    '{"level":"info","msg":"hello"}',
    '{"severity":"error","message":"hello"}\n# count 3',
    "time=2026-01-20T10:12:01Z level=info msg=hello",
    "INFO: hello",
    "panic: hello",
    "1:M 20 Jan 2026 10:12:01.123 # hello",
]


@pytest.mark.parametrize("line", LINES)
def test_logs_are_recognised_by_their_lines(line: str, tmp_path: Path) -> None:
    found = load(tmp_path, {"shop/db-0/proxy.txt": f"{line}\nmore\n".encode(), "objects.json": NAMED})
    assert list(found.logs) == [ContainerLog("shop", "db-0", "proxy")]
    assert found.warnings == ()


def test_a_log_that_kubectl_refused(tmp_path: Path) -> None:
    refused = (
        f'Error from server (BadRequest): container "api" in pod "{CRASHED}" is waiting to start: '
        "CreateContainerConfigError\n"
    )
    found = read(tmp_path, pods=PODS, logs__api=refused)
    assert found.logs == {} and found.warnings == ()
    waiting = objects(found, "Pod")[f"shop/{CRASHED}"]["status"]["containerStatuses"]
    assert waiting[0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    alone = objects(read(tmp_path / "x", logs__api=refused), "Pod")[CRASHED]["status"]["containerStatuses"][0]
    assert (alone["name"], alone["state"]["waiting"]["reason"]) == ("api", "CreateContainerConfigError")


# --- dumps ------------------------------------------------------------------------------------------------------------


def test_a_file_without_a_namespace_is_of_the_one_that_its_names_are_known_in(tmp_path: Path) -> None:
    plain = table(
        ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "LABELS"),
        (CRASHED, "0/1", "CrashLoopBackOff", "9", "41m", "app=api"),
    )
    found = read(tmp_path, a=PODS, b=plain)
    assert objects(found, "Pod")[f"shop/{CRASHED}"]["metadata"]["labels"] == {"app": "api"}


def test_real_objects_stay_beside_text(tmp_path: Path) -> None:
    found = load(tmp_path, {"pods.json": as_json(listed(item("Pod", "db-0", "shop"))), "pods.txt": PODS.encode()})
    told = objects(found, "Pod")
    assert len(told) == 4 and told["shop/db-0"]["metadata"]["uid"]
    assert sorted(name for _, name in found.sources) == ["kubectl get", "kubectl text"]


def test_manifests_beside_text_need_no_warning(tmp_path: Path) -> None:
    manifest = b"apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
    found = load(tmp_path, {"pods.txt": PODS.encode(), "yaml/api.yaml": manifest})
    assert found.warnings == () and "Service" in found.objects()


def test_what_is_no_dump_is_still_refused(tmp_path: Path) -> None:
    for text in (b"hello\n", LOG.encode(), b"NAME AND ADDRESS\n", b"a,b,c\n2026-01-20 10:00:00,1,2\n"):
        with pytest.raises(InputError, match="holds no Kubernetes objects"):
            load(tmp_path, {"a.txt": text})


WHOLE = "\n".join(
    (
        "root@m1:~# kubectl get pods -A -o wide",
        PODS,
        "root@m1:~# kubectl get deploy -A -o wide",
        DEPLOYMENTS,
        "root@m1:~# kubectl get events -n shop",
        EVENTS,
        "root@m1:~# systemctl status kubelet",
        "* kubelet.service - kubelet",
        "     Loaded: loaded (/x; enabled)",
        "     Active: active (running) since Tue 2026-01-20 10:12:01 UTC; 5s ago",
        "root@m1:~# kubectl logs -n shop db-0",
        LOG,
        "root@m1:~# nc -zv api 80",
        "nc: connect to api port 80 (tcp) failed: Connection refused",
        "",
    )
)


def test_a_whole_session_of_a_terminal() -> None:
    for text in (WHOLE, WHOLE.replace("\n", "\r\n"), f"\ufeff{WHOLE}", WHOLE.replace("root", "\x1b[32mroot\x1b[0m")):
        found = pasted(text)
        assert found.objects() == {
            "Deployment.apps": 1,
            "Event": 3,
            "Pod": 4,
            "Probe.observed.diagnose": 1,
            "Unit.observed.diagnose": 1,
        }
        assert found.warnings == ()


@pytest.mark.parametrize("end", range(0, len(WHOLE), 37))
def test_a_session_that_was_cut_off(end: int) -> None:
    try:
        pasted(WHOLE[: end + 1])
    except InputError as error:
        assert re.search("holds no Kubernetes objects|its kind cannot be told|not understood|is empty", str(error))


noise = st.lists(
    st.sampled_from([*WHOLE.split("\n"), "", "   ", "\x00", "\t", "NAME", "Name:", "│", "x" * 5000, "\ud7ff"]),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(noise, st.binary(max_size=30))
def test_lines_in_any_order_are_never_an_exception(lines: list[str], data: bytes) -> None:
    with suppress(InputError):
        pasted("\n".join(lines) + data.decode("latin-1"))
