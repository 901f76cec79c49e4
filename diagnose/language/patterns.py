"""Patterns: RE2, so that none takes longer than its text is long. Compiled when first used."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property
from typing import Any

import re2

_NAMED = re.compile(r"(?<!\\)\(\?P<(\w+)>")


class Pattern:
    """A regular expression of a rule. `names` are its named groups."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: tuple[str, ...] = tuple(_NAMED.findall(text))

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
        options = re2.Options()
        options.log_errors = False
        return re2.compile(self.text, options)

    def search(self, text: str) -> Any:
        """The first match, or None."""
        return self._compiled.search(text)

    def last(self, text: str) -> Any:
        """The last match, or None."""
        return next(iter(deque(self._compiled.finditer(text), maxlen=1)), None)
