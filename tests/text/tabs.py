"""Go's text/tabwriter as kubectl describe uses it: cells end at tabs, columns of neighbouring lines are aligned."""

from __future__ import annotations


def aligned(text: str, padding: int = 2) -> str:
    """The text with its tabs made columns. What follows the last tab of a line is in no column."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[] for _ in lines]
    _column(lines, widths, 0, len(lines), 0, padding)
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(line, row, strict=False)) + line[-1]
        for line, row in zip(lines, widths, strict=True)
    )


def _column(lines: list[list[str]], widths: list[list[int]], start: int, end: int, column: int, padding: int) -> None:
    at = start
    while at < end:
        if len(lines[at]) <= column + 1:
            at += 1
            continue
        stop = at
        while stop < end and len(lines[stop]) > column + 1:
            stop += 1
        longest = max(len(line[column]) for line in lines[at:stop])
        width = longest + padding if longest else 0
        for row in widths[at:stop]:
            row.append(width)
        _column(lines, widths, at, stop, column + 1, padding)
        at = stop
