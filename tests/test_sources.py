"""Every dump format from a small tree of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.sources import TABLE
from diagnose.values import timestamp
from tests.dump_formats import CASES, Case
from tests.dumps import NODE, OTHER, POD, as_json, listed, load, told


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
