"""Where the environment of containers tells them to connect, and which of that no Service has."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diagnose.kinds import parse_key
from diagnose.render import Options, render
from diagnose.views import TABLE
from tests.builders import messages, obj, pod, report, rule_text, world


def found(
    objects: list[dict[str, Any]], view: str = "addresses", **more: Any
) -> tuple[list[dict[str, Any]], str | None]:
    made = world([*objects, *SERVICES], **more)
    record = next(r for r in made.rows(parse_key("Pod")) if r.meta.name == "p")
    return TABLE[view].make(made, record, made.data(record))


def container(**fields: Any) -> dict[str, Any]:
    return pod(spec={"containers": [{"name": "c", **fields}]}, labels={"app": "web"})


def service(name: str, namespace: str, *ports: int, **spec: Any) -> dict[str, Any]:
    return obj(
        "Service", name, namespace, spec={"clusterIP": "10.0.0.1", "ports": [{"port": p} for p in ports], **spec}
    )


SERVICES = [
    service("db", "a", 5432),
    service("db", "b", 3306),
    service("web", "a", 80, selector={"app": "web"}),
    service("stock", "a", 80),
    service("peers", "a", 7000, clusterIP="None"),
    service("outside", "a", 443, type="ExternalName"),
]


def shown(elements: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e["variable"], e["host"], e["port"], e["service"], e["namespace"]) for e in elements]


def test_of_values_of_every_source() -> None:
    env = [
        {"name": "PLAIN", "value": "db:5432"},
        {"name": "HOST_OF_DB", "value": "x"},
        {"name": "NAMED_HOST", "value": "db.b.svc.cluster.local"},
        {"name": "NAMED_PORT", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "port"}}},
        {"name": "BUILT", "value": "http://$(PLAIN)/x"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    maps = [obj("ConfigMap", "m", "a", data={"port": "3306", "URL": "redis://db.b/1", "file": "a:1\nb:2\n"})]
    made, missing = found([container(env=env, envFrom=[{"configMapRef": {"name": "m"}, "prefix": "M_"}]), *maps])
    assert missing is None
    assert shown(made) == [
        ("M_URL", "db.b", 6379, "db", "b"),
        ("PLAIN", "db", 5432, "db", "a"),
        ("NAMED_HOST", "db.b.svc.cluster.local", 3306, "db", "b"),
        ("BUILT", "db", 5432, "db", "a"),
    ]
    assert [e["port_told"] for e in made][:3] == [
        "port 6379 (M_URL of ConfigMap m)",
        "port 5432 (PLAIN)",
        "port 3306 (NAMED_PORT of ConfigMap m)",
    ]


def test_a_later_variable_takes_the_place_of_an_earlier_one() -> None:
    maps = [obj("ConfigMap", "m", "a", data={"DB": "db:1"})]
    made, _ = found(
        [container(env=[{"name": "DB", "value": "db:2"}], envFrom=[{"configMapRef": {"name": "m"}}]), *maps]
    )
    assert shown(made) == [("DB", "db", 2, "db", "a")]


def test_arguments() -> None:
    made, _ = found([container(command=["run", "--db=db:1"], args=["--cache", "redis://web", "-v", "--other=x"])])
    assert shown(made) == [("--db", "db", 1, "db", "a"), ("--cache", "web", 6379, "web", "a")]


def test_hosts_that_name_no_service() -> None:
    names = ["db.example.com", "db-0.peers.a.svc", "10.0.0.1", "peers.c", "alias"]
    env = [{"name": f"V{i}", "value": f"{n}:1"} for i, n in enumerate(names)]
    one = container(env=env)
    one["spec"]["hostAliases"] = [{"ip": "1.1.1.1", "hostnames": ["alias"]}]
    made, _ = found([one])
    assert [e["service"] for e in made] == [None] * 4


def test_of_a_secret_the_port_is_not_told_and_other_hosts_are_not_known() -> None:
    values = {"HOST": "db.b", "PORT": "3307", "OTHER": "http://vault.example.com:8200", "PASSWORD": "db:1234"}
    data = {k: base64.b64encode(v.encode()).decode() for k, v in values.items()}
    one = container(envFrom=[{"secretRef": {"name": "s"}}])
    made, missing = found([one, obj("Secret", "s", "a", data=data)])
    assert missing is None
    assert shown(made) == [("HOST", "db.b", 3307, "db", "b")]
    assert made[0]["port_told"] == "the port in PORT of Secret s"
    rule = rule_text(
        "for: PodSpec\n{each: podspec -> wrong-addresses, as: e}", "{e.service}: {e.port_told}, not {e.offered[*]}"
    )
    told = report(rule, [one, obj("Secret", "s", "a", data=data), *SERVICES])
    assert messages(told) == ["db: the port in PORT of Secret s, not 3306"]
    assert "3307" not in str(render(told, "json", Options()))


def test_what_hides_its_values() -> None:
    one = container(envFrom=[{"secretRef": {"name": "s"}}])
    why = "a value that it reads was redacted, or is not in the dump"
    assert found([one, obj("Secret", "s", "a", data={"HOST": "***HIDDEN***"})]) == ([], why)
    assert found([one], collected=["Pod", "Service"])[1] == "Secret was not collected"


def test_wrong_addresses() -> None:
    values = [
        "db:5432",
        "db:1",
        "db.b:5432",
        "web:8080",
        "peers:1",
        "outside:1",
        "dbs:5432",
        "stocks:80",
        "stocks:81",
        "x:1",
    ]
    env = [{"name": f"V{i}", "value": v} for i, v in enumerate(values)]
    made, missing = found([container(env=env)], "wrong-addresses")
    assert missing is None
    assert [(e["variable"], e["service"], e["offered"], e["near"]) for e in made] == [
        ("V1", "db", [5432], None),
        ("V2", "db", [3306], None),
        ("V7", "stocks", [], "stock"),
    ]
    alone, why = found([container(env=env[9:])], "wrong-addresses", collected=["Pod"])
    assert (alone, why) == ([], "Service was not collected")


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "db:1", "db", "http://db:x", "HOST", "PORT", "c"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "value", "valueFrom", "configMapKeyRef", "secretKeyRef", "key", "configMapRef", "prefix"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(ODD, ODD, ODD, ODD, ODD)
def test_of_odd_types(env: Any, sources: Any, args: Any, aliases: Any, data: Any) -> None:
    one = container(env=env, envFrom=sources, args=args)
    one["spec"]["hostAliases"] = aliases
    maps = [obj("ConfigMap", name, "a", data=data) for name in ("c", "db")]
    for view in ("addresses", "wrong-addresses"):
        made, _ = found([one, *maps], view)
        assert all(e["host"] for e in made)
