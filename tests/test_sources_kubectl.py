"""Shapes and encodings of `kubectl get`, and what they prove was collected."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.decode import decode_whole
from diagnose.kinds import parse_key
from diagnose.sources import read
from tests.dump_formats import SHAPES
from tests.dumps import NODE, OTHER, POD, as_json, as_yaml, item, listed, load, only, piped, told

# --- kubectl get ------------------------------------------------------------------------------------------------------


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
