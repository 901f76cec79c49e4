"""Messages collected from real clusters, each put back where it stood, and which rule must recognise it.

`../shared/dumps/real-messages.tsv` has a category, a reason, a message and its source in each line. What is right
for a row stands in `real-messages-wanted.tsv`, which was written by reading the messages; `real_messages_places`
makes the small cluster around each. `python -m tests.real_messages` prints what comes of the rows.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from diagnose import library
from diagnose.language.compiler import RuleSet
from diagnose.logs import ContainerLog, Log, NodeLog
from diagnose.model import Severity
from diagnose.run import diagnose
from diagnose.snapshot import Builder, Snapshot
from diagnose.values import timestamp
from tests.real_messages_places import NOW, Row, place

HERE = Path(__file__).parent
FILE = HERE.parent.parent / "shared" / "dumps" / "real-messages.tsv"
TABLE = HERE / "real-messages-wanted.tsv"
SILENT, NO_RULE = "silent", "no rule"


def rows() -> list[Row]:
    """All rows; numbers are those of the lines."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    fields = ((i, line.split("\t")) for i, line in enumerate(lines[1:], 2))
    return [Row(i, f[0], f[1], f[2].replace("\\n", "\n")) for i, f in fields]


@dataclass(frozen=True)
class Wanted:
    """One line of the table. `verdict` is SILENT, NO_RULE, or "" and the right findings stand in `ids`."""

    line: int
    category: str
    reason: str
    message: str
    ids: tuple[str, ...]
    verdict: str
    why: str

    def fits(self, row: Row) -> bool:
        """Whether this line is about a row."""
        pairs = ((self.category, row.category), (self.reason, row.reason))
        return all(re.fullmatch(p, text) for p, text in pairs) and re.search(self.message, row.message) is not None


@cache
def table() -> tuple[Wanted, ...]:
    """All lines of the table, in its order."""
    found = []
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("#"):
            category, reason, message, right, why = [*line.split("\t"), ""][:5]
            verdict = right if right in (SILENT, NO_RULE) else ""
            found.append(
                Wanted(number, category, reason, message, () if verdict else tuple(right.split()), verdict, why)
            )
    return tuple(found)


@cache
def wanted(row: Row) -> Wanted:
    """What is right for a row."""
    return next(w for w in table() if w.fits(row))


def snapshot_of(row: Row) -> Snapshot:
    """That cluster; everything counts as collected. An object's `log` and `journal` become its logs."""
    builder = Builder()
    builder.coverage.add_everything()
    for made in place(row):
        log, journal, name = made.pop("log", None), made.pop("journal", None), made["metadata"]["name"]
        if log is not None:
            previous = "CrashLoopBackOff" in str(made)
            container = made["spec"]["containers"][0]["name"]
            where = ContainerLog(made["metadata"]["namespace"], name, container, previous)
            builder.add_log(where, Log.of_text("log", log))
        if journal is not None:
            builder.add_log(NodeLog(name, "kubelet"), Log.of_text("journal", journal))
        builder.add_object(made)
    return builder.build(at=timestamp(NOW))


@cache
def rules() -> RuleSet:
    """The rules that come with the program."""
    return library.load().compiled()


@dataclass(frozen=True)
class Outcome:
    """What came of a row. `good` is None where no rule is for it."""

    row: Row
    wanted: Wanted
    found: tuple[str, ...]
    good: bool | None


def outcome(row: Row) -> Outcome:
    """Run all rules over a row's cluster."""
    right = wanted(row)
    report = diagnose(snapshot_of(row), rules())
    found = tuple(dict.fromkeys(f.rule for f in report.findings))
    if right.verdict == NO_RULE:
        return Outcome(row, right, found, None)
    if right.verdict == SILENT:
        return Outcome(row, right, found, not any(f.severity >= Severity.warning for f in report.findings))
    return Outcome(row, right, found, any(fnmatchcase(f, pattern) for f in found for pattern in right.ids))


def tally(outcomes: Iterable[Outcome]) -> str:
    """How many rows of each category came out right."""
    good: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for o in outcomes:
        every[o.row.category] += 1
        meant[o.row.category] += o.good is not None
        good[o.row.category] += o.good is True
    width = max(map(len, every))

    def line(name: str, right: int, of: int, total: int) -> str:
        return f"{name:<{width}} {right:>4} of {of:>3} ({total - of} without a rule)"

    lines = [line(c, good[c], meant[c], every[c]) for c in sorted(every)]
    return "\n".join([*lines, line("all", good.total(), meant.total(), every.total())])


def main() -> None:
    """Print what came out wrong, and the tally."""
    outcomes = [outcome(row) for row in rows()]
    for o in outcomes:
        if o.good is False:
            sys.stdout.write(f"{o.row}\n    wanted {o.wanted.ids or o.wanted.verdict}, found {list(o.found)}\n")
    sys.stdout.write(tally(outcomes) + "\n")


if __name__ == "__main__":
    main()
