"""YAML to JSON in bulk: rapidyaml for what collectors write, libyaml for everything else.

rapidyaml converts about 200 MB/s, where PyYAML's C loader reads 4 MB/s; but it knows neither tags
nor YAML 1.1 scalars, and leaves aliases as text. A scan finds the files in which such a thing may
stand, the parse tree says whether one does, and then the file goes through libyaml's events, which
are read with the meaning that kubectl gives YAML (sigs.k8s.io/yaml, YAML 1.1):

- keys are strings, timestamps and sexagesimal numbers are strings;
- `yes`, `no`, `on`, `off` are booleans, `0644` is octal, `1_000` is a number;
- aliases and merge keys are resolved within a budget, tags other than `!!str` are ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import compress, repeat
from typing import Any

import msgspec
import re2
import ryml
import yaml

from diagnose.decode import Buffer

MAX_DEPTH = 200
MAX_VALUES = 5_000_000

_PLAIN_ODD = (
    rb"~|Null|NULL|True|TRUE|False|FALSE|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF"
    rb"|[-+.]{0,2}(?i:inf(?:inity)?|nan)|[-+]?0(?:[xX][0-9a-fA-F_]*|[oO][0-7_]*|[bB][01_]*|[0-9_]+(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]*)?|[-+]?0[eE][-+]?[0-9]+|[-+]?[0-9.]+_[0-9_.]*"
    rb"|[-+]?[0-9][0-9_.]*[eE][-+]?[0-9]{3,}"
)
_ODD_KEY = rb"(?:<<|[-+.]{0,2}(?i:inf(?:inity)?|nan))"
_WRITTEN_KEY = rb"""["']?""" + _ODD_KEY + rb"""["']?"""
_PLACE = rb"(?m)(?:^[ \t]*|[:\-?][ \t]+|[,\[{][ \t]*)"
_ENDS = rb"[ \t]*(?:#.*|[,\]}].*)?\r?$"
_SUSPECT = re2.compile(_PLACE + rb"(?:[&*!]|" + _WRITTEN_KEY + rb"[ \t]*:|(?:" + _PLAIN_ODD + rb")" + _ENDS + rb")")
_SUSPECT_REFERENCE = re2.compile(_PLACE + rb"[&*!]")
_SUSPECT_SCALAR = re2.compile(_PLACE + rb"(?:" + _WRITTEN_KEY + rb"[ \t]*:|(?:" + _PLAIN_ODD + rb")" + _ENDS + rb")")
_ODD = re.compile(_PLAIN_ODD + rb"|<<")
_ODD_KEYS = re.compile(_ODD_KEY)
_TAG = ryml.KEYTAG | ryml.VALTAG
_REFERENCE = _TAG | ryml.KEYANCH | ryml.VALANCH | ryml.KEYREF | ryml.VALREF
_REDACTED = re.compile(rb"(?m)((?:^|[:\-])[ \t]+)(\*\*[^\r\n]*?)[ \t]*(\r?)$")
_raw = msgspec.json.Decoder(msgspec.Raw)


class YamlError(ValueError):
    """Text that is no YAML, or more of it than anyone meant; says where."""


class Converter:
    """Converts documents; keeps its output buffer from one to the next.

    `trusted`: anchors and merge keys are resolved without a bound on what they grow to.
    """

    def __init__(self, trusted: bool = False) -> None:
        self._buffer = bytearray(1 << 20)
        self._trusted = trusted

    def __call__(self, data: Buffer) -> bytes:
        """YAML documents (UTF-8) as JSON documents, one after the other. Raises YamlError."""
        if bytes(data[-1:]) != b"\n":
            data = bytes(data) + b"\n"
        fast = self._fast(data)
        if fast is not None:
            return fast
        text = bytes(data)
        try:
            return slow(text)
        except YamlError:
            mended = _REDACTED.sub(_quote, text)
            if mended == text:
                raise
            return slow(mended)

    def _fast(self, data: Buffer) -> bytes | None:
        """The same through rapidyaml; None where it fails, reads other than kubectl, or writes what is no JSON."""
        try:
            with _quiet():
                return self._through_tree(data)
        except (ryml.ExceptionBasic, RuntimeError, ValueError, IndexError, msgspec.DecodeError):
            return None

    def _through_tree(self, data: Buffer) -> bytes | None:
        tree = ryml.parse_in_arena(data)
        if _SUSPECT.search(data):
            refers = _refers(tree, data)
            if refers and (not self._trusted or any(_have(tree, _TAG))):
                return None
            if refers:
                tree.resolve()
            if _is_odd(tree, data):
                return None
        if tree.empty():
            return b""
        root = tree.root_id()
        if not tree.is_stream(root):
            return self._emit(tree, root) if tree.is_container(root) else b""
        parts = []
        node = tree.first_child(root) if tree.has_children(root) else ryml.NONE
        while node != ryml.NONE:
            if tree.is_container(node):
                parts.append(self._emit(tree, node))
            node = tree.next_sibling(node)
        return b"\n".join(parts)

    def _emit(self, tree: Any, node: int) -> bytes:
        failed, size = ryml.emit_json_to_substr(tree, node, self._buffer)
        if failed:
            self._buffer = bytearray(size * 2)
            failed, size = ryml.emit_json_to_substr(tree, node, self._buffer)
        json = bytes(memoryview(self._buffer)[:size])
        _raw.decode(json)
        return json


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps what rapidyaml's C++ writes about errors, besides raising them, off the terminal."""
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    try:
        os.dup2(_nowhere(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@cache
def _nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)


def _refers(tree: Any, data: Buffer) -> bool:
    """Whether what looked like a tag, an alias or a merge key is one, not part of some text."""
    return bool(_SUSPECT_REFERENCE.search(data)) and any(_have(tree, _REFERENCE))


def _is_odd(tree: Any, data: Buffer) -> bool:
    """Whether what looked like an odd scalar is one, not part of some text."""
    if not _SUSPECT_SCALAR.search(data):
        return False
    values, keys = _texts(tree, ryml.VAL_PLAIN, ryml.Tree.val), _texts(tree, ryml.KEY, ryml.Tree.key)
    return any(map(_ODD.fullmatch, values)) or any(map(_ODD_KEYS.fullmatch, keys))


def _have(tree: Any, flags: int) -> Iterator[bool]:
    """For each node, whether it has any of some flags. SWIG finds the C++ tree faster by its `this`."""
    return map(ryml.Tree.type_has_any, repeat(tree.this), range(tree.size()), repeat(flags))


def _texts(tree: Any, flags: int, text_of: Callable[[Any, int], Any]) -> Iterator[bytes]:
    """The keys or values of the nodes with some flags."""
    nodes = compress(range(tree.size()), _have(tree, flags))
    return (bytes(text or b"") for text in map(text_of, repeat(tree.this), nodes))


def _quote(found: re.Match[bytes]) -> bytes:
    return found[1] + b'"' + found[2].replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"' + found[3]


# --- through libyaml --------------------------------------------------------------------------------------------------

_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_SCALAR_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(?:0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|[0-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def slow(data: bytes) -> bytes:
    """YAML documents as JSON documents, through libyaml's events. Raises YamlError."""
    try:
        return b"\n".join(msgspec.json.encode(value) for value in _Reader(data).documents())
    except yaml.YAMLError as error:
        raise YamlError(_explain(error)) from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise error if isinstance(error, YamlError) else YamlError(str(error)) from error


def _explain(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem)


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}: " if event.start_mark else ""


def scalar(text: str) -> object:
    """What a plain scalar means."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "")
    if _INT.match(text):
        value = _integer(digits)
        if value is not None:
            return value
    if _FLOAT.match(digits):
        number = float(digits)
        return number if abs(number) != float("inf") else text
    return text


def _integer(digits: str) -> int | msgspec.Raw | None:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-").lower()
    base = {"0b": 2, "0x": 16, "0o": 8}.get(digits[:2])
    if base:
        return sign * int(digits[2:], base) if digits[2:] else None
    if len(digits) > 1 and digits[0] == "0":
        return sign * int(digits, 8) if re.fullmatch("[0-7]+", digits) else None
    if len(digits) > 300:
        return None
    value = sign * int(digits)
    return value if -(2**63) <= value < 2**64 else msgspec.Raw(str(value).encode())


class _Reader:
    """Builds plain values from events, without recursion and within budgets."""

    def __init__(self, data: bytes) -> None:
        self._events = yaml.parse(data, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0
        self._stack: list[_Open] = []

    def documents(self) -> list[Any]:
        """All documents that are mappings or sequences."""
        found: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
            elif isinstance(event, yaml.ScalarEvent):
                self._close(found, _scalar_of(event), event, 1)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(self._stack) >= MAX_DEPTH:
                    raise YamlError(f"{_line(event)}nested deeper than {MAX_DEPTH}")
                made: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._stack.append(_Open(made, event.anchor, self._values))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                done = self._stack.pop()
                done.finish()
                self._place(found, done.value, done.anchor, self._values - done.begun + 1, 1)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self._anchors:
                    raise YamlError(f"{_line(event)}unknown alias {str(event.anchor)[:60]!r}")
                value, size = self._anchors[event.anchor]
                self._place(found, value, None, size, size)
        return [value for value in found if isinstance(value, (dict, list))]

    def _close(self, found: list[Any], value: Any, event: Any, size: int) -> None:
        if self._stack and self._stack[-1].wants_key:
            if event.value == "<<" and event.implicit[0]:
                self._stack[-1].merging = True
            self._stack[-1].key = event.value
            return
        self._place(found, value, event.anchor, size, size)

    def _place(self, found: list[Any], value: Any, anchor: str | None, size: int, counted: int) -> None:
        self._values += counted
        if self._values > MAX_VALUES:
            raise YamlError(f"its aliases stand for more than {MAX_VALUES:,} values")
        if anchor:
            self._anchors[anchor] = (value, size)
        if not self._stack:
            found.append(value)
        else:
            self._stack[-1].put(value)


class _Open:
    """A mapping or sequence that is not finished."""

    __slots__ = ("_merged", "anchor", "begun", "key", "merging", "value")

    def __init__(self, value: Any, anchor: str | None, begun: int) -> None:
        self.value, self.anchor, self.begun = value, anchor, begun
        self.key: str | None = None
        self.merging = False
        self._merged: list[dict[str, Any]] = []

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.value, dict)

    def put(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            raise YamlError("a key is not a scalar")
        elif self.merging:
            self._merged += [m for m in (value if isinstance(value, list) else [value]) if isinstance(m, dict)]
            self.key, self.merging = None, False
        else:
            self.value[self.key] = value
            self.key = None

    def finish(self) -> None:
        for merged in self._merged:
            for key, value in merged.items():
                self.value.setdefault(key, value)


def _scalar_of(event: Any) -> object:
    if event.implicit[0] and event.tag in (None, "!"):
        return scalar(event.value)
    if event.tag in _SCALAR_TAGS:
        return scalar(event.value)
    return event.value
