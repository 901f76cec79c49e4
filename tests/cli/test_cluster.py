"""`diagnose cluster` and `diagnose collect` as a user calls them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import golden
from tests.builders import obj
from tests.cli.command import Command, command
from tests.live.support import pods
from tests.live.test_logs import CRASHES, crashing
from tests.server import ApiServer, Fault, Store


@pytest.fixture
def server() -> Iterator[ApiServer]:
    objects = [obj("Namespace", "shop"), obj("Namespace", "data"), crashing("api", "api"), *pods(2, "data")]
    with ApiServer(Store.of(objects, {("shop", "api", "api"): "FATAL: no database"})) as running:
        yield running


@pytest.fixture
def run(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ApiServer
) -> Command:
    """Calls diagnose in an empty folder, with a kubeconfig, a rule, and the options that name them."""
    monkeypatch.chdir(tmp_path)
    server.kubeconfig(tmp_path / "config")
    (tmp_path / "crashes.yaml").write_text(CRASHES)
    call = command(capsysbinary, monkeypatch)
    fixed = ("--kubeconfig", "config", "--rules", "crashes.yaml", "--no-default-rules")
    return lambda name, *args: call(name, *fixed, *args)


def test_a_cluster_is_diagnosed(run: Command, server: ApiServer) -> None:
    done = run("cluster")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        f"{server.url.removeprefix('https://')}   Kubernetes 1.36.2   captured 2026-11-23 03:28:45Z   3 pods\n"
    )
    assert " 1 error     Pod shop/api: api says no database [crashes/said]" in " ".join(done.out.split("\n"))
    assert run("cluster", "--fail-on", "error").code == 1


def test_the_report_is_that_of_what_is_collected(run: Command, tmp_path: Path) -> None:
    assert run("cluster", "-o", "json=live.json").code == 0
    done = run("collect", "-o", "shop.tar.zst")
    assert (done.code, done.err) == (0, "")
    assert done.out == "wrote shop.tar.zst: 3 objects of 1 kind, 1 log\n"
    assert stat.S_IMODE((tmp_path / "shop.tar.zst").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_only_some_namespaces(run: Command, server: ApiServer) -> None:
    done = run("cluster", "-n", "data", "-o", "json")
    assert done.code == 0
    assert json.loads(done.out)["findings"] == []
    assert json.loads(done.out)["snapshot"]["coverage"]["Pod"] == ["data"]
    assert "/api/v1/pods" not in server.asked()


def test_a_namespace_that_is_not_there(run: Command, tmp_path: Path) -> None:
    rule = "id: spaces\ntitle: t\nseverity: info\nmatch: [{for: Namespace}]\nreport: {message: m}\n"
    (tmp_path / "spaces.yaml").write_text(rule)
    more = ("-n", "shpo", "--rules", "spaces.yaml")
    for call in (run("cluster", *more), run("collect", "-o", "x.tar", *more)):
        assert (call.code, call.out) == (2, "")
        assert call.err == "diagnose: there is no namespace 'shpo' in the cluster, did you mean 'shop'?\n"


def test_the_rights_are_printed_without_a_cluster(run: Command, server: ApiServer) -> None:
    done = run("cluster", "--kubeconfig", "none", "--print-rbac")
    assert (done.code, done.err) == (0, "")
    assert yaml.safe_load(done.out)["kind"] == "ClusterRole"
    assert server.requests == []


def test_what_is_refused_is_told_and_is_no_failure(run: Command, server: ApiServer) -> None:
    server.refused = {"list replicasets.apps", "list jobs.batch", "get pods/log"}
    done = run("cluster")
    assert done.code == 0
    assert "logs were not read: forbidden, it needs the verb get on pods/log" in " ".join(done.out.split())
    done = run("collect", "-o", "part")
    assert done.code == 0
    assert done.err.splitlines() == [
        "not in it: Job.batch: forbidden, it needs the verb list on jobs.batch",
        "not in it: ReplicaSet.apps: forbidden, it needs the verb list on replicasets.apps",
        "warning: logs were not read: forbidden, it needs the verb get on pods/log in namespace shop; "
        "rules that look at them saw none: crashes",
    ]


def test_what_could_not_be_read_is_exit_code_3(run: Command, server: ApiServer) -> None:
    server.faults = [Fault("/replicasets", 500, times=None, after="0")]
    assert run("cluster", "--fail-on", "error").code == 3
    assert run("collect", "-o", "part.tar").code == 3


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--kubeconfig", "none"], 2, "no such kubeconfig: none"),
        (["--context", "none"], 2, "config has no context 'none'; it has: tests"),
        (["--timeout", "soon"], 2, "--timeout takes a time as 30s or 5m, not 'soon'"),
        (["--request-timeout", "0"], 2, "--request-timeout takes a time as 30s or 5m, not '0'"),
    ],
)
def test_wrong_usage_is_one_line(run: Command, options: list[str], code: int, said: str) -> None:
    done = run("cluster", *options)
    assert (done.code, done.out, done.err) == (code, "", f"diagnose: {said}\n")


def test_a_certificate_that_nobody_checks_is_told_in_the_report(
    run: Command, tmp_path: Path, server: ApiServer
) -> None:
    config = server.config(**{"insecure-skip-tls-verify": True})
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    done = run("cluster", "-o", "json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["snapshot"]["warnings"] == [
        {
            "file": None,
            "message": "nobody checked that the server is the right one: the kubeconfig says insecure-skip-tls-verify",
        }
    ]


def test_a_server_that_refuses_the_credentials(run: Command, server: ApiServer) -> None:
    server.token = "another"
    done = run("cluster")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"diagnose: {server.url} does not accept the credentials (401 Unauthorized)")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("shop.zip", "shop.zip: what is written ends in .tar.zst, .tzst, .tar.gz, .tgz, .tar, or is a folder"),
        ("none/shop.tar", "there is no folder none for shop.tar"),
        ("full", "full is there already; name a new folder"),
        ("full.tar", "full.tar is a folder; name a file, or a folder without that ending"),
        ("config", "config is there already; name a new folder"),
    ],
)
def test_a_target_that_cannot_be_written(
    run: Command, tmp_path: Path, server: ApiServer, target: str, said: str
) -> None:
    for folder in ("full", "full.tar"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").write_text("x")
    done = run("collect", "-o", target)
    assert (done.code, done.out, done.err) == (2, "", f"diagnose: {said}\n")
    assert server.requests == []


def test_an_archive_is_replaced_only_when_the_new_one_is_whole(run: Command, tmp_path: Path, server: ApiServer) -> None:
    (tmp_path / "shop.tar.gz").write_bytes(b"old")
    server.token = "another"
    assert run("collect", "-o", "shop.tar.gz").code == 3
    assert (tmp_path / "shop.tar.gz").read_bytes() == b"old"
    server.token = yaml.safe_load((tmp_path / "config").read_text())["users"][0]["user"]["token"]
    assert run("collect", "-o", "shop.tar.gz", "-q").code == 0
    assert (tmp_path / "shop.tar.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_the_fixture_with_all_rules(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    call = command(capsysbinary, monkeypatch)
    with ApiServer(Store.from_folder(golden.FIXTURES / "healthy")) as healthy:
        config = healthy.kubeconfig(tmp_path / "config")
        done = call("cluster", "--kubeconfig", config, "-o", "json")
    assert done.code == 0
    assert [f["rule"] for f in json.loads(done.out)["findings"] if f["severity"] != "info"] == []
    assert [n for n in json.loads(done.out)["not_evaluated"] if "collected" in n["reason"]] == []
