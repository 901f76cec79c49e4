"""Patterns that are compiled when they are first used: of those for all forms of text, one input needs few."""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "split")


class Late:
    """Stands for a `re.Pattern`; once it was used it has the compiled pattern's own methods."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._text, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


def late(text: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern as `re.compile` gives it, compiled when it is first used."""
    return cast("re.Pattern[str]", Late(text, flags))
