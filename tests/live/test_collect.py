"""What is saved is what was seen, without secrets; and read back it gives the same report."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from diagnose import library, sources
from diagnose.cli.archive import COMPRESSIONS, save
from diagnose.language.compiler import RuleSet
from diagnose.live import capture
from diagnose.model import Report
from diagnose.run import diagnose
from diagnose.snapshot import Snapshot
from diagnose.sources.collecting import files
from diagnose.values import timestamp
from tests import golden
from tests.builders import messages, obj
from tests.builders import rules as rules_of
from tests.live.support import client, pods
from tests.live.test_logs import CRASHES, crashing
from tests.server import ApiServer, Fault, Store

FAULTS = Path(__file__).parents[3] / "shared" / "dumps" / "real-1.36" / "faults-a"


@pytest.fixture(scope="module")
def all_rules() -> RuleSet:
    return library.load().compiled()


def read(path: Path) -> Snapshot:
    with sources.read([str(path)]) as snapshot:
        for log in snapshot.logs.values():
            assert log.text is not None
        return snapshot


def told(report: Report) -> dict[str, Any]:
    """Everything that a report says but where its input was."""
    about = replace(report.snapshot, sources=(), captured_at_from="")
    return {"causes": report.causes, "findings": report.findings, "not": report.not_evaluated, "about": about}


def date_of(folder: Path) -> str:
    seconds = timestamp((folder / "captured-at").read_text().strip())
    assert seconds is not None
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def saved(snapshot: Snapshot, target: Path, namespaces: list[str] | None = None) -> Path:
    save(str(target), files(snapshot, namespaces), snapshot.captured_at or 0.0)
    return target


@pytest.mark.parametrize("suffix", [*COMPRESSIONS, ""])
def test_a_saved_snapshot_gives_the_same_report(tmp_path: Path, all_rules: RuleSet, suffix: str) -> None:
    shop = golden.FIXTURES / "broken-shop"
    refused = ["list secrets", "list nodes", "list leases.coordination.k8s.io"]
    broken = Fault("/networkpolicies", 503, times=None)
    server = ApiServer(Store.from_folder(shop), date=date_of(shop), refused=refused, faults=[broken])
    with server, client(server, tmp_path) as transport:
        snapshot = capture(transport, all_rules)
    live = diagnose(snapshot, all_rules)
    later = diagnose(read(saved(snapshot, tmp_path / f"shop{suffix}")), all_rules)
    assert told(later) == told(live)
    assert len(live.findings) > 10 and len(live.snapshot.warnings) == 1
    assert {n.reason for n in live.not_evaluated} >= {
        "Secret could not be collected: forbidden, it needs the verb list on secrets",
        "NetworkPolicy.networking.k8s.io could not be collected: /apis/networking.k8s.io/v1/networkpolicies: HTTP 503: "
        "the server is currently unable to handle the request",
    }
    assert live.snapshot.logs == later.snapshot.logs > 0


@pytest.mark.skipif(not FAULTS.is_dir(), reason="no dumps of real clusters beside the repository")
def test_a_real_cluster_gives_the_same_report(tmp_path: Path, all_rules: RuleSet) -> None:
    with ApiServer(Store.from_folder(FAULTS), date=date_of(FAULTS)) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, all_rules)
    live = diagnose(snapshot, all_rules)
    assert told(diagnose(read(saved(snapshot, tmp_path / "real.tar.zst")), all_rules)) == told(live)
    dumped = {f.id for f in diagnose(read(FAULTS), all_rules).findings}
    assert dumped - {f.id for f in live.findings} == set(), "the live cluster shows all that the dump of it shows"


def test_some_namespaces_are_read_back_as_such(tmp_path: Path) -> None:
    rules = rules_of(CRASHES)
    store = Store.of([*pods(1, "a"), *pods(1, "b")])
    with ApiServer(store, refused=["list pods b"]) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, rules, ["a", "b"])
    back = read(saved(snapshot, tmp_path / "ab.tar.gz", ["b", "a"]))
    assert back.coverage.describe() == snapshot.coverage.describe()
    assert back.coverage.refused() == snapshot.coverage.refused()
    assert json.loads(dict(files(snapshot, ["b", "a"]))["collection.json"])["namespaces"] == ["a", "b"]
    assert (back.server, back.served) == (snapshot.server, snapshot.served)


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path, all_rules: RuleSet) -> None:
    shop = golden.FIXTURES / "broken-shop"
    with ApiServer(Store.from_folder(shop)) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, all_rules)
    one, two = (
        saved(snapshot, tmp_path / name / "shop.tar.gz") for name in ("a", "b") if not (tmp_path / name).mkdir()
    )
    assert one.read_bytes() == two.read_bytes()


def test_a_list_that_lost_objects_is_only_a_part(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(3))) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, rules_of(CRASHES))
    folder = saved(snapshot, tmp_path / "saved")
    (folder / "get" / "pods.json").write_text('{"apiVersion": "v1", "kind": "PodList", "items": []}')
    back = read(folder)
    assert back.coverage.describe()["Pod"] == "partial"
    assert [str(w) for w in back.warnings] == ["0 of 3 Pod objects that were collected are here"]
    assert back.incomplete


def test_names_of_a_hostile_server_stay_in_the_folder(tmp_path: Path) -> None:
    evil = crashing("..", "../../../out", "b")
    kind = obj("Pod", "x", "shop") | {"kind": "../../out"}
    store = Store.of([evil], {("shop", "..", "../../../out"): "FATAL: out"})
    store.tables["", "pods"].rows["shop", "x"] = json.dumps(kind).encode()
    with ApiServer(store) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, rules_of(CRASHES))
    names = [name for name, _ in files(snapshot)]
    assert not any(".." in name.split("/") for name in names), names
    (tmp_path / "deep" / "er").mkdir(parents=True)
    saved(snapshot, tmp_path / "deep" / "er" / "saved")
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and "saved" not in p.parts and p.name != "kubeconfig"]
    assert outside == []


# --- secrets

PASSWORD, TOKEN, OTHER = "hunter2-and-more", "s3cr3t-t0ken-value", "an-env-credential-77"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLWl0"
HIDDEN_FROM = (PASSWORD, TOKEN, OTHER, JWT, "-----BEGIN RSA PRIVATE KEY-----", "proxypass99", "custompass1")


def leaky() -> Store:
    """A cluster that has credentials wherever people put them."""
    env = [{"name": "DB_PASSWORD", "value": OTHER}, {"name": "URL", "value": f"postgres://shop:{PASSWORD}@db/x"}]
    container = {"name": "api", "image": "registry/token-service:1.2", "env": env, "args": [f"--token={TOKEN}"]}
    spec = {"nodeName": "n1", "containers": [container]}
    api = crashing("api", "api")
    api["spec"] = spec
    api["metadata"]["labels"] = {"app": "postgres", "secret-store": "postgres"}
    applied = json.dumps({"spec": spec, "password": PASSWORD})
    api["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": applied, "note": PASSWORD}
    api["status"]["message"] = f"cannot log in with {PASSWORD}"
    secret = obj(
        "Secret", "db", "shop",
        data={"password": base64.b64encode(PASSWORD.encode()).decode(), "user": base64.b64encode(b"postgres").decode()},
        stringData={"token": TOKEN}, type="Opaque",
    )  # fmt: skip
    config = obj("ConfigMap", "conf", "shop", data={"app.ini": f"password = {PASSWORD}\n", "jwt": JWT})
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"
    other = obj("ConfigMap", "key", "shop", data={"key.pem": key})
    custom = obj("Widget.example.com", "w", "shop", spec={"password": "custompass1", "url": "http://u:proxypass99@p/"})
    event = obj("Event", "e", "shop", reason="Failed", message=f"login with {TOKEN} failed",
                involvedObject={"kind": "Pod", "name": "api", "namespace": "shop"})  # fmt: skip
    logs = {
        ("shop", "api", "api"): f"connecting to postgres\nFATAL: no login with {OTHER}\n",
        ("shop", "api", "api", "previous"): f"password={PASSWORD}\nFATAL: token {TOKEN} is refused\n",
    }
    return Store.of([api, secret, config, other, custom, event], logs)


LEAKY_RULES = (
    CRASHES,
    *(
        f"id: {kind.partition('.')[0].lower()}-read\ntitle: t\nseverity: info\nmatch:\n- for: {kind}\n"
        "  where: {$.metadata.name: {exists: true}}\nreport: {message: m}\n"
        for kind in ("Secret", "ConfigMap", "Widget.example.com", "Event")
    ),
)


@pytest.fixture
def collected(tmp_path: Path) -> dict[str, bytes]:
    """The files of that cluster."""
    with ApiServer(leaky()) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, rules_of(*LEAKY_RULES))
    return dict(files(snapshot))


def test_no_secret_is_written(collected: dict[str, bytes]) -> None:
    assert {name for name in collected if name.startswith(("get/", "logs/"))} == {
        "get/configmaps.json", "get/events.json", "get/pods.json", "get/secrets.json", "get/version.json",
        "get/widget.example.com.json", "logs/shop/api/api.log", "logs/shop/api/api.previous.log",
    }  # fmt: skip
    leaks = {
        (name, value)
        for name, data in collected.items()
        for value in (*HIDDEN_FROM, *(base64.b64encode(v.encode()).decode() for v in HIDDEN_FROM))
        if value.encode() in data
    }
    assert leaks == set()


def test_what_is_no_secret_stays(collected: dict[str, bytes]) -> None:
    (pod,) = json.loads(collected["get/pods.json"])["items"]
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    assert pod["metadata"]["labels"] == {"app": "postgres", "secret-store": "postgres"}
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "registry/token-service:1.2"
    assert [e["name"] for e in container["env"]] == ["DB_PASSWORD", "URL"]
    (secret,) = json.loads(collected["get/secrets.json"])["items"]
    assert secret["data"] == {"password": "[redacted]", "user": "[redacted]"}
    assert secret["type"] == "Opaque"
    (widget,) = json.loads(collected["get/widget.example.com.json"])["items"]
    assert widget["spec"] == {"password": "[redacted]", "url": "http://u:[redacted]@p/"}
    assert b"FATAL: no login with [redacted]" in collected["logs/shop/api/api.log"]


def test_the_report_of_the_files_is_that_of_the_cluster(tmp_path: Path) -> None:
    rules = rules_of(*LEAKY_RULES)
    with ApiServer(leaky()) as server, client(server, tmp_path) as transport:
        snapshot = capture(transport, rules)
    live = diagnose(snapshot, rules)
    later = diagnose(read(saved(snapshot, tmp_path / "leaky.tar.zst")), rules)
    assert "api says token [redacted] is refused" in messages(live)
    assert told(later) == told(live)
