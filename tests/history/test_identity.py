"""Which cluster a run is of."""

from __future__ import annotations

import pytest

from diagnose.errors import UsageError
from diagnose.history import Identity, identity_of
from diagnose.history.identity import Cluster, choose, merged
from diagnose.snapshot import Builder

from ..builders import obj
from .support import record, report, rows

A = Cluster(1, Identity("", "uid-a", "https://a.example:6443"))
B = Cluster(2, Identity("", "", "https://b.example:6443"))
NAMED = Cluster(3, Identity("prod", "uid-p", "https://p.example:6443"))
IN_CLUSTER = "https://10.96.0.1:443"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Identity("prod"), NAMED),
        (Identity("prod", "uid-new"), NAMED),
        (Identity("", "uid-p"), NAMED),
        (Identity("", "", "https://p.example:6443"), NAMED),
        (Identity("", "uid-a"), A),
        (Identity("", "uid-a", "https://elsewhere:6443"), A),
        (Identity("", "", "https://a.example:6443"), A),
        (Identity("stage", "uid-a"), A),
        (Identity("stage", "uid-p"), None),
        (Identity("stage"), None),
        (Identity("", "uid-b", "https://b.example:6443"), B),
        (Identity("", "uid-other", "https://a.example:6443"), None),
        (Identity("", "uid-c", IN_CLUSTER), None),
        (Identity("", "", "https://c.example:6443"), None),
    ],
)
def test_the_cluster_that_is_meant(wanted: Identity, found: Cluster | None) -> None:
    assert choose(wanted, [A, B, NAMED]) == found


def test_what_cannot_be_told() -> None:
    with pytest.raises(UsageError) as error:
        choose(Identity("", "", IN_CLUSTER), [A])
    assert str(error.value) == (
        "the history cannot tell which cluster this is: https://10.96.0.1:443 is an address that others have too, and "
        "the Namespace kube-system was not collected; name the cluster with --cluster-name"
    )
    twins = [Cluster(1, Identity("one", "u")), Cluster(2, Identity("two", "u"))]
    with pytest.raises(UsageError) as error:
        choose(Identity("", "u"), twins)
    assert str(error.value) == (
        "the history has several clusters that this may be (one, two); name the cluster with --cluster-name"
    )
    assert choose(Identity("two", "u"), twins) == twins[1]


@pytest.mark.parametrize("server", [IN_CLUSTER, "https://kubernetes.default.svc", "https://[fd00::1]"])
def test_addresses_that_every_cluster_has(server: str) -> None:
    known = Cluster(1, Identity("", "", server))
    assert choose(Identity("", "uid", server), [known]) is None
    with pytest.raises(UsageError):
        choose(Identity("", "", server), [known])


@pytest.mark.parametrize(
    "server", ["https://10.0.0.5:6443", "https://api.example", "https://127.0.0.1:43210", "https://h:x"]
)
def test_addresses_of_one_cluster(server: str) -> None:
    known = Cluster(1, Identity("", "", server))
    assert choose(Identity("", "", server), [known]) == known


def test_what_is_known_grows() -> None:
    assert merged(A.identity, Identity("prod", "", "https://new")) == Identity("prod", "uid-a", "https://new")


def test_what_a_snapshot_tells() -> None:
    into = Builder()
    for name in ("default", "kube-system"):
        into.add_object(obj("Namespace", name, meta={"uid": f"uid of {name}"}))
    into.server = "HTTPS://user:pass@API.example:6443/"
    told = identity_of(into.build(), "prod")
    assert told == Identity("prod", "uid of kube-system", "https://api.example:6443")
    assert identity_of(Builder().build()) == Identity()


def test_a_cluster_is_found_by_whatever_is_told_of_it(url: str) -> None:
    for number, identity in enumerate(
        [
            Identity("", "", "https://a.example:6443"),
            Identity("", "uid-a", "https://a.example:6443"),
            Identity("", "uid-a"),
            Identity("prod", "uid-a"),
            Identity("prod"),
        ]
    ):
        record(url, report(["a"], 1000.0 + number), identity=identity)
    assert [(c["name"], c["uid"], c["server"]) for c in rows(url, "clusters")] == [
        ("prod", "uid-a", "https://a.example:6443")
    ]
    assert rows(url)[0]["times_seen"] == 5
