"""One way in which a rule's clauses hold so far: bindings, and where each came from."""

from __future__ import annotations

from typing import Any

from diagnose.decode import Record
from diagnose.index import World
from diagnose.language.operators import Moment


class Match:
    """Bindings by name. `records` are the objects among them, `elements` the names of view elements
    and list elements; `lines` the log lines that a pattern matched, by log name."""

    __slots__ = ("elements", "lines", "moment", "records", "values", "world")

    def __init__(self, world: World, moment: Moment) -> None:
        self.world = world
        self.moment = moment
        self.values: dict[str, Any] = {}
        self.records: dict[str, Record] = {}
        self.elements: dict[str, Any] = {}
        self.lines: dict[str, str] = {}

    def copy(self) -> Match:
        made = Match.__new__(Match)
        made.world, made.moment = self.world, self.moment
        made.values = dict(self.values)
        made.records = dict(self.records)
        made.elements, made.lines = self.elements, self.lines  # shared: they are replaced, never written to
        return made

    def bind(self, name: str, value: Any, record: Record | None = None) -> None:
        if not name:
            return
        self.values[name] = value
        if record is not None:
            self.records[name] = record
