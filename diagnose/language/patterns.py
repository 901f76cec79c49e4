"""Patterns: RE2, so that none takes longer than its text is long. Compiled when first used."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property
from typing import Any

import re2

_NAMED = re.compile(r"(?<!\\)\(\?P<(\w+)>")
_LAST_LINES = re.compile(r"\((?:\?:)?\.\*\\n\?\)\{0,(\d+)\}\\z\Z")
_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]")
_TOKEN = re.compile(r"[()|]")
_SPANNED = 20
"""Lines that a match may begin before the last lines, when it goes over several."""
_LONG = 4096
_SHORT = 40
_MOST_KNOWN = 256


class Shifted:
    """A match in the end of a text, as one in the whole text."""

    __slots__ = ("_before", "_match")

    def __init__(self, match: Any, before: int) -> None:
        self._match = match
        self._before = before

    def groupdict(self) -> dict[str, str | None]:
        found: dict[str, str | None] = self._match.groupdict()
        return found

    def start(self) -> int:
        return int(self._match.start()) + self._before


class Pattern:
    """A regular expression of a rule. `names` are its named groups.

    Most logs have none of the words that a match must have. They are looked for first, because RE2 takes many
    times as long to find out the same. A pattern that ends in `(.*\\n?){0,25}\\z`, so that it holds in the last lines
    only, is looked for in the last lines without that end, which RE2 takes a hundred times as long for.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: tuple[str, ...] = tuple(_NAMED.findall(text))
        self._known: dict[str, Any] = {}
        end = _LAST_LINES.search(text)
        self._lines = int(end[1]) if end and _ends_alone(text[: end.start()]) else None
        self._core = text[: end.start()] if end and self._lines is not None else text

    def check(self) -> None:
        """Compile it now. Raises ValueError with what RE2 says against it."""
        try:
            _ = self._compiled
        except re2.error as error:
            text = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
            lacks = "invalid perl" in text or "escape" in text
            none = ", which has no lookaround and no backreferences" if lacks else ""
            raise ValueError(f"a pattern of RE2{none} ({text})") from None

    @cached_property
    def _compiled(self) -> Any:
        return re2.compile(self.text, _options())

    @cached_property
    def _compiled_core(self) -> Any:
        return re2.compile(self._core, _options())

    @cached_property
    def _words(self) -> Any:
        """A search for the words, as RE2 derives them from the pattern; None when it cannot make one."""
        words = re2.Filter()
        try:
            words.Add(self._core, _options())
            words.Compile()
        except re2.error:
            return None
        return words

    def _may_be_in(self, text: str) -> bool:
        return len(text) < _LONG or self._words is None or bool(self._words.Match(text, potential=True))

    def search(self, text: str) -> Any:
        """The first match, or None. The same names stand in many objects, so answers for short text are kept."""
        if len(text) > _SHORT:
            return self._search(text)
        if text not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = self._search(text)
        return self._known[text]

    def _search(self, text: str) -> Any:
        if self._lines is not None:
            return self._near_end(text, self._lines)
        return self._compiled.search(text) if self._may_be_in(text) else None

    def last(self, text: str) -> Any:
        """The last match, or None; of one that holds in the last lines only, the first there."""
        if self._lines is not None:
            return self._near_end(text, self._lines)
        if not self._may_be_in(text):
            return None
        return next(iter(deque(self._compiled.finditer(text), maxlen=1)), None)

    def _near_end(self, text: str, lines: int) -> Shifted | None:
        """The first match after which no more than some lines follow (the rest of its own is one of them)."""
        before, *rest = text.rsplit("\n", lines + _SPANNED)
        begin = len(before) + 1 if len(rest) == lines + _SPANNED else 0
        part = text[begin:]
        if not self._may_be_in(part):
            return None
        for found in self._compiled_core.finditer(part):
            end = found.end()
            following = part.count("\n", end) + (end < len(part) and part[-1] != "\n")
            if following <= lines:
                return Shifted(found, begin)
        return None


def _ends_alone(core: str) -> bool:
    """Whether what follows a pattern follows all of it: no `|` outside of groups, and no word about the beginning."""
    if "\\A" in core or "\\Q" in core or ("^" in _CLASS.sub("", core) and "(?m" not in core):
        return False
    depth = 0
    for sign in _TOKEN.findall(_CLASS.sub("", core)):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and not depth:
            return False
    return True


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options
