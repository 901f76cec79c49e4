"""Files into an archive or a folder: whole or not at all, readable by their owner only."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from diagnose.errors import UsageError

Files = Iterable[tuple[str, bytes]]
_MODE = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_ZSTD_LEVEL = 6


@contextmanager
def _zstd(raw: IO[bytes], time: float) -> Iterator[Any]:
    import zstandard

    with zstandard.ZstdCompressor(level=_ZSTD_LEVEL).stream_writer(raw, closefd=False) as stream:
        yield stream


@contextmanager
def _gzip(raw: IO[bytes], time: float) -> Iterator[Any]:
    with gzip.GzipFile("", "wb", 6, raw, mtime=time) as stream:
        yield stream


@contextmanager
def _plain(raw: IO[bytes], time: float) -> Iterator[Any]:
    yield raw


COMPRESSIONS: dict[str, Callable[[IO[bytes], float], AbstractContextManager[Any]]] = {
    ".tar.zst": _zstd,
    ".tzst": _zstd,
    ".tar.gz": _gzip,
    ".tgz": _gzip,
    ".tar": _plain,
}
_OTHER = (".zip", ".zst", ".gz", ".xz", ".bz2", ".7z", ".json", ".yaml", ".yml")


def check_target(name: str) -> None:
    """Refuse a target that cannot be written, before the cluster is asked. Raises UsageError."""
    path = Path(name)
    if _suffix(name):
        if path.is_dir():
            raise UsageError(f"{name} is a folder; name a file, or a folder without that ending")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {path.parent} for {path.name}")
    elif name.endswith(_OTHER):
        raise UsageError(f"{name}: what is written ends in {', '.join(COMPRESSIONS)}, or is a folder")
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{name} is there already; name a new folder")


def save(name: str, files: Files, time: float) -> None:
    """Write all files; `time` (UNIX seconds) is when they are said to be from. Raises UsageError."""
    suffix = _suffix(name)
    try:
        if suffix:
            _archive(Path(name), suffix, files, int(time))
        else:
            _folder(Path(name), files)
    except OSError as error:
        raise UsageError(f"{name}: cannot be written: {error.strerror or error}") from None


def _suffix(name: str) -> str:
    return next((s for s in COMPRESSIONS if name.endswith(s)), "")


def _archive(path: Path, suffix: str, files: Files, time: int) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    top = path.name.removesuffix(suffix) or "collected"
    try:
        with (
            os.fdopen(os.open(unfinished, _NEW, _MODE), "wb") as raw,
            COMPRESSIONS[suffix](raw, time) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name, data in files:
                member = tarfile.TarInfo(f"{top}/{name}")
                member.size, member.mtime, member.mode = len(data), time, _MODE
                archive.addfile(member, BytesIO(data))
        unfinished.replace(path)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _folder(path: Path, files: Files) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in files:
        target = path.joinpath(*name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, _NEW, _MODE), "wb") as file:
            file.write(data)
