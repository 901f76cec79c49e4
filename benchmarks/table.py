"""The table of results: what was measured, against which bar."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_HEAD = ("what", "seconds", "MB/s", "peak MB", "ratio", "bar", "verdict")
_WIDTHS = (46, 9, 8, 9, 10, 10, 0)
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that may not be larger than its limit."""

    value: float
    limit: float
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether the figure is within the limit."""
        return self.value <= self.limit

    @property
    def verdict(self) -> str:
        """The outcome in words."""
        return "met" if self.met else f"MISSED by {self.value / self.limit - 1:.0%}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    seconds: float | None = None
    size: int | None = None
    peak: int | None = None
    bar: Bar | None = None
    failed: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """What to think of it, where there is something to think."""
        if self.failed:
            return "FAILED"
        return self.bar.verdict if self.bar else ""

    @property
    def good(self) -> bool:
        """Whether it was measured and within its bar, if it has one."""
        return not self.failed and (self.bar is None or self.bar.met)

    def cells(self) -> tuple[str, ...]:
        """The line's columns."""
        rate = self.size / self.seconds / _MEGA if self.size and self.seconds else None
        bar = self.bar
        return (
            self.what,
            _number(self.seconds, 2 if (self.seconds or 0) >= 1 else 3),
            _number(rate, 0 if (rate or 0) >= 10 else 1),
            _number(self.peak / _MEGA if self.peak else None, 0),
            f"{bar.value:.2f} {bar.unit}" if bar else "",
            f"{bar.limit:g} {bar.unit}" if bar else "",
            ", ".join(part for part in (self.verdict, self.note) if part),
        )

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self) | {"verdict": self.verdict}


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def heading() -> str:
    """The first line of the table."""
    return _line(_HEAD)


def line(row: Row) -> str:
    """A row as text; one without figures is a heading of its own."""
    return _line(row.cells())


def _line(cells: tuple[str, ...]) -> str:
    first, *figures, last = cells
    middle = "".join(f"{cell:>{width}}" for cell, width in zip(figures, _WIDTHS[1:-1], strict=True))
    return f"{first:<{_WIDTHS[0]}}{middle}  {last}".rstrip()
