"""The walk that is generated appends what the walk of closures appends."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diagnose.paths import parse
from diagnose.told import Partial
from diagnose.trie import Node, Numbers, closures, generated
from diagnose.values import UNKNOWN

KEY = st.sampled_from(["a", "b", "it's", 'a "quote"\n'])
SCALAR = st.one_of(st.sampled_from(["x", "y", "[redacted]", "", 1, True, None, UNKNOWN]), st.floats(allow_nan=False))
VALUE = st.recursive(
    SCALAR,
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(KEY, below, max_size=3),
        st.dictionaries(KEY, below, max_size=2).map(Partial),
    ),
    max_leaves=12,
)
PATHS = st.lists(
    st.sampled_from(
        [
            "$.a",
            "$.a.b",
            "$.a[*]",
            "$.a[*].b",
            "$.a[0]",
            "$.a[1].b",
            "$['it''s'].a",
            "$.b[*][*]",
            "$[?(@.a=='x')].b",
            "$..a",
        ]
    ),
    min_size=1,
    max_size=6,
)
WANTED = st.one_of(st.none(), st.frozensets(st.sampled_from(["x", "y", 1, True]), min_size=1))


@given(st.lists(st.tuples(PATHS, WANTED), min_size=1, max_size=5), st.dictionaries(KEY, VALUE, max_size=4))
def test_both_walks_find_the_same_plans(plans: list[tuple[list[str], Any]], data: dict[str, Any]) -> None:
    root = Node()
    for number, (paths, values) in enumerate(plans):
        for text in paths:
            node = root.at(parse(text.replace("''", "\\'")))
            if values is None:
                node.present.append(number)
            for value in values or ():
                node.values.setdefault(value, []).append(number)
    one: Numbers = []
    other: Numbers = []
    closures(root)(data, one)
    generated(root)(data, other)
    assert set(one) == set(other)


def test_keys_are_quoted_in_the_source() -> None:
    root = Node()
    key = "'; import os; os.abort() #"
    root.at(parse('$["' + key + '"]')).present.append(7)
    found: Numbers = []
    generated(root)({key: 1}, found)
    assert found == [7]
