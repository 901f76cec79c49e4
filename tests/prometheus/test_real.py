"""A real Prometheus that knows a day of metrics: the objects that come of it, and the rules that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from diagnose import library
from diagnose.cli.send import client
from diagnose.decode import decode_whole
from diagnose.kinds import parse_key
from diagnose.run import diagnose
from diagnose.snapshot import Snapshot
from diagnose.sources.prometheus import observe
from diagnose.web import Endpoint
from tests.builders import obj, snapshot
from tests.monitoring import needs_prometheus, prometheus

from .metrics import NOW, shop

KINDS = ["ContainerUsage", "ContainerRestarts", "VolumeUsage", "NodeUsage", "NodePressure"]


def cluster(**settings: Any) -> Snapshot:
    """The objects that the metrics of `shop` are of."""
    running = {"running": {"startedAt": "2026-01-01T10:00:00Z"}}
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-01T10:00:00Z"}}
    pod = obj(
        "Pod",
        "p",
        "a",
        spec={
            "nodeName": "n",
            "containers": [
                {"name": name, "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}}} for name in "cd"
            ],
        },
        status={
            "phase": "Running",
            "startTime": "2026-01-01T00:00:00Z",
            "containerStatuses": [
                {"name": "c", "ready": True, "restartCount": 30, "state": running, "lastState": ended},
                {"name": "d", "ready": True, "restartCount": 0, "state": running},
            ],
        },
    )
    claim = obj("PersistentVolumeClaim", "data", "a", spec={"accessModes": ["ReadWriteOnce"]})
    addresses = [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "n"}]
    node = obj("Node", "n", status={"addresses": addresses, "conditions": []})
    collected = ["Pod", "Node", "PersistentVolumeClaim", "PodMetrics", "Event"]
    return snapshot([pod, claim, node], **{"at": NOW, "collected": collected} | settings)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    two = shop({"cluster": "one"}).text + shop({"cluster": "two"}).text
    with prometheus(folder, openmetrics="\n".join([*shop().text, *two, "# EOF", ""])) as running:
        yield running


def seen(of: Snapshot, kind: str) -> list[Any]:
    rows = of.tables.get(parse_key(kind), [])
    return [{k: v for k, v in decode_whole(row.raw).items() if k not in ("apiVersion", "kind")} for row in rows]


def watched(address: str, of: Snapshot, **match: str) -> Snapshot:
    opened = client(Endpoint(address))
    try:
        return observe(of, opened, match)
    finally:
        opened.close()


@needs_prometheus
@pytest.mark.parametrize("match", [{}, {"cluster": "two"}, {"cluster": ""}])
def test_measurements_become_objects(address: str, match: dict[str, str]) -> None:
    after = watched(address, cluster(), **match)
    assert after.warnings == () and not after.incomplete
    assert all(after.coverage.missing(parse_key(kind)) is None for kind in KINDS)
    troubled, healthy = seen(after, "ContainerUsage")
    assert troubled == {
        "metadata": {"namespace": "a", "name": "p.c"},
        "pod": "p",
        "container": "c",
        "cpu": {"cores": 0.5, "periods": 9000, "throttled": 7200, "throttledPercent": 80},
        "memory": {"workingSet": 131072000, "peak": 262144000},
    }
    assert healthy["cpu"]["throttledPercent"] == 1
    (restarts,) = seen(after, "ContainerRestarts")
    assert restarts == {
        "metadata": {"namespace": "a", "name": "p.c"},
        "pod": "p",
        "container": "c",
        "recent": 4,
        "day": 6,
    }
    (volume,) = seen(after, "VolumeUsage")
    assert volume == {
        "metadata": {"namespace": "a", "name": "data"},
        "bytes": {
            "capacity": 10 << 30,
            "available": 2 << 30,
            "usedPercent": 80,
            "perHour": -360_000_000,
            "fullInHours": 6.0,
        },
        "inodes": {"capacity": 1000, "available": 900, "usedPercent": 9},
    }
    (node,) = seen(after, "NodeUsage")
    space = {"capacity": 100 << 30, "available": 4 << 30, "usedPercent": 96}
    assert node == {"metadata": {"name": "n"}, "filesystems": [{"mountpoint": "/", "bytes": space}]}
    (pressure,) = seen(after, "NodePressure")
    assert pressure == {"metadata": {"name": "n"}, "cpuPercent": 40, "memoryPercent": 25, "ioPercent": 10}


@needs_prometheus
def test_the_rules_find_what_is_wrong(address: str) -> None:
    rules = library.compiled(library.Selection(only=("usage/*", "many-restarts")))
    report = diagnose(watched(address, cluster()), rules)
    assert {finding.rule: (str(finding.object), finding.message) for finding in report.findings} == {
        "container-throttled/heavy": (
            "Pod/a/p",
            "container c was held back by its cpu limit 500m in 80% of the periods of the last 15 minutes",
        ),
        "container-memory-peak": (
            "Pod/a/p",
            "container c came up to 250Mi of its memory limit 256Mi in the last 6 hours, and is killed when it needs "
            "more",
        ),
        "container-restarts-climbing": (
            "Pod/a/p",
            "container c restarted 4 times in the last 6 hours (6 in the last day), last with exit code 1",
        ),
        "many-restarts": (
            "Pod/a/p",
            "container c has restarted 30 times since 2026-01-01T00:00:00Z, last with exit code 1 at "
            "2026-01-01T10:00:00Z",
        ),
        "volume-nearly-full/filling": (
            "PersistentVolumeClaim/a/data",
            "it is 80% full, and will be full in 6 hours if it goes on as in the last 6 hours",
        ),
        "node-filesystem-nearly-full/almost": ("Node/n", "/ is 96% full: 4Gi of 100Gi are left"),
        "node-stalls/memory": ("Node/n", "all of its processes waited for memory in 25% of the last 15 minutes"),
    }
    assert report.not_evaluated == ()
    rules_of = {f.id: f.rule for f in report.findings}
    (climbing,) = [cause for cause in report.causes if rules_of[cause.finding] == "container-restarts-climbing"]
    assert {rules_of[id] for id in climbing.effects} == {"many-restarts"}


@needs_prometheus
def test_another_cluster_is_not_believed(address: str) -> None:
    others = [obj("Pod", "q", "b"), obj("Node", "m"), obj("PersistentVolumeClaim", "other", "a")]
    collected = ["Pod", "Node", "PersistentVolumeClaim"]
    after = watched(address, snapshot(others, at=NOW, collected=collected))
    assert not any(seen(after, kind) for kind in KINDS)
    assert [str(w) for w in after.warnings][:1] == [
        "ContainerUsage: what Prometheus measures is of no Pod of the snapshot: it may be of another cluster"
    ]
    report = diagnose(after, library.compiled(library.Selection(only=("container-throttled",))))
    assert [each.reason for each in report.not_evaluated] == [
        "ContainerUsage.observed.diagnose could not be collected: what Prometheus measures is of no Pod of the "
        "snapshot: it may be of another cluster"
    ]


@needs_prometheus
def test_a_time_of_which_it_knows_nothing(address: str) -> None:
    after = watched(address, cluster(at="2020-01-01T00:00:00Z"))
    assert after.coverage.failed()["ContainerUsage.observed.diagnose"] == (
        "Prometheus has no series container_memory_working_set_bytes at the capture time"
    )
    assert set(after.coverage.failed()) == {f"{kind}.observed.diagnose" for kind in KINDS}


@needs_prometheus
def test_a_cluster_without_claims_needs_no_volumes(address: str) -> None:
    after = watched(address, snapshot([obj("Pod", "p", "a")], at="2020-01-01T00:00:00Z"))
    assert after.coverage.missing(parse_key("VolumeUsage")) is None


@needs_prometheus
def test_the_command_line_asks(address: str, tmp_path: Path, capsysbinary: Any, monkeypatch: Any) -> None:
    from tests.cli.command import command

    run = command(capsysbinary, monkeypatch)
    monkeypatch.chdir(tmp_path)
    rows = [decode_whole(row.raw) for table in cluster().tables.values() for row in table]
    Path("dump.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": rows}))
    Path("diagnose.yaml").write_text(json.dumps({"prometheus": {"url": address, "match": {"cluster": "one"}}}))
    asked = [f"--prometheus={address}", "--prometheus=config"]
    for option in asked:
        done = run("dump", "dump.json", f"--at={NOW}", "-o", "json", option)
        report = json.loads(done.out)
        assert done.code == 0 and {"path": address, "format": "Prometheus"} in report["snapshot"]["sources"]
        assert "node-stalls/memory" in {finding["rule"] for finding in report["findings"]}
