"""The text of a manifest file as documents that know their lines, and what of it cannot be read.

A text is split at its `---` lines first (no YAML scalar can hold one at the start of a line), so that a document that
is broken does not take the others with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from diagnose.errors import LoadError
from diagnose.model import InputWarning
from diagnose.positions import Marked, Position, Step, load_all

MOST_VALUES = 5_000_000
"""Values in one document, counting what its aliases repeat."""

UNREADABLE = "unreadable"
DUPLICATE_KEY = "duplicate-key"
INVALID = "invalid"

Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Document:
    """One YAML document: its values with their places, and where it stands.

    `file` is the path as reports write it, `before` the number of lines of the file above the document, and `origin`
    the template or resource that a `# Source:` comment names as what made it.
    """

    file: str
    text: str = field(repr=False)
    before: int
    marked: Marked = field(repr=False)
    origin: str = ""

    def at(self, *path: Step) -> Position:
        """Line and column in the file of a key or element, or of its nearest parent that exists."""
        line, column = self.marked.at(*path)
        return line + self.before, column

    def exists(self, path: Steps) -> Steps:
        """The part of a path that is there."""
        value: Any = self.marked.data
        for number, step in enumerate(path):
            there = (isinstance(value, dict) and step in value) or (
                isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
            )
            if not there:
                return path[:number]
            value = value[step]
        return path

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def line(self, number: int) -> str:
        """A line of the file, without its end; empty when the document has none of that number."""
        lines = self._lines
        place = number - self.before - 1
        return lines[place].rstrip("\r") if 0 <= place < len(lines) else ""


@dataclass(frozen=True)
class Problem:
    """Something wrong with the file itself: `type` is one of the words that rules on files ask for.

    `path` is the JSON path in the document; `name` tells two problems of one type and object apart, and stays when
    lines move. `excerpt` is the line that it is about, `target` the object (apiVersion, kind, namespace and name), and
    `instead` what may have been meant.
    """

    type: str
    message: str
    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    name: str = ""
    excerpt: str = ""
    origin: str = ""
    target: tuple[str, str, str, str] | None = None
    instead: str = ""


@dataclass
class Sheet:
    """What one text came to."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[InputWarning] = field(default_factory=list)
    incomplete: bool = False


_START = re.compile(r"(?m)^---(?=\s|\Z)")
_CONTENT = re.compile(r"(?m)^(?!\s*(?:#|---\s*$|---\s+#|%|\.\.\.|$))")
_SOURCE = re.compile(r"(?m)^# Source: (\S.*?)\s*$")
_TEMPLATE = re.compile(r"(?m)^\s*(?:- +)*\{\{|[:\-]\s+\{\{|\{\{-|-\}\}|\{\{[^}\n]*$")
_LINE = re.compile(r"\bline (\d+)")
_VERSION = re.compile(r"(?m)^[\s{,\-]*[\"']?apiVersion[\"']?\s*:|[{,]\s*\"apiVersion\"\s*:")


def looks_like_kubernetes(text: str) -> bool:
    """Whether a text has the words that every object begins with."""
    return ("kind" in text and "apiVersion" in text) and bool(_VERSION.search(text))


def read_text(text: str, file: str, *, asked: bool) -> Sheet:
    """All documents of a text. `asked`: the user named this very file, so that whatever is wrong with it is told."""
    sheet = Sheet()
    for before, part in _parts(text):
        _read_part(part, before, file, sheet, asked)
    return sheet


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a text and the number of lines before each; what has only comments is left out.

    Directives and comments before a `---` stay with the document that follows.
    """
    starts = [0, *(found.start() for found in _START.finditer(text) if found.start()), len(text)]
    begin, lines = 0, 0
    for end in starts[1:]:
        part = text[begin:end]
        if not _CONTENT.search(part):
            if end == len(text) or not part.lstrip().startswith("%"):
                lines += part.count("\n")
                begin = end
            continue
        yield lines, part
        lines += part.count("\n")
        begin = end


def _read_part(part: str, before: int, file: str, sheet: Sheet, asked: bool) -> None:
    notes: list[LoadError] = []
    try:
        found = load_all(part, file, limit=MOST_VALUES, notes=notes)
    except LoadError as error:
        _broken(error, part, before, file, sheet, asked)
        return
    source = _SOURCE.search(part)
    made = [Document(file, part, before, m, source[1] if source else "") for m in found if m.data is not None]
    sheet.documents += made
    if made and notes and any(is_object(d.marked.data) for d in made):
        paths = {place: path for document in made for path, place in document.marked.marks.items()}
        for note in notes:
            path = paths.get((note.line, note.column))
            told = _problem(DUPLICATE_KEY, note, part, before, file)
            sheet.problems.append(replace(told, path="" if path is None else json_path(path)))


def _broken(error: LoadError, part: str, before: int, file: str, sheet: Sheet, asked: bool) -> None:
    template = _TEMPLATE.search(part)
    if template:
        line = before + part.count("\n", 0, part.index("{{", template.start()) if "{{" in part else 0) + 1
        sheet.skipped.append(template_skipped(file, line))
    elif asked or looks_like_kubernetes(part):
        sheet.problems.append(_problem(UNREADABLE, error, part, before, file))
        sheet.incomplete = True


def template_skipped(file: str, line: int) -> InputWarning:
    """The word about a template that is not YAML yet."""
    return InputWarning("not checked: a template; check what `helm template` makes of it", f"{file}:{line}")


def _problem(type: str, error: LoadError, part: str, before: int, file: str) -> Problem:
    lines = part.split("\n")
    excerpt = lines[error.line - 1].rstrip("\r") if 0 < error.line <= len(lines) else ""
    name = error.message.partition(";")[0]
    message = _LINE.sub(lambda found: f"line {int(found[1]) + before}", error.message)
    return Problem(type, message, file, before + max(1, error.line), max(1, error.column), "", name, excerpt)


def is_object(data: Any) -> bool:
    """Whether a value says of which API and kind it is."""
    return isinstance(data, Mapping) and isinstance(data.get("apiVersion"), str) and isinstance(data.get("kind"), str)


@lru_cache(maxsize=4096)
def json_path(steps: Steps) -> str:
    """Steps as a JSON path: `$.spec.containers[0].image`, `$.metadata.labels['a.b/c']`."""
    text = "$"
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("_", "a").replace("-", "a").isalnum() and not step[:1].isdigit():
            text += f".{step}"
        else:
            text += "['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']"
    return text
