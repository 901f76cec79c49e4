"""What a pod that a text tells of has from the template that it was made of."""

from __future__ import annotations

from typing import Any

from diagnose.decode import decode_whole
from diagnose.kinds import parse_key
from diagnose.snapshot import Builder
from diagnose.tellings import Telling
from diagnose.told import Partial, Whole
from diagnose.values import UNKNOWN

AFFINITY = Whole({"nodeAffinity": Whole({})})


def owned(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": name, "apiVersion": "apps/v1", "controller": True}], **metadata}


def replica_set(name: str, revision: str | None = None) -> Telling:
    notes = {} if revision is None else {"annotations": Whole({"deployment.kubernetes.io/revision": revision})}
    fields = {"metadata": owned("Deployment", "web", **notes)}
    return Telling(parse_key("ReplicaSet"), "a", name, fields, "rs.txt", 3)


def pod(name: str, owner: str = "web-1", kind: str = "ReplicaSet", **fields: Any) -> Telling:
    spec = {"containers": [{"name": "c", "ports": [{"containerPort": 53, "protocol": "UDP"}]}]}
    labels = fields.pop("labels", {})
    told = {"metadata": owned(kind, owner, labels=Whole(labels)), "spec": {**spec, **fields}}
    return Telling(parse_key("Pod"), "a", name, told, "pod.txt", 3)


def controller(kind: str = "Deployment", **spec: Any) -> Telling:
    template = {"template": Whole({"spec": Whole(spec)})}
    return Telling(parse_key(kind), "a", "web", {"spec": template}, "web.txt", 3)


def spec_of(name: str, *tellings: Telling) -> Any:
    into = Builder()
    for telling in tellings:
        into.told.add(telling)
    rows = into.build().tables[parse_key("Pod")]
    return decode_whole(next(r for r in rows if r.name == name).raw)["spec"]


def test_a_pod_has_what_its_template_says_and_no_text_about_it() -> None:
    spec = spec_of("web-1-x", pod("web-1-x"), replica_set("web-1"), controller(affinity=AFFINITY, dnsPolicy="None"))
    assert spec["affinity"] == {"nodeAffinity": {}}
    assert spec["dnsPolicy"] == "None"
    assert spec["hostNetwork"] is None, "a template that is known whole has no such field"
    assert isinstance(spec, Partial)
    assert spec.get("imagePullSecrets") is UNKNOWN, "a service account may add them"


def test_what_is_told_of_the_pod_counts_more() -> None:
    spec = spec_of(
        "p", pod("p", nodeSelector=Whole(a="b")), replica_set("web-1"), controller(nodeSelector=Whole(c="d"))
    )
    assert spec["nodeSelector"] == {"a": "b"}


def test_containers_are_completed_by_name_and_ports_by_number_and_protocol() -> None:
    ports = [
        Whole(name="tcp", containerPort=53),
        Whole(name="dns", containerPort=53, protocol="UDP"),
    ]
    template = controller(containers=[Whole(name="c", ports=ports, args=["-v"]), Whole(name="other")])
    spec = spec_of("p", pod("p"), replica_set("web-1"), template)
    assert [c["name"] for c in spec["containers"]] == ["c"]
    assert spec["containers"][0]["args"] == ["-v"]
    assert spec["containers"][0]["ports"] == [{"containerPort": 53, "protocol": "UDP", "name": "dns"}]


def test_a_pod_whose_containers_are_not_told_does_not_get_those_of_its_template() -> None:
    """What admission added to the pod would be missing among them."""
    bare = Telling(parse_key("Pod"), "a", "p", {"metadata": owned("ReplicaSet", "web-1")}, "pods.txt", 2)
    spec = spec_of("p", bare, replica_set("web-1"), controller(containers=[Whole(name="c")], affinity=AFFINITY))
    assert "containers" not in spec and spec["affinity"] == {"nodeAffinity": {}}


def test_only_the_newest_replica_set_has_the_template_of_its_deployment() -> None:
    tellings = [pod("old", "web-1"), pod("new", "web-2"), controller(affinity=AFFINITY)]
    ordered = [*tellings, replica_set("web-1", "9"), replica_set("web-2", "10")]
    assert "affinity" not in spec_of("old", *ordered)
    assert "affinity" in spec_of("new", *ordered)
    unordered = [*tellings, replica_set("web-1"), replica_set("web-2", "10")]
    assert "affinity" not in spec_of("new", *unordered)


def test_pods_of_a_daemon_set_have_its_template_when_all_are_of_one_revision() -> None:
    one, same, other = (
        pod(n, "web", "DaemonSet", labels={"controller-revision-hash": h}) for n, h in ("ax", "bx", "cy")
    )
    template = controller("DaemonSet", affinity=AFFINITY)
    assert "affinity" in spec_of("a", one, same, template)
    assert "affinity" not in spec_of("a", one, other, template)


def test_a_pod_of_no_known_controller_stays_as_it_is() -> None:
    assert "affinity" not in spec_of("p", pod("p", "gone-1"), controller(affinity=AFFINITY))
