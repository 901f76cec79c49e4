"""A small tree of every dump format, and what must come of it."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field

import yaml

from diagnose.logs import ContainerLog, NodeLog
from tests.dumps import NODE, OTHER, POD, as_json, as_yaml, bare, item, listed

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
