"""Hosts and ports in the values of variables, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.addresses import Address, in_text, of_variable, remembered, resembles, stem

HOSTS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,8}[a-z0-9])?){0,3}", fullmatch=True)
PORTS = st.integers(1, 65535)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.~-", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stock:7000", [("stock", 7000, "")]),
        ("a:1,b:2;c:3", [("a", 1, ""), ("b", 2, ""), ("c", 3, "")]),
        ("stock:6379/0", [("stock", 6379, "")]),
        ("http://stock", [("stock", 80, "http")]),
        ("https://Stock.shop.svc./x?y=z:1", [("stock.shop.svc", 443, "https")]),
        ("lb://stock", [("stock", None, "lb")]),
        ("jdbc:mysql://db:3307/x", [("db", 3307, "mysql")]),
        ("jdbc:oracle:thin:@db:1521:sid", [("db", 1521, "oracle")]),
        ("jdbc:oracle:thin:@//db:1522/x", [("db", 1522, "oracle")]),
        ("mongodb://u:p@a:1,b:2/x", [("a", 1, "mongodb"), ("b", 2, "mongodb")]),
        ("http://a:1,http://b:2", [("a", 1, "http"), ("b", 2, "http")]),
        ("amqp://u:p@ss@mq", [("mq", 5672, "amqp")]),
        ("u:p@tcp(db)/x", [("db", 3306, "mysql")]),
        ("u:p@tcp(db:3307)/x", [("db", 3307, "mysql")]),
        ("host=db port=5433 user=x", [("db", 5433, "postgres")]),
        ("host=db user=x", [("db", 5432, "postgres")]),
        ("http://[fd00::1]:80/", [("fd00::1", 80, "http")]),
        ("http://a:99999/", []),
        ("a:0", []),
        ("12:30:45", []),
        ("2026-01-01T00:00:00Z", []),
        ("nginx:1.27", []),
        ("see a:1 for more", []),
        ("${HOST:db}", []),
        ("", []),
        ("a:1" * 5000, []),
    ],
)
def test_addresses_in_a_text(text: str, expected: list[tuple[Any, ...]]) -> None:
    assert in_text(text) == [Address(*e) for e in expected]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DB_HOST", "db", [("db", None)]),
        ("dbHost", "db", [("db", None)]),
        ("DB_PORT", "5432", [("", 5432)]),
        ("dbPort", "5432", [("", 5432)]),
        ("PORT", "80", [("", 80)]),
        ("SUPPORT", "1", []),
        ("EXPORT", "3", []),
        ("DB_PORT", "70000", []),
        ("DB_HOST", "true", []),
        ("DB_HOST", "two words", []),
        ("DB_NAME", "db", []),
        ("SIDECAR_IMAGE", "stock:7", []),
        ("WEIGHTS", "stock:10,orders:90", []),
        ("IMAGE_SERVER", "http://stock:7", [("stock", 7)]),
    ],
)
def test_the_name_of_a_variable_helps(name: str, value: str, expected: list[tuple[Any, ...]]) -> None:
    assert [(a.host, a.port) for a in of_variable(name, value)] == expected
    assert remembered(name, value) == tuple(of_variable(name, value))


def test_what_variables_of_one_address_have_in_common() -> None:
    assert stem("DB_HOST") == stem("DB_PORT") == stem("DB_ADDRESS") == "db"
    assert stem("dbHost") == stem("dbPort") == "db"
    assert stem("DB_URL") == "db_url"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("stock", "stocks", True),
        ("stock", "sotck", True),
        ("stock", "steck", True),
        ("stock-service", "stockservice", True),
        ("stock", "stock", False),
        ("stock", "stick-1", False),
        ("web-1", "web-2", False),
        ("web", "wob", False),
        ("stock", "stock2", False),
        ("orders", "stock", False),
    ],
)
def test_names_that_resemble_each_other(one: str, other: str, expected: bool) -> None:
    assert resembles(one, other) is resembles(other, one) is expected


@given(HOSTS, PORTS, st.sampled_from(["http", "jdbc:postgresql", "redis", "tcp"]), WORDS, WORDS)
def test_a_url_tells_host_and_port_and_nothing_else(host: str, port: int, scheme: str, user: str, word: str) -> None:
    (found,) = in_text(f"{scheme}://{user}:{word}@{host}:{port}/{word}?{user}={word}")
    assert found == Address(host, port, scheme.rpartition(":")[2])
    assert in_text(f"{host}:{port}") == [Address(host, port)]
    assert in_text(f"{user}:{word}@tcp({host}:{port})/{word}") == [Address(host, port, "mysql")]


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_read(name: str, value: str) -> None:
    for address in of_variable(name, value):
        assert address.port is None or 0 < address.port < 65536
        assert address.host == address.host.lower()
        assert address.host in value.lower()


@given(st.text("abcxyz-0129", max_size=12), st.text("abcxyz-0129", max_size=12))
def test_resembling_is_mutual_and_never_of_itself(one: str, other: str) -> None:
    assert resembles(one, other) == resembles(other, one)
    assert not resembles(one, one)
