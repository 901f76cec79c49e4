"""YAML with positions: the places, what is refused and where, and bounds on hostile input."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from diagnose import positions
from diagnose.errors import LoadError
from diagnose.positions import Marked, load, load_all

RULE = """\
id: a-rule
match:
- for: Pod
  where: &ready
    $.status.phase: {not: Running}
- none: pod -> node
  where: *ready
"""


@pytest.fixture(params=["c", "python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers: the Python one stands in where the C library is absent."""
    if request.param == "python":
        hooks = {
            name: vars(positions._BoundedLoader)[name] for name in ("_depth", "descend_resolver", "ascend_resolver")
        }
        monkeypatch.setattr(positions, "_Loader", yaml.SafeLoader)
        monkeypatch.setattr(positions, "_BoundedLoader", type("Bounded", (yaml.SafeLoader,), hooks))
    return str(request.param)


def refused(text: str, **options: Any) -> tuple[int, int, str]:
    with pytest.raises(LoadError) as caught:
        load_all(text, "r.yaml", **options)
    error = caught.value
    assert error.file == "r.yaml"
    return error.line, error.column, error.message


# --- places -----------------------------------------------------------------------------------------------------------


def test_every_key_element_and_value_has_its_place(loader: str) -> None:
    doc = load(RULE, "r.yaml")
    assert doc.data["match"][1] == {"none": "pod -> node", "where": {"$.status.phase": {"not": "Running"}}}
    assert doc.at() == (1, 1)
    assert (doc.at("id"), doc.value_at("id")) == ((1, 1), (1, 5))
    assert (doc.at("match"), doc.value_at("match")) == ((2, 1), (3, 1))
    assert doc.at("match", 0) == (3, 3)
    assert (doc.at("match", 1, "none"), doc.value_at("match", 1, "none")) == ((6, 3), (6, 9))
    assert doc.at("match", 0, "where", "$.status.phase", "not") == (5, 22)


def test_an_alias_stands_where_its_anchor_does_and_its_key_where_it_is(loader: str) -> None:
    doc = load(RULE)
    assert doc.at("match", 1, "where") == (7, 3)
    assert doc.at("match", 1, "where", "$.status.phase") == (5, 5)


def test_a_path_that_does_not_exist_gives_its_nearest_parent() -> None:
    doc = load(RULE)
    assert doc.at("match", 0, "absent", "deeper") == doc.at("match", 0)
    assert doc.at("match", 9) == doc.at("match", -1) == doc.at("match", "0") == doc.at("match")
    assert doc.at("id", "x", 0) == (1, 1)


def test_errors_carry_the_place() -> None:
    doc = load(RULE, "r.yaml")
    assert str(doc.error("unknown verb", "match", 1, "none")) == "r.yaml:6:3: unknown verb"
    assert str(doc.value_error("unknown relation", "match", 1, "none")) == "r.yaml:6:9: unknown relation"


def test_columns_count_characters_not_bytes(loader: str) -> None:
    assert load("{é😀: {b: 1}}").at("é😀", "b") == (1, 7)


def test_marks_list_every_path() -> None:
    doc = load("a: [1, {b: 2}]\n")
    assert doc.marks == {(): (1, 1), ("a",): (1, 1), ("a", 0): (1, 5), ("a", 1): (1, 8), ("a", 1, "b"): (1, 9)}
    assert doc.value_marks["a", 1, "b"] == (1, 12)


def test_several_documents_each_know_their_place(loader: str) -> None:
    first, empty, last = load_all("a: 1\n---\n---\nb: 2\n")
    assert (first.data, empty.data, last.data) == ({"a": 1}, None, {"b": 2})
    assert last.at("b") == (4, 1)


def test_load_takes_one_document() -> None:
    assert load("", "r.yaml").data is None
    assert load_all("# only a comment\n") == []
    with pytest.raises(LoadError, match=r"^r\.yaml:3:1: a second document begins here"):
        load("a: 1\n---\nb: 2\n", "r.yaml")


def test_a_marked_document_survives_pickling() -> None:
    doc = load(RULE, "r.yaml")
    assert pickle.loads(pickle.dumps(doc)) == doc


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5), ("-5", -5), ("0x1F", 31), ("010", 8), ("0b11", 3), ("1_000", 1000), ("0", 0), ("1.5", 1.5),
        ("-.inf", float("-inf")),
        ("true", True), ("No", False), ("on", True), ("~", None), ("", None), ("null", None), ("'5'", "5"),
        ("x", "x"), ("=", "="),
        ("2026-01-01", "2026-01-01"), ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"), ("12:30:45", "12:30:45"),
        ("1:30.5", "1:30.5"),
        ("!!str 5", "5"), ("!!int '5'", 5), ("1e3", "1e3"), ("500m", "500m"), ("|\n  a\n  b\n", "a\nb\n"), ("y", "y"),
        ("[]", []), ("{}", {}),
    ],
)  # fmt: skip
def test_scalars(text: str, expected: object, loader: str) -> None:
    value = load(f"k: {text}").data["k"]
    assert value == expected
    assert type(value) is type(expected)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=20,
)


@given(plain, st.booleans())
def test_what_yaml_writes_reads_back(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, width=1000)
    doc = load(text)
    assert doc.data == value
    assert doc.marks.keys() == doc.value_marks.keys()
    lines = text.split("\n")
    for line, column in doc.value_marks.values():
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,?<= \n\t0", max_size=40))
def test_any_text_loads_or_is_a_load_error(text: str) -> None:
    try:
        documents = load_all(text, "r.yaml")
    except LoadError as refusal:
        documents, error = [], refusal
    else:
        error = LoadError("", "", 1, 1)
    assert all(isinstance(doc, Marked) for doc in documents)
    assert min(error.line, error.column) >= 1
    assert "\n" not in error.message


def test_merge_keys(loader: str) -> None:
    doc = load("base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 4}\none: {<<: *b, b: 9}\ntwo:\n  <<: [*b, *m]\n  d: 5\n")
    assert doc.data["one"] == {"a": 1, "b": 9}
    assert doc.data["two"] == {"a": 1, "b": 2, "c": 4, "d": 5}
    assert (doc.at("one", "a"), doc.at("one", "b")) == ((1, 11), (3, 15))
    assert load("'<<': 1").data == {"<<": 1}
    assert refused("a: {<<: 5}") == (1, 9, "<< takes a mapping or a list of mappings")
    assert refused("b: &b {a: 1}\na: {<<: *b, a: 2, a: 3}")[:2] == (2, 19)


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "duplicate key 'a'; it is first given in line 1"),
        ("x:\n- {b: 1, b: 2}\n", 2, 10, "duplicate key 'b'; it is first given in line 2"),
        ("on: 1", 1, 1, "key 'on' is not a string (YAML reads it as a boolean); quote it"),
        ("a: {80: x}", 1, 5, "key '80' is not a string (YAML reads it as a number); quote it"),
        ("~: x", 1, 1, "key '~' is not a string (YAML reads it as null); quote it"),
        ("? [a]\n: x", 1, 3, "a mapping or list as a key is not a string; quote it"),
        ("a:\n\tb: c", 2, 1, "a tab cannot indent or separate here; use spaces"),
        ("a: *nope", 1, 4, "the alias '*nope' has no anchor before it"),
        ("a: é: c", 1, 5, "mapping values are not allowed"),
        ("a: !Foo x", 1, 4, "the tag '!Foo' is not supported here"),
        ("a: !!python/object:os.system x", 1, 4, "the tag '!!python/object:os.system' is not supported here"),
        ("a: !!set {b}", 1, 4, "the tag '!!set' is not supported here"),
        ("a: !!bool maybe", 1, 4, "'maybe' is not of type bool"),
        ("a: " + "9" * 5000, 1, 4, "is not of type int"),
        ("é: x\nb: \x07", 2, 4, "not allowed"),
        ("a: &a [*a]", 1, 4, "the anchor of this value is used inside it"),
        ("a: &a {<<: *a}", 1, 4, "the anchor of this value is used inside it"),
    ],
)
def test_refused_with_its_place(text: str, line: int, column: int, words: str, loader: str) -> None:
    found = refused(text)
    assert found[:2] == (line, column)
    assert words in found[2]


def test_a_lone_surrogate_is_refused() -> None:
    assert refused("a: 1\nb: \ud800")[:2] == (2, 4)


def test_unclosed_brackets_and_quotes_are_refused(loader: str) -> None:
    for text in ("a: [1\n", "a: 'x", "a: {", "- a\nb: c", "%YAML 3.0\n---\na"):
        assert refused(text)[0] >= 1


# --- bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused(opening: str, loader: str) -> None:
    assert refused(opening * 5_000)[2] == "nested deeper than 200 levels"


def test_nesting_up_to_the_limit_loads(loader: str) -> None:
    load("[" * 200 + "]" * 200)
    assert refused("[" * 201 + "]" * 201)[2] == "nested deeper than 200 levels"


def test_aliases_cannot_nest_deeper_than_text_can() -> None:
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} {'[' * 50}*a{n - 1}{']' * 50}" for n in range(1, 6)]
    assert refused("\n".join(lines))[2] == "nested deeper than 200 levels"
    assert load("\n".join(lines[:4])).data["a3"]


def test_alias_bombs_are_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40))
    assert "more than 1,000,000 values" in refused(bomb)[2]


def test_merge_bombs_are_refused() -> None:
    base = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\n"
    assert "more than 100,000 values" in refused(base + "b:\n" + "- {<<: *a}\n" * 1000, limit=100_000)[2]
    assert "more than 100,000 values" in refused(base + f"b: {{<<: [{', '.join(['*a'] * 1000)}]}}", limit=100_000)[2]


def test_the_limit_counts_every_value() -> None:
    text = "[" + "1, " * 100 + "]"
    load(text, limit=101)
    assert refused(text, limit=100)[2] == "more than 100 values, counting what aliases repeat"


def test_notes_take_what_kubectl_reads_all_the_same() -> None:
    notes: list[LoadError] = []
    (found,) = load_all("a: 1\n8080: b\ntrue: c\na: {x: 1, x: 2}\n", "f.yaml", notes=notes)
    assert found.data == {"a": {"x": 2}, "8080": "b", "true": "c"}
    assert found.at("a", "x") == (4, 11)
    assert [str(note) for note in notes] == [
        "f.yaml:4:1: duplicate key 'a'; it is first given in line 1",
        "f.yaml:4:11: duplicate key 'x'; it is first given in line 4",
    ]


@pytest.mark.parametrize("text", ["? [a]\n: b\n", "null: a\n", "~: a\n"])
def test_notes_do_not_take_what_is_no_key_at_all(text: str) -> None:
    with pytest.raises(LoadError, match="is not a string"):
        load_all(text, notes=[])
