"""What every form of text implements, and the blocks that it reads from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from diagnose.snapshot import Builder


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a file that one command has printed: lines without line ends, prompts, and terminal escapes.

    `file` is how the report calls the file, `path` its path below the input (POSIX), which may hint at a
    namespace, a node or a unit. `command` is the command line before the block, when the file shows it.
    `first` is the number of its first line in the file (from 1).
    """

    lines: tuple[str, ...]
    file: str
    path: str
    command: str = ""
    first: int = 1


class Form(Protocol):
    """One form of text."""

    @property
    def name(self) -> str:
        """What the report calls it, as `kubectl describe`."""
        ...

    def recognises(self, block: Block) -> bool:
        """Whether a block is of this form, from its content; looks at few lines."""
        ...

    def read(self, block: Block, into: Builder) -> None:
        """Tell the builder what the block says; what cannot be read becomes a warning, never an exception."""
        ...
