"""Escaping, cutting and wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.render.layout import clean, columns, cut, escape, wrap

printable = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=200)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain – über 名", "plain – über 名"),
        ("\x1b\x7f\x9b\t\n", r"\x1b\x7f\x9b\t\n"),
        ("\u202e\u200b\xa0\ud800\U000e0041", r"\u202e\u200b\xa0\ud800\U000e0041"),
    ],
)
def test_escape(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("名前", 4), ("e\u0301", 1), ("🙂", 2), ("", 0)])
def test_columns(text, width):
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "limit", "tail", "expected"),
    [
        ("abcdef", 6, 2, "abcdef"),
        ("abcdefg", 6, 0, "abcde…"),
        ("abcdefg", 6, 2, "abc…fg"),
        ("名前名前", 6, 0, "名前…"),
        ("e" + "\u0301" * 100, 6, 0, "e" + "\u0301" * 4 + "…"),
    ],
)
def test_cut(text, limit, tail, expected):
    assert cut(text, limit, tail) == expected


@given(st.text(max_size=300), st.integers(2, 60))
def test_clean_is_printable_and_short(text, limit):
    cleaned = clean(text, limit)
    assert cleaned.isprintable() and columns(cleaned) <= limit and len(cleaned) <= limit


def test_clean_of_a_huge_text_keeps_both_ends():
    assert clean("a" * 10_000_000 + "b" * 100, 9) == "aaaaa…bbb"


@pytest.mark.parametrize(
    ("text", "room", "hang", "lines"),
    [
        ("one two three", 13, 0, ["one two three"]),
        ("one two three", 8, 0, ["one two", "three"]),
        ("one two three four", 9, 2, ["one two", "  three", "  four"]),
        ("a registry.example.com/team/app:v1", 20, 0, ["a registry.example.", "com/team/app:v1"]),
        ("x" * 25, 10, 0, ["x" * 10, "x" * 10, "x" * 5]),
        ("see (https://example.com/a/long/link) now", 12, 0, ["see", "(https://example.com/a/long/link)", "now"]),
        ("a  b", 4, 0, ["a  b"]),
        ("名前 名前", 5, 0, ["名前", "名前"]),
    ],
)
def test_wrap(text, room, hang, lines):
    assert wrap(text, room, hang) == lines


@given(printable, st.integers(4, 60), st.integers(0, 2))
def test_wrap_loses_nothing_and_fits(text, room, hang):
    lines = wrap(text, room, hang)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= room for line in lines if "://" not in line)
