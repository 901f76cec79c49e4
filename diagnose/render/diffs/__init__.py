"""Two reports beside each other, as text or as `diagnose.diff/v1`: one table, and a module for each format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from diagnose.diff import Comparison
from diagnose.errors import UsageError
from diagnose.render import Options

RenderDiff = Callable[[Comparison, Options], str | bytes]

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "diagnose.render.diffs.text",
        "json": "diagnose.render.diffs.json",
    }
)
"""The module of each format, which offers `render(comparison, options)`."""


def render(comparison: Comparison, format: str, options: Options | None = None) -> str | bytes:
    """The comparison in one of `FORMATS`; UsageError when there is no such format."""
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r} of a comparison; the formats are: {', '.join(FORMATS)}")
    function = cast(RenderDiff, import_module(FORMATS[format]).render)
    return function(comparison, options or Options())
