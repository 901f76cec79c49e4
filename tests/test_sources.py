"""Every dump format from a small tree of its own; shapes and encodings of `kubectl get`; what cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.decode import decode_whole
from diagnose.errors import InputError
from diagnose.kinds import parse_key
from diagnose.logs import ContainerLog, NodeLog
from diagnose.snapshot import Snapshot
from diagnose.sources import TABLE, read
from diagnose.values import timestamp

API = {
    "Pod": "v1",
    "Node": "v1",
    "Event": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "StorageClass": "storage.k8s.io/v1",
}


def item(kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"{kind}-{namespace}-{name}"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": API[kind], "kind": kind, "metadata": metadata} | fields


def bare(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key not in ("apiVersion", "kind")}


def listed(*items: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """A v1 List, or the typed list of a kind whose items do not repeat it."""
    if kind:
        return {"kind": f"{kind}List", "apiVersion": API[kind], "items": [bare(i) for i in items]}
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}


POD = item("Pod", "web", "shop")
OTHER = item("Pod", "db", "data")
NODE = item("Node", "n1", status={"nodeInfo": {"kubeletVersion": "v1.30.1"}})


def as_json(value: object) -> bytes:
    return json.dumps(value, indent=4).encode()


def as_yaml(value: object) -> bytes:
    return b"---\n" + yaml.safe_dump(value).encode()


def load(folder: Path, files: dict[str, bytes]) -> Snapshot:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return only(str(folder))


def only(path: str) -> Snapshot:
    with read([path]) as snapshot:
        for log in (*snapshot.logs.values(), *snapshot.node_logs.values()):
            assert log.text is not None
        return snapshot


def piped(data: bytes) -> Snapshot:
    with read(["-"], io.BytesIO(data)) as snapshot:
        return snapshot


def told(snapshot: Snapshot, folder: Path | None = None) -> list[str]:
    return [str(warning).replace(f"{folder}/", "") for warning in snapshot.warnings]


# --- formats ----------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """A tree of a format, and what must come out of it."""

    name: str
    files: dict[str, bytes]
    objects: dict[str, int]
    logs: dict[ContainerLog | NodeLog, str] = field(default_factory=dict)
    coverage: dict[str, object] = field(default_factory=dict)
    captured: str = ""
    captured_from: str = ""
    version: str = ""


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


JOURNAL = "".join(
    f"Jan 02 03:04:{n:02} {'master-a' if n % 3 else 'master-b'} kubelet[1]: line {n}\n" for n in range(60)
).encode()
ENTRIES = b"\n".join(
    json.dumps({"_SYSTEMD_UNIT": f"{unit}.service", "MESSAGE": f"{unit} {n}"}, separators=(",", ":")).encode()
    for n in range(2)
    for unit in ("kubelet", "sshd")
)
GATHER = "must-gather.local.1/quay-io-x"
BUNDLE = "support-bundle-2025-01-30T22_14_05"
BLOCKS = b"""==== START logs for container a of pod shop/web ====
one
==== END logs for container other of pod shop/web ====
{"not": "json to read"}
==== END logs for container a of pod shop/web ====
==== START logs for container b of pod shop/web ====
Request log error: the server could not find the requested resource
==== END logs for container b of pod shop/web ====
"""

CASES = (
    Case(
        "collected",
        {
            "captured-at": b"2026-01-02T03:04:05Z\n",
            "get/pods.json": as_json(listed(POD, OTHER)),
            "get/horizontalpodautoscalers.autoscaling.json": as_json(listed()),
            "get/version.json": as_json(
                {"clientVersion": {"gitVersion": "v9"}, "serverVersion": {"gitVersion": "v1.31.0"}}
            ),
            "logs/shop/web/a.log": b"now\n",
            "logs/shop/web/a.previous.log": b"before\n",
            "nodes/n1/kubelet.log": b"node\n",
            "cluster-info/nodes.json": as_json(listed(NODE, kind="Node")),
            "cluster-info/shop/pods.json": as_json(listed(POD, kind="Pod")),
            "cluster-info/shop/daemonsets.json": as_json(
                {"kind": "DaemonSetList", "apiVersion": "apps/v1", "items": None}
            ),
            "expected.yaml": as_yaml(item("Service", "no-data", "shop")),
        },
        {"Node": 1, "Pod": 2},
        {
            ContainerLog("shop", "web", "a"): "now\n",
            ContainerLog("shop", "web", "a", True): "before\n",
            NodeLog("n1", "kubelet"): "node\n",
        },
        {"Pod": "all", "HorizontalPodAutoscaler.autoscaling": "all", "Node": "all", "DaemonSet.apps": ["shop"]},
        "2026-01-02T03:04:05Z",
        "captured-at",
        "v1.31.0",
    ),
    Case(
        "troubleshoot support bundle",
        {
            f"{BUNDLE}/version.yaml": b"apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n",
            f"{BUNDLE}/cluster-info/cluster_version.json": as_json(
                {"info": {"gitVersion": "v1.31.2+k3s1"}, "string": "v1.31.2+k3s1"}
            ),
            f"{BUNDLE}/cluster-resources/pods/shop.json": as_json(listed(POD, kind="Pod")),
            f"{BUNDLE}/cluster-resources/nodes.json": as_json(listed(bare(NODE), kind="Node")),
            f"{BUNDLE}/cluster-resources/storage-classes.json": as_json(
                {"metadata": {}, "items": [bare(item("StorageClass", "fast"))]}
            ),
            f"{BUNDLE}/cluster-resources/pvcs/shop.json": as_json(
                {"kind": "PersistentVolumeClaimList", "apiVersion": "v1", "items": None}
            ),
            f"{BUNDLE}/cluster-resources/limitranges-errors.json": as_json({"shop": "forbidden"}),
            f"{BUNDLE}/cluster-resources/groups.json": as_json([{"name": "", "versions": []}]),
            f"{BUNDLE}/cluster-resources/custom-resources/things.example.com/shop.yaml": as_yaml(
                [{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "shop"}}]
            ),
            f"{BUNDLE}/cluster-resources/pods/logs/shop/web/a.log": b"now\n",
            f"{BUNDLE}/cluster-resources/pods/logs/shop/web/a-previous.log": b"before\n",
            f"{BUNDLE}/cluster-resources/pods/logs/shop/web/a-logs-errors.log": b"no\n",
            f"{BUNDLE}/run-pod-example/pod.json": as_json(item("Pod", "own", "x")),
        },
        {"Node": 1, "Pod": 1, "StorageClass.storage.k8s.io": 1, "Thing.example.com": 1},
        {ContainerLog("shop", "web", "a"): "now\n", ContainerLog("shop", "web", "a", True): "before\n"},
        {
            "Pod": ["shop"],
            "Node": "all",
            "StorageClass.storage.k8s.io": "all",
            "PersistentVolumeClaim": ["shop"],
            "LimitRange": "refused: forbidden",
            "Thing.example.com": ["shop"],
        },
        "2025-01-30T22:14:05Z",
        "name of the bundle",
        "v1.31.2+k3s1",
    ),
    Case(
        "sonobuoy",
        {
            "202205300608_sonobuoy_x/serverversion.json": as_json({"major": "1", "gitVersion": "v1.19.16"}),
            "202205300608_sonobuoy_x/resources/cluster/core_v1_nodes.json": as_json(listed(NODE)),
            "202205300608_sonobuoy_x/resources/ns/shop/core_v1_pods.json": as_json(listed(POD)),
            "202205300608_sonobuoy_x/resources/ns/data/Pods.json": as_json(listed(OTHER)),
            "202205300608_sonobuoy_x/podlogs/shop/web/logs/a.txt": b"now\n",
            "202205300608_sonobuoy_x/podlogs/data/db/c.txt": b"old layout\n",
            "202205300608_sonobuoy_x/plugins/systemd-logs/results/n1/systemd_logs": ENTRIES,
            "202205300608_sonobuoy_x/plugins/e2e/results/global/x.yaml": b"{{ no: yaml",
        },
        {"Node": 1, "Pod": 2},
        {
            ContainerLog("shop", "web", "a"): "now\n",
            ContainerLog("data", "db", "c"): "old layout\n",
            NodeLog("n1", "kubelet"): "kubelet 0\nkubelet 1",
        },
        {"Node": "all", "Pod": ["data", "shop"]},
        "2022-05-30T06:08:00Z",
        "name of the archive",
        "v1.19.16",
    ),
    Case(
        "velero backup",
        {
            "metadata/version": b"1.1.0",
            "resources/pods/namespaces/shop/web.json": as_json(POD),
            "resources/pods/v1-preferredversion/namespaces/shop/web.json": as_json(POD),
            "resources/deployments.apps/v1beta1/namespaces/shop/old.json": as_json(item("Deployment", "old", "shop")),
            "resources/deployments.apps/v1-preferredversion/namespaces/shop/d.json": as_json(
                item("Deployment", "d", "shop")
            ),
            "resources/storageclasses.storage.k8s.io/cluster/fast.json": as_json(item("StorageClass", "fast")),
            "velero-backup.json": as_json(
                {"status": {"startTimestamp": "2026-01-01T00:00:00Z", "completionTimestamp": None}}
            ),
        },
        {"Deployment.apps": 1, "Pod": 1, "StorageClass.storage.k8s.io": 1},
        {},
        {"Pod": "partial", "Deployment.apps": "partial", "StorageClass.storage.k8s.io": "partial"},
        "2026-01-01T00:00:00Z",
        "velero-backup.json",
    ),
    Case(
        "insights archive",
        {
            "insights-2022-08-24-114044/config/id": b"x",
            "insights-2022-08-24-114044/config/version.json": as_json({"metadata": {"name": "version"}}),
            "insights-2022-08-24-114044/config/pod/shop/web.json": as_json(bare(POD)),
            "insights-2022-08-24-114044/config/pod/shop/logs/web/a_current.log": b"now\n",
            "insights-2022-08-24-114044/config/pod/shop/logs/web/a_previous.log": b"before\n",
            "insights-2022-08-24-114044/config/node/n1.json": as_json(bare(NODE)),
            "insights-2022-08-24-114044/config/node/logs/n1.log": b"node\n",
            "insights-2022-08-24-114044/config/pdbs/shop/p.json": as_json(
                {"metadata": {"name": "p", "namespace": "shop"}}
            ),
            "insights-2022-08-24-114044/config/secrets/shop/s/data.json": as_json(
                {"metadata": {"name": "no"}, "kind": "Pod"}
            ),
            "insights-2022-08-24-114044/events/shop.json": as_json({"items": [{"reason": "Failed", "message": "m"}]}),
        },
        {
            "ClusterVersion.config.openshift.io": 1,
            "Event": 1,
            "Node": 1,
            "Pod": 1,
            "PodDisruptionBudget.policy": 1,
        },
        {
            ContainerLog("shop", "web", "a"): "now\n",
            ContainerLog("shop", "web", "a", True): "before\n",
            NodeLog("n1", "kubelet"): "node\n",
        },
        dict.fromkeys(
            ("Pod", "Node", "Event", "PodDisruptionBudget.policy", "ClusterVersion.config.openshift.io"), "partial"
        ),
        "2022-08-24T11:40:44Z",
        "name of the archive",
        "v1.30.1",
    ),
    Case(
        "support-bundle-kit",
        {
            "b/metadata.yaml": b'kubernetesversion: v1.21.7\nbundlecreatedat: "2022-03-22T23:49:32Z"\nissueurl: ""\n',
            "b/yamls/cluster/v1/nodes.yaml": as_yaml(listed(NODE)),
            "b/yamls/cluster/storage.k8s.io/v1/storageclasses.yaml": as_yaml(
                {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClassList", "items": []}
            ),
            "b/yamls/namespaced/shop/v1/pods.yaml": as_yaml(listed(POD)),
            "b/yamls/namespaced/data/kubernetes/pods.yaml": as_yaml(listed(OTHER)),
            "b/logs/shop/web/a.log": b"now\n",
            "b/nodes/n1.zip": zipped({"n1/logs/rke2-server.log": b"host\n", "n1/configs/c.yaml": b"a: b\n"}),
            "b/nodes/n2.zip": b"PK\x03\x04 no zip",
        },
        {"Node": 1, "Pod": 2},
        {ContainerLog("shop", "web", "a"): "now\n", NodeLog("n1", "rke2-server"): "host\n"},
        {"Node": "all", "StorageClass.storage.k8s.io": "all", "Pod": ["data", "shop"]},
        "2022-03-22T23:49:32Z",
        "metadata.yaml",
        "v1.21.7",
    ),
    Case(
        "must-gather",
        {
            "must-gather.local.1/timestamp": b"no dump",
            f"{GATHER}/timestamp": (
                b"2021-08-03 12:11:56.915 +0200 CEST m=+1.65\n2021-08-03 12:14:13.632 +0200 CEST m=+138.3\n"
            ),
            f"{GATHER}/cluster-scoped-resources/core/nodes/n1.yaml": as_yaml(NODE),
            f"{GATHER}/cluster-scoped-resources/core/nodes/m.yaml": as_yaml(item("Node", "master-a.x.y")),
            f"{GATHER}/cluster-scoped-resources/storage.k8s.io/storageclasses.yaml": as_yaml(
                {"apiVersion": "storage.k8s.io/v1", "items": [], "kind": "StorageClassList"}
            ),
            f"{GATHER}/namespaces/shop/core/pods.yaml": as_yaml(listed(POD, kind="Pod")),
            f"{GATHER}/namespaces/shop/pods/web/web.yaml": as_yaml(POD),
            f"{GATHER}/namespaces/shop/pods/web/a/a/logs/current.log": b"2026-01-02T03:04:05.1Z now\n",
            f"{GATHER}/namespaces/shop/pods/web/a/a/logs/previous.log": b"",
            f"{GATHER}/namespaces/shop/pods/web/a/a/logs/previous.insecure.log": b"before\n",
            f"{GATHER}/host_service_logs/masters/kubelet_service.log": JOURNAL,
            f"{GATHER}/nodes/n1/n1_logs_kubelet.gz": gzip.compress(b"packed\n"),
            f"{GATHER}/etcd_info/member_list.json": b"{ broken",
        },
        {"Node": 2, "Pod": 1},
        {
            ContainerLog("shop", "web", "a"): "now\n",
            ContainerLog("shop", "web", "a", True): "before\n",
            NodeLog("master-a.x.y", "kubelet"): "".join(
                f"Jan 02 03:04:{n:02} master-a kubelet[1]: line {n}\n" for n in range(60) if n % 3
            ),
            NodeLog("master-b", "kubelet"): "".join(
                f"Jan 02 03:04:{n:02} master-b kubelet[1]: line {n}\n" for n in range(0, 60, 3)
            ),
            NodeLog("n1", "kubelet"): "packed\n",
        },
        {"Node": "partial", "StorageClass.storage.k8s.io": "all", "Pod": ["shop"]},
        "2021-08-03T10:14:13.632Z",
        "timestamp",
        "v1.30.1",
    ),
    Case(
        "kubectl-gather",
        {
            "gather.x/gather.log": b"2024-05-27T12:00:00.5+0300 INFO start\n2024-05-27T12:00:09.5+0300 INFO done\n",
            "gather.x/ctx/cluster/nodes/n1.yaml": as_yaml(NODE),
            "gather.x/ctx/cluster/storage.k8s.io/storageclasses/fast.yaml": as_yaml(item("StorageClass", "fast")),
            "gather.x/ctx/namespaces/shop/pods/web.yaml": as_yaml(POD),
            "gather.x/ctx/namespaces/shop/apps/deployments/d.yaml": as_yaml(item("Deployment", "d", "shop")),
            "gather.x/ctx/namespaces/shop/pods/web/a/current.log": b"now\n",
            "gather.x/ctx/namespaces/shop/pods/web/a/previous.log": b"before\n",
        },
        {"Deployment.apps": 1, "Node": 1, "Pod": 1, "StorageClass.storage.k8s.io": 1},
        {ContainerLog("shop", "web", "a"): "now\n", ContainerLog("shop", "web", "a", True): "before\n"},
        {"Pod": "partial", "Node": "partial"},
        "2024-05-27T09:00:09.5Z",
        "gather.log",
        "v1.30.1",
    ),
    Case(
        "crashd",
        {
            "kubecapture/core_v1/nodes/n1-2026-01-02T03-04-05Z.0000.yaml": as_yaml(NODE),
            "kubecapture/core_v1/shop/pods/web-2026-01-02T03-04-05Z.0000.json": as_json(POD),
            "kubecapture/apps_v1/shop/deployments-2026-01-02T03-04-06Z.0000.json": as_json(
                listed(item("Deployment", "d", "shop"), kind="Deployment")
            ),
            "kubecapture/core_v1/shop/web/a/a.log": b"now\n",
        },
        {"Deployment.apps": 1, "Node": 1, "Pod": 1},
        {ContainerLog("shop", "web", "a"): "now\n"},
        {"Pod": "partial", "Node": "partial", "Deployment.apps": "partial"},
        "2026-01-02T03:04:06Z",
        "names of the files",
        "v1.30.1",
    ),
    Case(
        "kind export logs",
        {
            "logs/n1/kubernetes-version.txt": b"v1.24.6",
            "logs/n1/kubelet.log": b"node\n",
            "logs/n1/pods/shop_web_1-2-3/a/0.log": b"2026-01-02T03:04:05.1Z stdout F first\n",
            "logs/n1/pods/shop_web_1-2-3/a/9.log": b"2026-01-02T03:04:06.1Z stdout F before\n",
            "logs/n1/pods/shop_web_1-2-3/a/10.log": (
                b"2026-01-02T03:04:07.1Z stdout P in \n2026-01-02T03:04:08.5Z stderr F two\n"
            ),
        },
        {},
        {
            ContainerLog("shop", "web", "a"): "in two\n",
            ContainerLog("shop", "web", "a", True): "before\n",
            NodeLog("n1", "kubelet"): "node\n",
        },
        {},
        "2026-01-02T03:04:08.5Z",
        "last line of a log",
        "v1.24.6",
    ),
    Case(
        "cilium sysdump",
        {
            "cilium-sysdump-1/k8s-nodes-20260102-030405.yaml": as_yaml(listed(NODE)),
            "cilium-sysdump-1/k8s-pods-20260102-030405.yaml": as_yaml(listed(POD, item("Pod", "web-a", "data"))),
            "cilium-sysdump-1/k8s-version-20260102-030405.txt": b'{"gitVersion": "v1.29.3"}',
            "cilium-sysdump-1/logs-web-a-cilium-agent-20260102-030405.log": b"now\n",
            "cilium-sysdump-1/logs-web-cilium-agent-20260102-030405-prev.log": b"before\n",
        },
        {"Node": 1, "Pod": 2},
        {
            ContainerLog("data", "web-a", "cilium-agent"): "now\n",
            ContainerLog("shop", "web", "cilium-agent", True): "before\n",
        },
        {"Node": "all", "Pod": "all"},
        "2026-01-02T03:04:05Z",
        "names of the files",
        "v1.29.3",
    ),
    Case(
        "cluster-info dump",
        {
            "nodes.json": as_json(listed(NODE, kind="Node")),
            "shop/pods.json": as_json(listed(bare(POD), kind="Pod")),
            "shop/events.json": as_json({"kind": "EventList", "apiVersion": "v1", "items": []}),
            "shop/replication-controllers.json": as_json(
                {"selfLink": "/api/v1/namespaces/shop/replicationcontrollers", "resourceVersion": "1", "Items": None}
            ),
            "shop/services.json": as_json(
                {
                    "selfLink": "/api/v1/namespaces/shop/services",
                    "resourceVersion": "1",
                    "Items": [{"name": "s", "namespace": "shop", "uid": "u", "Spec": {"ClusterIP": "10.0.0.1"}}],
                }
            ),
            "shop/web/logs.txt": BLOCKS,
            "shop/web/logs-a-previous.txt": b"before\n",
        },
        {"Node": 1, "Pod": 1, "Service": 1},
        {
            ContainerLog("shop", "web", "a"): (
                'one\n==== END logs for container other of pod shop/web ====\n{"not": "json to read"}\n'
            ),
            ContainerLog("shop", "web", "b"): "",
            ContainerLog("shop", "web", "a", True): "before\n",
        },
        {"Node": "all", "Pod": ["shop"], "Event": ["shop"], "ReplicationController": ["shop"], "Service": ["shop"]},
        version="v1.30.1",
    ),
    Case(
        "openshift ci gather-extra",
        {
            "artifacts/pods.json.gz": gzip.compress(as_json(listed(POD, OTHER))),
            "artifacts/nodes.json": as_json(listed(NODE)),
            "artifacts/oc_cmds/nodes": b"text\n",
            "artifacts/pods/shop_web_a.log.gz": gzip.compress(b"now\n"),
            "artifacts/pods/shop_web_a_previous.log.gz": gzip.compress(b"before\n"),
            "artifacts/nodes/n1/journal.gz": gzip.compress(b"node\n"),
        },
        {"Node": 1, "Pod": 2},
        {
            ContainerLog("shop", "web", "a"): "now\n",
            ContainerLog("shop", "web", "a", True): "before\n",
            NodeLog("n1", "journal"): "node\n",
        },
        {"Node": "all", "Pod": "all"},
        version="v1.30.1",
    ),
    Case(
        "namespace folders",
        {
            "cluster-snapshot/metadata.json": as_json({"time": "2026-01-02T03:04:05Z"}),
            "cluster-snapshot/storageclasses.storage.k8s.io.json": as_json(
                {"items": [bare(item("StorageClass", "fast"))]}
            ),
            "cluster-snapshot/shop/pods.json": as_json({"items": [bare(POD)]}),
            "cluster-snapshot/shop/deployments.json": as_json({"items": []}),
            "cluster-snapshot/shop/web/logs.txt": BLOCKS,
            "cluster-snapshot/shop/pod/plain/logs.txt": b"no blocks\n",
        },
        {"Pod": 1, "StorageClass.storage.k8s.io": 1},
        {
            ContainerLog("shop", "web", "a"): (
                'one\n==== END logs for container other of pod shop/web ====\n{"not": "json to read"}\n'
            ),
            ContainerLog("shop", "web", "b"): "",
            ContainerLog("shop", "plain", ""): "no blocks\n",
        },
        {"Pod": ["shop"], "Deployment.apps": ["shop"], "StorageClass.storage.k8s.io": "all"},
        "2026-01-02T03:04:05Z",
        "metadata.json",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_format(case: Case, tmp_path: Path) -> None:
    snapshot = load(tmp_path, case.files)
    assert [name for _, name in snapshot.sources] == [case.name]
    assert snapshot.objects() == case.objects
    assert {key: log.text for key, log in (*snapshot.logs.items(), *snapshot.node_logs.items())} == case.logs
    known = snapshot.coverage.describe()
    assert {kind: known.get(kind) for kind in case.coverage} == case.coverage
    if case.captured:
        assert snapshot.captured_at == timestamp(case.captured)
        assert snapshot.captured_at_from == case.captured_from
    assert snapshot.server_version == case.version
    assert [w for w in told(snapshot, tmp_path) if "n2.zip" not in w] == []
    assert not snapshot.incomplete


def test_what_was_collected_may_be_told(tmp_path: Path) -> None:
    files = {
        "captured-at": b"2026-01-02T03:04:05Z",
        "collection.json": as_json({"namespaces": ["shop"], "refused": {"Secret": "forbidden"}}),
        "get/pods.json": as_json(listed(POD)),
        "get/jobs.batch.json": as_json(listed()),
        "get/nodes.json": as_json(listed(NODE)),
    }
    assert load(tmp_path / "a", files).coverage.describe() == {
        "Job.batch": ["shop"],
        "Node": "all",
        "Pod": ["shop"],
        "Secret": "refused: forbidden",
    }
    everywhere = files | {"collection.json": b"{}"}
    assert load(tmp_path / "b", everywhere).coverage.describe() == {"Job.batch": "all", "Node": "all", "Pod": "all"}
    broken = files | {"collection.json": b'{"namespaces": 5}'}
    assert told(load(tmp_path / "c", broken)) == [
        "collection.json: not read: Expected `array | null`, got `int` - at `$.namespaces`"
    ]


def test_every_format_has_a_case() -> None:
    assert {source.name for source in TABLE} == {case.name for case in CASES}


def test_a_broken_archive_of_host_logs_is_told(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "support-bundle-kit")
    assert told(load(tmp_path, case.files), tmp_path) == [
        "b/nodes/n2.zip: host logs not read: b/nodes/n2.zip could not be unpacked: it is damaged or cut off: "
        "File is not a zip file"
    ]


def test_several_dumps_in_one_input(tmp_path: Path) -> None:
    files = {
        f"{number}/{name}": data
        for number, case in enumerate(CASES)
        if case.name in ("must-gather", "sonobuoy", "cluster-info dump")
        for name, data in case.files.items()
    }
    snapshot = load(tmp_path, files | {"notes/extra.json": as_json(OTHER), "notes/broken.yaml": b"a: {\n"})
    assert sorted(name for _, name in snapshot.sources) == [
        "cluster-info dump",
        "kubectl get",
        "must-gather",
        "sonobuoy",
    ]
    assert snapshot.objects() == {"Node": 2, "Pod": 2, "Service": 1}
    assert told(snapshot, tmp_path) == [
        "notes/broken.yaml: not read: no valid YAML: line 2, column 1: did not find expected node content"
    ]
    assert not snapshot.incomplete


# --- kubectl get ------------------------------------------------------------------------------------------------------

SHAPES: dict[str, bytes] = {
    "list": as_json(listed(POD, OTHER)),
    "typed list": as_json(listed(POD, OTHER, kind="Pod")),
    "compact": json.dumps(listed(POD, OTHER)).encode(),
    "array": as_json([POD, OTHER]),
    "concatenated": as_json(POD) + as_json(OTHER),
    "lines": json.dumps(POD).encode() + b"\n" + json.dumps(OTHER).encode() + b"\n",
    "lists in a row": as_json(listed(POD)) + b"\n\n" + as_json(listed(OTHER)),
    "yaml list": as_yaml(listed(POD, OTHER)),
    "yaml documents": as_yaml(POD) + as_yaml(OTHER) + b"---\n",
    "yaml sequence": yaml.safe_dump([POD, OTHER]).encode(),
    "utf-8 mark": b"\xef\xbb\xbf" + as_json(listed(POD, OTHER)),
    "utf-16": json.dumps(listed(POD, OTHER), indent=4).replace("\n", "\r\n").encode("utf-16"),
    "utf-16 big": b"\xfe\xff" + json.dumps(listed(POD, OTHER)).encode("utf-16-be"),
    "utf-32": json.dumps(listed(POD, OTHER)).encode("utf-32"),
    "utf-16 yaml": yaml.safe_dump(listed(POD, OTHER)).encode("utf-16"),
    "windows lines": as_yaml(listed(POD, OTHER)).replace(b"\n", b"\r\n"),
    "scalar between": as_json(POD) + b' "Cluster info dumped" 5 ' + as_json(OTHER),
    "gzip": gzip.compress(as_json(listed(POD, OTHER))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape(shape: str, tmp_path: Path) -> None:
    data = SHAPES[shape]
    from_pipe = piped(data)
    (tmp_path / "out.txt").write_bytes(data)
    for snapshot in (from_pipe, only(str(tmp_path / "out.txt")), only(str(tmp_path))):
        assert snapshot.objects() == {"Pod": 2}
        assert [(row.namespace, row.name) for row in snapshot.tables[parse_key("Pod")]] == [
            ("data", "db"),
            ("shop", "web"),
        ]
        assert decode_whole(snapshot.tables[parse_key("Pod")][1].raw)["metadata"]["uid"] == "Pod-shop-web"
        assert told(snapshot) == []
        assert [name for _, name in snapshot.sources] == ["kubectl get"]


COVERAGE: dict[str, tuple[dict[str, bytes], dict[str, object]]] = {
    "several namespaces": ({"a.json": as_json(listed(POD, OTHER))}, {"Pod": "all"}),
    "one namespace": ({"a.json": as_json(listed(POD))}, {"Pod": ["shop"]}),
    "cluster-scoped": ({"a.json": as_json(listed(NODE))}, {"Node": "all"}),
    "single": ({"a.json": as_json(POD), "b.json": as_json(NODE)}, {"Pod": "partial", "Node": "partial"}),
    "one namespace beside a wide list": (
        {"pods.json": as_json(listed(POD, OTHER)), "svc.json": as_json(listed(item("Service", "s", "shop")))},
        {"Pod": "all", "Service": "all"},
    ),
    "one namespace in another folder": (
        {"a/pods.json": as_json(listed(POD, OTHER)), "b/svc.json": as_json(listed(item("Service", "s", "shop")))},
        {"Pod": "all", "Service": ["shop"]},
    ),
    "empty of a known name": (
        {
            "pods.json": as_json(listed(POD, OTHER)),
            "services.json": as_json(listed()),
            "jobs.batch.json": as_json(listed()),
        },
        {"Pod": "all", "Service": "all", "Job.batch": "all"},
    ),
    "empty and alone": (
        {"pods.json": as_json(listed(POD)), "services.json": as_json(listed()), "nodes.yaml": as_yaml(listed())},
        {"Pod": ["shop"], "Service": "partial", "Node": "all"},
    ),
    "mixed list": (
        {"all.json": as_json(listed(POD, item("Service", "s", "data")))},
        {"Pod": "all", "Service": "all"},
    ),
    "chosen objects": (
        {"a.json": as_json(listed(POD)), "b.json": as_json(OTHER), "c.json": as_json(item("Pod", "x", "data"))},
        {"Pod": "partial"},
    ),
}


@pytest.mark.parametrize("case", COVERAGE)
def test_coverage_of_kubectl_get(case: str, tmp_path: Path) -> None:
    files, want = COVERAGE[case]
    assert load(tmp_path, files).coverage.describe() == want


def test_the_server_version_is_read(tmp_path: Path) -> None:
    version = as_json({"clientVersion": {"gitVersion": "v9"}, "serverVersion": {"gitVersion": "v1.28.9"}})
    assert load(tmp_path, {"version.json": version, "pods.json": as_json(listed(POD))}).server_version == "v1.28.9"


def test_time_of_the_file_is_the_last_resort(tmp_path: Path) -> None:
    snapshot = load(tmp_path, {"pods.json": as_json(POD)})
    assert snapshot.captured_at == (tmp_path / "pods.json").stat().st_mtime
    assert snapshot.captured_at_from == "time of the file"
    dated = item("Node", "n", status={"conditions": [{"type": "Ready", "lastHeartbeatTime": "2026-01-02T03:04:05Z"}]})
    assert load(tmp_path, {"n.json": as_json(dated)}).captured_at_from == "newest time in Node objects"
    with read([str(tmp_path)], at=5.0) as told_time:
        assert (told_time.captured_at, told_time.captured_at_from) == (5.0, "--at")


def test_what_is_no_object_is_passed_over(tmp_path: Path) -> None:
    files = {
        "pods.json": as_json(listed(POD)),
        "package.json": as_json({"name": "x", "version": "1"}),
        "table.json": as_json({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "rows": []}),
        "status.json": as_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}),
        "resources.json": as_json([{"kind": "APIResourceList", "groupVersion": "v1", "resources": []}]),
        "empty.yaml": b"",
        "blank.json": b" \n",
        "photo.png": b"\x89PNG",
        "page.html": b"<html>",
        "junit.xml": b"<xml>",
        "run.sh": b"{",
        "notes.txt": b"hello\n",
    }
    snapshot = load(tmp_path, files)
    assert (snapshot.objects(), told(snapshot)) == ({"Pod": 1}, [])


def test_manifests_are_told(tmp_path: Path) -> None:
    snapshot = load(tmp_path, {"a.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n"})
    assert [str(w) for w in snapshot.warnings] == [
        f"{tmp_path}: its objects have no uid: manifests, not the state of a cluster"
    ]


# --- what cannot be read ----------------------------------------------------------------------------------------------

WHOLE = as_json(listed(*(item("Pod", f"p{n}", "shop") for n in range(10))))
YAML_LIST = yaml.safe_dump(listed(*(item("Pod", f"p{n}", "shop", spec={"a": "b"}) for n in range(10)))).encode()

BROKEN: dict[str, tuple[str, bytes, int, list[str]]] = {
    "cut off json": (
        "a.json",
        WHOLE[: WHOLE.index(b'"p4"')],
        4,
        ["a.json: not read to its end: broken or cut off after 4 items"],
    ),
    "cut off compact": (
        "a.json",
        json.dumps(json.loads(WHOLE)).encode()[:-60],
        9,
        ["a.json: not read to its end: broken or cut off after 9 items"],
    ),
    "cut off array": (
        "a.json",
        as_json([POD, OTHER])[:-20],
        1,
        ["a.json: not read to its end: broken or cut off after 1 items"],
    ),
    "cut off second document": (
        "a.json",
        as_json(listed(NODE)) + as_json(listed(POD, OTHER))[:-140],
        2,
        ["a.json: not read to its end: broken or cut off after 1 items"],
    ),
    "cut off object": ("a.json", as_json(POD)[:-9], 0, ["a.json: not read to its end: Input data was truncated"]),
    "cut off yaml": (
        "a.yaml",
        YAML_LIST[: YAML_LIST.index(b"name: p7")] + b"name: 'p",
        7,
        [
            "a.yaml: broken near its end, its last 53 bytes were not read: "
            "line 63, column 1: found unexpected end of stream"
        ],
    ),
    "cut off between lines": (
        "a.yaml",
        YAML_LIST[: YAML_LIST.index(b"uid: Pod-shop-p5") - 4],
        6,
        ["a.yaml: not read to its end: a list that is cut off before its kind"],
    ),
    "lone surrogate": ("a.json", as_json(POD)[:-2] + b', "x": "\\ud800 \\ud83d\\ude00 \\\\ud800"}', 1, []),
    "no utf-8": ("a.json", as_json(POD)[:-2] + b', "x": "\xff\xfe"}', 1, []),
    "deep json": (
        "a.json",
        b'{"kind":"Pod","a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        0,
        ["a.json: not read: nested too deeply"],
    ),
    "deep yaml": ("a.yaml", b"[" * 10_000, 0, ["a.yaml: not read: no valid YAML: line 1: nested deeper than 200"]),
    "no json": (
        "a.json",
        b"{]",
        0,
        ["a.json: not read to its end: JSON is malformed: object keys must be strings (byte 1)"],
    ),
    "html as json": (
        "a.json",
        b"<html><body>Unauthorized: {</body>\n",
        0,
        ["a.json: not read: no JSON, it begins with '<html><body>Unauthorized: {</body>'"],
    ),
    "an error saved": (
        "a.json",
        b'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"\n',
        0,
        [
            "a.json: not read: no JSON, it begins with "
            "'Error from server (Forbidden): pods is forbidden: User \"x\" cannot list resource '"
        ],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken(case: str, tmp_path: Path) -> None:
    name, data, count, want = BROKEN[case]
    snapshot = load(tmp_path, {"other.json": as_json(item("Service", "s", "shop")), name: data})
    objects = snapshot.objects()
    assert objects.pop("Service") == 1
    assert sum(objects.values()) == count
    assert told(snapshot, tmp_path) == want
    assert snapshot.incomplete is bool(want)
    coverage = snapshot.coverage.describe()
    assert not want or coverage.get("Pod", "partial") == "partial"


def test_a_refusal_that_was_saved_is_no_absence(tmp_path: Path) -> None:
    refusal = b"Error from server (Forbidden): secrets is forbidden\n"
    snapshot = load(tmp_path, {"pods.json": as_json(listed(POD, OTHER)), "secrets.json": refusal})
    assert snapshot.coverage.missing(parse_key("Secret")) == (
        "Secret could not be collected: Error from server (Forbidden): secrets is forbidden"
    )


def test_long_truncated_lists_are_mended_in_linear_time() -> None:
    items = ",".join(json.dumps(item("Pod", f"p{n}", "shop", spec={"x": ["{", "}"] * 20})) for n in range(30_000))
    snapshot = piped(('{"apiVersion": "v1", "items": [' + items)[:-50].encode())
    assert snapshot.objects() == {"Pod": 29_999}


def test_objects_of_odd_types_are_kept_or_dropped(tmp_path: Path) -> None:
    odd = [
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "labels", "labels": {"a": 5, "b": None}}},
        {"kind": "Pod", "apiVersion": 5, "metadata": {"name": "version", "ownerReferences": "x"}},
        {"kind": "Pod", "apiVersion": "v1", "metadata": ["x"]},
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": 7}},
        {"kind": ["Pod"], "metadata": {"name": "kind"}},
        ["x"],
        "x",
        5,
        None,
    ]
    snapshot = load(tmp_path, {"a.json": as_json({"apiVersion": "v1", "kind": "List", "items": odd})})
    assert sorted(row.name for rows in snapshot.tables.values() for row in rows) == ["7", "labels", "version"]


def test_numbers_beyond_every_range_stay_text() -> None:
    made = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"a": 9e999, "b": 1%s, "c": 2}}'
    (row,) = piped((made % ("0" * 400)).encode()).tables[parse_key("Pod")]
    assert decode_whole(row.raw)["spec"] == {"a": "9e999", "b": "1" + "0" * 400, "c": 2}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_bytes_are_never_a_traceback(data: st.DataObject) -> None:
    """A readable file with some bytes changed; whatever comes of it can be decoded or is told."""
    text = bytearray(
        data.draw(st.sampled_from([SHAPES["list"], SHAPES["yaml documents"], SHAPES["utf-16"], BLOCKS + WHOLE]))
    )
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"\n"])
        )
    try:
        snapshot = piped(bytes(text))
    except InputError:
        return
    for rows in snapshot.tables.values():
        for row in rows:
            assert decode_whole(row.raw)
