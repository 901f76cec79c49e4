"""What is served and what is not, in both ways that servers tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnose.errors import InputError
from tests.builders import obj
from tests.live.support import missing, names, pods, pulled, told
from tests.server import ApiServer, Fault, Store
from tests.server.store import Table

METRICS = obj("PodMetrics", "p-000", "shop", containers=[]) | {"apiVersion": "metrics.k8s.io/v1beta1"}
CERTIFICATE = obj("Certificate.cert-manager.io", "tls", "shop")


@pytest.fixture(params=[True, False], ids=["aggregated", "older"])
def aggregated(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_kind_is_listed_in_the_version_that_is_served(tmp_path: Path, aggregated: bool) -> None:
    hpa = obj("HorizontalPodAutoscaler", "h", "shop") | {"apiVersion": "autoscaling/v2"}
    store = Store.of([hpa, METRICS, CERTIFICATE])
    with ApiServer(store, aggregated=aggregated) as server:
        kinds = ["HorizontalPodAutoscaler", "PodMetrics", "Certificate.cert-manager.io", "Ingress"]
        snapshot = pulled(server, tmp_path, kinds)
    lists = [path for path in server.asked() if path.count("/") == 4]
    assert sorted(lists) == [
        "/apis/autoscaling/v2/horizontalpodautoscalers",
        "/apis/cert-manager.io/v1/certificates",
        "/apis/metrics.k8s.io/v1beta1/pods",
        "/apis/networking.k8s.io/v1/ingresses",
    ]
    assert names(snapshot, "PodMetrics") == ["shop/p-000"]
    assert names(snapshot, "Certificate.cert-manager.io") == ["shop/tls"]


def test_a_kind_that_is_not_served_is_collected_and_empty(tmp_path: Path, aggregated: bool) -> None:
    store = Store.of(pods(1))
    store.remove("discovery.k8s.io", "endpointslices")
    with ApiServer(store, aggregated=aggregated) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "PodMetrics", "Certificate.cert-manager.io", "EndpointSlice"])
    for kind in ("PodMetrics", "Certificate.cert-manager.io", "EndpointSlice"):
        assert missing(snapshot, kind) is None
        assert not names(snapshot, kind)
    assert missing(snapshot, "Challenge.acme.cert-manager.io") is None, "nor is anything of a group that is not served"
    assert missing(snapshot, "ConfigMap") == "ConfigMap was not collected", "it is served, and nobody asked for it"
    assert not told(snapshot)


def test_an_old_home_of_a_kind(tmp_path: Path, aggregated: bool) -> None:
    store = Store()
    store.remove("networking.k8s.io", "ingresses")
    store.tables["extensions", "ingresses"] = Table("Ingress", "extensions", "v1beta1", "ingresses", True)
    store.tables["extensions", "ingresses"].rows["shop", "i"] = b'{"metadata":{"name":"i","namespace":"shop"}}'
    with ApiServer(store, aggregated=aggregated) as server:
        snapshot = pulled(server, tmp_path, ["Ingress"])
    assert "/apis/extensions/v1beta1/ingresses" in server.asked()
    assert names(snapshot, "Ingress") == ["shop/i"]
    assert missing(snapshot, "Ingress") is None


def test_older_servers_are_asked_only_for_groups_that_matter(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1)), aggregated=False) as server:
        pulled(server, tmp_path, ["Pod", "Deployment"])
    assert sorted(server.asked()) == [
        "/api", "/api/v1", "/api/v1/pods", "/apis", "/apis/apps/v1", "/apis/apps/v1/deployments", "/version",
    ]  # fmt: skip


def test_a_group_that_does_not_answer(tmp_path: Path) -> None:
    fault = Fault("/apis/metrics.k8s.io", 503, times=None)
    with ApiServer(Store.of([*pods(1), METRICS]), aggregated=False, faults=[fault]) as server:
        snapshot = pulled(server, tmp_path, ["Pod", "PodMetrics"])
    why = "/apis/metrics.k8s.io/v1beta1: HTTP 503: the server is currently unable to handle the request"
    assert missing(snapshot, "PodMetrics") == f"PodMetrics.metrics.k8s.io could not be collected: {why}"
    assert told(snapshot) == [f"PodMetrics.metrics.k8s.io was not listed: {why}"]
    assert not snapshot.incomplete, "the cluster is like that"


def test_discovery_that_is_refused(tmp_path: Path) -> None:
    closed = Fault("^/apis?$", 403, times=None)
    with ApiServer(Store.of(pods(1)), faults=[closed]) as server, pytest.raises(InputError) as error:
        pulled(server, tmp_path)
    assert str(error.value) == (
        "the server does not tell what it serves (/api): forbidden; bind the ClusterRole system:discovery"
    )


def test_a_version_that_is_refused_is_left_unknown(tmp_path: Path) -> None:
    with ApiServer(Store.of(pods(1)), faults=[Fault("^/version$", 403, times=None)]) as server:
        snapshot = pulled(server, tmp_path)
    assert snapshot.server_version == ""
    assert snapshot.captured_at is not None
    assert names(snapshot) == ["shop/p-000"]
