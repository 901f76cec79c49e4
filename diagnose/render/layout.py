"""Text for a terminal: made harmless, cut and wrapped by the columns it takes, and coloured."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MORE = "…"


def clean(text: str, limit: int) -> str:
    """`text` without anything a terminal would obey, at most `limit` columns, the middle cut out of a longer one.

    Control and format characters, line ends, bidirectional overrides, lone surrogates and spaces other than the common
    one are written as Python escapes: a log cannot move the cursor, and a name cannot pretend to be another.
    """
    if len(text) > 3 * limit:
        text = text[:limit] + MORE + text[-limit:]
    return cut(escape(text), limit, limit // 3)


def escape(text: str) -> str:
    """`text` with every character that is not printable as a Python escape (`\\x1b`, `\\n`, `\\u202e`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def columns(text: str) -> int:
    """How many columns a terminal needs for `text`, which must be printable."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, limit: int, tail: int = 0) -> str:
    """`text` in at most `limit` columns and characters; of a longer one the beginning and the last `tail` columns."""
    if len(text) <= limit and columns(text) <= limit:
        return text
    end = "".join(_take(reversed(text), tail))[::-1]
    return "".join(_take(iter(text), limit - 1 - tail)) + MORE + end


def _take(characters: Iterator[str], limit: int) -> Iterator[str]:
    for character in characters:
        limit -= max(1, _columns(character))
        if limit < 0:
            return
        yield character


_URL = re.compile(r"""["'(<\[]*https?://""")
_SEGMENT = re.compile(r"[^-/.,:;=_@&?]*[-/.,:;=_@&?]|.+")


def wrap(text: str, room: int, hang: int = 0) -> list[str]:
    """`text` in lines of at most `room` columns, the later ones `hang` spaces in; a URL stays whole, however long."""
    if columns(text) <= room:
        return [text]
    lines, line, used = [], "", 0
    for glue, word in _words(text, room - hang):
        needed = columns(word)
        if line.strip() and used + len(glue) + needed > room:
            lines.append(line.rstrip())
            line, used = " " * hang, hang
        if line.strip():
            line, used = line + glue, used + len(glue)
        line, used = line + word, used + needed
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str, room: int) -> Iterator[tuple[str, str]]:
    """The words, each with what joins it to the one before; one that is too long comes in parts."""
    glue = ""
    for word in text.split(" "):
        if columns(word) <= room or _URL.match(word):
            yield glue, word
        else:
            for part in _parts(word, room):
                yield glue, part
                glue = ""
        glue = " "


def _parts(word: str, room: int) -> Iterator[str]:
    for segment in _SEGMENT.findall(word):
        rest = segment
        while columns(rest) > room:
            part = "".join(_take(iter(rest), room)) or rest[0]
            yield part
            rest = rest[len(part) :]
        yield rest


_STYLES = {
    "critical": "1;97;41",
    "error": "1;31",
    "warning": "33",
    "info": "36",
    "strong": "1",
    "faint": "2",
    "command": "36",
    "good": "32",
}


class Paint:
    """Colours text, or leaves it as it is."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color and text else text
