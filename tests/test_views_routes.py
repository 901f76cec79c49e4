"""Routes of a gateway in a ConfigMap, and the Service that each means."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diagnose.kinds import parse_key
from diagnose.values import UNKNOWN
from diagnose.views import TABLE
from tests.builders import obj, world

SERVICES = [obj("Service", n, "a") for n in ("shop-stock-service", "shop-orders", "shop-users", "shop-mail")]


def routes(data: Any, services: list[dict[str, Any]] = SERVICES, **more: Any) -> list[dict[str, Any]]:
    made = world([obj("ConfigMap", "m", "a", data=data), *services], **more)
    (record,) = made.rows(parse_key("ConfigMap"))
    return TABLE["routes"].make(made, record, made.data(record))[0]


YAML = """
server: {port: 1}
---
spring:
  cloud:
    gateway:
      server:
        webflux:
          routes:
          - id: stock
            uri: lb://${A:${B:shop-orders}}
            predicates:
            - Path=/api/v2/stock-service/**,/stock/{id}
            - Method=GET
          - uri: http://shop-users.a.svc:8080
            predicates:
            - name: Path
              args: {_genkey_0: /users, patterns: [/people/**]}
          - id: elsewhere
            uri: https://example.com:8443/x
"""


def test_routes_in_yaml() -> None:
    assert routes({"application.yml": YAML, "other": "x"}) == [
        {
            "file": "application.yml",
            "id": "stock",
            "uri": "lb://shop-orders",
            "service": "shop-orders",
            "port": None,
            "paths": ["/api/v2/stock-service/**", "/stock/{id}"],
            "meant": "shop-stock-service",
        },
        {
            "file": "application.yml",
            "id": "number 2",
            "uri": "http://shop-users.a.svc:8080",
            "service": "shop-users",
            "port": 8080,
            "paths": ["/users", "/people/**"],
            "meant": None,
        },
        {
            "file": "application.yml",
            "id": "elsewhere",
            "uri": "https://example.com:8443/x",
            "service": None,
            "port": 8443,
            "paths": [],
            "meant": None,
        },
    ]


def test_routes_in_properties() -> None:
    text = """
    spring.cloud.gateway.routes[0].id=mail
    spring.cloud.gateway.routes[0].uri = lb://shop-users
    spring.cloud.gateway.routes[0].predicates[0] = Path=/mail/**
    """
    (route,) = routes({"application.properties": text})
    assert (route["id"], route["service"], route["paths"], route["meant"]) == (
        "mail",
        "shop-users",
        ["/mail/**"],
        "shop-mail",
    )


def one(service: str, path: str, name: str = "") -> str:
    called = f"id: {name}, " if name else ""
    return f"routes: [{{{called}uri: 'lb://{service}', predicates: ['Path={path}']}}]"


def meant(text: str, **more: Any) -> Any:
    return routes({"f": text}, **more)[0]["meant"]


def test_what_is_meant() -> None:
    assert meant(one("shop-orders", "/mail/**")) == "shop-mail"
    assert meant(one("shop-orders", "/api/v1/mailservice/**", "mail")) == "shop-mail"
    assert meant(one("shop-mail", "/mail/**")) is None
    assert meant(one("shop-orders", "/orders/mail/**")) is None, "the path names both"
    assert meant(one("shop-orders", "/mail/**", "users")) is None, "id and path name two"
    assert meant(one("shop-orders", "/api/v1/**")) is None, "nothing is named"
    assert meant(one("shop-orders", "/mail/**"), collected=["ConfigMap"]) == "shop-mail"
    assert meant(one("shop-orders", "/post/**"), collected=["ConfigMap"]) is UNKNOWN


def test_a_service_that_a_route_of_its_name_reaches_is_not_missed() -> None:
    text = one("shop-orders", "/mail/**")[:-1] + ", {uri: 'lb://shop-mail', predicates: ['Path=%s']}]"
    assert [r["meant"] for r in routes({"f": text % "/mail/inbox"})] == [None, None]
    assert [r["meant"] for r in routes({"f": text % "/x"})] == ["shop-mail", None]


def test_a_version_of_a_service_is_meant_with_it() -> None:
    services = [*SERVICES, obj("Service", "shop-mail-v2", "a"), obj("Service", "shop-mailbox", "a")]
    assert meant(one("shop-mail-v2", "/mail/**"), services=services) is None
    assert meant(one("shop-mailbox", "/mail/**"), services=services) == "shop-mail"


def test_of_few_services_no_beginning_of_a_name_is_left_out() -> None:
    few = [obj("Service", n, "a") for n in ("shop-mail", "shop-orders")]
    assert meant(one("shop-orders", "/mail/**"), services=few) is None
    assert meant(one("shop-orders", "/shop-mail/**"), services=few) == "shop-mail"


def test_what_is_no_configuration_of_routes() -> None:
    for text in (
        "routes uri: [",
        "routes: &a [uri]\nx: *a",
        "routes: [uri]",
        "routes: uri",
        "x" * (1 << 21),
        "- routes",
    ):
        assert routes({"f": text}) == []
    assert routes(None) == routes({"f": 3}) == []


@given(st.text("routesuri:[]{}-/ \n#&*'\"$lb0=Path.,", max_size=80))
def test_any_text_is_read(text: str) -> None:
    for route in routes({"f": text, "g": f"routes:\n- uri: {text}\n  predicates: [{text}]\n"}):
        assert isinstance(route["uri"], str)
