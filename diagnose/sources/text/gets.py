"""`kubectl get` as text: each row tells an object, a whole table that there are no others of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from diagnose.kinds import KindKey, info, is_namespaced
from diagnose.snapshot import Builder
from diagnose.sources.text import cells, commands, sheets
from diagnose.sources.text.base import Block
from diagnose.sources.text.commands import Command
from diagnose.sources.text.late import late
from diagnose.sources.text.pod_rows import PODS
from diagnose.sources.text.rows import Row, Sheet
from diagnose.sources.text.sheets import ALWAYS
from diagnose.sources.text.tables import Table, header, is_elision, tables, without_header
from diagnose.tellings import Telling

SHEETS: tuple[Sheet, ...] = (PODS, *sheets.TABLE)
_BY_KEY: dict[KindKey, list[Sheet]] = {}
for _sheet in SHEETS:
    _BY_KEY.setdefault(_sheet.key, []).append(_sheet)
_PREFIX = late(r"([a-z][a-z.0-9]*)/(\S+)\Z")
_EMPTY = late(r"No resources found(?: in (\S+) namespace)?\.?\Z")
_REFUSED = late(
    r"Error from server \(Forbidden\): (?P<what>[\w.-]+)(?: \"[^\"]*\")? is forbidden: (?P<why>.*?cannot (?P<verb>\w+)"
    r" resource \"(?P<resource>[\w./-]+)\"(?: in API group \"(?P<group>[\w.-]*)\")?.*)"
)
_ERROR = late(r"(?:Error: )?(?:Error from server|error: the server doesn't have a resource type)")
_POD_ROW = late(r"(?:\S+ +)?\S+ +\d+/\d+ +[A-Z]\S+ +\d+(?: \(\S+ ago\))? +\d+[smhdy]")
_GAP = late(r" {2,}|\t+")
_AGE = late(r"(?:\d+[smhdy]){1,3}\Z|<invalid>\Z|<unknown>\Z")
_WIDE, _PLAIN = 2, 1


def is_pod(line: str) -> bool:
    """Whether a line is a pod, as it stands in a table without its header."""
    return bool(_POD_ROW.match(line))


class Gets:
    """Tables of `kubectl get`."""

    name = "kubectl get, as text"

    def recognises(self, block: Block) -> bool:
        first = next((line for line in block.lines if line.strip()), "")
        if columns := header(first):
            return len(columns) == len(_GAP.split(first.strip())) or sheet_of(columns, _hint(block), []) is not None
        if _EMPTY.match(first) or _ERROR.match(first):
            return True
        if commands.parse(block.command).verb == "get":
            return True
        return is_pod(first) or _headless(block) is not None

    def read(self, block: Block, into: Builder) -> None:
        command = commands.parse(block.command)
        kinds = [key for key in command.kinds if key] if command.verb == "get" else []
        _Reader(block, command, _hint(block), kinds, into).read()


def _hint(block: Block) -> KindKey | None:
    """The kind that the command or the path names."""
    command = commands.parse(block.command)
    named = next((key for key in command.kinds if key), None) if command.verb == "get" else None
    return named or commands.key_in_path(block.path)


class _Reader:
    def __init__(
        self, block: Block, command: Command, hint: KindKey | None, kinds: list[KindKey], into: Builder
    ) -> None:
        self.block, self.command, self.hint, self.kinds, self.into = block, command, hint, kinds, into
        self.odd: list[int] = []

    def read(self) -> None:
        lines = self.block.lines
        told = 0
        for line in lines:
            if line.startswith("No ") and (empty := _EMPTY.match(line)):
                self._empty(empty[1])
                told += 1
            elif line.startswith("Err") and (refused := _REFUSED.match(line)):
                self._refused(refused)
        if any(header(line) for line in lines if line[:1].isupper()):
            for table in tables(lines):
                self._table(table)
        elif not told:
            self._headless()
        if self.odd:
            first = self.block.first + self.odd[0]
            count = f"{len(self.odd):,} lines" if len(self.odd) > 1 else "a line"
            self.into.warn(f"{count} of a table not understood, first line {first}", self.block.file, incomplete=True)

    def _empty(self, namespace: str | None) -> None:
        keys = self.kinds or ([self.hint] if self.hint else [])
        if self.command.chosen:
            return
        for key in keys:
            where = namespace or self.command.namespace
            self.into.told.listed(key, where if is_namespaced(key) else "*", self.block.file)

    def _refused(self, found: re.Match[str]) -> None:
        group = f".{found['group']}" if found["group"] else ""
        key = commands.resource_key(found["resource"] + group) or self.hint
        if key and found["verb"] in ("list", "watch"):
            self.into.coverage.deny(key, found[0].removeprefix("Error from server (Forbidden): ")[:300])

    def _table(self, table: Table) -> None:
        prefix = self._prefix(table)
        if not prefix and len(self.kinds) > 1:
            sheet = self._of_several(table)
        else:
            sheet = sheet_of(table.columns, prefix or self.hint, table.rows, bool(prefix))
        if sheet is None:
            columns = " ".join(table.columns)[:120]
            self.into.warn(f"a table was not read, its kind cannot be told: {columns}", self.block.file)
            return
        self.odd += table.odd
        latest = {self._identity(row): row for row in (dict(zip(table.columns, r, strict=True)) for r in table.rows)}
        rows = [self._row(sheet, row, self._rank(table.columns)) for row in latest.values()]
        self._listed(sheet.key, rows, "NAMESPACE" in table.columns, table.cut or bool(table.odd))

    def _identity(self, row: Mapping[str, str]) -> tuple[str, str]:
        """What makes two rows be about one object: `--watch` prints it again with each change, and the last counts."""
        return row.get("NAMESPACE", ""), row.get("NAME", "")

    def _of_several(self, table: Table) -> Sheet | None:
        """Where a command asks for several kinds and the names do not say theirs: the one kind that has the columns."""
        found = [sheet_of(table.columns, key, table.rows) for key in self.kinds]
        fitting = [sheet for key, sheet in zip(self.kinds, found, strict=True) if sheet and sheet.key == key]
        most = max((len(sheet.header) for sheet in fitting), default=0)
        best = [sheet for sheet in fitting if len(sheet.header) == most]
        return best[0] if len(best) == 1 else None

    def _rank(self, columns: Sequence[str]) -> int:
        return _WIDE if {"IP", "SELECTOR", "INTERNAL-IP", "VOLUMEMODE", "CONTAINERS"} & {*columns} else _PLAIN

    def _prefix(self, table: Table) -> KindKey | None:
        """The kind that all names of a table begin with, as in `pod/x`."""
        if "NAME" not in table.columns or not table.rows:
            return None
        at = table.columns.index("NAME")
        found = {m[1] if (m := _PREFIX.match(row[at])) else "" for row in table.rows}
        return commands.resource_key(found.pop()) if len(found) == 1 else None

    def _row(self, sheet: Sheet, cells_of: Mapping[str, str], rank: int) -> Row:
        named = cells_of.get("NAME", "")
        prefixed = _PREFIX.match(named)
        row = Row(prefixed[2] if prefixed else named, cells_of, {"metadata": {"deletionTimestamp": None}})
        for column, cell in cells_of.items():
            rule = sheet.columns.get(column) or ALWAYS.get(column)
            if rule and not (column == "LABELS" and cell == ""):
                row.put(rule[0], rule[1](cell))
        if sheet.finish:
            sheet.finish(row)
        namespace = cells_of.get("NAMESPACE") or self._namespace()
        self.into.told.add(Telling(sheet.key, namespace, row.name, row.fields, self.block.file, rank))
        return row

    def _namespace(self) -> str | None:
        return self.command.namespace if self.command.namespace != "*" else None

    def _listed(self, key: KindKey, rows: list[Row], everywhere: bool, cut: bool) -> None:
        chosen = self.command.chosen or (len(rows) == 1 and not self.command.verb and rows[0].name in self.block.path)
        if cut or chosen or not rows:
            return
        wide = everywhere or not is_namespaced(key)
        self.into.told.listed(key, "*" if wide else self._namespace(), self.block.file)

    def _headless(self) -> None:
        found = _headless(self.block)
        if found is None:
            return
        sheet, columns, rows = found
        for row in rows:
            self._row(sheet, dict(zip(columns, row, strict=True)), self._rank(columns))


def sheet_of(
    columns: Sequence[str], hint: KindKey | None, rows: Sequence[Sequence[str]], certain: bool = False
) -> Sheet | None:
    """Which kind a table shows, by its columns; by `hint` where several kinds have the same."""
    have = {*columns} - {"NAMESPACE", "LABELS"}
    fitting = [sheet for sheet in SHEETS if have.issuperset(sheet.header)]
    if hint is not None and (of_hint := [sheet for sheet in fitting if sheet.key == hint]):
        return max(of_hint, key=lambda sheet: len(sheet.known & have))
    if certain or (hint is not None and info(hint) is None):
        return None
    fitting = [sheet for sheet in fitting if sheet.known >= have and _plausible(sheet, columns, rows)]
    if "NAMESPACE" in columns:
        fitting = [sheet for sheet in fitting if is_namespaced(sheet.key)]
    if not fitting:
        return None
    best = max(fitting, key=lambda sheet: len(sheet.header))
    rivals = {sheet.key for sheet in fitting if len(sheet.header) == len(best.header)}
    return best if len(rivals) == 1 or best.key.kind == "ReplicaSet" else None


def _plausible(sheet: Sheet, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether READY is a ratio where it must be: custom kinds have a column of that name too."""
    if "READY" not in columns or sheet.key.kind not in ("Pod", "Deployment", "StatefulSet") or not rows:
        return True
    at = columns.index("READY")
    return sheet.header[:2] != ("NAME", "READY") or all(cells.ratio(row[at]) for row in rows)


def _headless(block: Block) -> tuple[Sheet, tuple[str, ...], list[list[str]]] | None:
    """The kind, the columns and the rows of a table without a header."""
    key = _hint(block)
    lines = [line for line in block.lines if not is_elision(line)]
    first = next((line for line in lines if line.strip()), "")
    by_shape = bool(_POD_ROW.match(first))
    tried = _BY_KEY.get(key, []) if key and not by_shape else [PODS] if by_shape else []
    if not tried:
        return None
    rows = without_header(lines)
    for sheet in tried:
        for columns in _layouts(sheet):
            if rows and len(rows[0]) == len(columns) and all(_fits(columns, row) for row in rows):
                return sheet, columns, rows
    return None


def _layouts(sheet: Sheet) -> list[tuple[str, ...]]:
    """The columns that a table of a kind may have, in the order of kubectl."""
    plain = [sheet.header, (*sheet.header, *sheet.more)]
    found = []
    for columns in dict.fromkeys(plain):
        found += [columns, ("NAMESPACE", *columns), (*columns, "LABELS"), ("NAMESPACE", *columns, "LABELS")]
    return found


def _fits(columns: Sequence[str], row: Sequence[str]) -> bool:
    return all(_AGE.match(cell) for column, cell in zip(columns, row, strict=True) if column == "AGE")


GETS = Gets()
