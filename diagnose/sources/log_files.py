"""Log files as lazy handles: plain, gzip, a block of a larger file, or derived from one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from diagnose.decode import Buffer
from diagnose.logs import LIMIT, ContainerLog, Log
from diagnose.sources.base import GZIP, Folder

_CRI = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP]")
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ")
_START = re.compile(rb"(?m)^==== START logs for container (\S+) of pod (\S+?)/(\S+) ====\r?\n")
_LARGEST_RATIO = 1000
_LARGEST = 1 << 30
_HEAD = 1 << 16


def log_of(folder: Folder, path: str, size: int, framing: str = "") -> Log:
    """A log file; `framing` empty looks at its first line."""
    name = folder.name(path)
    try:
        if path.endswith(".gz") and folder.read_at(path, 0, 2) == GZIP:
            return _inflated(folder, path, size, framing)
    except OSError:
        return Log(name, 0, lambda offset, length: b"")

    def read(offset: int, length: int) -> bytes:
        try:
            return folder.read_at(path, offset, length)
        except OSError:
            return b""

    return Log(name, size, read, framing or framing_of(read(0, 400)))


def _inflated(folder: Folder, path: str, size: int, framing: str) -> Log:
    """A log in a gzip file. Its size is what the trailer says, which only holds for whole, single streams."""
    stated = int.from_bytes(folder.read_at(path, max(0, size - 4), 4), "little")
    start = b"".join(folder.inflate(path, 400))
    make = partial(_ends, folder, path)
    return derived(folder.name(path), min(max(stated, size), size * _LARGEST_RATIO), make, framing or framing_of(start))


def _ends(folder: Folder, path: str) -> bytes:
    """The beginning and the end of what a gzip file holds, as much as a `Log` reads."""
    head, tail = b"", b""
    try:
        for part in folder.inflate(path, _LARGEST):
            missing = max(0, _HEAD - len(head))
            head += part[:missing]
            tail = (tail + part[missing:])[-LIMIT:]
    except OSError:
        pass
    return head + tail


def framing_of(head: bytes) -> str:
    """How the lines of a log begin: `cri`, `docker`, `stamped` or `plain`."""
    if _CRI.match(head):
        return "cri"
    if head.startswith(b'{"log":'):
        return "docker"
    return "stamped" if _STAMP.match(head) else "plain"


def derived(name: str, size: int, make: Callable[[], bytes], framing: str = "plain") -> Log:
    """A log that is made from another when it is read; `size` bounds its length.

    Its text stands at the end of that length, so that reading the head or the tail finds it.
    """
    made = lru_cache(maxsize=1)(make)

    def read(offset: int, length: int) -> bytes:
        data = made()
        if offset == 0 and length >= size:
            return data
        if offset == 0:
            return data[:length] if len(data) > LIMIT - length else b""
        start = len(data) - (size - offset)
        return data[start : start + length] if start >= 0 else b"\n" + data

    return Log(name, size, read, framing)


def blocks(data: Buffer, name: str, read: Callable[[int, int], bytes]) -> list[tuple[ContainerLog, Log, int, int]]:
    """The container logs that `kubectl cluster-info dump` writes between START and END lines.

    Each with where its block begins and ends in the file. A block ends at the END line of the same
    container, whatever its lines look like; the last one may have none.
    """
    found: list[tuple[ContainerLog, Log, int, int]] = []
    start = _START.search(data)
    while start:
        container, namespace, pod = (bytes(part).decode("utf-8", "replace") for part in start.groups())
        line = (
            b"==== END logs for container " + bytes(start[1]) + b" of pod " + bytes(start[2]) + b"/" + bytes(start[3])
        )
        end = re.compile(b"(?m)^" + re.escape(line) + rb" ====\r?$\n?").search(data, start.end())
        begin, stop = start.end(), end.start() if end else len(data)
        log = Log(
            f"{name} ({container})", stop - begin, _window(read, begin), framing_of(bytes(data[begin : begin + 400]))
        )
        found.append((ContainerLog(namespace, pod, container), log, start.start(), end.end() if end else len(data)))
        start = _START.search(data, end.end()) if end else None
    return found


def _window(read: Callable[[int, int], bytes], begin: int) -> Callable[[int, int], bytes]:
    return lambda offset, length: read(begin + offset, length)
