"""The clusters of benchmarks/: reproducible, consistent, broken only where they say so."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PODS = 200
BROKEN = 0.3
Json = dict[str, Any]
Key = tuple[str, str, str]


def generate(folder: Path, *arguments: str) -> Path:
    """Run the generator as a user does."""
    command = [sys.executable, str(ROOT / "benchmarks" / "generate.py"), "--out", str(folder)]
    subprocess.run([*command, "--pods", str(PODS), *arguments], check=True, capture_output=True)
    return folder


def digest(folder: Path) -> dict[str, str]:
    """What each file holds, in short."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@dataclass(frozen=True)
class Dump:
    """A dump read back: its objects by kind, namespace and name, and its truth."""

    folder: Path
    objects: dict[Key, Json]
    truth: list[dict[str, str]]

    def of(self, kind: str) -> list[Json]:
        return [made for (each, _, _), made in self.objects.items() if each == kind]

    def has(self, kind: str, namespace: str, name: str) -> bool:
        return (kind, namespace, name) in self.objects

    def blamed(self, about: str) -> list[Key]:
        """The keys of the roots of one kind of fault."""
        found = []
        for root in self.truth:
            if root["about"] == about:
                kind, *rest = root["object"].split("/")
                found.append((kind, rest[0] if len(rest) == 2 else "", rest[-1]))
        return found


def load(folder: Path) -> Dump:
    objects: dict[Key, Json] = {}
    for path in sorted(folder.glob("*.json")):
        for made in json.loads(path.read_bytes()).get("items", []):
            meta = made["metadata"]
            key = (made["kind"], meta.get("namespace", ""), meta["name"])
            assert key not in objects, key
            objects[key] = made
    truth = json.loads(folder.with_name(f"{folder.name}.truth.json").read_text(encoding="utf-8"))
    return Dump(folder, objects, truth)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    folder = tmp_path_factory.mktemp("bench") / "broken"
    return load(generate(folder, "--broken", str(BROKEN)))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    return load(generate(tmp_path_factory.mktemp("bench") / "healthy", "--broken", "0"))


@pytest.fixture(params=["dump", "healthy"])
def any_dump(request: pytest.FixtureRequest) -> Dump:
    return cast(Dump, request.getfixturevalue(request.param))


def references(pod: Json) -> Iterator[tuple[str, str]]:
    """Everything in its namespace that a pod needs by name."""
    spec = pod["spec"]
    yield "ServiceAccount", spec["serviceAccountName"]
    for volume in spec["volumes"]:
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
        for source in volume.get("projected", {}).get("sources", []):
            if "configMap" in source:
                yield "ConfigMap", source["configMap"]["name"]
    for container in spec["containers"]:
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"]
        for variable in container.get("env", []):
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                if field in variable.get("valueFrom", {}):
                    yield kind, variable["valueFrom"][field]["name"]


def ready(pod: Json) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"]["conditions"])


def selected(service: Json, pods: list[Json]) -> list[Json]:
    """The pods that a Service selects."""
    wanted = service["spec"].get("selector", {}).items()
    namespace = service["metadata"]["namespace"]
    return [
        pod
        for pod in pods
        if wanted and pod["metadata"]["namespace"] == namespace and wanted <= pod["metadata"]["labels"].items()
    ]


def test_same_seed_same_bytes(dump: Dump, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", "--broken", str(BROKEN))
    other = generate(tmp_path / "other", "--broken", str(BROKEN), "--seed", "2")
    assert digest(again) == digest(dump.folder)
    assert digest(other) != digest(dump.folder)


def test_pretty_is_the_same_cluster(dump: Dump, tmp_path: Path) -> None:
    pretty = generate(tmp_path / "p", "--broken", str(BROKEN), "--format", "pretty")
    text = (pretty / "pods.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=4) + "\n"
    assert load(pretty).objects == dump.objects


def test_counts(any_dump: Dump) -> None:
    pods = any_dump.of("Pod")
    assert len(pods) == PODS
    assert len(any_dump.of("Service")) == len(any_dump.of("Deployment")) + 1
    assert sum(each["spec"]["replicas"] for each in any_dump.of("Deployment")) == PODS
    assert sum(each["spec"]["replicas"] for each in any_dump.of("ReplicaSet")) == PODS
    assert max(Counter(pod["metadata"]["namespace"] for pod in pods).values()) == 100


def test_files_are_what_kubectl_writes(dump: Dump) -> None:
    for path in dump.folder.glob("*.json"):
        document = json.loads(path.read_bytes())
        if path.name == "version.json":
            assert document["serverVersion"]["gitVersion"].startswith("v1.")
        else:
            assert (document["kind"], document["apiVersion"]) == ("List", "v1")
            assert list(document) == ["apiVersion", "items", "kind", "metadata"]
            assert list(document["items"][0]) == sorted(document["items"][0])
    assert (dump.folder / "captured-at").read_text(encoding="utf-8") == "2026-11-23T12:00:00Z\n"


def test_pods_are_about_as_large_as_real_ones(dump: Dump) -> None:
    size = (dump.folder / "pods.json").stat().st_size / PODS
    assert 4_000 < size < 7_000


def test_uids_and_addresses_are_unique(dump: Dump) -> None:
    uids = [made["metadata"]["uid"] for made in dump.objects.values()]
    assert len(uids) == len(set(uids))
    addresses = [pod["status"]["podIP"] for pod in dump.of("Pod") if "podIP" in pod["status"]]
    assert len(addresses) == len(set(addresses))


def test_only_broken_workloads_refer_to_what_is_absent(any_dump: Dump) -> None:
    allowed = {(namespace, f"{name}-settings") for _, namespace, name in any_dump.blamed("ConfigMap missing")}
    dangling = set()
    for pod in any_dump.of("Pod"):
        namespace = pod["metadata"]["namespace"]
        assert any_dump.has("Namespace", "", namespace)
        for kind, name in references(pod):
            if not any_dump.has(kind, namespace, name):
                dangling.add((namespace, name))
    assert dangling == allowed


def test_owners_exist(any_dump: Dump) -> None:
    for made in any_dump.objects.values():
        meta = made["metadata"]
        for owner in meta.get("ownerReferences", []):
            found = any_dump.objects[owner["kind"], meta["namespace"], owner["name"]]
            assert found["metadata"]["uid"] == owner["uid"]


def test_events_are_about_what_exists(any_dump: Dump) -> None:
    for event in any_dump.of("Event"):
        about = event["involvedObject"]
        found = any_dump.objects[about["kind"], about.get("namespace", ""), about["name"]]
        assert found["metadata"]["uid"] == about["uid"]


def test_scheduled_pods_are_on_nodes_with_room(any_dump: Dump) -> None:
    load = Counter(pod["spec"]["nodeName"] for pod in any_dump.of("Pod") if "nodeName" in pod["spec"])
    for name, pods in load.items():
        assert pods <= int(any_dump.objects["Node", "", name]["status"]["allocatable"]["pods"])


def test_endpoints_are_the_selected_pods(any_dump: Dump) -> None:
    pods = any_dump.of("Pod")
    slices = {
        (
            each["metadata"]["namespace"],
            each["metadata"]["labels"]["kubernetes.io/service-name"],
        ): each
        for each in any_dump.of("EndpointSlice")
    }
    assert len(slices) == len(any_dump.of("Service"))
    for service in any_dump.of("Service"):
        if "selector" not in service["spec"]:
            continue
        meta = service["metadata"]
        wanted = {
            (pod["metadata"]["uid"], pod["status"]["podIP"], ready(pod))
            for pod in selected(service, pods)
            if "podIP" in pod["status"]
        }
        found = {
            (each["targetRef"]["uid"], each["addresses"][0], each["conditions"]["ready"])
            for each in slices[meta["namespace"], meta["name"]]["endpoints"] or []
        }
        assert found == wanted


def test_deployments_count_their_ready_pods(any_dump: Dump) -> None:
    counted = Counter(
        (pod["metadata"]["namespace"], pod["metadata"]["ownerReferences"][0]["name"])
        for pod in any_dump.of("Pod")
        if ready(pod)
    )
    for replica_set in any_dump.of("ReplicaSet"):
        meta, status = replica_set["metadata"], replica_set["status"]
        assert status.get("readyReplicas", 0) == counted[meta["namespace"], meta["name"]]


def test_nothing_is_wrong_with_a_healthy_cluster(healthy: Dump) -> None:
    assert healthy.truth == []
    for pod in healthy.of("Pod"):
        assert ready(pod)
        assert all(each["restartCount"] == 0 for each in pod["status"]["containerStatuses"])
    for deployment in healthy.of("Deployment"):
        assert deployment["status"]["readyReplicas"] == deployment["spec"]["replicas"]
    for claim in healthy.of("PersistentVolumeClaim"):
        volume = healthy.objects["PersistentVolume", "", claim["spec"]["volumeName"]]
        assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
    for service in healthy.of("Service"):
        assert "selector" not in service["spec"] or selected(service, healthy.of("Pod"))


def test_the_truth_names_objects_that_exist(dump: Dump) -> None:
    abouts = Counter(root["about"] for root in dump.truth)
    workloads = len(dump.of("Deployment")) - 1
    assert sum(abouts.values()) == int(workloads * BROKEN) + 1
    assert all(key in dump.objects for about in abouts for key in dump.blamed(about))


def test_every_unready_pod_has_a_root(dump: Dump) -> None:
    blamed = {root["object"] for root in dump.truth}
    claims = {tuple(each.split("/")[1:]) for each in blamed if each.startswith("PersistentVolumeClaim/")}
    for pod in dump.of("Pod"):
        if ready(pod):
            continue
        meta = pod["metadata"]
        replica_set = dump.objects["ReplicaSet", meta["namespace"], meta["ownerReferences"][0]["name"]]
        owner = replica_set["metadata"]["ownerReferences"][0]["name"]
        assert (
            f"Deployment/{meta['namespace']}/{owner}" in blamed
            or (meta["namespace"], f"{owner}-data") in claims
            or f"Node/{pod['spec'].get('nodeName')}" in blamed
        )


def test_faults_have_the_signs_of_a_real_cluster(dump: Dump) -> None:
    waiting = Counter(
        status["state"]["waiting"]["reason"]
        for pod in dump.of("Pod")
        for status in pod["status"].get("containerStatuses", [])
        if "waiting" in status["state"]
    )
    assert {"ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"} <= set(waiting)
    warnings = {event["reason"] for event in dump.of("Event") if event["type"] == "Warning"}
    assert {"BackOff", "Failed", "FailedScheduling", "NodeNotReady", "Unhealthy"} <= warnings
    unscheduled = [pod for pod in dump.of("Pod") if "nodeName" not in pod["spec"]]
    assert {pod["status"]["conditions"][0]["reason"] for pod in unscheduled} == {"Unschedulable"}
    service = dump.blamed("selector matches no pod")[0]
    assert not selected(dump.objects[service], dump.of("Pod"))


def test_a_lost_node_takes_its_pods_along(dump: Dump) -> None:
    (node,) = dump.blamed("kubelet stopped posting status")
    for each in dump.objects[node]["status"]["conditions"]:
        assert each["reason"] == "NodeStatusUnknown"
    pods = [pod for pod in dump.of("Pod") if pod["spec"].get("nodeName") == node[2]]
    assert pods and not any(ready(pod) for pod in pods)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of benchmarks/, which no wheel carries."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def cause(rule: str, finding: str, kind: str, name: str, severity: str = "error") -> Json:
    about = {"kind": kind, "namespace": "a", "name": name}
    return {"rule": rule, "finding": finding, "severity": severity, "object": about}


def test_recall_counts_workloads_and_their_pods(module: Callable[[str], Any]) -> None:
    truth = [{"object": f"Deployment/a/{name}", "about": "crash"} for name in ("one", "two", "three")]
    truth += [{"object": "Node/n1", "about": "lost"}]
    report = {
        "causes": [
            cause("crash-loop", "f1", "Deployment", "one"),
            cause("crash-loop", "f2", "Pod", "two-7bc6bd4fc7-hfh5b"),
            cause("node-down", "f3", "Node", "n1") | {"object": {"kind": "Node", "name": "n1"}},
            cause("quota", "f4", "Deployment", "fine"),
            cause("no-limit", "f5", "Deployment", "fine", severity="info"),
        ],
        "findings": [{"id": "f4", "objects": [{"kind": "Deployment", "namespace": "a", "name": "fine-2"}]}],
    }
    found = module("recall").score(report, truth)
    assert (found.roots, found.found, found.missed) == (4, 3, {"crash": 1})
    assert (found.causes, found.stray) == (4, {"quota": 1})


def test_recall_reads_the_objects_of_a_finding(module: Callable[[str], Any]) -> None:
    truth = [{"object": "Service/a/web", "about": "selects nothing"}]
    objects = [{"kind": "Service", "namespace": "a", "name": "web"}]
    report = {
        "causes": [cause("selector", "f1", "Service", "other")],
        "findings": [{"id": "f1", "objects": objects}],
    }
    assert module("recall").score(report, truth).found == 1


@pytest.mark.parametrize(("value", "verdict"), [(0.5, "met"), (1.0, "met"), (1.25, "MISSED by 25%")])
def test_a_bar_says_by_how_much_it_was_missed(module: Callable[[str], Any], value: float, verdict: str) -> None:
    table = module("table")
    row = table.Row("x", seconds=2.0, size=5_000_000, bar=table.Bar(value, 1.0))
    assert row.verdict == verdict
    assert row.good is (verdict == "met")
    assert table.line(row).split()[1:3] == ["2.00", "2.5"]


def test_synthetic_rules_differ(module: Callable[[str], Any], tmp_path: Path) -> None:
    files = sorted(module("rules").write_rules(tmp_path, 40).rglob("*.yaml"))
    rules = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    assert [rule["id"] for rule in rules] == [path.stem for path in files]
    assert len({json.dumps(rule["match"]) for rule in rules}) == 40


def test_a_measurement_tells_time_memory_and_failure(module: Callable[[str], Any]) -> None:
    measure = module("measure")
    used = measure.command([sys.executable, "-c", "print('{\"n\": 1}')"])
    assert used.seconds > 0 and used.peak > 1_000_000
    assert used.facts == {"n": 1}
    failed = measure.command([sys.executable, "-c", "raise SystemExit('no such dump')"])
    assert failed.failure == "exit 1: no such dump"
    best = measure.side_by_side({"good": lambda: used, "bad": lambda: failed}, 2)
    assert best == {"good": used, "bad": failed}


def test_baselines_read_every_object(module: Callable[[str], Any], dump: Dump) -> None:
    used = module("measure").task("naive", dump.folder, 5)()
    assert used.facts["objects"] == len(dump.objects)
    assert 0 < used.facts["sampled"] < used.facts["objects"]
    assert module("measure").task("orjson", dump.folder)().seconds > 0
