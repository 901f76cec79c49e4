"""Members out of archives that nobody vouches for: tar, zip and single compressed files into a `Spool`.

Every loop is ours and streams: names are only keys, links become second keys or nothing, and size,
number and compression ratio are counted as the bytes come. What is refused is told, once per reason.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from posixpath import dirname, normpath
from typing import IO

import zstandard

from diagnose.model import InputWarning
from diagnose.sources.base import printable
from diagnose.sources.stores import Counted, Spool

DAMAGED = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    tarfile.TarError,
    zipfile.BadZipFile,
    struct.error,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
)
_CHUNK = 1 << 18
_LONGEST_NAME = 4096
_DEEPEST = 64
_LARGEST_DIRECTORY = 128 << 20
IGNORED = frozenset({".DS_Store", "__MACOSX", ".git"})


@dataclass(frozen=True)
class Limits:
    """What one run may unpack: members, bytes, and bytes per compressed byte (judged from `ratio_from` on)."""

    members: int = 500_000
    total: int = 8 << 30
    ratio: int = 200
    ratio_from: int = 100 << 20


@dataclass
class Budget:
    """What is left of the limits; shared by all archives of a run."""

    limits: Limits
    members: int = 0
    total: int = 0

    def member(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise Stop(f"it holds more than {self.limits.members:,} files")

    def bytes(self, count: int) -> None:
        self.total += count
        if self.total > self.limits.total:
            raise Stop(f"it unpacks to more than {self.limits.total:,} bytes")


class Stop(Exception):  # noqa: N818 (nothing went wrong)
    """A limit was reached: what was unpacked so far is used."""


@dataclass
class Problems:
    """What was refused or failed, by reason, with the first name of each."""

    label: str
    incomplete: bool = False
    _names: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, name: str, reason: str) -> None:
        self._names.setdefault(reason, []).append(name)

    def warnings(self, whole: str = "") -> tuple[InputWarning, ...]:
        """One warning a reason; `whole` is about the archive itself."""
        found = [InputWarning(whole, self.label)] if whole else []
        for reason, names in self._names.items():
            more = f" (and {len(names) - 1:,} more)" if len(names) > 1 else ""
            found.append(InputWarning(f"not read: {reason}{more}", f"{self.label}/{printable(names[0][:200])}"))
        return tuple(found)


def safe_name(name: str) -> tuple[str, str]:
    """The path of a member inside the archive, or why there is none."""
    if name.startswith("/") or name[1:3] in (":/", ":\\"):
        return "", "its path is absolute"
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        return "", "its path leaves the archive"
    if len(name) > _LONGEST_NAME or len(parts) > _DEEPEST:
        return "", "its path is too long"
    return printable("/".join(parts)), ""


def ignored(path: str) -> bool:
    """What desktop systems and git leave beside a dump."""
    return any(part in IGNORED or part.startswith("._") for part in path.split("/"))


@dataclass
class Unpacking:
    """One archive on its way into a spool."""

    source: Counted
    spool: Spool
    budget: Budget
    problems: Problems
    links: dict[str, str] = field(default_factory=dict)
    modified: float | None = None

    def copy(self, stream: IO[bytes]) -> Iterator[bytes]:
        limits = self.budget.limits
        while part := stream.read(_CHUNK):
            self.budget.bytes(len(part))
            unpacked = self.spool.size + len(part)
            if unpacked > limits.ratio_from and unpacked > limits.ratio * max(self.source.count, 1):
                raise Stop(f"it unpacks to more than {limits.ratio} times its size")
            yield part

    def target(self, name: str) -> str:
        """Where a member goes; empty when it is refused, or of no interest."""
        self.budget.member()
        path, why = safe_name(name)
        if why:
            self.problems.skip(name, why)
        elif ignored(path):
            return ""
        elif path in self.spool:
            self.problems.skip(name, "a second file of this name; the last is used")
        return path

    def link(self, path: str, to: str, relative: bool) -> None:
        """Remember a link; `resolve` looks at it when all members are there."""
        if to.startswith("/"):
            self.problems.skip(path, "a link that leaves the archive")
            return
        end = normpath(f"{dirname(path)}/{to}" if relative and dirname(path) else to)
        if end == ".." or end.startswith("../"):
            self.problems.skip(path, "a link that leaves the archive")
        else:
            self.links[path] = end

    def resolve(self) -> None:
        """Make links to members members; links to folders and to nothing are left out."""
        for path in list(self.links):
            end = self.links[path]
            for _ in range(10):
                end = self.links.get(end, end)
            if path not in self.spool and end in self.spool:
                self.spool.link(path, end)

    def saw(self, modified: float) -> None:
        self.modified = max(self.modified or 0.0, modified)


class _Member(tarfile.TarInfo):
    """A tar header whose own extension headers may not be endless."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        regular = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE)
        if self.type not in regular and self.type in _EXTENSIONS and self.size > 1 << 20:
            raise tarfile.ReadError("a header of it is too large")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def unpack_tar(stream: IO[bytes], into: Unpacking) -> None:
    """All members of a tar stream; raises one of DAMAGED where it breaks off."""
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member, errorlevel=2) as archive:
        for member in archive:
            if member.isdir():
                continue
            path = into.target(member.name)
            if not path:
                continue
            into.saw(member.mtime)
            if member.issym() or member.islnk():
                into.link(path, member.linkname, relative=member.issym())
            elif member.isreg():
                content = archive.extractfile(member)
                if content is not None:
                    into.spool.put(path, into.copy(content))
            else:
                into.problems.skip(path, "not a plain file")


def unpack_zip(stream: IO[bytes], into: Unpacking) -> None:
    """All members of a seekable zip file."""
    _check_directory(stream)
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if member.is_dir() or member.filename.endswith("\\"):
                continue
            path = into.target(member.filename.replace("\\", "/"))
            if not path:
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)
            if member.flag_bits & 1:
                into.problems.skip(path, "it is encrypted")
                into.problems.incomplete = True
            elif kind not in (0, stat.S_IFREG, stat.S_IFLNK):
                into.problems.skip(path, "not a plain file")
            else:
                _unpack_zipped(archive, member, path, kind == stat.S_IFLNK, into)


def _unpack_zipped(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, is_link: bool, into: Unpacking
) -> None:
    try:
        with archive.open(member) as content:
            if is_link:
                into.link(path, content.read(_LONGEST_NAME).decode("utf-8", "replace"), relative=True)
                return
            into.source.count += member.compress_size
            into.spool.put(path, into.copy(content))
    except DAMAGED as error:
        into.problems.skip(path, f"damaged in the archive: {words(error)}")
        into.problems.incomplete = True


def _check_directory(stream: IO[bytes]) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and _LARGEST_DIRECTORY < int.from_bytes(tail[end + 12 : end + 16], "little") < 0xFFFFFFFF:
        raise zipfile.BadZipFile("its directory is too large")
    stream.seek(0)


def unpack_one(stream: IO[bytes], name: str, into: Unpacking) -> None:
    """A single compressed file, under `name`."""
    into.budget.member()
    into.spool.put(name, into.copy(stream))


MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "gzip", ".gz"),
    (b"\xfd7zXZ\x00", "xz", ".xz"),
    (b"BZh", "bzip2", ".bz2"),
    (b"\x28\xb5\x2f\xfd", "zstandard", ".zst"),
    (b"PK\x03\x04", "zip", ".zip"),
    (b"PK\x05\x06", "zip", ".zip"),
)


def sniff(head: bytes) -> str:
    """The kind of archive that begins with `head` (512 bytes suffice); empty for any other file."""
    for magic, kind, _ in MAGIC:
        if head.startswith(magic):
            return kind
    return "tar" if is_tar(head) else ""


def is_tar(head: bytes) -> bool:
    """Whether a block is a tar header: its checksum holds."""
    if len(head) < 512 or not head[0]:
        return False
    try:
        stated = int(head[148:156].strip(b"\x00 ") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 256 + sum(head[156:512])


def decompressor(kind: str, stream: Counted) -> IO[bytes]:
    """The plain bytes of a compressed stream."""
    buffered = BufferedReader(stream, _CHUNK)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=buffered)  # type: ignore[return-value]
    if kind == "xz":
        return lzma.LZMAFile(buffered)
    if kind == "bzip2":
        return bz2.BZ2File(buffered)
    plain: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(buffered, read_across_frames=True)
    return plain


def words(error: BaseException) -> str:
    """What an error says, without the parts that only programmers want."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
