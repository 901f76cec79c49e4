"""What the user named, as folders of files: the only code that opens untrusted input.

A path is a folder, a file, an archive (tar, zip, gzip, xz, bzip2, zstandard; told by content) or
`-` for standard input. Archives are unpacked within limits into temporary files that vanish with
the process; folders are read where they are, and links out of them are not followed.

Paths are plain strings here: of thousands of small files, `Path` would cost more than the reading.
"""

# ruff: noqa: PTH116, PTH118, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from diagnose.errors import InputError, UsageError
from diagnose.sources.base import Folder
from diagnose.sources.stores import Counted, Disk, Spool
from diagnose.sources.unpack import (
    DAMAGED,
    MAGIC,
    Budget,
    Limits,
    Problems,
    Stop,
    Unpacking,
    decompressor,
    ignored,
    is_tar,
    sniff,
    unpack_one,
    unpack_tar,
    unpack_zip,
    words,
)

__all__ = ["Limits", "open_inputs"]

_HEAD = 512
_NESTED = 1


@contextmanager
def open_inputs(
    paths: Sequence[str], stdin: BinaryIO | None = None, limits: Limits | None = None
) -> Iterator[list[Folder]]:
    """Every path as a folder of files.

    Raises UsageError for a path that is not there, InputError for one that holds nothing.
    """
    budget = Budget(limits or Limits())
    yield [_open(path, stdin, budget) for path in paths]


def _open(path: str, stdin: BinaryIO | None, budget: Budget) -> Folder:
    if path == "-":
        if stdin is None:
            raise UsageError("there is no standard input to read")
        return _from_stream(stdin, "stdin", budget)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return _from_folder(path, budget)
        with open(path, "rb") as handle:
            if not stat.S_ISREG(mode):
                return _from_stream(handle, path, budget)
            return _from_file(handle, path, budget)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise UsageError(f"no such file or folder: {path}") from error
    except OSError as error:
        raise InputError(f"{path}: {words(error)}") from error


def _from_file(handle: IO[bytes], path: str, budget: Budget) -> Folder:
    head = handle.read(_HEAD)
    handle.seek(0)
    if sniff(head):
        return _unpack(handle, path, budget)
    info = os.fstat(handle.fileno())
    if not info.st_size:
        raise InputError(f"{path} is empty")
    folder, _, name = path.rpartition("/")
    store = Disk(folder or ("/" if path.startswith("/") else "."), partial(_unpack_nested, budget=budget))
    return Folder(store, {name: info.st_size}, folder, modified=info.st_mtime)


def _from_stream(stream: IO[bytes], label: str, budget: Budget) -> Folder:
    """Standard input or a pipe: read once, from its beginning to its end."""
    source = Counted(stream)
    head = b""
    while len(head) < _HEAD and (part := source.read(_HEAD - len(head))):
        head += part
    if not head:
        raise InputError(f"{label} is empty: pipe a dump into it, such as the output of kubectl get pods -A -o json")
    whole = Counted(stream, head)
    kind = sniff(head)
    if kind == "zip":
        spooled = _plain(whole, label, label, budget)
        return spooled.unpack(label)
    return _unpack(cast(IO[bytes], whole), label, budget) if kind else _plain(whole, label, "", budget)


def _plain(source: Counted, name: str, label: str, budget: Budget) -> Folder:
    into = Unpacking(source, Spool(partial(_unpack, budget=budget)), budget, Problems(label))
    whole = ""
    try:
        unpack_one(cast(IO[bytes], source), name, into)
    except Stop as stop:
        whole = f"read only in part: {stop}"
    except OSError as error:
        whole = f"read only in part: {words(error)}"
    return Folder(into.spool, into.spool.finish(), "", warnings=into.problems.warnings(whole), incomplete=bool(whole))


def _unpack_nested(stream: IO[bytes], label: str, budget: Budget) -> Folder:
    return _unpack(stream, label, budget, nested=_NESTED)


def _unpack(stream: IO[bytes], label: str, budget: Budget, nested: int = 0) -> Folder:
    """The members of an archive; what is damaged or over a limit becomes warnings of the folder."""
    into = Unpacking(Counted(stream), Spool(_opener(budget, nested)), budget, Problems(label))
    kind = whole = why = ""
    try:
        kind = _unpack_members(stream, label, into)
    except Stop as stop:
        why = str(stop)
        whole = f"unpacked only in part: {why}"
    except DAMAGED as error:
        why = f"it is damaged or cut off: {words(error)}"
        whole = f"the archive is damaged or cut off, what could be unpacked is used: {words(error)}"
    into.resolve()
    files = into.spool.finish()
    if not any(files.values()):
        raise InputError(_nothing(label, why, into.problems))
    return Folder(
        into.spool,
        files,
        label if kind else label.rpartition("/")[0],
        modified=into.modified,
        warnings=into.problems.warnings(whole),
        incomplete=bool(whole) or into.problems.incomplete,
    )


def _nothing(label: str, why: str, problems: Problems) -> str:
    reasons = [why] if why else [str(warning) for warning in problems.warnings()]
    return f"{label} could not be unpacked: {'; '.join(reasons)}" if reasons else f"{label} holds no files"


def _opener(budget: Budget, nested: int):  # type: ignore[no-untyped-def]
    if nested >= _NESTED:
        return _refuse_deeper
    return partial(_unpack_nested, budget=budget)


def _refuse_deeper(stream: IO[bytes], label: str) -> Folder:
    raise InputError(f"{label}: an archive in an archive in an archive is not opened")


def _unpack_members(stream: IO[bytes], label: str, into: Unpacking) -> str:
    """Unpack, and say whether it was an archive of files (its kind) or one compressed file (empty)."""
    head = into.source.read(_HEAD)
    kind = sniff(head)
    into.source = Counted(stream, head)
    if kind == "zip":
        into.source = Counted(BytesIO())
        unpack_zip(stream, into)
        return kind
    if kind == "tar":
        unpack_tar(cast(IO[bytes], into.source), into)
        return kind
    plain = decompressor(kind, into.source)
    inner = b""
    while len(inner) < _HEAD and (part := plain.read(_HEAD - len(inner))):
        inner += part
    whole = cast(IO[bytes], Counted(plain, inner))
    if is_tar(inner):
        unpack_tar(whole, into)
        return kind
    unpack_one(whole, _plain_name(label), into)
    return ""


def _plain_name(label: str) -> str:
    """What a compressed file is called without its compression."""
    name = PurePosixPath(label).name
    for _, _, suffix in MAGIC:
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix)
    return name


def _from_folder(path: str, budget: Budget) -> Folder:
    root = path.rstrip("/") or "/"
    problems = Problems(root)
    files: dict[str, int] = {}
    modified = 0.0
    whole = ""
    try:
        for name, info in _walk(root, problems):
            budget.member()
            files[name] = info.st_size
            modified = max(modified, info.st_mtime)
    except Stop as stop:
        whole = f"read only in part: {stop}"
    if not files:
        raise InputError(f"{path} holds no files")
    return Folder(
        Disk(root, partial(_unpack_nested, budget=budget)),
        dict(sorted(files.items())),
        root,
        modified=modified,
        warnings=problems.warnings(whole),
        incomplete=bool(whole) or problems.incomplete,
    )


def _walk(root: str, problems: Problems) -> Iterator[tuple[str, os.stat_result]]:
    """All plain files below, with links to files inside; without links to folders or to the outside."""
    real_root = os.path.realpath(root)
    inside = os.path.join(real_root, "")
    below = [""]
    while below:
        prefix = below.pop()
        try:
            entries = sorted(os.scandir(f"{root}/{prefix}"), key=lambda entry: entry.name)
        except OSError as error:
            problems.skip(prefix.rstrip("/"), words(error))
            problems.incomplete = True
            continue
        for entry in entries:
            name = f"{prefix}{entry.name}"
            try:
                if ignored(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    below.append(f"{name}/")
                elif entry.is_symlink() and not os.path.realpath(entry.path).startswith(inside):
                    problems.skip(name, "a link that leaves the folder")
                elif entry.is_file():
                    yield name, entry.stat()
            except OSError as error:
                problems.skip(name, words(error))
