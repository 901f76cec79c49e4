"""Text dumps for tests: files as they would lie in a folder, and what was read of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnose.decode import decode_whole
from diagnose.kinds import parse_key
from diagnose.snapshot import Snapshot
from tests.dumps import load, piped


def table(*rows: Sequence[str]) -> str:
    """Rows as kubectl aligns them: each column as wide as its widest cell, and three blanks."""
    widths = [max(len(row[at]) for row in rows) + 3 for at in range(len(rows[0]))]
    lines = ("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def read(folder: Path, **files: str) -> Snapshot:
    """A folder of text files; `__` in a name is a slash, and they end in .txt."""
    return load(folder, {f"{name.replace('__', '/')}.txt": text.encode() for name, text in files.items()})


def pasted(text: str) -> Snapshot:
    """A text through standard input."""
    return piped(text.encode())


def objects(snapshot: Snapshot, kind: str) -> dict[str, Any]:
    """The objects of a kind by namespace/name, or name where they have no namespace."""
    rows = snapshot.tables.get(parse_key(kind), [])
    return {f"{r.namespace}/{r.name}" if r.namespace else r.name: decode_whole(r.raw) for r in rows}
