"""Patterns: RE2, so that none takes longer than its text is long. Compiled when first used."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property
from typing import Any

import re2

_NAMED = re.compile(r"(?<!\\)\(\?P<(\w+)>")
_LONG = 4096
_SHORT = 40
_MOST_KNOWN = 256


class Pattern:
    """A regular expression of a rule. `names` are its named groups.

    Most logs have none of the words that a match must have. They are looked for first, because RE2 takes many
    times as long to find out the same by a pattern that looks ahead for hundreds of lines.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: tuple[str, ...] = tuple(_NAMED.findall(text))
        self._known: dict[str, Any] = {}

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
    def _words(self) -> Any:
        """A search for the words, as RE2 derives them from the pattern; None when it cannot make one."""
        words = re2.Filter()
        try:
            words.Add(self.text, _options())
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
        return self._compiled.search(text) if self._may_be_in(text) else None

    def last(self, text: str) -> Any:
        """The last match, or None."""
        if not self._may_be_in(text):
            return None
        return next(iter(deque(self._compiled.finditer(text), maxlen=1)), None)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options
