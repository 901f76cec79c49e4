"""Parts of YAML documents that people write: taken with their type, or told what is wrong and where."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from diagnose.errors import LoadError
from diagnose.language.syntax import Place
from diagnose.positions import Marked, Step

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_CLOSE = 0.66
_LONGEST = 60


def suggest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` when something known is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=_CLOSE)
    return f", did you mean '{close[0]}'?" if close else ""


def listed(known: Iterable[str]) -> str:
    return ", ".join(sorted(known))


def instead(word: str, known: Iterable[str], intro: str) -> str:
    """What to write instead of an unknown word: the one that is close, or all that there are."""
    names = list(known)
    return suggest(word, names) or f"; {intro}: {listed(names)}"


def among(word: str, known: Iterable[str], intro: str) -> str:
    """Like `instead`, but all that there are in any case."""
    names = list(known)
    guess = suggest(word, names)
    return f"{guess} {intro[0].upper()}{intro[1:]}: {listed(names)}" if guess else f"; {intro}: {listed(names)}"


def shown(value: Any) -> str:
    """A value as YAML writes it on one line, shortened."""
    text = _flow(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else _flow(value)


class Fields:
    """Takes parts of one document, collecting errors; a part that is wrong becomes its default."""

    def __init__(self, document: Marked, errors: list[LoadError]) -> None:
        self.doc = document
        self.errors = errors

    def wrong(self, message: str, *path: Step) -> None:
        """An error about the value at `path`."""
        self.errors.append(self.doc.value_error(message, *path))

    def wrong_key(self, message: str, *path: Step) -> None:
        """An error about the key at `path`."""
        self.errors.append(self.doc.error(message, *path))

    def place(self, *path: Step) -> Place:
        line, column = self.doc.value_at(*path)
        return line, column

    def keys(self, data: Mapping[str, Any], known: Iterable[str], what: str, *path: Step) -> None:
        """Every key of a map must be a known one."""
        names = list(known)
        for key in data:
            if key not in names:
                self.wrong_key(f"unknown key '{key}' in {what}{instead(key, names, 'it takes')}", *path, key)

    def text(self, value: Any, *path: Step) -> str:
        if not isinstance(value, str):
            self.wrong(f"{_named(path)} takes text, not {shown(value)}", *path)
            return ""
        return value

    def texts(self, value: Any, *path: Step) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.wrong(f"{_named(path)} takes a list of texts, as [a, b], not {shown(value)}", *path)
            return ()
        return tuple(value)

    def map(self, value: Any, *path: Step) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(f"{_named(path)} takes a map, as {{key: value}}, not {shown(value)}", *path)
            return {}
        return value

    def flag(self, value: Any, *path: Step) -> bool:
        """True or false; false when it is neither."""
        if not isinstance(value, bool):
            self.wrong(f"{_named(path)} takes true or false, not {shown(value)}", *path)
        return value is True

    def choice(self, value: Any, known: Iterable[str], *path: Step) -> str:
        """One of some words; the first of them when it is none."""
        choices = list(known)
        if value not in choices:
            guess = suggest(value, choices) if isinstance(value, str) else ""
            rest = f"{guess} It is one of: " if guess else "; it is one of: "
            self.wrong(f"{_named(path)} is never {shown(value)}{rest}{', '.join(choices)}", *path)
            return choices[0]
        return str(value)

    def id(self, value: Any, *path: Step) -> str:
        if not isinstance(value, str) or not _ID.match(value):
            self.wrong(f"an id is kebab-case, as image-pull; this is {shown(value)}", *path)
            return ""
        return value

    def binding(self, value: Any, *path: Step) -> str:
        if value == "snapshot":
            self.wrong("'snapshot' is the snapshot itself; choose another name", *path)
            return ""
        if not isinstance(value, str) or not _NAME.match(value):
            self.wrong(f"a binding's name is one word of letters, digits and _; this is {shown(value)}", *path)
            return ""
        return value


def _named(path: tuple[Step, ...]) -> str:
    """What a value is called: its key, and for an element of a list the list's."""
    if not path:
        return "this"
    if isinstance(path[-1], int):
        return f"an element of '{next((p for p in reversed(path) if isinstance(p, str)), '')}'"
    return f"'{path[-1]}'"
