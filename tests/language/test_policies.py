"""What policies need of the language: several kinds, every object, pod templates as targets, versions, profiles."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.errors import LoadErrors
from diagnose.language.ruleset import load_rules
from diagnose.language.syntax import ASKED, PROFILES
from tests.builders import obj, pod, report, rule_text


def told(rule: str, objects: list[dict[str, Any]], **settings: Any) -> list[str]:
    """Whom a rule finds, and what it says."""
    return [f"{f.object}: {f.message}" for f in report(rule, objects, **settings).findings]


def deployment(name: str, labels: dict[str, str], namespace: str = "a", **fields: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", **fields}]}}
    return obj("Deployment", name, namespace, spec={"template": template})


def test_a_rule_about_several_kinds() -> None:
    rule = rule_text("{for: [Deployment, StatefulSet], as: workload, where: {$.spec.replicas: 1}}", "{workload.kind}")
    objects = [obj(kind, "x", "a", spec={"replicas": 1}) for kind in ("Deployment", "StatefulSet", "ReplicaSet")]
    assert told(rule, objects) == ["Deployment/a/x: Deployment", "StatefulSet/a/x: StatefulSet"]


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("for: [Pod, Node]", "a rule about several kinds needs a name for what it is about: `as: name`"),
        ("{for: [Pod, Nodes], as: x}", "unknown kind 'Nodes', did you mean 'Node'?"),
        ("{for: [], as: x}", "unknown kind ''; a custom resource is written with its group"),
    ],
)
def test_several_kinds_are_named_and_known(match: str, message: str) -> None:
    with pytest.raises(LoadErrors) as caught:
        report(rule_text(match), [])
    assert message in str(caught.value)


def test_a_rule_about_every_object_sees_kinds_that_nobody_knows() -> None:
    rule = rule_text("{for: Object, where: {$.metadata.name: bad}}", "{object.kind}")
    objects = [obj("Thing.example.com", "bad", "a"), pod("bad"), pod("good"), obj("Namespace", "bad")]
    assert told(rule, objects) == ["Namespace/bad: Namespace", "Pod/a/bad: Pod", "Thing/a/bad: Thing"]


def test_a_rule_about_every_object_goes_along_with_others() -> None:
    everything = rule_text("{for: Object, where: {$.metadata.name: bad}}", rule="every")
    pods = rule_text("{for: Pod, where: {$.spec.nodeName: n}}", rule="pods")
    found = report([everything, pods], [pod("bad", spec={"nodeName": "n"}), pod("p", spec={"nodeName": "n"})])
    assert [(f.rule, f.object.name) for f in found.findings] == [("every", "bad"), ("pods", "bad"), ("pods", "p")]


SELECTS = rule_text("for: Service\n{some: service -> templates, as: t}", "{t.object.kind} {t.object.metadata.name}")
NOTHING = rule_text("for: Service\n{none: service -> templates}")


def service(**labels: str) -> dict[str, Any]:
    return obj("Service", "s", "a", spec={"selector": labels})


def test_a_service_finds_the_templates_that_it_will_select() -> None:
    web = deployment("web", {"app": "web", "tier": "x"})
    assert told(SELECTS, [service(app="web"), web]) == ["Service/a/s: Deployment web"]
    assert told(SELECTS, [service(app="web", tier="y"), web]) == []
    assert told(SELECTS, [service(app="web"), deployment("web", {"app": "web"}, namespace="b")]) == []


def test_a_template_without_a_spec_has_labels_all_the_same() -> None:
    bare = obj("Deployment", "web", "a", spec={"template": {"metadata": {"labels": {"app": "web"}}}})
    assert told(NOTHING, [service(app="web"), bare]) == []


def test_a_pod_stands_for_itself_and_for_nothing_beside_its_controller() -> None:
    lone = pod("p", labels={"app": "web"}, spec={"containers": [{"name": "c"}]})
    assert told(SELECTS, [service(app="web"), lone]) == ["Service/a/s: Pod p"]
    owner = obj("ReplicaSet", "r", "a", spec={"template": {"metadata": {"labels": {"app": "other"}}, "spec": {}}})
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": True}
    owned = pod("p", labels={"app": "web"}, meta={"ownerReferences": [reference]}, spec={"containers": []})
    assert told(SELECTS, [service(app="web"), owner, owned]) == []


def test_templates_read_backwards_and_further() -> None:
    rule = rule_text("for: PodSpec\n{some: podspec -> services, as: s}", "{s.metadata.name}")
    assert told(rule, [service(app="web"), deployment("web", {"app": "web"})]) == ["Deployment/a/web: s"]
    images = rule_text("for: Service\n{each: service -> templates -> containers, as: c}", "{c.image}")
    objects = [service(app="web"), deployment("web", {"app": "web"}, image="nginx")]
    assert told(images, objects) == ["Service/a/s: nginx"]


def test_templates_are_missing_where_one_kind_of_them_may_be() -> None:
    kinds = ("Service", "Deployment", "Pod", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
    whole = report(NOTHING, [service(app="web")], collected=(*kinds, "ReplicationController"))
    part = report(NOTHING, [service(app="web")], collected=kinds)
    assert ([f.message for f in whole.findings], whole.not_evaluated) == (["found"], ())
    assert part.findings == ()
    assert [n.reason for n in part.not_evaluated] == ["ReplicationController was not collected"]


def test_a_version_decides() -> None:
    rule = rule_text("for: Pod\n{when: {snapshot.version: {version: '<1.27'}}}")
    assert told(rule, [pod()], version="v1.26.3") == ["Pod/a/p: found"]
    assert told(rule, [pod()], version="v1.27.0") == []
    assert told(rule, [pod()]) == []


def test_a_range_of_versions_is_checked_when_the_rule_is_loaded() -> None:
    with pytest.raises(LoadErrors, match="'version' takes"):
        report(rule_text("for: Pod\n{when: {snapshot.version: {version: soon}}}"), [])


def test_profiles() -> None:
    (rule,) = load_rules(rule_text("for: Pod", head="profile: hygiene\nscope: manifest"), "r.yaml")
    assert rule.profile == "hygiene"
    with pytest.raises(LoadErrors, match="'profile' is never 'strict', did you mean 'restricted'"):
        load_rules(rule_text("for: Pod", head="profile: strict"), "r.yaml")
    assert ASKED["all"] == set(PROFILES)
    assert all(asked <= set(PROFILES) and "baseline" in asked for asked in ASKED.values())
    assert "opinion" not in ASKED["default"]
