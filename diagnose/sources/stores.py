"""The two places that files are read from: a folder of the user, and one spool file of unpacked members.

A spool is an unnamed temporary file: what an archive holds is written one after the other and found
by offset, so that no name of an archive ever becomes a path on disk.

Paths are plain strings here: of thousands of small files, `Path` would cost more than the reading.
"""

# ruff: noqa: PTH123

from __future__ import annotations

import gzip
import mmap
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, RawIOBase
from typing import IO

from diagnose.decode import Buffer
from diagnose.errors import InputError
from diagnose.sources.base import Folder

_MAP_FROM = 1 << 20
_CHUNK = 1 << 18

Unpack = Callable[[IO[bytes], str], Folder]


def inflate(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    """What a gzip stream holds, up to a limit and to where it is damaged."""
    with gzip.GzipFile(fileobj=stream) as plain:
        try:
            while limit > 0 and (part := plain.read1(min(limit, _CHUNK))):
                limit -= len(part)
                yield part
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return


@dataclass(frozen=True)
class Disk:
    """A folder on disk; `root` is its path."""

    root: str
    opener: Unpack

    def read(self, path: str) -> Buffer:
        with open(f"{self.root}/{path}", "rb") as handle:
            if os.fstat(handle.fileno()).st_size < _MAP_FROM:
                return handle.read()
            return memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        with open(f"{self.root}/{path}", "rb") as handle:
            handle.seek(offset)
            return handle.read(length)

    def inflate(self, path: str, limit: int) -> Iterator[bytes]:
        with open(f"{self.root}/{path}", "rb") as handle:
            yield from inflate(handle, limit)

    def unpack(self, path: str, label: str) -> Folder:
        with open(f"{self.root}/{path}", "rb") as handle:
            return self.opener(handle, label)


class Spool:
    """Members of an archive in one temporary file; written first, then mapped and read."""

    def __init__(self, opener: Unpack) -> None:
        self._opener = opener
        self._file = tempfile.TemporaryFile(prefix="diagnose-")  # noqa: SIM115
        self._places: dict[str, tuple[int, int]] = {}
        self._map: memoryview = memoryview(b"")
        self.size = 0

    def put(self, path: str, parts: Iterator[bytes]) -> None:
        """Write one member. What was written stays when `parts` raises."""
        start = self.size
        try:
            for part in parts:
                self._write(part)
        finally:
            if self.size > start or path not in self._places:
                self._places[path] = (start, self.size - start)

    def _write(self, part: bytes) -> None:
        try:
            self._file.write(part)
        except OSError as error:
            raise InputError(f"could not unpack into {tempfile.gettempdir()}: {error.strerror}") from error
        self.size += len(part)

    def link(self, path: str, target: str) -> None:
        """Another name for a member."""
        self._places[path] = self._places[target]

    def __contains__(self, path: str) -> bool:
        return path in self._places

    def __len__(self) -> int:
        return len(self._places)

    def finish(self) -> dict[str, int]:
        """Map what was written; the members and their sizes, sorted."""
        self._file.flush()
        if self.size:
            self._map = memoryview(mmap.mmap(self._file.fileno(), self.size, access=mmap.ACCESS_READ))
        self._file.close()
        return {path: self._places[path][1] for path in sorted(self._places)}

    def read(self, path: str) -> Buffer:
        start, size = self._places[path]
        part = self._map[start : start + size]
        return bytes(part) if size < _MAP_FROM else part

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        start, size = self._places[path]
        return bytes(self._map[start + offset : start + max(offset, min(offset + length, size))])

    def inflate(self, path: str, limit: int) -> Iterator[bytes]:
        return inflate(BytesIO(self.read(path)), limit)

    def unpack(self, path: str, label: str) -> Folder:
        return self._opener(BytesIO(self.read(path)), label)


class Counted(RawIOBase):
    """A stream that knows how much was read of it, beginning with bytes that were read before.

    It reads what there is (`read1`), so that nothing is lost where a stream breaks off.
    """

    def __init__(self, stream: IO[bytes], head: bytes = b"") -> None:
        super().__init__()
        self._head, self.count = head, 0
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = _CHUNK
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._read(size)
        self.count += len(data)
        return data

    def readinto(self, buffer: Buffer) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        memoryview(buffer)[: len(data)] = data
        return len(data)
