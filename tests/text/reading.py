"""Reading a describe text in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diagnose.snapshot import Builder
from diagnose.sources.text.base import Block
from diagnose.sources.text.describe import DESCRIBE
from diagnose.tellings import Telling


def sample(name: str) -> str:
    """A text of `describe/`, written by hand."""
    return (Path(__file__).parent / "describe" / f"{name}.txt").read_text()


def block(text: str, path: str = "a.txt", command: str = "") -> Block:
    return Block(tuple(text.split("\n")), path, path, command)


def read(text: str, path: str = "a.txt", command: str = "") -> Builder:
    """The builder after a text; it must be recognised."""
    into = Builder()
    made = block(text, path, command)
    assert DESCRIBE.recognises(made), text
    DESCRIBE.read(made, into)
    return into


def tellings(into: Builder) -> list[Telling]:
    return list(into.told)


def told(text: str, kind: str, path: str = "a.txt", command: str = "") -> Telling:
    """What the text tells of the first object of a kind; no warning may be there."""
    into = read(text, path, command)
    assert [w.message for w in into.warnings] == []
    return next(t for t in tellings(into) if t.key.kind == kind)


def fields(text: str, kind: str, path: str = "a.txt", command: str = "") -> dict[str, Any]:
    return told(text, kind, path, command).fields
