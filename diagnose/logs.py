"""Logs as lazy handles: where the text is and how it is framed; bytes are read when a rule asks.

A handle never reads more than `LIMIT` bytes of a log: its end, where a crash stands, and its
beginning when the whole does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import msgspec

LIMIT = 1 << 20
_HEAD = 1 << 16
_SHORT = 2000

_MISSING = re.compile(
    r"\A\s*(?:unable to retrieve container logs for \S+|(?:Request|Create) log error: [^\n]*"
    r"|failed to (?:try resolving symlinks in path|open log file|get log)[^\n]*"
    r"|Error from server[^\n]*)\s*\Z"
)
_CRI = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (?:stdout|stderr) (?P<tag>[FP])\S* ?(?P<text>.*)\Z"
)
_STAMPS = re.compile(r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")
_CONTROLS = bytes(range(0x20)).translate(None, b"\t\n") + b"\x7f"


class ContainerLog(NamedTuple):
    """Which container's output: `previous` is the run before the last restart."""

    namespace: str
    pod: str
    container: str
    previous: bool = False


class NodeLog(NamedTuple):
    """Which unit's journal on which node, as `("worker-a", "kubelet")`."""

    node: str
    unit: str


@dataclass(frozen=True)
class Log:
    """The text of one log: `read(offset, length)` gives raw bytes, `size` is in bytes.

    `framing` is `plain`, `stamped` (each line begins with an RFC 3339 time), `cri` or `docker`.
    """

    name: str
    size: int
    read: Callable[[int, int], bytes] = field(repr=False, compare=False)
    framing: str = "plain"
    of: ContainerLog | NodeLog | None = None

    @property
    def label(self) -> str:
        """What a reader would call it: `api, previous run`, or `kubelet journal`."""
        if isinstance(self.of, ContainerLog):
            return f"{self.of.container}, previous run" if self.of.previous else self.of.container
        return f"{self.of.unit} journal" if self.of else self.name

    @classmethod
    def of_text(cls, name: str, text: str, framing: str = "plain") -> Log:
        """A log that is already in memory."""
        data = text.encode()
        return cls(name, len(data), lambda offset, length: data[offset : offset + length], framing)

    @cached_property
    def _raw(self) -> bytes:
        if self.size <= LIMIT:
            return self.read(0, self.size)
        head = self.read(0, _HEAD)
        tail = self.read(self.size - LIMIT + _HEAD, LIMIT - _HEAD)
        return head[: head.rfind(b"\n") + 1] + tail[tail.find(b"\n") + 1 :]

    @cached_property
    def _has_controls(self) -> bool:
        """Whether control characters are in the raw bytes, or may come out of their framing."""
        return self.framing == "docker" or len(self._raw.translate(None, _CONTROLS)) < len(self._raw)

    def has(self, part: str) -> bool:
        """Whether the text has this part; most logs are told by their bytes alone."""
        if self.framing in ("plain", "stamped") and part.isascii() and part.isprintable():
            return (part.encode() in self._raw or self._has_controls) and part in self.text
        return part in self.text

    @cached_property
    def text(self) -> str:
        """The log without its framing and control characters; empty when the collector saved an error instead."""
        text = self._raw.decode("utf-8", "replace")
        if self._has_controls:
            text = text.replace("\r\n", "\n")
        if len(text) < _SHORT and _MISSING.match(text):
            return ""
        text = _unframed(text, self.framing)
        return _CONTROL.sub("", text) if self._has_controls else text

    def __bool__(self) -> bool:
        return self.size >= _SHORT or bool(self.size and self.text.strip())

    def line_at(self, start: int) -> str:
        """The line of `text` that holds the character at `start`."""
        begin = self.text.rfind("\n", 0, start) + 1
        end = self.text.find("\n", start)
        return self.text[begin : end if end >= 0 else len(self.text)].strip()

    def last_line(self) -> str:
        """The last line that says something."""
        return next((line.strip() for line in reversed(self.text.split("\n")) if line.strip()), "")


def _unframed(text: str, framing: str) -> str:
    if framing == "stamped":
        return _STAMPS.sub("", text)
    if framing == "cri":
        return "\n".join(_join_cri(text.split("\n")))
    if framing == "docker":
        return "\n".join(_docker_line(line) for line in text.split("\n"))
    return text


def _join_cri(lines: list[str]) -> Iterator[str]:
    partial = ""
    for line in lines:
        found = _CRI.match(line)
        if not found:
            yield partial + line
            partial = ""
        elif found["tag"] == "P":
            partial += found["text"]
        else:
            yield partial + found["text"]
            partial = ""
    if partial:
        yield partial


def _docker_line(line: str) -> str:
    try:
        return str(msgspec.json.decode(line)["log"]).rstrip("\n") if line.startswith("{") else line
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError):
        return line
