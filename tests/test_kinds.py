"""Groups, kinds and resource names."""

from __future__ import annotations

import pytest

from diagnose.kinds import BY_KIND, TABLE, KindKey, from_resource, info, is_namespaced, key_of, parse_key


@pytest.mark.parametrize(
    ("api", "kind", "key"),
    [
        ("v1", "Pod", "Pod"),
        ("", "Pod", "Pod"),
        ("", "Deployment", "Deployment.apps"),
        ("apps/v1", "Deployment", "Deployment.apps"),
        ("apps/v1beta2", "Deployment", "Deployment.apps"),
        ("extensions/v1beta1", "Deployment", "Deployment.apps"),
        ("extensions/v1beta1", "Ingress", "Ingress.networking.k8s.io"),
        ("events.k8s.io/v1", "Event", "Event"),
        ("v1", "Node", "Node"),
        ("config.openshift.io/v1", "Node", "Node.config.openshift.io"),
        ("serving.knative.dev/v1", "Service", "Service.serving.knative.dev"),
        ("", "Gadget", "Gadget"),
        ("/", "Pod", "Pod"),
    ],
)
def test_the_key_of_an_object(api: str, kind: str, key: str) -> None:
    assert str(key_of(api, kind)) == key
    assert parse_key(key) == key_of(api, kind)


@pytest.mark.parametrize(
    ("text", "key"), [("Deployment", "Deployment.apps"), ("Gadget", "Gadget"), ("Job", "Job.batch")]
)
def test_a_kind_without_group_as_rules_write_it(text: str, key: str) -> None:
    assert str(parse_key(text)) == key


@pytest.mark.parametrize(
    ("name", "group", "key"),
    [
        ("pods", None, "Pod"),
        ("Pods", None, "Pod"),
        ("deployments", None, "Deployment.apps"),
        ("deployments.apps", None, "Deployment.apps"),
        ("deployments", "extensions", "Deployment.apps"),
        ("events.events.k8s.io", None, "Event"),
        ("pods.metrics.k8s.io", None, "PodMetrics.metrics.k8s.io"),
        ("pods", "core", "Pod"),
        ("pods", "v1", "Pod"),
        ("nodes.config.openshift.io", None, None),
        ("gadgets", None, None),
        ("", None, None),
    ],
)
def test_the_key_behind_a_resource_name(name: str, group: str | None, key: str | None) -> None:
    found = from_resource(name, group)
    assert (str(found) if found else None) == key


def test_scope() -> None:
    assert not is_namespaced(KindKey("", "Node"))
    assert is_namespaced(KindKey("", "Pod"))
    assert is_namespaced(KindKey("config.openshift.io", "Node"))
    assert info(KindKey("example.com", "Gadget")) is None


def test_the_table_says_each_thing_once() -> None:
    keys = [(i.group, i.kind) for i in TABLE]
    assert len(set(keys)) == len(keys)
    assert all(parse_key(str(KindKey(i.group, i.kind))) == KindKey(i.group, i.kind) for i in TABLE)
    assert all(from_resource(i.resource, i.group) == KindKey(i.group, i.kind) for i in TABLE)
    assert BY_KIND["Service"].group == ""
