"""What the user sees while it works, and the collector kept out of the way of bulk decoding."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """One line on stderr, on a terminal only, replaced as the work goes on."""

    def __init__(self, quiet: bool) -> None:
        self._on = not quiet and sys.stderr.isatty()

    def __call__(self, what: str) -> None:
        if self._on:
            text = "".join(c if c.isprintable() else "?" for c in what)
            sys.stderr.write(f"\r\x1b[K{text[:100]} …")
            sys.stderr.flush()

    def done(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def without_gc() -> Iterator[None]:
    """No cyclic collection while millions of plain values are made: it is most of their cost.

    Nor are those that remain gone through afterwards: the program is about to end.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.enable()
