"""The files that the user named: folders gone through as git would, what is in them read as text.

Only here and in `rendering` are manifests opened.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from diagnose.errors import UsageError
from diagnose.model import InputWarning
from diagnose.sources.manifests.documents import UNREADABLE, Problem, Sheet, looks_like_kubernetes, read_text
from diagnose.sources.manifests.kustomize import FILES

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

LARGEST = 32 << 20
"""Bytes of a file that is read; the lines and columns of a larger one would take gigabytes."""

ENDINGS = (".yaml", ".yml", ".json")
_PASSED_OVER = frozenset({".git", "node_modules", ".terraform", ".venv", ".tox", "__pycache__"})
_CHART = "Chart.yaml"
_HEAD = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
STDIN = "stdin"


@dataclass(frozen=True)
class Input:
    """One file to read: `name` is what reports call it, `asked` whether the user named it, and not a folder of it."""

    path: Path
    name: str
    asked: bool


def find(paths: Sequence[str], base: Path) -> Iterator[Input]:
    """Every file that the paths stand for, folders in a fixed order. `base` is the current folder.

    Raises UsageError for a path that is not there.
    """
    seen: set[Path] = set()
    for text in paths:
        path = base / text
        if not path.exists():
            raise UsageError(f"no such file or folder: {text}")
        found = _below(path, text, base) if path.is_dir() else iter((Input(path, _name(path, text, base), True),))
        for each in found:
            real = each.path.resolve()
            if real not in seen:
                seen.add(real)
                yield each


def kustomizations_above(inputs: Iterable[Input], base: Path) -> Iterator[Input]:
    """The kustomizations in the folders of some files and above them, up to the repository's: they name the patches.

    Those among the files themselves are left out.
    """
    there = {each.name for each in inputs}
    seen: set[str] = set()
    for name in sorted(there):
        folder = PurePosixPath(name).parent
        while str(folder) not in seen:
            seen.add(str(folder))
            for own in sorted(FILES):
                file = folder / own
                if str(file) not in there and (base / file).is_file():
                    yield Input(base / file, str(file), False)
            if (base / folder / ".git").exists():
                break
            folder = folder.parent


def read(found: Input) -> Sheet:
    """The documents of one file."""
    try:
        size = found.path.stat().st_size
        with found.path.open("rb") as file:
            data = file.read(_HEAD if size > LARGEST else LARGEST + 1)
    except OSError as error:
        return _unreadable(found.name, f"cannot be read: {error.strerror or error}")
    if size > LARGEST or len(data) > LARGEST:
        text = data[:_HEAD].decode("utf-8", "replace")
        if not found.asked and not looks_like_kubernetes(text):
            return Sheet()
        return _unreadable(found.name, too_large(max(size, len(data))))
    return sheet_of(data, found)


def read_stdin(stream: BinaryIO) -> Sheet:
    """The documents that come through a pipe."""
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        return _unreadable(STDIN, too_large(len(data)))
    return sheet_of(data, Input(Path(STDIN), STDIN, True))


def too_large(size: int) -> str:
    """The word about a file that is over the limit."""
    return f"not read: it has more than {LARGEST >> 20} MB ({max(size >> 20, LARGEST >> 20):,} MB); split it"


def sheet_of(data: bytes, found: Input) -> Sheet:
    """The documents in the bytes of a file."""
    whole = found.asked or found.path.name in FILES
    if not whole and b"apiVersion" not in data and not data.startswith(tuple(bom for bom, _ in _BOMS[1:])):
        return Sheet()
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return _unreadable(found.name, f"not read: byte {data[error.start]:#04x} is not UTF-8", line, column)
    if not whole and not looks_like_kubernetes(text):
        return Sheet()
    if "{{" in text and (chart := _chart_of(found.path)):
        why = f"not checked: a template of the chart {chart}; check what `helm template` makes of it"
        return Sheet(skipped=[InputWarning(why, found.name)])
    return read_text(text, found.name, asked=found.asked)


def decoded(data: bytes) -> str:
    """Bytes as text, by their byte order mark. Raises UnicodeDecodeError."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding).removeprefix("\ufeff")
    return data.decode("utf-8")


def _unreadable(name: str, why: str, line: int = 1, column: int = 1) -> Sheet:
    return Sheet(problems=[Problem(UNREADABLE, why, name, line, column, "", "not read")], incomplete=True)


def _name(path: Path, text: str, base: Path) -> str:
    """What a file is called: relative to the current folder where it is below it, with slashes."""
    given = Path(os.path.normpath(text))
    if given.is_absolute() and given.is_relative_to(base):
        given = given.relative_to(base)
    return given.as_posix()


# --- folders ----------------------------------------------------------------------------------------------------------

Ignores = tuple[tuple[Path, "GitIgnoreSpec"], ...]


def _below(folder: Path, text: str, base: Path) -> Iterator[Input]:
    """The files of a folder that may be manifests and that git does not ignore."""
    start = Path(os.path.normpath(folder))
    pending = [(start, Path(_name(folder, text, base)), _above(start))]
    while pending:
        here, name, above = pending.pop(0)
        ignores = (*_own(here), *above)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            yield Input(here, name.as_posix(), True)  # reading it tells why it cannot be
            continue
        below = []
        for entry in entries:
            path = here / entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _PASSED_OVER and not _ignored(path, ignores, folder=True):
                    below.append((path, name / entry.name, ignores))
            elif entry.name.endswith(ENDINGS) and entry.is_file() and not _ignored(path, ignores, folder=False):
                yield Input(path, (name / entry.name).as_posix(), False)
        pending = below + pending


def _chart_of(file: Path) -> str:
    """The chart that a file is a template of, by the folder `templates` beside its Chart.yaml; "" for none."""
    for parent in file.parents:
        if parent.name == "templates" and (parent.parent / _CHART).is_file():
            return parent.parent.resolve().name
    return ""


def _above(folder: Path) -> Ignores:
    """The .gitignore files between the root of the repository and a folder, nearest first."""
    found: list[tuple[Path, GitIgnoreSpec]] = []
    inside = folder.absolute()
    for parent in inside.parents:
        if (inside / ".git").exists():
            break
        found += _own(parent)
        if (parent / ".git").exists():
            return tuple(found)
    return tuple(found) if (inside / ".git").exists() else ()


def _own(folder: Path) -> Ignores:
    found = []
    for name in (".gitignore", ".git/info/exclude"):
        file = folder / name
        if file.is_file():
            from pathspec import GitIgnoreSpec

            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            found.append((folder.absolute(), GitIgnoreSpec.from_lines(lines)))
    return tuple(found)


def _ignored(path: Path, ignores: Ignores, *, folder: bool) -> bool:
    """Whether git ignores a path: the nearest .gitignore that has a word about it decides."""
    whole = path.absolute()
    for base, spec in ignores:
        said = spec.check_file(whole.relative_to(base).as_posix() + ("/" if folder else "")).include
        if said is not None:
            return said
    return False
