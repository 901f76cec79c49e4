"""Measure the program against its speed bars and print a table.

python benchmarks/run.py                the dump of 20,000 pods, start-up, rules, must-gather, a live cluster
python benchmarks/run.py --full         the dump of 100,000 pods as well
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import checking, live, sections, table
from benchmarks.measure import diagnose

_DEFAULT_PODS = 20_000
_SECTIONS = ("dump", "start", "rules", "must-gather", "live", "check")


def rows(bench: sections.Bench, sizes: Sequence[int], only: Sequence[str]) -> Iterator[table.Row]:
    """Every row, as soon as it is measured."""
    chosen: dict[str, Callable[[], Iterator[table.Row]]] = {
        "dump": lambda: (row for pods in sizes for row in sections.dumps(bench, pods)),
        "start": lambda: sections.start(bench),
        "rules": lambda: sections.rules(bench, min(sizes)),
        "must-gather": lambda: sections.must_gather(bench),
        "live": lambda: live.live(bench, min(sizes)),
        "check": lambda: checking.check(bench),
    }
    for name in only or _SECTIONS:
        yield from chosen[name]()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the program against its speed bars.")
    parser.add_argument(
        "--pods",
        type=int,
        default=_DEFAULT_PODS,
        help=f"size of the dump (default: {_DEFAULT_PODS})",
    )
    parser.add_argument("--full", action="store_true", help="measure 20,000 and 100,000 pods")
    parser.add_argument("--only", action="append", choices=_SECTIONS, default=[], help="one section; repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, the best counts (default: 3)")
    parser.add_argument("--dumps", type=Path, help="keep generated dumps here and use them again")
    parser.add_argument("--out", type=Path, help="write the table here too; as JSON if the name ends so")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar is missed or a run failed")
    return parser


def _write(path: Path, measured: Sequence[table.Row]) -> None:
    if path.suffix == ".json":
        text = json.dumps([row.as_json() for row in measured], indent=1)
    else:
        text = "\n".join([table.heading(), *map(table.line, measured)])
    path.write_text(text + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    chosen = _parser().parse_args(arguments)
    sizes = (_DEFAULT_PODS, sections.LARGE) if chosen.full else (chosen.pods,)
    with ExitStack() as folders:
        scratch = Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        bench = sections.Bench(
            dumps=chosen.dumps or scratch,
            scratch=scratch,
            available=not diagnose("--help")().failure,
            rounds=max(1, chosen.rounds),
        )
        measured = []
        print(table.heading(), flush=True)
        for row in rows(bench, sizes, chosen.only):
            measured.append(row)
            print(table.line(row), flush=True)
    if chosen.out is not None:
        _write(chosen.out, measured)
    return 1 if chosen.strict and not all(row.good for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
