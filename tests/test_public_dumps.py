"""Real dumps, read as they are. Their numbers were counted from the files by other means.

The dumps lie beside the repository; where they are absent, these tests are skipped.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from diagnose.kinds import parse_key
from diagnose.logs import ContainerLog, NodeLog
from diagnose.snapshot import Snapshot
from diagnose.sources import read
from diagnose.values import timestamp

DUMPS = Path(__file__).resolve().parents[2] / "shared" / "dumps"
pytestmark = pytest.mark.skipif(not DUMPS.is_dir(), reason="the dumps are not here")


@dataclass
class Dump:
    """What must come out of one dump."""

    path: str
    formats: tuple[str, ...]
    total: int
    objects: dict[str, int]
    version: str
    captured: str
    captured_from: str
    logs: int = 0
    previous: int = 0
    node_logs: int = 0
    coverage: dict[str, str | list[str] | int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


STREAM = "cluster-info dump (stdout)"
SEVEN = ["default", "kube-system"]
TABLE = (
    Dump(
        "public/must-gather-aws.tar.xz",
        ("must-gather",),
        8324,
        {"Pod": 239, "Node": 6, "Event": 5373, "Deployment.apps": 57, "ClusterOperator.config.openshift.io": 31},
        "v1.21.1+38b3ecc",
        "2021-08-03T10:13:47.364146495Z",
        "timestamp",
        logs=460,
        previous=35,
        node_logs=28,
        coverage={"Pod": 56, "Node": "partial", "Secret": 56, "ClusterRole.rbac.authorization.k8s.io": "partial"},
    ),
    Dump(
        "public/support-bundle-sbctl-kurl.tar.xz",
        ("troubleshoot support bundle",),
        278,
        {"Pod": 58, "Node": 3, "Event": 67, "CustomResourceDefinition.apiextensions.k8s.io": 32, "ConfigMap": 4},
        "v1.23.5",
        "2022-04-12T00:58:31Z",
        "newest time in Event objects",
        logs=7,
        previous=1,
        coverage={
            "Node": "all",
            "PersistentVolume": "all",
            "Pod": 9,
            "ConfigMap": ["default", "kube-node-lease", "kube-public"],
            "CronJob.batch": 9,
            "Replica.longhorn.io": ["longhorn-system"],
        },
    ),
    Dump(
        "public/harvester-support-bundle.tar.xz",
        ("support-bundle-kit",),
        1236,
        {
            "Pod": 66,
            "Node": 1,
            "Node.longhorn.io": 1,
            "NodeMetrics.metrics.k8s.io": 1,
            "Event": 9,
            "PodMetrics.metrics.k8s.io": 59,
        },
        "v1.21.7+rke2r1",
        "2022-03-22T23:49:32Z",
        "metadata.yaml",
        logs=33,
        node_logs=8,
        coverage={"Node": "all", "StorageClass.storage.k8s.io": "all", "Pod": 10},
    ),
    Dump(
        "public/insights-archive-sample.tar.xz",
        ("insights archive",),
        131,
        {"Pod": 36, "Node": 2, "Event": 2, "ClusterOperator.config.openshift.io": 31, "PersistentVolume": 2},
        "v1.20.0+2817867",
        "2022-08-24T09:41:05Z",
        "newest time in Event objects",
        logs=11,
        node_logs=1,
        coverage={"Pod": "partial", "Node": "partial", "PodDisruptionBudget.policy": "partial"},
    ),
    Dump(
        "public/sonobuoy-my-node.tar.xz",
        ("sonobuoy",),
        265,
        {"Pod": 12, "Node": 1, "Event": 8, "ClusterRole.rbac.authorization.k8s.io": 61},
        "v1.19.16",
        "2022-05-30T08:10:00Z",
        "meta/run.log",
        logs=12,
        node_logs=3,
        coverage={"Node": "all", "Pod": ["events-2324", "kube-system", "sonobuoy"], "Event": ["kube-system"]},
    ),
    Dump(
        "public/cluster-info-stdout-mooncluster.tar.xz",
        (STREAM,),
        170,
        {
            "Pod": 5,
            "Node": 5,
            "Event": 153,
            "Deployment.apps": 2,
            "Service": 2,
            "ReplicaSet.apps": 2,
            "DaemonSet.apps": 1,
        },
        "v1.22.4+k3s1",
        "2021-12-11T06:43:28Z",
        "newest time in Node objects",
        logs=5,
        coverage={"Node": "all", "Pod": SEVEN, "ReplicationController": SEVEN},
    ),
    Dump(
        "public/cluster-info-stdout-vagrant.tar.xz",
        (STREAM,),
        95,
        {
            "Pod": 6,
            "Node": 3,
            "Event": 74,
            "Deployment.apps": 3,
            "Service": 5,
            "ReplicaSet.apps": 3,
            "DaemonSet.apps": 1,
        },
        "v1.9.1",
        "2018-02-24T06:18:57Z",
        "newest time in Node objects",
        logs=6,
        coverage={"Node": "all", "Pod": SEVEN, "DaemonSet.apps": SEVEN},
    ),
    Dump(
        "public/cluster-info-stdout-2021cfse031.tar.xz",
        (STREAM,),
        927,
        {"Pod": 8, "Node": 1, "Event": 909, "Deployment.apps": 2},
        "v1.24.1",
        "2022-07-31T05:18:12Z",
        "newest time in Event objects",
        logs=8,
        coverage={"Node": "all", "Event": SEVEN, "DaemonSet.apps": SEVEN},
    ),
    Dump(
        "public/kind-keycloak-2023.tar.xz",
        ("kind export logs", STREAM),
        51,
        {"Pod": 8, "Node": 1, "Event": 36, "Deployment.apps": 1},
        "v1.24.6",
        "2022-11-23T22:36:01Z",
        "newest time in Event objects",
        logs=16,
        node_logs=2,
        coverage={"Node": "all", "Pod": SEVEN},
    ),
    Dump(
        "public/kubectl-status-artifacts.tar.xz",
        ("kubectl get",),
        208,
        {"Pod": 31, "Node": 5, "Job.batch": 9},
        "v1.15.7",
        "2026-07-07T22:04:12.740781Z",
        "newest time in Lease objects",
        coverage={"Pod": "partial", "Node": "partial", "Job.batch": "partial"},
    ),
    Dump(
        "real-1.36/healthy",
        ("collected",),
        364,
        {"Pod": 10, "Node": 1, "Event": 76, "Deployment.apps": 2, "NetworkPolicy.networking.k8s.io": 1},
        "v1.36.2",
        "2026-11-23T03:35:54Z",
        "captured-at",
        logs=15,
        previous=1,
        coverage={"Pod": "all", "Node": "all", "NetworkPolicy.networking.k8s.io": "all"},
    ),
    Dump(
        "real-1.36/faults-a",
        ("collected",),
        709,
        {"Pod": 35, "Node": 2, "Event": 355, "Deployment.apps": 9, "Secret": 1},
        "v1.36.2",
        "2026-11-23T03:28:45Z",
        "captured-at",
        logs=42,
        previous=6,
        coverage={"Pod": "all", "PodDisruptionBudget.policy": "all", "DaemonSet.apps": "all"},
    ),
    Dump(
        "real-1.36/kubelet-down",
        ("collected",),
        735,
        {"Pod": 37, "Node": 2, "Event": 377, "Deployment.apps": 9},
        "v1.36.2",
        "2026-11-23T03:31:29Z",
        "captured-at",
        logs=38,
        node_logs=1,
        coverage={"Pod": "all", "Lease.coordination.k8s.io": "all"},
    ),
    Dump(
        "real-1.36/sandbox-fail",
        ("collected",),
        495,
        {"Pod": 35, "Node": 2, "Event": 140, "Deployment.apps": 9},
        "v1.36.2",
        "2026-11-23T03:23:35Z",
        "newest time in Event objects",
        logs=36,
        coverage={"Pod": "all", "Event": "all"},
    ),
)


@pytest.mark.parametrize("dump", TABLE, ids=lambda dump: Path(dump.path).name.partition(".")[0])
def test_dump(dump: Dump) -> None:
    with read([str(DUMPS / dump.path)]) as snapshot:
        assert tuple(name for _, name in snapshot.sources) == dump.formats
        objects = snapshot.objects()
        assert {kind: objects.get(kind, 0) for kind in dump.objects} == dump.objects
        assert sum(objects.values()) == dump.total
        assert snapshot.server_version == dump.version
        assert snapshot.captured_at == pytest.approx(timestamp(dump.captured), abs=0.001)
        assert snapshot.captured_at_from == dump.captured_from
        assert (len(snapshot.logs), len(snapshot.node_logs)) == (dump.logs, dump.node_logs)
        assert sum(key.previous for key in snapshot.logs) == dump.previous
        assert covered(snapshot, dump) == dump.coverage
        assert tuple(map(str, snapshot.warnings)) == dump.warnings
        assert not snapshot.incomplete


def covered(snapshot: Snapshot, dump: Dump) -> dict[str, object]:
    """The coverage that a row names, long lists of namespaces as their number."""
    known = snapshot.coverage.describe()
    return {kind: len(known[kind]) if isinstance(want, int) else known[kind] for kind, want in dump.coverage.items()}


def test_only_the_named_folder_is_read() -> None:
    with read([str(DUMPS / "real-1.36/faults-a/cluster-info")]) as snapshot:
        assert [name for _, name in snapshot.sources] == ["cluster-info dump"]
        assert "ConfigMap" not in snapshot.objects()
        assert snapshot.objects()["Pod"] == 35
        assert snapshot.captured_at_from == "newest time in Node objects"
        assert snapshot.coverage.missing(parse_key("StatefulSet")) == "StatefulSet.apps was not collected"
        assert snapshot.coverage.missing(parse_key("Deployment"), "shop") is None


def test_what_lies_beside_a_dump_is_not_read() -> None:
    """The bundle's repository has `kubectl get` tables and lists as results of its own tests beside it."""
    with read([str(DUMPS / "public/support-bundle-sbctl-kurl.tar.xz")]) as snapshot:
        assert {row.file.split("/tests/")[1].split("/")[0] for rows in snapshot.tables.values() for row in rows} == {
            "support-bundle"
        }


def test_logs_of_real_dumps() -> None:
    with read([str(DUMPS / "public/support-bundle-sbctl-kurl.tar.xz")]) as snapshot:
        log = snapshot.logs[ContainerLog("velero", "velero-6996dd565b-xl44t", "velero", previous=True)]
        assert "An error occurred" in log.text
    with read([str(DUMPS / "public/must-gather-aws.tar.xz")]) as snapshot:
        log = snapshot.node_logs[NodeLog("ip-10-0-189-142.ec2.internal", "kubelet")]
        assert log.last_line().startswith("Aug 03 10:14:01.069246 ip-10-0-189-142 hyperkube[1359]: I0803 10:14:01")
        assert {line.split(" ")[3] for line in log.text.split("\n") if line} == {"ip-10-0-189-142"}
        assert {log.framing for log in snapshot.logs.values()} == {"stamped"}
    with read([str(DUMPS / "public/sonobuoy-my-node.tar.xz")]) as snapshot:
        log = snapshot.node_logs[NodeLog("my-node", "kubelet")]
        assert log.text.startswith("E0530 13:09:06.373996     760 dns.go:135] Nameserver limits were exceeded")
    with read([str(DUMPS / "public/kind-keycloak-2023.tar.xz")]) as snapshot:
        log = snapshot.logs[ContainerLog("default", "keycloak-db-0", "postgresql")]
        assert (log.framing, "Welcome to the Bitnami postgresql container" in log.text) == ("cri", True)
    with read([str(DUMPS / "public/cluster-info-stdout-2021cfse031.tar.xz")]) as snapshot:
        assert {key.namespace for key in snapshot.logs} == {"kube-system"}
        assert all(log for log in snapshot.logs.values())


def test_internal_encoding_reads_as_the_api_writes_it() -> None:
    with read([str(DUMPS / "public/cluster-info-stdout-vagrant.tar.xz")]) as snapshot:
        pods = {row.name: row for row in snapshot.tables[parse_key("Pod")]}
        from diagnose.decode import decode_whole

        pod = decode_whole(pods["coredns-5984fb8cbb-fw45p"].raw)
        assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
        assert pod["spec"]["nodeName"] == "node2"
        assert pod["spec"]["hostNetwork"] is False
        assert pod["status"]["podIP"] == "172.33.44.2"
        assert pod["status"]["containerStatuses"][0]["state"] == {"running": {"startedAt": "2018-02-24T05:35:10Z"}}
        assert pod["metadata"]["ownerReferences"][0]["name"] == "coredns-5984fb8cbb"
        assert pod["spec"]["containers"][0]["livenessProbe"]["httpGet"] == {
            "path": "/health",
            "port": 8080,
            "scheme": "HTTP",
        }
        daemon_set = decode_whole(snapshot.tables[parse_key("DaemonSet")][0].raw)
        assert daemon_set["spec"]["template"]["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "node2"}
        assert daemon_set["spec"]["template"]["metadata"]["labels"]["k8s-app"] == "traefik-ingress-lb"
        assert daemon_set["status"]["desiredNumberScheduled"] == 1


def test_two_dumps_are_one_snapshot() -> None:
    with read([str(DUMPS / "real-1.36/faults-a"), str(DUMPS / "real-1.36/faults-a/cluster-info")]) as snapshot:
        assert [name for _, name in snapshot.sources] == ["collected", "cluster-info dump"]
        assert sum(snapshot.objects().values()) == 709


def test_a_real_dump_from_standard_input() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(DUMPS / "real-1.36/faults-a", arcname="a/b/c/faults-a")
    with read(["-"], io.BytesIO(packed.getvalue())) as snapshot:
        assert snapshot.sources == (("stdin/a/b/c/faults-a", "collected"),)
        assert (sum(snapshot.objects().values()), snapshot.captured_at_from) == (709, "captured-at")
