"""Patterns: what they find does not depend on how long the text around it is."""

from __future__ import annotations

import re2
from hypothesis import example, given
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
