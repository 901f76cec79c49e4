"""Objects without what is secret: shape kept, structure untouched, whatever they hold."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from diagnose.cleaning import Cleaner
from diagnose.decode import Meta, Record, encode
from diagnose.kinds import parse_key

KNOWN = "correct-horse-battery"
TEXTS = st.text(max_size=20) | st.sampled_from([KNOWN, f"x {KNOWN} y", "password=abcdef1", "ghp_" + "a" * 36])
KEYS = st.sampled_from(
    ["message", "labels", "env", "name", "value", "password", "secretName", "data", "spec"]
) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def cleaned(value: dict[str, Any], kind: str = "Pod", secrets: tuple[str, ...] = (KNOWN,)) -> dict[str, Any]:
    record = Record(parse_key(kind), "v1", Meta(name="x"), encode(value), "")
    found: dict[str, Any] = msgspec.json.decode(Cleaner(frozenset(secrets)).object(record))
    return found


def shape(value: Any) -> Any:
    """Keys, lengths and types without the texts."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shape(v) for v in value]
    return "text" if isinstance(value, str) else value


@given(st.dictionaries(KEYS.filter(lambda k: k not in ("apiVersion", "kind")), VALUES, max_size=5))
def test_only_texts_change(value: dict[str, Any]) -> None:
    found = cleaned(value)
    assert (found.pop("apiVersion"), found.pop("kind")) == ("v1", "Pod")
    assert {k: v for k, v in shape(found).items() if k not in ("spec",)} == {
        k: v for k, v in shape(msgspec.json.decode(encode(value))).items() if k not in ("spec",)
    }


@given(VALUES)
def test_a_known_value_is_gone_from_free_text(value: Any) -> None:
    assert KNOWN.encode() not in encode(_without_structure(cleaned({"data": value})))


def _without_structure(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(i): _without_structure(v) for i, (k, v) in enumerate(value.items()) if k not in ("labels",)}
    return [_without_structure(v) for v in value] if isinstance(value, list) else value


def test_structure_stays() -> None:
    metadata = {"name": KNOWN, "namespace": KNOWN, "labels": {"password": KNOWN}, "uid": "u"}
    spec = {"nodeName": KNOWN, "selector": {"token": KNOWN}, "volumes": [{"secret": {"secretName": KNOWN}}]}
    assert cleaned({"metadata": metadata, "spec": spec}) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
    }


def test_a_credential_of_the_environment_is_gone_from_its_own_object() -> None:
    container = {"name": "c", "env": [{"name": "API_TOKEN", "value": "abc-def-ghi"}], "args": ["--with=abc-def-ghi"]}
    found = cleaned({"spec": {"containers": [container]}, "status": {"message": "abc-def-ghi is wrong"}})
    assert found["spec"]["containers"][0] == {
        "name": "c",
        "env": [{"name": "API_TOKEN", "value": "[redacted]"}],
        "args": ["--with=[redacted]"],
    }
    assert found["status"]["message"] == "[redacted] is wrong"


def test_fields_that_are_called_like_a_credential() -> None:
    spec = {"password": "abc", "passwordSecretRef": "db", "tokenPath": "/var/x", "auth": {"token": "t"}, "tokens": 3}
    assert cleaned({"spec": spec}, "Widget.example.com")["spec"] == {
        "password": "[redacted]",
        "passwordSecretRef": "db",
        "tokenPath": "/var/x",
        "auth": {"token": "[redacted]"},
        "tokens": 3,
    }
