"""Tables of `kubectl get`: kinds by their columns, rows as objects, what a whole list proves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.kinds import parse_key
from diagnose.sources.text.gets import SHEETS, sheet_of
from diagnose.sources.text.tables import header, tables, unwrapped, without_header
from diagnose.values import UNKNOWN
from tests.text.texts import objects, pasted, read, table

WIDE = ("NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES")
PODS = ("NAME", "READY", "STATUS", "RESTARTS", "AGE")


def pod(ready: str, status: str, restarts: str, node: str = "w1") -> Any:
    row = ("api-0", ready, status, restarts, "41m", "10.0.0.1", node, "<none>", "<none>")
    return objects(pasted(table(WIDE, row)), "Pod")["api-0"]


# --- pods -------------------------------------------------------------------------------------------------------------


def test_a_running_pod() -> None:
    told = pod("1/1", "Running", "0")
    assert told["spec"] == {"nodeName": "w1", "containers": [{}]}
    assert told["status"] == {
        "podIP": "10.0.0.1",
        "nominatedNodeName": None,
        "phase": "Running",
        "reason": None,
        "containerStatuses": [
            {
                "ready": True,
                "state": {"running": {}, "waiting": None, "terminated": None},
                "restartCount": 0,
                "lastState": {},
            }
        ],
        "conditions": [
            {"type": "ContainersReady", "status": "True"},
            {"type": "PodScheduled", "status": "True"},
            UNKNOWN,
        ],
    }
    assert told["metadata"]["deletionTimestamp"] is None
    assert told["metadata"]["labels"] is UNKNOWN if "labels" in told["metadata"] else True


PHASES = [
    ("0/1", "Pending", "0", "Pending", UNKNOWN),
    ("0/1", "ContainerCreating", "0", "Pending", {"reason": "ContainerCreating"}),
    ("0/1", "ImagePullBackOff", "0", "Pending", {"reason": "ImagePullBackOff"}),
    ("0/1", "ImagePullBackOff", "2", UNKNOWN, {"reason": "ImagePullBackOff"}),
    ("0/1", "CrashLoopBackOff", "12 (3m ago)", "Running", {"reason": "CrashLoopBackOff"}),
    ("0/1", "CreateContainerConfigError", "0", "Pending", {"reason": "CreateContainerConfigError"}),
]


@pytest.mark.parametrize(("ready", "status", "restarts", "phase", "waiting"), PHASES)
def test_waiting(ready: str, status: str, restarts: str, phase: Any, waiting: Any) -> None:
    told = pod(ready, status, restarts)["status"]
    assert told.get("phase") == phase
    statuses = told.get("containerStatuses")
    assert (statuses[0]["state"]["waiting"] if statuses is not UNKNOWN else UNKNOWN) == waiting
    ready = {"type": "Ready", "status": "False"}
    assert (ready in told["conditions"]) == (status != "Pending")  # before the kubelet reports there is none


ENDED = [
    ("Completed", "0", "Succeeded", {"reason": "Completed", "exitCode": 0}),
    ("Completed", "3 (1m ago)", UNKNOWN, {"reason": "Completed", "exitCode": 0}),
    ("Error", "0", UNKNOWN, {"reason": "Error"}),
    ("OOMKilled", "1 (5s ago)", UNKNOWN, {"reason": "OOMKilled"}),
    ("ExitCode:3", "0", UNKNOWN, {"exitCode": 3, "reason": None}),
    ("Signal:9", "0", UNKNOWN, {"signal": 9, "reason": None}),
]


@pytest.mark.parametrize(("status", "restarts", "phase", "terminated"), ENDED)
def test_terminated(status: str, restarts: str, phase: Any, terminated: Any) -> None:
    told = pod("0/1", status, restarts)["status"]
    assert told.get("phase") == phase
    assert told["containerStatuses"][0]["state"]["terminated"] == terminated


def test_of_several_containers_only_what_holds_for_all_is_told() -> None:
    all_run = pod("2/2", "Running", "0")["status"]["containerStatuses"]
    assert all_run[0]["ready"] is True and all_run[1:] == [UNKNOWN]
    some_run = pod("1/2", "Running", "4 (1h ago)")
    assert some_run["status"]["containerStatuses"][0].get("ready") is UNKNOWN
    assert some_run["spec"].get("containers") is UNKNOWN
    one_waits = pod("1/2", "CrashLoopBackOff", "4 (1h ago)")["status"]["containerStatuses"]
    assert one_waits[0]["state"]["waiting"] == {"reason": "CrashLoopBackOff"}
    assert one_waits[1] is UNKNOWN


def test_init_containers() -> None:
    assert pod("0/1", "Init:0/1", "0")["status"]["phase"] == "Pending"
    fails = pod("0/2", "Init:CrashLoopBackOff", "4 (10s ago)")["status"]
    assert fails["initContainerStatuses"][0]["state"]["waiting"] == {"reason": "CrashLoopBackOff"}
    assert fails["initContainerStatuses"][1] is UNKNOWN
    ended = pod("0/1", "Init:ExitCode:2", "1 (1s ago)")["status"]["initContainerStatuses"][0]
    assert ended["state"]["terminated"]["exitCode"] == 2


def test_a_pod_without_a_node() -> None:
    told = pod("0/1", "Pending", "0", "<none>")
    assert told["spec"]["nodeName"] is None
    assert told["status"]["containerStatuses"] is None
    assert told["status"]["conditions"] == [UNKNOWN]


def test_a_pod_that_is_being_deleted_or_was_evicted() -> None:
    assert pod("1/1", "Terminating", "0")["metadata"].get("deletionTimestamp") is UNKNOWN
    evicted = pod("0/1", "Evicted", "0")["status"]
    assert (evicted["phase"], evicted["reason"]) == ("Failed", "Evicted")
    assert evicted.get("containerStatuses") is UNKNOWN
    assert pod("0/1", "Error", "0")["status"].get("reason") is UNKNOWN  # it may be evicted


def test_readiness_gates_decide_whether_a_pod_is_ready() -> None:
    row = ("a", "1/1", "Running", "0", "1h", "10.0.0.1", "n", "<none>", "0/1")
    conditions = objects(pasted(table(WIDE, row)), "Pod")["a"]["status"]["conditions"]
    assert [c["status"] for c in conditions[:2]] == ["False", "True"]


# --- other kinds ------------------------------------------------------------------------------------------------------


def one(kind: str, columns: str, cells: str) -> Any:
    """The object of a table with one row; columns and cells are parted by `|`."""
    told = objects(pasted(table(columns.split("|"), cells.split("|"))), kind)
    assert len(told) == 1, told
    return next(iter(told.values()))


OTHERS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "Node",
        "NAME|STATUS|ROLES|AGE|VERSION|INTERNAL-IP|EXTERNAL-IP|OS-IMAGE|KERNEL-VERSION|CONTAINER-RUNTIME",
        "n1|Ready,SchedulingDisabled|control-plane|9d|v1.31.2|10.0.0.4|<none>|Debian GNU/Linux 12|6.1|containerd://1.7",
        {"spec.unschedulable": True, "status.nodeInfo.kubeletVersion": "v1.31.2", "status.conditions.0.status": "True"},
    ),
    (
        "Node",
        "NAME|STATUS|ROLES|AGE|VERSION",
        "n1|NotReady|<none>|9d|v1.31.2",
        {"spec.unschedulable": None, "status.conditions.0.status": UNKNOWN},
    ),
    (
        "Service",
        "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|SELECTOR",
        "s|NodePort|10.9.0.1|<none>|80:30080/TCP,53/UDP|9d|app=s,tier=web",
        {
            "spec.ports": [
                {"port": 80, "protocol": "TCP", "nodePort": 30080},
                {"port": 53, "protocol": "UDP", "nodePort": None},
            ],
            "spec.selector": {"app": "s", "tier": "web"},
            "spec.clusterIP": "10.9.0.1",
        },
    ),
    (
        "Service",
        "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|SELECTOR",
        "s|LoadBalancer|10.9.0.1|<pending>|80:30080/TCP|9d|<none>",
        {"status.loadBalancer": {}, "spec.selector": None},
    ),
    (
        "Service",
        "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE",
        "s|ExternalName|<none>|db.example.com|<none>|9d",
        {"spec.externalName": "db.example.com", "spec.clusterIP": None, "spec.ports": []},
    ),
    (
        "Endpoints",
        "NAME|ENDPOINTS|AGE",
        "s|10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 3 more...|9d",
        {
            "subsets": [
                {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}, {"port": 443}]},
                {"addresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 80}]},
                UNKNOWN,
            ]
        },
    ),
    ("Endpoints", "NAME|ENDPOINTS|AGE", "s|<none>|9d", {"subsets": []}),
    (
        "EndpointSlice",
        "NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE",
        "s-x2k8p|IPv4|80|10.0.0.1,10.0.0.2|9d",
        {"metadata.labels": {"kubernetes.io/service-name": "s"}, "endpoints.1.addresses": ["10.0.0.2"]},
    ),
    (
        "Deployment",
        "NAME|READY|UP-TO-DATE|AVAILABLE|AGE|CONTAINERS|IMAGES|SELECTOR",
        "d|0/2|1|0|9d|api,proxy|shop/api:1,envoy:2|app=d,tier in (a,b)",
        {
            "spec.replicas": 2,
            "status.readyReplicas": None,
            "status.updatedReplicas": 1,
            "spec.template.spec.containers": [
                {"name": "api", "image": "shop/api:1"},
                {"name": "proxy", "image": "envoy:2"},
            ],
            "spec.selector": {
                "matchLabels": {"app": "d"},
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}],
            },
        },
    ),
    (
        "DaemonSet",
        "NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE",
        "d|3|3|0|3|0|disk=ssd|9d",
        {"status.numberReady": 0, "status.numberAvailable": None, "spec.template.spec.nodeSelector": {"disk": "ssd"}},
    ),
    ("StatefulSet", "NAME|READY|AGE", "d|1/3|9d", {"spec.replicas": 3, "status.readyReplicas": 1}),
    (
        "Job",
        "NAME|STATUS|COMPLETIONS|DURATION|AGE",
        "j|Failed|0/1|5m|9d",
        {"status.succeeded": None, "status.conditions.0": {"type": "Failed", "status": "True"}},
    ),
    (
        "CronJob",
        "NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE",
        "c|*/5 * * * *|<none>|True|0|<none>|9d",
        {"spec.schedule": "*/5 * * * *", "spec.suspend": True, "status.lastScheduleTime": None},
    ),
    (
        "PersistentVolumeClaim",
        "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE|VOLUMEMODE",
        "c|Bound|pv1|1Gi|RWO||<unset>|9d|Filesystem",
        {
            "status.phase": "Bound",
            "spec.volumeName": "pv1",
            "status.accessModes": ["ReadWriteOnce"],
            "spec.storageClassName": UNKNOWN,
        },
    ),
    (
        "PersistentVolumeClaim",
        "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|AGE",
        "c|Pending||||fast|9d",
        {"spec.volumeName": None, "spec.storageClassName": "fast", "status.capacity": None},
    ),
    (
        "PersistentVolume",
        "NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS|REASON|AGE",
        "pv1|1Gi|RWO,ROX|Retain|Released|shop/c||  |9d",
        {
            "spec.accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "spec.claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "c"},
            "spec.storageClassName": None,
        },
    ),
    (
        "StorageClass",
        "NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE",
        "fast (default)|ebs.csi.aws.com|Delete|WaitForFirstConsumer|false|9d",
        {
            "metadata.annotations.storageclass~kubernetes~io/is-default-class": "true",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": False,
        },
    ),
    (
        "ResourceQuota",
        "NAME|AGE|REQUEST|LIMIT",
        "q|9d|pods: 3/10, requests.cpu: 10/10|limits.memory: 1Gi/2Gi",
        {
            "status.hard": {"pods": "10", "requests.cpu": "10", "limits.memory": "2Gi"},
            "status.used": {"pods": "3", "requests.cpu": "10", "limits.memory": "1Gi"},
        },
    ),
    (
        "ResourceQuota",
        "NAME|REQUEST|LIMIT|AGE",
        "q|pods: 3/10||9d",
        {"status.hard": {"pods": "10"}, "status.used": {"pods": "3"}},
    ),
    ("Namespace", "NAME|STATUS|AGE", "shop|Terminating|9d", {"status.phase": "Terminating"}),
    ("Secret", "NAME|TYPE|DATA|AGE", "s|Opaque|2|9d", {"type": "Opaque", "data": UNKNOWN}),
    ("ConfigMap", "NAME|DATA|AGE", "s|0|9d", {"data": None}),
    ("NetworkPolicy", "NAME|POD-SELECTOR|AGE", "p|<none>|9d", {"spec.podSelector": {}}),
    (
        "Ingress",
        "NAME|CLASS|HOSTS|ADDRESS|PORTS|AGE",
        "i|<none>|a.example.com,b.example.com|10.1.1.1|80|9d",
        {"spec.ingressClassName": None, "spec.rules.0.host": "a.example.com", "spec.tls": None},
    ),
    (
        "HorizontalPodAutoscaler",
        "NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE",
        "h|Deployment/d|cpu: <unknown>/50%|1|4|0|9d",
        {"spec.scaleTargetRef": {"kind": "Deployment", "name": "d"}, "spec.maxReplicas": 4},
    ),
    (
        "PodDisruptionBudget",
        "NAME|MIN AVAILABLE|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|AGE",
        "p|50%|N/A|0|9d",
        {"spec.minAvailable": "50%", "spec.maxUnavailable": None, "status.disruptionsAllowed": 0},
    ),
    (
        "RoleBinding",
        "NAMESPACE|NAME|ROLE|AGE|USERS|GROUPS|SERVICEACCOUNTS",
        "shop|b|Role/r|9d|||shop/sa",
        {
            "roleRef": {"kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "shop"}],
        },
    ),
    (
        "APIService",
        "NAME|SERVICE|AVAILABLE|AGE",
        "v1beta1.metrics.k8s.io|kube-system/metrics-server|False (MissingEndpoints)|9d",
        {
            "spec.service.name": "metrics-server",
            "spec.group": "metrics.k8s.io",
            "status.conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}],
        },
    ),
]


def at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value.get(key.replace("~", "."))
    return value


@pytest.mark.parametrize(("kind", "columns", "cells", "told"), OTHERS, ids=[f"{o[0]}-{o[2][:24]}" for o in OTHERS])
def test_kinds(kind: str, columns: str, cells: str, told: dict[str, Any]) -> None:
    found = one(kind, columns, cells)
    assert {path: at(found, path) for path in told} == told


def test_no_kind_has_the_columns_of_another_that_its_rows_would_be_taken_for() -> None:
    """Where columns are the same, the path or the command must decide."""
    same = {(a.key.kind, b.key.kind) for a in SHEETS for b in SHEETS if a.key < b.key and {*a.header} == {*b.header}}
    assert {frozenset(pair) for pair in same} <= {
        frozenset(pair)
        for pair in (
            ("ReplicaSet", "ReplicationController"),
            ("LimitRange", "Role"),
            ("LimitRange", "ClusterRole"),
            ("Role", "ClusterRole"),
            ("CustomResourceDefinition", "LimitRange"),
            ("CustomResourceDefinition", "Role"),
            ("CustomResourceDefinition", "ClusterRole"),
            ("RoleBinding", "ClusterRoleBinding"),
            ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
        )
    }


def test_a_custom_kind_with_columns_of_its_own_is_no_built_in_one() -> None:
    assert sheet_of(("NAME", "READY", "SECRET", "AGE"), None, []) is None
    assert sheet_of(("NAME", "READY", "AGE"), None, [["web", "True", "9d"]]) is None
    assert sheet_of(("NAME", "CREATED AT"), None, []) is None
    crd = sheet_of(("NAME", "CREATED AT"), parse_key("CustomResourceDefinition"), [])
    assert crd is not None and crd.key.kind == "CustomResourceDefinition"


def test_a_table_of_an_unknown_kind_is_told(tmp_path: Path) -> None:
    gateways = table(("NAME", "GATEWAYS", "HOSTS", "AGE"), ("web", "mesh", "web", "9d"))
    found = read(tmp_path, pods=table(PODS, ("a", "1/1", "Running", "0", "1h")), virtualservices=gateways)
    assert [str(w).rpartition("/")[2] for w in found.warnings] == [
        "virtualservices.txt: a table was not read, its kind cannot be told: NAME GATEWAYS HOSTS AGE"
    ]


# --- lists ------------------------------------------------------------------------------------------------------------

ROW = ("api-0", "1/1", "Running", "0", "41m")


def coverage(text: str) -> dict[str, Any]:
    return pasted(text).coverage.describe()


def test_what_a_list_proves() -> None:
    everywhere = table(("NAMESPACE", *PODS), ("shop", *ROW), ("kube-system", *ROW))
    assert coverage(everywhere) == {"Pod": "all"}
    assert coverage("$ kubectl get pods -n shop\n" + table(PODS, ROW, ROW)) == {"Pod": ["shop"]}
    assert coverage("$ kubectl get pods -n shop api-0\n" + table(PODS, ROW)) == {"Pod": "partial"}
    assert coverage("$ kubectl get po -l app=api -n shop\n" + table(PODS, ROW)) == {"Pod": "partial"}
    assert coverage("$ kubectl get po -n shop | grep api\n" + table(PODS, ROW)) == {"Pod": "partial"}
    assert coverage(table(("NAMESPACE", *PODS), ("shop", *ROW)) + "...\n") == {"Pod": "partial"}


def test_no_resources_found_is_an_empty_list() -> None:
    assert coverage("$ kubectl get netpol -n shop\nNo resources found in shop namespace.\n") == {
        "NetworkPolicy.networking.k8s.io": ["shop"]
    }
    assert coverage("$ kubectl get pv\nNo resources found\n") == {"PersistentVolume": "all"}


def test_the_name_of_the_file_tells_the_kind_of_an_empty_list(tmp_path: Path) -> None:
    empty = "No resources found in shop namespace.\n"
    found = read(tmp_path, get__pods=table(PODS, ROW), get__networkpolicies=empty, jobs_all=empty)
    described = found.coverage.describe()
    assert described["NetworkPolicy.networking.k8s.io"] == described["Job.batch"] == ["shop"]


def test_a_refusal_is_coverage() -> None:
    text = (
        "$ kubectl get secrets -n shop\n"
        'Error from server (Forbidden): secrets is forbidden: User "ops" cannot list resource "secrets" in API group ""'
        ' in the namespace "shop"\n'
        "$ kubectl get pods -n shop\n" + table(PODS, ROW)
    )
    found = pasted(text)
    assert found.coverage.describe()["Secret"].startswith('refused: secrets is forbidden: User "ops" cannot list')
    assert found.objects() == {"Pod": 1}


def test_get_all_has_several_kinds(tmp_path: Path) -> None:
    text = (
        table(PODS, ("pod/api-6cff9697b-klnt6", "1/1", "Running", "0", "41m"))
        + "\n"
        + table(
            ("NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"),
            ("service/api", "ClusterIP", "10.0.0.1", "<none>", "80/TCP", "41m"),
        )
        + "\n"
        + table(("NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"), ("deployment.apps/api", "1/1", "1", "1", "41m"))
        + "\n"
        + table(("NAME", "DESIRED", "CURRENT", "READY", "AGE"), ("replicaset.apps/api-6cff9697b", "1", "1", "1", "41m"))
    )
    found = pasted(text)
    assert found.objects() == {"Deployment.apps": 1, "Pod": 1, "ReplicaSet.apps": 1, "Service": 1}
    owner = objects(found, "Pod")["api-6cff9697b-klnt6"]["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("ReplicaSet", "api-6cff9697b", True)
    above = objects(found, "ReplicaSet")["api-6cff9697b"]["metadata"]["ownerReferences"][0]
    assert (above["kind"], above["name"]) == ("Deployment", "api")


def test_labels_are_told_whole() -> None:
    found = pasted(table((*PODS, "LABELS"), (*ROW, "app=api,tier="), ("b", "1/1", "Running", "0", "1h", "<none>")))
    told = objects(found, "Pod")
    assert told["api-0"]["metadata"]["labels"] == {"app": "api", "tier": ""}
    assert told["b"]["metadata"]["labels"] == {}


def test_without_a_header(tmp_path: Path) -> None:
    lines = table(WIDE, ("api-0", "1/1", "Running", "0", "41m", "10.0.0.1", "w1", "<none>", "<none>")).split("\n")
    found = pasted("\n".join(lines[1:]))
    assert objects(found, "Pod")["api-0"]["spec"]["nodeName"] == "w1"
    assert found.coverage.describe() == {"Pod": "partial"}
    services = table(
        ("NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"),
        ("a", "ClusterIP", "10.0.0.1", "<none>", "80/TCP", "41m"),
        ("bb", "NodePort", "10.0.0.2", "<none>", "80:30080/TCP", "9d"),
    )
    found = read(tmp_path, services="\n".join(services.split("\n")[1:]))
    assert objects(found, "Service")["bb"]["spec"]["ports"][0]["nodePort"] == 30080


def test_a_line_that_does_not_fit_is_one_warning(tmp_path: Path) -> None:
    found = read(tmp_path, pods=table(PODS, ROW, ROW) + "  what is this\n  and this\n")
    assert [str(w).rpartition("/")[2] for w in found.warnings] == [
        "pods.txt: 2 lines of a table not understood, first line 4"
    ]
    assert found.coverage.describe() == {"Pod": "partial"}


def test_the_wide_table_counts_before_the_plain_one(tmp_path: Path) -> None:
    wide = table(WIDE, ("api-0", "1/1", "Running", "0", "41m", "10.0.0.1", "w1", "<none>", "<none>"))
    labels = table((*PODS, "LABELS"), (*ROW, "app=api"))
    told = objects(read(tmp_path, a=labels, b=wide), "Pod")["api-0"]
    assert told["spec"]["nodeName"] == "w1" and told["metadata"]["labels"] == {"app": "api"}
    assert len(told["status"]["containerStatuses"]) == 1


# --- how terminals break tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100])
def test_rows_that_a_terminal_broke_are_joined(width: int) -> None:
    rows = [WIDE] + [
        (
            f"a-rather-long-name-of-a-pod-{n}",
            "1/1",
            "Running",
            "0",
            "41m",
            f"10.0.0.{n}",
            "worker-1",
            "<none>",
            "<none>",
        )
        for n in range(5)
    ]
    whole = table(*rows).rstrip("\n").split("\n")
    broken = [line[at : at + width] for line in whole for at in range(0, len(line), width)]
    assert list(unwrapped(broken)) == whole
    assert len(objects(pasted("\n".join(broken)), "Pod")) == 5


words = st.text("abcxyz0189-.", min_size=1, max_size=20)


@given(st.lists(st.tuples(words, words, words, words), min_size=1, max_size=8))
def test_what_was_aligned_is_read_back(rows: list[tuple[str, ...]]) -> None:
    text = table(("NAME", "PORT(S)", "ACCESS MODES", "AGE"), *rows)
    (found,) = tables(text.split("\n"))
    assert [tuple(row) for row in found.rows] == rows
    assert found.odd == []
    assert [tuple(row) for row in without_header(text.split("\n")[1:])] == rows


@given(st.text(max_size=200))
def test_headers_are_never_an_exception(line: str) -> None:
    header(line)
    list(tables(line.split("\n")))
    without_header(line.split("\n"))
