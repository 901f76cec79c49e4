"""What a snapshot holds, what it knows to be missing, and when it was taken."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from diagnose.decode import decode_whole
from diagnose.kinds import KindKey, parse_key
from diagnose.logs import ContainerLog, Log, NodeLog
from diagnose.snapshot import LAST_RESORT, Added, Builder, Coverage, Snapshot
from diagnose.values import timestamp
from tests.builders import builder, event, obj, pod, snapshot

POD, NODE, EVENT = KindKey("", "Pod"), KindKey("", "Node"), KindKey("", "Event")


# --- coverage


def cover(**given: Any) -> Coverage:
    made = Coverage()
    if given.get("everything"):
        made.add_everything()
    if "all" in given:
        made.add(POD)
    if "namespaces" in given:
        made.add(POD, given["namespaces"])
    if "partial" in given:
        made.add_partial(POD)
    if "denied" in given:
        made.deny(POD, given["denied"])
    return made


@pytest.mark.parametrize(
    ("given", "anywhere", "in_a", "collected", "described"),
    [
        ({}, "Pod was not collected", "Pod was not collected", False, None),
        ({"everything": True}, None, None, True, None),
        ({"all": True}, None, None, True, "all"),
        ({"all": True, "denied": "forbidden"}, None, None, True, "all"),
        ({"namespaces": ["a", "c"]}, "Pod was not collected in all namespaces", None, True, ["a", "c"]),
        (
            {"namespaces": ["b"]},
            "Pod was not collected in all namespaces",
            "Pod was not collected in namespace a",
            True,
            ["b"],
        ),
        ({"namespaces": []}, "Pod was not collected", "Pod was not collected", False, None),
        ({"partial": True}, "Pod was collected only in part", "Pod was collected only in part", True, "partial"),
        (
            {"denied": "forbidden"},
            "Pod could not be collected: forbidden",
            "Pod could not be collected: forbidden",
            False,
            "refused: forbidden",
        ),
        ({"denied": "forbidden", "namespaces": ["a"]}, "Pod could not be collected: forbidden", None, True, ["a"]),
        (
            {"partial": True, "namespaces": ["b"]},
            "Pod was not collected in all namespaces",
            "Pod was not collected in namespace a",
            True,
            ["b"],
        ),
    ],
)
def test_what_is_missing_and_why(given: Any, anywhere: Any, in_a: Any, collected: bool, described: Any) -> None:
    made = cover(**given)
    assert made.missing(POD) == anywhere
    assert made.missing(POD, "a") == in_a
    assert made.collected(POD) == collected
    assert made.describe() == ({} if described is None else {"Pod": described})


def test_kinds_of_other_groups_are_other_kinds() -> None:
    made = cover(all=True)
    assert made.missing(KindKey("example.com", "Pod")) == "Pod.example.com was not collected"


def test_coverages_merge() -> None:
    made = cover(namespaces=["a"], denied="forbidden")
    made.merge(cover(namespaces=["b"], partial=True))
    assert (made.missing(POD, "a"), made.missing(POD, "b")) == (None, None)
    assert made.describe() == {"Pod": ["a", "b"]}
    made.merge(cover(all=True))
    assert made.missing(POD) is None
    made.merge(cover(everything=True))
    assert made.missing(NODE) is None


# --- objects


def names(made: Snapshot, key: KindKey) -> list[str]:
    return [f"{r.meta.namespace}/{r.meta.name}" for r in made.tables.get(key, [])]


def add(text: Any, **settings: Any) -> tuple[Builder, Added]:
    made = Builder()
    data = text if isinstance(text, bytes) else json.dumps(text).encode()
    return made, made.add_json(data, "f.json", **settings)


def told(made: Builder) -> list[str]:
    return [str(w) for w in made.warnings]


def test_objects_are_kept_by_kind_sorted() -> None:
    made = snapshot([pod("b"), pod("a", "z"), pod("a"), obj("Node", "n")])
    assert made.objects() == {"Node": 1, "Pod": 3}
    assert names(made, POD) == ["a/a", "a/b", "z/a"]


@pytest.mark.parametrize(
    ("list_", "settings", "found"),
    [
        (
            {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "p", "namespace": "a"}}]},
            {},
            ["a/p"],
        ),
        ({"kind": "List", "apiVersion": "v1", "items": [pod()]}, {}, ["a/p"]),
        ([pod()], {}, ["a/p"]),
        ({"kind": "PodList", "apiVersion": "v1", "items": None}, {}, []),
        ({"kind": "List", "apiVersion": "v1", "items": []}, {}, []),
        ({"items": [{"metadata": {"name": "p"}}]}, {"kind": POD, "namespace": "x"}, ["x/p"]),
        ({"metadata": {"name": "p"}}, {"kind": POD, "namespace": "x"}, ["x/p"]),
        (pod("p", ""), {"namespace": "x"}, ["x/p"]),
        (pod("p", "own"), {"namespace": "x"}, ["own/p"]),
        (
            {"kind": "List", "apiVersion": "v1", "items": [{"kind": "PodList", "metadata": {"resourceVersion": "1"}}]},
            {},
            [],
        ),
    ],
)
def test_lists_of_every_shape(list_: Any, settings: Any, found: list[str]) -> None:
    made, _ = add(list_, **settings)
    assert names(made.build(), POD) == found
    assert told(made) == []


def test_a_namespace_from_the_path_is_for_objects_that_have_one() -> None:
    made, _ = add([obj("Node", "n")], namespace="x")
    assert names(made.build(), NODE) == ["/n"]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (b"{", "f.json: not read to its end: Input data was truncated"),
        (b"[" * 10_000, "f.json: not read: nested too deeply"),
        ({"kind": "PodList", "apiVersion": "v1", "items": {}}, "f.json: not read: a PodList without a list of items"),
        (
            {"kind": "PodList", "apiVersion": "v1", "items": [1, None, "x", {}, {"metadata": {}}, pod()]},
            "f.json: 5 items of the list were not read: no names",
        ),
    ],
)
def test_what_was_not_read_is_told(text: Any, warning: str) -> None:
    made, added = add(text)
    assert told(made) == [warning]
    assert made.build().incomplete and added.broken


def test_json_that_is_no_kubernetes_list_is_none_of_ours() -> None:
    made, added = add({"items": [{"id": 1}, 3]})
    assert (told(made), made.build().incomplete, added.objects) == ([], False, {})


@pytest.mark.parametrize(
    ("versions", "kept"),
    [
        (("1", "2"), 1),
        (("2", "1"), 0),
        (("9", "10"), 1),
        (("", "1"), 1),
        (("1", ""), 0),
        (("007", "8"), 1),
        (("x", "1"), 1),
        (("²", "1"), 1),
        (("9" * 5000, "1"), 0),
        (("1", "1"), 0),
    ],
)
def test_of_two_of_one_object_the_later_version_stays(versions: tuple[str, str], kept: int) -> None:
    made = snapshot([pod(meta={"resourceVersion": v}, spec={"i": i}) for i, v in enumerate(versions)])
    (record,) = made.tables[POD]
    assert decode_whole(record.raw)["spec"] == {"i": kept}


def test_of_two_without_versions_the_fuller_stays() -> None:
    made = snapshot([pod(), pod(spec={"i": 1}), pod()])
    assert [decode_whole(r.raw).get("spec") for r in made.tables[POD]] == [{"i": 1}]


# --- secrets


def test_secrets_are_emptied_and_remembered() -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"stringData": {"old": "former-word"}})}
    data = {"password": base64.b64encode(b"correct horse").decode(), "tls.crt": "cHVibGlj", "short": "YQ==", "odd": 3}
    secret = obj(
        "Secret", "s", "a", meta={"annotations": {**applied, "other": "x"}}, data=data, stringData={"t": "battery"}
    )
    made = snapshot([secret])
    (record,) = made.tables[KindKey("", "Secret")]
    held = decode_whole(record.raw)
    assert held["data"] == {"password": "[redacted]", "tls.crt": "cHVibGlj", "short": "[redacted]", "odd": 3}
    assert held["stringData"] == {"t": "[redacted]"}
    assert held["metadata"]["annotations"] == {"other": "x"}
    assert {"correct horse", data["password"], "battery", "former-word"} <= made.secrets
    assert not made.secrets & {"public", "cHVibGlj", "a", "YQ=="}


def test_a_secret_of_another_group_is_no_secret_but_a_broken_one_is() -> None:
    made = snapshot([obj("Secret.example.com", "s", "a", data={"k": "dmFsdWUtb2YtaXQ="})])
    assert made.secrets == frozenset()
    broken, _ = add(
        b'{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"data":{"k":"c2VjcmV0cw==","n":1e999}}'
    )
    assert "secrets" in broken.build().secrets


# --- time, version, logs


def at(made: Builder) -> tuple[float | None, str]:
    built = made.build()
    return built.captured_at, built.captured_at_from


NOON, ONE = timestamp("2026-01-01T12:00:00Z"), timestamp("2026-01-01T13:00:00Z")


def test_the_capture_time_is_what_was_told_or_the_newest_time_or_that_of_the_file() -> None:
    assert NOON is not None and ONE is not None
    assert at(Builder()) == (None, "")
    made = Builder()
    made.captured(1.0, "time of the file", LAST_RESORT)
    assert at(made) == (1.0, "time of the file")
    made.add_object(event(pod(), "x"))
    assert at(made) == (NOON, "newest time in Event objects")
    made.captured(2.0, "name of the folder", 5)
    assert at(made) == (2.0, "name of the folder")
    made.captured(3.0, "log of the collector")
    made.captured(2.5, "log of the collector")
    assert at(made) == (3.0, "log of the collector")
    assert made.build(at=ONE).captured_at == ONE
    assert made.build(at=ONE).captured_at_from == "--at"


def test_the_version_told_first_stays_and_a_kubelet_stands_in() -> None:
    node = obj("Node", "n", status={"nodeInfo": {"kubeletVersion": "v1.30.1"}})
    made = builder([obj("Node", "a", status="odd"), node])
    assert made.build().server_version == "v1.30.1"
    made.version("")
    made.version("v1.31.0")
    made.version("v1.32.0")
    assert made.build().server_version == "v1.31.0"


def test_of_two_logs_the_larger_stays() -> None:
    made = Builder()
    for key in (ContainerLog("a", "p", "c"), NodeLog("n", "kubelet")):
        for text in ("short", "much longer", "mid"):
            made.add_log(key, Log.of_text("x", text))
    built = made.build()
    assert [log.text for log in (*built.logs.values(), *built.node_logs.values())] == ["much longer"] * 2


def group_of(kind: str, name: str, group: str) -> dict[str, Any]:
    api = {"APIService": "apiregistration.k8s.io/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1"}[kind]
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": {"group": group}}


def test_of_a_group_that_is_not_served_nothing_exists() -> None:
    made = Builder()
    made.add_object(group_of("APIService", "v1.apps", "apps"))
    made.coverage.add(parse_key("APIService"))
    coverage = made.build().coverage
    assert coverage.missing(parse_key("HTTPRoute")) is None
    assert coverage.missing(parse_key("PodMetrics")) is None
    assert coverage.missing(parse_key("Deployment")) == "Deployment.apps was not collected"
    assert coverage.missing(parse_key("Secret")) == "Secret was not collected"


def test_of_a_custom_group_that_is_not_defined_nothing_exists() -> None:
    made = Builder()
    made.add_object(group_of("CustomResourceDefinition", "widgets.example.com", "example.com"))
    made.coverage.add(parse_key("CustomResourceDefinition"))
    coverage = made.build().coverage
    assert coverage.missing(parse_key("HTTPRoute")) is None
    assert coverage.missing(parse_key("Widget.example.com")) == "Widget.example.com was not collected"
    assert coverage.missing(parse_key("PodMetrics")) == "PodMetrics.metrics.k8s.io was not collected"
    assert coverage.missing(parse_key("Deployment")) == "Deployment.apps was not collected"


def test_some_definitions_prove_nothing() -> None:
    made = Builder()
    made.add_object(group_of("CustomResourceDefinition", "widgets.example.com", "example.com"))
    made.coverage.add_partial(parse_key("CustomResourceDefinition"))
    assert made.build().coverage.missing(parse_key("HTTPRoute")) is not None
