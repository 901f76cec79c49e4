"""Compiled paths against jsonpath-ng itself: the same grammar, the same answers."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath_ng import Child, Fields, Index, Root
from jsonpath_ng.ext import parse as reference
from jsonpath_ng.ext.filter import Expression, Filter

from diagnose import path_code, paths
from diagnose.decode import EVERY
from diagnose.paths import Each, Key, Other, PathError, Segment, Where, parse
from diagnose.told import Partial, Whole
from diagnose.values import UNKNOWN

NAMES = st.sampled_from(["a", "b", "c", "app.kubernetes.io/name", "x-y", "_z", "k8s", "two words", "a,b", "é"])
WORDS = st.sampled_from(["v", "", "w", "[redacted]", "1", "true"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-1, 2), st.floats(0, 2), WORDS)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)
PLAIN = st.sampled_from(["a", "b", "c", "x-y", "_z", "k8s"])
QUOTED = NAMES.map(lambda n: f"['{n}']")
FILTERS = st.builds(
    lambda keys, value: f"[?(@.{'.'.join(keys)}=={value})]",
    st.lists(PLAIN, min_size=1, max_size=2),
    st.sampled_from(["'v'", '"w"', "1", "0", "''", "'true'"]),
)
SEGMENTS = st.one_of(
    PLAIN.map(lambda n: f".{n}"), QUOTED, st.just("[*]"), st.sampled_from(["[0]", "[1]", "[7]"]), FILTERS
)
PATHS = st.lists(SEGMENTS, max_size=5).map(lambda parts: "$" + "".join(parts))


@st.composite
def along_paths(draw: st.DrawFn) -> tuple[str, Any]:
    """A path, and a document that mostly has what the path goes through."""
    path = parse(draw(PATHS))
    value = draw(DOCUMENTS)
    for segment in reversed(path.segments):
        value = draw(st.one_of(st.just(value), st.just(value), DOCUMENTS))
        match segment:
            case Key(name):
                value = {**draw(st.dictionaries(NAMES, SCALARS, max_size=1)), name: value}
            case Each() | paths.Index():
                value = draw(st.permutations([value, *draw(st.lists(DOCUMENTS, max_size=1))]))
            case Where(keys, wanted):
                value = draw(st.permutations([draw(elements(keys, wanted, value)) for _ in range(2)]))
        if isinstance(value, list) and draw(st.integers(0, 4)) == 0:
            value = {str(i): v for i, v in enumerate(value)}
    return path.text, value if value is not None else {}


def elements(keys: tuple[str, ...], wanted: Any, inner: Any) -> st.SearchStrategy[Any]:
    """Elements that a filter may take: of its value, or of one that only looks like it."""
    near = {
        1: [True, 1.0, "1"],
        0: [False, 0.0, "", None],
        "true": [True],
        "": [None, 0, False],
        "v": [["v"], {"v": 1}],
    }

    def nest(value: Any) -> Any:
        for key in reversed(keys):
            value = {key: value}
        return {**inner, **value} if isinstance(inner, dict) else value

    return st.sampled_from([wanted, wanted, *near.get(wanted, []), "other"]).map(nest)


def interpreted(text: str, value: Any) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [m.value for m in reference(text).find(value) if m.value is not None]


def same(left: list[Any], right: list[Any]) -> bool:
    """Equal, and of the same types: 1 is not true."""
    return repr(left) == repr(right)


@settings(max_examples=1000, deadline=None)
@given(along_paths())
def test_compiled_and_interpreted_answers_are_the_same(drawn: tuple[str, Any]) -> None:
    text, value = drawn
    path = parse(text)
    assert not path.interpreted
    assert same(list(path.get(value)), interpreted(text, value))


def often(path: paths.Path, value: Any) -> list[Any]:
    """What a path gives once it has been asked so often that code was generated for it."""
    for _ in range(path_code.MANY + 1):
        path.get({})
    return list(path.get(value))


@settings(max_examples=300, deadline=None)
@given(along_paths())
def test_generated_answers_are_the_same(drawn: tuple[str, Any]) -> None:
    text, value = drawn
    path = parse(text)
    before = list(path.get(value))
    assert same(often(path, value), before)


@pytest.mark.parametrize(
    "value",
    [
        {"a": [{"b": UNKNOWN}, {"b": 1}, None, {}]},
        {"a": [UNKNOWN, {"b": 1}]},
        {"a": UNKNOWN},
        UNKNOWN,
        {"a": [Partial({"c": 1}), {"b": 2}]},
        Partial({"c": 1}),
        Whole({"a": [Whole({"b": 1})]}),
        {"a": {"x": {"b": 1}, "y": {"b": None}}},
        {"a": "text"},
        {"a": [["b"], "b", 1]},
    ],
)
@pytest.mark.parametrize("text", ["$.a[*].b", "$.a[?(@.b==1)].b", "$.a[*]", "$.a[*]['b']", "$.a[?(@.b==1)]"])
def test_generated_answers_to_what_is_not_told(text: str, value: Any) -> None:
    paths.parse.cache_clear()
    path = parse(text)
    before = list(path.get(value))
    assert same(often(path, value), before)


def flat(node: Any) -> list[Segment]:
    """The segments of a path as jsonpath-ng reads it."""
    match node:
        case Root():
            return []
        case Child():
            return [*flat(node.left), *flat(node.right)]
        case Fields() if len(node.fields) == 1 and not getattr(node, "_deprecated_wildcard_use", False):
            return [Key(node.fields[0])]
        case Index():
            return [paths.Index(node.indices[0])]
        case Filter():
            (test,) = node.expressions
            assert isinstance(test, Expression) and test.op == "=="
            keys = [s.name for s in flat(test.target) if isinstance(s, Key)]
            return [Where(tuple(keys), test.value)]
        case _ if str(node) in ("*", "[*]", "[:]"):
            return [Each()]
        case _ if str(node) in ("`this`", "@"):
            return []
    raise AssertionError(repr(node))


@settings(max_examples=500, deadline=None)
@given(PATHS)
def test_both_readings_of_a_path_are_the_same(text: str) -> None:
    assert list(parse(text).segments) == flat(reference(text))


@pytest.mark.parametrize(
    ("text", "root", "segments"),
    [
        ("$", "$", ()),
        ("pod", "pod", ()),
        (" pod.spec ", "pod", (Key("spec"),)),
        ("$['a b'].c", "$", (Key("a b"), Key("c"))),
        ('$["a"]', "$", (Key("a"),)),
        ("$.a.[0]", "$", (Key("a"), paths.Index(0))),
        ("$.l[?(@.type == 'Ready')].status", "$", (Key("l"), Where(("type",), "Ready"), Key("status"))),
        ("$.l[?( @.a.b=='v' )]", "$", (Key("l"), Where(("a", "b"), "v"))),
        ("$.a[-1]", "$", (Key("a"), Other("$[-1]"))),
        ("$.a[0:2].b", "$", (Key("a"), Other("$[0:2].b"))),
        ("pod.spec..name", "pod", (Key("spec"), Other("$..name"))),
        ("$.a[?(@.n > 3)]", "$", (Key("a"), Other("$[?(@.n > 3)]"))),
        ("$.a[?(@.b == true)]", "$", (Key("a"), Other("$[?(@.b == true)]"))),
        ("$.a.`parent`.b", "$", (Other("$.a.`parent`.b"),)),
        ("pod.a.`parent`.b", "pod", (Other("$.a.`parent`.b"),)),
    ],
)
def test_how_a_path_is_read(text: str, root: str, segments: tuple[Segment, ...]) -> None:
    path = parse(text)
    assert (path.root, path.segments) == (root, segments)
    assert path.interpreted == any(isinstance(s, Other) for s in segments)


JOINED = "'{}' is no path; it joins several, and `let: {{x: {{values: [...]}}}}` does that"
DOCUMENT = {
    "a": [{"n": 1, "b": True}, {"n": 5, "b": 1}, None, {"n": 7}],
    "spec": {"x": {"name": "one"}, "y": [{"name": "two"}]},
    "b": "beside",
    "t": {"b": "below"},
}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$.a[-1].n", [7]),
        ("$.a[0:2].n", [1, 5]),
        ("$.spec..name", ["one", "two"]),
        ("$.a[?(@.n > 3)].n", [5, 7]),
        ("$.a[?(@.b == true)].n", [1]),
        ("$.t.b.`parent`.b", ["below"]),
    ],
)
def test_other_forms_are_left_to_jsonpath_ng(text: str, values: list[Any]) -> None:
    assert list(parse(text).get(DOCUMENT)) == values == interpreted(text, DOCUMENT)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no path; it begins with $ or the name of a binding"),
        ("3.a", "'3.a' is no path; it begins with $ or the name of a binding"),
        ("$.a[", "'$.a[' is no path ("),
        ("$.a.", "'$.a.' is no path ("),
        ("$.a[?(@.b=='c']", "'$.a[?(@.b=='c']' is no path ("),
        ("pod.a b", "'pod.a b' is no path ("),
        ("$.a.where", "'$.a.where' is no path ("),
        ("pod.a | pod.b", JOINED.format("pod.a | pod.b")),
        ("$.a[0:2] | $.b", JOINED.format("$.a[0:2] | $.b")),
        ("$.a where b", JOINED.format("$.a where b")),
        ("$.a + 1", JOINED.format("$.a + 1")),
        (
            "$.a[?(@.b =~ '(x+x+)+y')]",
            "'$.a[?(@.b =~ '(x+x+)+y')]' is no path; test a pattern with `matches`, in linear time",
        ),
        ("$.a[?(@.b == c)]", "'$.a[?(@.b == c)]' is no path; quote the word in its filter: 'c'"),
    ],
)
def test_what_is_no_path_says_so(text: str, message: str) -> None:
    with pytest.raises(PathError) as error:
        parse(text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["$", "$.a.b", "$.a[*].b", "$.a[0]", "$.a[?(@.t=='x')].b", "$.a[*][*]"])
def test_what_is_not_told_stays_unknown(text: str) -> None:
    assert list(parse(text).get(UNKNOWN)) == [UNKNOWN]


def test_what_is_not_told_is_unknown_at_its_place_only() -> None:
    value = {"a": UNKNOWN, "l": [UNKNOWN, {"b": 1}], "m": None}
    assert list(parse("$.a.x[*].y").get(value)) == [UNKNOWN]
    assert list(parse("$.l[*].b").get(value)) == [UNKNOWN, 1]
    assert list(parse("$.l[0].b").get(value)) == [UNKNOWN]
    assert list(parse("$.m.x").get(value)) == []
    assert list(parse("$.none").get(value)) == []


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("$", [()]),
        ("$.a.b", [("a", "b")]),
        ("$.a[*].b", [("a", EVERY, "b")]),
        ("$.a[0]", [("a", EVERY)]),
        ("$.a[?(@.t.u=='x')].b", [("a", EVERY, "b"), ("a", EVERY, "t", "u")]),
        ("$.a[?(@.t=='x')]", [("a", EVERY), ("a", EVERY, "t")]),
        ("$.a..b", [("a",)]),
        ("$.a[0:2].b", [("a",)]),
        ("$.a.`parent`.b", [()]),
    ],
)
def test_what_a_decoder_must_keep(text: str, reads: list[Any]) -> None:
    assert parse(text).reads() == tuple(reads)


def test_a_quoted_star_is_a_key() -> None:
    assert list(parse("$['*']").get({"*": 1, "a": 2})) == [1]  # jsonpath-ng before 1.16 takes it for all keys
