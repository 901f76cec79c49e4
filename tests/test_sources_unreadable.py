"""What cannot be read is told; nothing is a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.decode import decode_whole
from diagnose.errors import InputError
from diagnose.kinds import parse_key
from tests.dump_formats import BLOCKS, SHAPES
from tests.dumps import NODE, OTHER, POD, as_json, item, listed, load, piped, told

# --- what cannot be read ----------------------------------------------------------------------------------------------

WHOLE = as_json(listed(*(item("Pod", f"p{n}", "shop") for n in range(10))))
YAML_LIST = yaml.safe_dump(listed(*(item("Pod", f"p{n}", "shop", spec={"a": "b"}) for n in range(10)))).encode()

BROKEN: dict[str, tuple[str, bytes, int, list[str]]] = {
    "cut off json": (
        "a.json",
        WHOLE[: WHOLE.index(b'"p4"')],
        4,
        ["a.json: not read to its end: broken or cut off after 4 items"],
    ),
    "cut off compact": (
        "a.json",
        json.dumps(json.loads(WHOLE)).encode()[:-60],
        9,
        ["a.json: not read to its end: broken or cut off after 9 items"],
    ),
    "cut off array": (
        "a.json",
        as_json([POD, OTHER])[:-20],
        1,
        ["a.json: not read to its end: broken or cut off after 1 items"],
    ),
    "cut off second document": (
        "a.json",
        as_json(listed(NODE)) + as_json(listed(POD, OTHER))[:-140],
        2,
        ["a.json: not read to its end: broken or cut off after 1 items"],
    ),
    "cut off object": ("a.json", as_json(POD)[:-9], 0, ["a.json: not read to its end: Input data was truncated"]),
    "cut off yaml": (
        "a.yaml",
        YAML_LIST[: YAML_LIST.index(b"name: p7")] + b"name: 'p",
        7,
        [
            "a.yaml: broken near its end, its last 53 bytes were not read: "
            "line 63, column 1: found unexpected end of stream"
        ],
    ),
    "cut off between lines": (
        "a.yaml",
        YAML_LIST[: YAML_LIST.index(b"uid: Pod-shop-p5") - 4],
        6,
        ["a.yaml: not read to its end: a list that is cut off before its kind"],
    ),
    "lone surrogate": ("a.json", as_json(POD)[:-2] + b', "x": "\\ud800 \\ud83d\\ude00 \\\\ud800"}', 1, []),
    "no utf-8": ("a.json", as_json(POD)[:-2] + b', "x": "\xff\xfe"}', 1, []),
    "deep json": (
        "a.json",
        b'{"kind":"Pod","a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        0,
        ["a.json: not read: nested too deeply"],
    ),
    "deep yaml": ("a.yaml", b"[" * 10_000, 0, ["a.yaml: not read: no valid YAML: line 1: nested deeper than 200"]),
    "no json": (
        "a.json",
        b"{]",
        0,
        ["a.json: not read to its end: JSON is malformed: object keys must be strings (byte 1)"],
    ),
    "html as json": (
        "a.json",
        b"<html><body>Unauthorized: {</body>\n",
        0,
        ["a.json: not read: no JSON, it begins with '<html><body>Unauthorized: {</body>'"],
    ),
    "an error saved": (
        "a.json",
        b'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"\n',
        0,
        [
            "a.json: not read: no JSON, it begins with "
            "'Error from server (Forbidden): pods is forbidden: User \"x\" cannot list resource '"
        ],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken(case: str, tmp_path: Path) -> None:
    name, data, count, want = BROKEN[case]
    snapshot = load(tmp_path, {"other.json": as_json(item("Service", "s", "shop")), name: data})
    objects = snapshot.objects()
    assert objects.pop("Service") == 1
    assert sum(objects.values()) == count
    assert told(snapshot, tmp_path) == want
    assert snapshot.incomplete is bool(want)
    coverage = snapshot.coverage.describe()
    assert not want or coverage.get("Pod", "partial") == "partial"


def test_a_refusal_that_was_saved_is_no_absence(tmp_path: Path) -> None:
    refusal = b"Error from server (Forbidden): secrets is forbidden\n"
    snapshot = load(tmp_path, {"pods.json": as_json(listed(POD, OTHER)), "secrets.json": refusal})
    assert snapshot.coverage.missing(parse_key("Secret")) == (
        "Secret could not be collected: Error from server (Forbidden): secrets is forbidden"
    )


def test_long_truncated_lists_are_mended_in_linear_time() -> None:
    items = ",".join(json.dumps(item("Pod", f"p{n}", "shop", spec={"x": ["{", "}"] * 20})) for n in range(30_000))
    snapshot = piped(('{"apiVersion": "v1", "items": [' + items)[:-50].encode())
    assert snapshot.objects() == {"Pod": 29_999}


def test_objects_of_odd_types_are_kept_or_dropped(tmp_path: Path) -> None:
    odd = [
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "labels", "labels": {"a": 5, "b": None}}},
        {"kind": "Pod", "apiVersion": 5, "metadata": {"name": "version", "ownerReferences": "x"}},
        {"kind": "Pod", "apiVersion": "v1", "metadata": ["x"]},
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": 7}},
        {"kind": ["Pod"], "metadata": {"name": "kind"}},
        ["x"],
        "x",
        5,
        None,
    ]
    snapshot = load(tmp_path, {"a.json": as_json({"apiVersion": "v1", "kind": "List", "items": odd})})
    assert sorted(row.name for rows in snapshot.tables.values() for row in rows) == ["7", "labels", "version"]


def test_numbers_beyond_every_range_stay_text() -> None:
    made = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"a": 9e999, "b": 1%s, "c": 2}}'
    (row,) = piped((made % ("0" * 400)).encode()).tables[parse_key("Pod")]
    assert decode_whole(row.raw)["spec"] == {"a": "9e999", "b": "1" + "0" * 400, "c": 2}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_bytes_are_never_a_traceback(data: st.DataObject) -> None:
    """A readable file with some bytes changed; whatever comes of it can be decoded or is told."""
    text = bytearray(
        data.draw(st.sampled_from([SHAPES["list"], SHAPES["yaml documents"], SHAPES["utf-16"], BLOCKS + WHOLE]))
    )
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"\n"])
        )
    try:
        snapshot = piped(bytes(text))
    except InputError:
        return
    for rows in snapshot.tables.values():
        for row in rows:
            assert decode_whole(row.raw)
