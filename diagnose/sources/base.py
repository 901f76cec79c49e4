"""What every dump format implements, and the files it reads from.

A `Source` is one dump format: `detect` says whether a folder is the root of such a dump, `read`
puts everything that it finds into a `Builder`. Formats stand in one table, `sources.TABLE`, most
specific first. Only `sources.archive` opens what the user named; formats see a `Folder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from diagnose.decode import Buffer
from diagnose.model import InputWarning
from diagnose.snapshot import Builder

GZIP = b"\x1f\x8b"


def printable(name: str) -> str:
    """A name for people: undecodable bytes and control characters replaced."""
    if name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


class Store(Protocol):
    """Where the bytes of an input are: a folder on disk, or the members of an archive in one file."""

    def read(self, path: str) -> Buffer:
        """All bytes of a file; large ones are mapped, not copied."""
        ...

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        """Part of a file: what lazy logs are read with."""
        ...

    def inflate(self, path: str, limit: int) -> Iterator[bytes]:
        """What a gzip file holds, up to a limit and to where it is damaged."""
        ...

    def unpack(self, path: str, label: str) -> Folder:
        """The members of an archive that lies in this input; raises InputError when there are none."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of plain files, on disk or in an archive.

    `files` maps each file's path below this folder (POSIX, sorted) to its size in bytes. `label` is
    what the user called the input and the way down from there; it begins the file names in warnings.
    `warnings` are what opening the input has to tell; `incomplete` says that files are missing for it.
    """

    store: Store
    files: Mapping[str, int]
    label: str = ""
    prefix: str = ""
    modified: float | None = None
    warnings: tuple[InputWarning, ...] = field(default=(), repr=False)
    incomplete: bool = False

    @cached_property
    def dirs(self) -> dict[str, Folder]:
        """The folders directly below."""
        split: dict[str, dict[str, int]] = {}
        for path, size in self.files.items():
            top, slash, rest = path.partition("/")
            if slash:
                split.setdefault(top, {})[rest] = size
        return {
            top: replace(self, files=files, label=self.name(top), prefix=f"{self.prefix}{top}/", warnings=())
            for top, files in split.items()
        }

    @cached_property
    def here(self) -> list[str]:
        """The files directly in this folder."""
        return [path for path in self.files if "/" not in path]

    def dir(self, path: str) -> Folder | None:
        """The folder at `path`, such as `resources/ns`; None when there is none."""
        found: Folder | None = self
        for part in path.split("/"):
            found = found.dirs.get(part) if found else None
        return found

    def only(self, paths: list[str]) -> Folder:
        """The same folder with only some of its files."""
        return replace(self, files={path: self.files[path] for path in paths}, warnings=())

    def name(self, path: str) -> str:
        """How a file is called in the report."""
        return printable(f"{self.label}/{path}" if self.label else path)

    def read(self, path: str) -> Buffer:
        """The bytes of a file; raises OSError."""
        return self.store.read(self.prefix + path)

    def read_at(self, path: str, offset: int, length: int) -> bytes:
        """Part of a file; raises OSError."""
        return self.store.read_at(self.prefix + path, offset, length)

    def inflate(self, path: str, limit: int) -> Iterator[bytes]:
        """What a gzip file holds, up to a limit and to where it is damaged; raises OSError."""
        return self.store.inflate(self.prefix + path, limit)

    def text(self, path: str, limit: int = 1 << 20) -> str:
        """The beginning of a small text file, decoded leniently; empty when it is not there."""
        if path not in self.files:
            return ""
        try:
            return self.read_at(path, 0, limit).decode("utf-8-sig", "replace")
        except OSError:
            return ""

    def unpack(self, path: str) -> Folder:
        """The archive at `path` as a folder; raises InputError or OSError."""
        return self.store.unpack(self.prefix + path, self.name(path))


class Source(Protocol):
    """One dump format."""

    @property
    def name(self) -> str:
        """What the report calls the format."""
        ...

    def detect(self, folder: Folder) -> bool:
        """Whether `folder` is the root of a dump of this format; reads little."""
        ...

    def read(self, folder: Folder, into: Builder) -> None:
        """Put objects, logs, coverage, version and capture time into the builder.

        What cannot be read becomes a warning, never an exception.
        """
        ...
