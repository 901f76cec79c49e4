"""From bytes to objects: lists split, odd types survived, and projections that read what the whole object has."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose import decode
from diagnose.decode import EVERY, Reading, Unreadable
from diagnose.paths import parse
from diagnose.values import UNKNOWN

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def documents(text: str | bytes) -> list[tuple[str, str, list[Any] | None]]:
    """Version, kind and items of each document."""
    data = text.encode() if isinstance(text, str) else text
    return [
        (d.api_version, d.kind, None if d.items is None else [json.loads(bytes(i)) for i in d.items])
        for d in decode.documents(data)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n ", []),
        (json.dumps(POD), [("v1", "Pod", None)]),
        (f"{json.dumps(POD)}\n{json.dumps(POD, indent=1)}\n", [("v1", "Pod", None)] * 2),
        ("{}{}", [("", "", None)] * 2),
        ('{"kind": "PodList", "apiVersion": "v1", "items": [{"a": 1}]}', [("v1", "PodList", [{"a": 1}])]),
        ('{"kind": "List", "items": null}', [("", "List", [])]),
        ('{"kind": "List", "items": []}', [("", "List", [])]),
        ("[]", [("", "", [])]),
        (" [1, {}] ", [("", "", [1, {}])]),
        ('[{"a": 1}]{"kind": "Pod"}[]', [("", "", [{"a": 1}]), ("", "Pod", None), ("", "", [])]),
        ('{"kind": 3, "apiVersion": null}', [("", "", None)]),
        ('{"kind": "List", "apiVersion": 1, "items": [{"a": 1}]}', [("", "List", [{"a": 1}])]),
        ('{"kind": "List", "items": {"a": 1}}', [("", "List", None)]),
        ('{"kind": "List", "items": "x"} {"kind": "Pod"}', [("", "List", None), ("", "Pod", None)]),
        ('3 "x" null {"kind": "Pod"}', [("", "Pod", None)]),
    ],
)
def test_documents_one_after_the_other(text: str, found: Any) -> None:
    assert documents(text) == found


@pytest.mark.parametrize("text", ["{", '{"a": }', "nonsense", "\x00", '{"a": 1} x', "{]"])
def test_what_is_malformed_is_told(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        documents(text)


def test_of_a_list_that_is_cut_off_the_whole_items_come() -> None:
    pods = [{**POD, "metadata": {"name": f"p{i}"}} for i in range(3)]
    whole = json.dumps({"kind": "PodList", "apiVersion": "v1", "items": pods})
    counts = []
    for cut in range(len(whole)):
        found: list[Any] = []
        with pytest.raises(msgspec.DecodeError):
            for document in decode.documents(whole[:cut].encode() or b"x"):
                found += [json.loads(bytes(i)) for i in document.items or []]
        assert found == pods[: len(found)]
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}


@pytest.mark.parametrize("text", ["[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000])
def test_ten_thousand_levels_are_an_error_not_a_crash(text: str) -> None:
    with pytest.raises(decode.MALFORMED):
        documents(text)


@pytest.mark.parametrize(
    ("metadata", "meta"),
    [
        ({"name": "p", "labels": {"a": "b"}}, decode.Meta("p", labels={"a": "b"})),
        ({"name": 7, "namespace": None, "uid": 1.5}, decode.Meta("7", uid="1.5")),
        (
            {"name": "p", "labels": {"a": 1, "b": None, "c": True}},
            decode.Meta("p", labels={"a": "1", "b": "", "c": "True"}),
        ),
        ({"name": "p", "labels": ["x"]}, decode.Meta("p")),
        ({"name": "p", "labels": "x", "resourceVersion": 12}, decode.Meta("p", resourceVersion="12")),
        ({"name": "p", "creationTimestamp": {}}, decode.Meta("p", creationTimestamp="{}")),
        ({"name": "p", "ownerReferences": "x"}, decode.Meta("p")),
        (
            {"name": "p", "ownerReferences": [None, 3, {"kind": "Job", "name": 1, "controller": "true"}]},
            decode.Meta("p", ownerReferences=[decode.OwnerReference("Job", "1", controller=False)]),
        ),
        (
            {"name": "p", "ownerReferences": [{"kind": "Job", "controller": True, "blockOwnerDeletion": True}]},
            decode.Meta("p", ownerReferences=[decode.OwnerReference("Job", controller=True)]),
        ),
        ("x", None),
        ([], None),
        (None, None),
    ],
)
def test_identity_whatever_the_types_are(metadata: Any, meta: decode.Meta | None) -> None:
    who = decode.identity(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata}).encode())
    assert who == decode.Identity("v1", "Pod", meta)


@pytest.mark.parametrize("raw", [b"3", b"null", b'"x"', b"[]", b"{}", b'{"kind": [], "apiVersion": 3}', b"\xff", b"{"])
def test_what_is_no_object_is_nobody(raw: bytes) -> None:
    assert decode.identity(raw) == decode.Identity()


NAMES = st.sampled_from(["a", "b", "x/y"])
STEPS = st.lists(st.one_of(NAMES, NAMES, st.just(EVERY)), max_size=4).map(tuple)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 1), st.floats(0, 1), st.text("xy", max_size=1)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=10,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def path_of(steps: tuple[decode.Step, ...]) -> Any:
    return parse("$" + "".join(f"['{s}']" if isinstance(s, str) else "[*]" for s in steps))


@st.composite
def shaped(draw: st.DrawFn) -> tuple[list[tuple[decode.Step, ...]], dict[str, Any]]:
    """Paths, and an object that mostly has what they go through."""
    paths = draw(st.lists(STEPS, min_size=1, max_size=4))
    made: dict[str, Any] = draw(OBJECTS)
    for steps in paths:
        value = draw(VALUES)
        for step in reversed(steps[1:]):
            value = {step: value, "other": 1} if isinstance(step, str) else [value, draw(VALUES)]
        if steps and isinstance(steps[0], str):
            made[steps[0]] = value
    return paths, made


@settings(max_examples=500, deadline=None)
@given(shaped())
def test_a_projection_reads_what_the_whole_object_has(
    drawn: tuple[list[tuple[decode.Step, ...]], dict[str, Any]],
) -> None:
    paths, value = drawn
    raw = json.dumps(value).encode()
    how = decode.reading(paths)
    data = decode.decode_projected(how.decoder, raw) if how.decoder else decode.decode_whole(raw)
    for steps in paths:
        assert repr(list(path_of(steps).get(data))) == repr(list(path_of(steps).get(value)))


def test_a_projection_keeps_no_more_than_it_needs() -> None:
    raw = b'{"spec": {"a": {"b": 1, "c": 2}, "d": 3, "l": [{"x": 1, "y": 2}, null]}, "status": {}}'
    decoder = decode.projection([("spec", "a", "b"), ("spec", "l", EVERY, "x")])
    assert decode.decode_projected(decoder, raw) == {"spec": {"a": {"b": 1}, "l": [{"x": 1}, None]}}
    decoder = decode.projection([("spec", "a"), ("spec", "a", "b"), ("spec", "d")])
    assert decode.decode_projected(decoder, raw) == {"spec": {"a": {"b": 1, "c": 2}, "d": 3}}


def test_an_object_of_other_types_is_decoded_plainly() -> None:
    raw = b'{"spec": {"l": {"x": 1}}, "other": 1}'
    decoder = decode.projection([("spec", "l", EVERY, "x")])
    assert decode.decode_projected(decoder, raw) == {"spec": {"l": {"x": 1}}, "other": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e999", "1e999"),
        ("-1e999", "-1e999"),
        ("12345678901234567890123", 12345678901234567890123),
    ],
)
def test_numbers_beyond_every_range_spoil_nothing(text: str, value: Any) -> None:
    raw = f'{{"spec": {{"x": {text}, "y": 1}}}}'.encode()
    decoder = decode.projection([("spec", "x")])
    assert decode.decode_projected(decoder, raw)["spec"]["x"] == value
    assert decode.decode_whole(raw) == {"spec": {"x": value, "y": 1}}


@pytest.mark.parametrize("raw", [b'{"a": "\xff\xfe"}', b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", b"{"])
def test_an_object_that_nothing_reads_may_hold_anything(raw: bytes) -> None:
    for found in (decode.decode_whole(raw), decode.decode_projected(decode.projection([("a",)]), raw)):
        assert isinstance(found, Unreadable)
        assert list(parse("$.a.b[*]").get(found)) == [UNKNOWN]


@pytest.mark.parametrize(
    ("paths", "shows"),
    [
        ([("spec", "nodeName")], False),
        ([("spec", "containers", EVERY, "image")], False),
        ([("spec", "containers", EVERY)], True),
        ([("spec", "containers", EVERY, "env", EVERY, "value")], True),
        ([("spec", "template", "spec")], True),
        ([("spec",)], True),
        ([()], True),
    ],
)
def test_a_reading_knows_whether_it_shows_the_environment(paths: list[Any], shows: bool) -> None:
    how = decode.reading(paths)
    assert isinstance(how, Reading)
    assert how.environment == shows
    assert (how.decoder is None) == (() in paths)


def test_who_reads_the_values_of_variables_reads_their_names() -> None:
    how = decode.reading([("spec", "containers", EVERY, "env", EVERY, "value")])
    assert how.decoder is not None
    raw = b'{"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1", "valueFrom": {}}]}]}}'
    assert decode.decode_projected(how.decoder, raw) == {
        "spec": {"containers": [{"env": [{"name": "A", "value": "1"}]}]}
    }
