"""Patterns: what they find does not depend on how long the text around it is."""

from __future__ import annotations

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diagnose.language.patterns import Pattern

_FILL = "-\n" * 2500
_WORDS = ("disk full", "DISK FULL", "dısk ſull", "no space", "K8s", "\u212a8s", "İstanbul", "straße", "é", "a\nb", "")
_word = st.sampled_from(_WORDS)
_piece = st.one_of(
    _word.map(lambda word: str(re2.escape(word))),
    st.sampled_from([".", r"\d+", "[^\n]{1,9}", r"\s", "(?s:.*)", "[a-f]{3}", r"\x{130}stan", "ſtop", r"\Qa.b\E"]),
)
_pattern = st.recursive(
    _piece,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"(?:{part})?"),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"(?P<what>{part})" if "?P<" not in part else part),
    ),
    max_leaves=6,
)


@given(_pattern, st.lists(st.one_of(_word, st.text(max_size=5)), max_size=6).map(" ".join))
@example("(?i)stop", "ſtop")
@example("(?i:k)8s", "\u212a8s")
@example(r"(?i)\x{130}stan", "i\u0307stan")
def test_a_long_text_is_searched_as_a_short_one(pattern: str, text: str) -> None:
    if pattern.count("?P<") > 1:
        return
    long = _FILL + text
    wanted = list(re2.compile(pattern).finditer(long))
    first, last = Pattern(pattern).search(long), Pattern(pattern).last(long)
    assert (first and first.span()) == (wanted[0].span() if wanted else None)
    assert (last and last.span()) == (wanted[-1].span() if wanted else None)


def test_the_last_match_of_a_long_text_with_its_names() -> None:
    pattern = Pattern(r"(?i)no space left on (?P<where>\w+)(.*\n?){0,60}\z")
    found = pattern.last("No space left on disk1\n" + _FILL + "é: no space left on disk2\n" + "-\n" * 20)
    assert found.groupdict() == {"where": "disk2"}
    assert found.start() == len("No space left on disk1\n" + _FILL + "é: ")
    assert pattern.last("No space left on disk1\n" + _FILL) is None


def test_many_words_in_one_pattern() -> None:
    words = [f"word{number:06}" for number in range(6000)]
    pattern = Pattern("|".join(words))
    assert pattern.search(f"{_FILL}{words[-1]}")[0] == words[-1]
    assert pattern.search(_FILL) is None


CORES = [
    r"err: (?P<what>\w+)",
    r"(?i)(?P<what>BOOM)[^\n]*",
    r"(?P<what>err|boom)[^\n]*",
    r"(?P<what>err): x\s+boom",
    r"(?m)^(?P<what>err|ok)$",
    r"(?P<what>[a-z]+)(?:\n|\z|: )",
    r"(?P<what>[^\n]{1,4}?)(?: y|\z)",
    r"(?P<what>[\[|(]+)",
    r"(?P<what>x|y)|z",
    r"\A(?P<what>err)",
    r"^(?P<what>err)",
]
LINES = st.lists(st.sampled_from(["", "ok", "err: x", "boom y", "z", "[|(", "é err: ü"]), max_size=40)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(CORES), st.integers(0, 12), LINES, st.booleans())
def test_the_last_lines_are_searched_as_re2_would(core: str, lines: int, text: list[str], ends: bool) -> None:
    pattern = Pattern(rf"{core}(.*\n?){{0,{lines}}}\z")
    searched = "\n".join(text) + ("\n" if ends else "")
    whole = re2.compile(pattern.text).search(searched)
    expected = (whole.groupdict(), whole.start()) if whole else None
    for found in (pattern.last(searched) if pattern._lines is not None else whole, pattern._search(searched)):
        assert (found and (found.groupdict(), found.start())) == expected


@pytest.mark.parametrize(
    ("core", "alone"),
    [
        ("a", True),
        ("(?:a|b)", True),
        ("a|b", False),
        (r"a\|b", True),
        ("[|]", True),
        ("[^|]a", True),
        (r"[\]|]a", True),
        ("^a", False),
        ("(?m)^a", True),
        (r"\Aa", False),
        ("(a)|b", False),
    ],
)
def test_what_stands_before_the_last_lines(core: str, alone: bool) -> None:
    assert (Pattern(rf"{core}(?:.*\n?){{0,3}}\z")._lines is not None) is alone
