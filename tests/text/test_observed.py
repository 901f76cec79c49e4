"""Units, journals, probes, calls and alerts: what was observed besides the objects of the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.logs import NodeLog
from diagnose.sources.text.units import _age
from tests.dumps import load
from tests.text.texts import objects, pasted, read, table

SERVICES = table(
    ("NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"),
    ("shop", "api", "ClusterIP", "10.96.0.7", "<none>", "80/TCP", "9d"),
    ("shop", "db", "ClusterIP", "10.96.0.8", "<none>", "5432/TCP", "9d"),
    ("other", "db", "ClusterIP", "10.96.0.9", "<none>", "5432/TCP", "9d"),
)

# --- units ------------------------------------------------------------------------------------------------------------

FAILED = """\
\u25cf kubelet.service - The Kubernetes Node Agent
     Loaded: loaded (/usr/lib/systemd/system/kubelet.service; enabled; preset: enabled)
    Drop-In: /etc/systemd/system/kubelet.service.d
     Active: activating (auto-restart) (Result: exit-code) since Tue 2026-01-20 10:12:01 UTC; 5s ago
    Process: 4711 ExecStart=/usr/bin/kubelet $ARGS (code=exited, status=1/FAILURE)
   Main PID: 4711 (code=exited, status=1/FAILURE)

Jan 20 10:12:01 worker-1 systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE
Jan 20 10:12:01 worker-1 systemd[1]: kubelet.service: Failed with result 'exit-code'.
"""
STOPPED = """\
\u25cb containerd.service - containerd container runtime
     Loaded: loaded (/etc/systemd/system/containerd.service; disabled; vendor preset: enabled)
     Active: inactive (dead) since Tue 2026-01-20 10:12:01 CST; 1min 39s ago
   Main PID: 921 (code=exited, status=0/SUCCESS)
"""


def test_a_unit_that_fails() -> None:
    found = pasted(FAILED)
    assert objects(found, "Unit") == {
        "worker-1/kubelet": {
            "metadata": {"name": "worker-1/kubelet"},
            "node": "worker-1",
            "unit": "kubelet",
            "description": "The Kubernetes Node Agent",
            "loadState": "loaded",
            "enabled": "enabled",
            "activeState": "activating",
            "subState": "auto-restart",
            "result": "exit-code",
            "since": "2026-01-20T10:12:01Z",
            "exitCode": 1,
        }
    }
    assert list(found.node_logs) == [NodeLog("worker-1", "kubelet")]
    assert "Failed with result" in found.node_logs[NodeLog("worker-1", "kubelet")].text
    assert (found.captured_at, found.captured_at_from) == (1768903926.0, "systemctl status in stdin")


def test_a_zone_that_means_several_tells_only_an_age(tmp_path: Path) -> None:
    (unit,) = objects(read(tmp_path, nodes__w1__containerd=STOPPED), "Unit").values()
    assert unit["node"] == "w1"
    assert (unit["activeState"], unit["subState"], unit["enabled"], unit["exitCode"]) == (
        "inactive",
        "dead",
        "disabled",
        0,
    )
    unknown_time = objects(pasted(STOPPED.replace("CST", "IST")), "Unit")["unknown/containerd"]
    assert unknown_time["since"] == "99s ago"


def test_several_units_and_one_that_is_not_there() -> None:
    found = pasted(
        f"$ systemctl status kubelet containerd docker\n{FAILED}\n{STOPPED}\nUnit docker.service could not be found.\n"
    )
    told = {unit["unit"]: (unit["loadState"], unit["activeState"]) for unit in objects(found, "Unit").values()}
    assert told == {
        "kubelet": ("loaded", "activating"),
        "containerd": ("loaded", "inactive"),
        "docker": ("not-found", "inactive"),
    }


def test_the_node_from_the_command_line_of_the_kubelet() -> None:
    running = (
        STOPPED.replace("inactive (dead)", "active (running)")
        + "             \u2514\u2500906 /usr/bin/x --hostname-override=w7 --v=2\n"
    )
    assert list(objects(pasted(running), "Unit")) == ["w7/containerd"]


AGES = {"4h 1min": 14460, "1min 39s": 99, "3 days": 259200, "2 weeks 1 day": 1296000, "5s": 5, "": None}


@pytest.mark.parametrize("text", AGES)
def test_ages_of_systemd(text: str) -> None:
    assert _age(text)[0] == AGES[text]


def test_a_journal_is_a_log_of_its_node(tmp_path: Path) -> None:
    lines = "Jan 20 10:12:01 worker-1 kubelet[99]: E0120 10:12:01.000000 99 kubelet.go:1] nothing works\n" * 3
    found = read(tmp_path, kubelet=lines, services=SERVICES)
    assert list(found.node_logs) == [NodeLog("worker-1", "kubelet")]
    by_path = read(tmp_path, nodes__w2__journalctl_u_kubelet="-- Logs begin at Mon 2026-01-19 --\n" + lines, a=SERVICES)
    assert NodeLog("w2", "kubelet") in by_path.node_logs
    by_command = pasted(f"root@worker-1:~# journalctl -u crio\n{lines}$ kubectl get svc -A\n{SERVICES}")
    assert list(by_command.node_logs) == [NodeLog("worker-1", "crio")]


# --- probes -----------------------------------------------------------------------------------------------------------

PROBES: list[tuple[str, str, tuple[Any, ...]]] = [
    ("probe", "api (10.96.0.7:80) open\nConnection Succeeded\n", ("api", 80, "10.96.0.7", "open")),
    ("api-80", "Connection Failed\n", ("api", 80, None, "failed")),
    ("api-80", "punt!\nTerminated\nConnection Failed\n", ("api", 80, None, "timeout")),
    ("probe", "nc: api (10.96.0.7:80): Connection refused\n", ("api", 80, "10.96.0.7", "refused")),
    ("probe", "nc: connect to api port 80 (tcp) failed: Connection refused\n", ("api", 80, None, "refused")),
    ("probe", "nc: bad address 'api'\n", ("api", None, None, "unresolved")),
    ("probe", "Connection to api (10.96.0.7) 80 port [tcp/http] succeeded!\n", ("api", 80, "10.96.0.7", "open")),
    ("probe", "curl: (7) Failed to connect to api port 80: Connection refused\n", ("api", 80, None, "refused")),
    ("probe", "curl: (28) Failed to connect to api port 80: Timeout was reached\n", ("api", 80, None, "timeout")),
    ("probe", "curl: (6) Could not resolve host: api\n", ("api", None, None, "unresolved")),
    ("probe", "*   Trying 10.96.0.7:80...\n* Connected to api (10.96.0.7) port 80\n< HTTP/1.1 503 Unavailable\n",
     ("api", 80, "10.96.0.7", "open")),
    ("probe", "Connecting to api (10.96.0.7:80)\nwget: can't connect to remote host (10.96.0.7): Connection refused\n",
     ("api", 80, "10.96.0.7", "refused")),
    ("probe", "** server can't find api: NXDOMAIN\n", ("api", None, None, "unresolved")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "told"), PROBES)
def test_probes(name: str, text: str, told: tuple[Any, ...], tmp_path: Path) -> None:
    (probe,) = objects(read(tmp_path, **{name: text}, services=SERVICES), "Probe").values()
    assert tuple(probe[key] for key in ("host", "port", "address", "result")) == told
    assert probe["service"] == {"kind": "Service", "namespace": "shop", "name": "api"}
    assert probe["from"] is None


def test_a_report_with_a_probe_for_each_node() -> None:
    text = """\
=== Service db:5432 Connectivity test report ===
Test results of the pod on worker-1: db (10.96.0.8:5432) open
Connection Succeeded
Test results of the pod on worker-2: punt!
Terminated
Connection Failed
Test results of the pod on worker-3: Connection Failed
Test results of the pod on worker-4:
"""
    told = {
        probe["from"]: (probe["host"], probe["port"], probe["result"])
        for probe in objects(pasted(text), "Probe").values()
    }
    assert told == {
        "worker-1": ("db", 5432, "open"),
        "worker-2": ("db", 5432, "timeout"),
        "worker-3": ("db", 5432, "failed"),
    }


def test_a_probe_from_a_pod() -> None:
    text = "$ kubectl exec web-0 -- curl -sv http://api:8080/health\ncurl: (28) Operation timed out after 5000 ms\n"
    (probe,) = objects(pasted(text), "Probe").values()
    assert (probe["from"], probe["host"], probe["port"], probe["result"]) == ("web-0", "api", 8080, "timeout")


def test_a_name_in_two_namespaces_is_no_one_service(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        services=SERVICES,
        a="db (10.96.0.9:5432) open\n",
        b="nc: db.shop.svc (10.96.0.8:5432): Connection refused\n",
    )
    told = {name: probe.get("service") for name, probe in objects(found, "Probe").items()}
    assert told == {
        "db:5432": {"kind": "Service", "namespace": "other", "name": "db"},
        "db.shop.svc:5432": {"kind": "Service", "namespace": "shop", "name": "db"},
    }


# --- calls ------------------------------------------------------------------------------------------------------------


def test_a_tree_of_calls(tmp_path: Path) -> None:
    text = """\
[Service]: web (Entrypoint)
[Upstream (Called By)]: (User Traffic)
[Downstream (Calls)]:
web
\u251c\u2500\u2500 api
\u2502   \u251c\u2500\u2500 db     <-- (Database)
\u2502   \u2514\u2500\u2500 cache
\u2514\u2500\u2500 auth
    \u2514\u2500\u2500 db
"""
    calls = objects(read(tmp_path, services=SERVICES, deps__web=text), "Call")
    assert sorted(calls) == ["api>cache", "api>db", "auth>db", "web>api", "web>auth"]
    assert calls["web>api"]["namespace"] == "shop"
    assert calls["auth>db"]["namespace"] is None


def test_callers(tmp_path: Path) -> None:
    text = "[Service]: db\n[Upstream (Called By)]: api, auth\n[Downstream (Calls)]:\n(None - Leaf Service)\n"
    assert sorted(objects(read(tmp_path, services=SERVICES, d=text), "Call")) == ["api>db", "auth>db"]


# --- alerts -----------------------------------------------------------------------------------------------------------

ALERTMANAGER = [
    {
        "labels": {"alertname": "KubePodCrashLooping", "severity": "warning", "namespace": "shop", "pod": "api-0"},
        "annotations": {"description": "Pod shop/api-0 is restarting"},
        "status": {"state": "active"},
        "startsAt": "2026-01-20T10:00:00Z",
    }
]
ANOMALIES = {
    "status": "has_anomalies",
    "alerts": [
        {
            "type": "Node",
            "entity_name": "w1",
            "status": "ABNORMAL",
            "metric_category": "PACKET_LOSS",
            "evidence": ["12%"],
        },
        {"entry_service": "api", "url": "/pay", "raw_error": "HTTP 500", "occurrences": 4},
    ],
}
PROMETHEUS = {
    "status": "success",
    "data": {
        "groups": [
            {
                "rules": [
                    {
                        "name": "KubeNodeNotReady",
                        "labels": {"severity": "critical"},
                        "alerts": [{"labels": {"node": "w1"}, "state": "firing", "activeAt": "2026-01-20T10:00:00Z"}],
                    }
                ]
            }
        ]
    },
}  # fmt: skip
CRASHING = [("KubePodCrashLooping", "warning", "active", "Pod", "shop", "api-0")]
SHAPES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "alertmanager": (ALERTMANAGER, CRASHING),
    "webhook": ({"receiver": "x", "alerts": ALERTMANAGER}, CRASHING),
    "prometheus alerts": ({"data": {"alerts": ALERTMANAGER}}, CRASHING),
    "prometheus rules": (PROMETHEUS, [("KubeNodeNotReady", "critical", "firing", "Node", None, "w1")]),
    "anomalies": (
        ANOMALIES,
        [("PACKET_LOSS", None, "ABNORMAL", "Node", None, "w1"), (None, None, None, "Service", "shop", "api")],
    ),
    "none": ({"alerts": []}, []),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_alerts(shape: str, tmp_path: Path) -> None:
    value, told = SHAPES[shape]
    found = load(tmp_path, {"alerts.json": json.dumps(value).encode(), "services.txt": SERVICES.encode()})
    shown = [
        (a["alert"], a["severity"], a["state"], a["subject"]["kind"], a["subject"]["namespace"], a["subject"]["name"])
        for a in objects(found, "Alert").values()
    ]
    assert sorted(shown, key=str) == sorted(told, key=str)
    assert [str(w) for w in found.warnings] == []
    assert found.coverage.describe()["Alert.observed.diagnose"] == "all"


def test_texts_of_alerts(tmp_path: Path) -> None:
    found = load(tmp_path, {"alerts.json": json.dumps(ANOMALIES).encode(), "services.txt": SERVICES.encode()})
    assert sorted(a["texts"] for a in objects(found, "Alert").values()) == [["12%"], ["HTTP 500", "/pay"]]


def test_other_json_beside_text_is_passed_over(tmp_path: Path) -> None:
    nodes = {"nodes": [{"name": "w1", "status": "Ready", "labels": {}}]}
    found = load(tmp_path, {"cluster/nodes.json": json.dumps(nodes).encode(), "services.txt": SERVICES.encode()})
    assert [str(w) for w in found.warnings] == []


KEYS = ("alerts", "labels", "alertname", "evidence", "data", "groups", "rules", "name", "status")
json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_any_json_is_never_an_exception(value: Any) -> None:
    from diagnose.snapshot import Builder
    from diagnose.sources.text import alerts

    alerts.read_json(json.dumps(value).encode(), "f", Builder())
