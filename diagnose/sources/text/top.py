"""`kubectl top pods|nodes` as text: usage, as metrics.k8s.io has it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from diagnose.kinds import KindKey, parse_key
from diagnose.snapshot import Builder
from diagnose.sources.text import commands
from diagnose.sources.text.base import Block
from diagnose.sources.text.tables import header, tables
from diagnose.tellings import Telling
from diagnose.told import Whole
from diagnose.values import UNKNOWN, quantity

_CPU, _MEMORY = "CPU(cores)", "MEMORY(bytes)"
_PODS, _NODES = parse_key("PodMetrics"), parse_key("NodeMetrics")


class Top:
    """Tables of usage."""

    name = "kubectl top, as text"

    def recognises(self, block: Block) -> bool:
        return {_CPU, _MEMORY} <= {*header(next((line for line in block.lines if line.strip()), ""))}

    def read(self, block: Block, into: Builder) -> None:
        for table in tables(block.lines):
            rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            if _CPU not in table.columns:
                continue
            if any(column.startswith("CPU") and "%" in column for column in table.columns):
                self._nodes(rows, block, into)
            else:
                self._pods(rows, block, into, "POD" in table.columns)
            if table.odd:
                into.warn(f"not understood: line {block.first + table.odd[0]}", block.file, incomplete=True)

    def _nodes(self, rows: list[dict[str, str]], block: Block, into: Builder) -> None:
        for row in rows:
            _tell(_NODES, None, row["NAME"], {"usage": _usage(row)}, block, into)

    def _pods(self, rows: list[dict[str, str]], block: Block, into: Builder, by_container: bool) -> None:
        namespace = commands.parse(block.command).namespace
        pods: dict[tuple[str | None, str], list[Any]] = defaultdict(list)
        for row in rows:
            where = row.get("NAMESPACE") or (namespace if namespace != "*" else None)
            if by_container:
                pods[where, row["POD"]].append(Whole({"name": row["NAME"], "usage": _usage(row)}))
            else:
                pods[where, row["NAME"]].append(UNKNOWN)
        for (where, name), containers in pods.items():
            _tell(_PODS, where, name, {"containers": containers}, block, into)


def _usage(row: dict[str, str]) -> dict[str, str]:
    found = {"cpu": row[_CPU], "memory": row.get(_MEMORY, "")}
    return Whole({name: amount for name, amount in found.items() if quantity(amount) is not None})


def _tell(key: KindKey, namespace: str | None, name: str, fields: dict[str, Any], block: Block, into: Builder) -> None:
    into.told.add(Telling(key, namespace, name, {"metadata": {"deletionTimestamp": None}, **fields}, block.file))


TOP = Top()
