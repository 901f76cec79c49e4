"""What is measured, section by section; each yields its rows as they are known."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import Cluster, Scale
from benchmarks.dump import truth_path
from benchmarks.measure import ROOT, Usage, command, diagnose, side_by_side, task
from benchmarks.rules import write_rules
from benchmarks.table import Bar, Row

LARGE = 100_000
MUST_GATHER = ROOT.parent / "shared" / "dumps" / "public" / "must-gather-aws.tar.xz"

_TIME_BAR = 1.0
_LARGE_TIME_BAR = 0.5
_PEAK_BAR = 2.0
_YAML_BAR = 1 / 8
_RULES_BAR = 1.5
_ONE_FILE_BAR = 0.5
_HELP_BAR = 0.15
_FEW_RULES, _MANY_RULES = 100, 1000
_NAIVE_SAMPLE = 200
_START_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Bench:
    """Where dumps are kept, where scratch files go, and whether there is a program to measure."""

    dumps: Path
    scratch: Path
    available: bool
    rounds: int

    def dump(self, pods: int) -> Path:
        """The dump of this size, generated unless it is there."""
        folder = self.dumps / (f"{pods // 1000}k" if pods % 1000 == 0 else str(pods))
        if not truth_path(folder).exists():
            # In a process of its own: a child's peak memory starts at what its parent holds.
            arguments = ["-m", "benchmarks.generate", "--pods", str(pods), "--out", str(folder)]
            failure = command([sys.executable, *arguments]).failure
            if failure:
                raise RuntimeError(f"cannot generate {folder}: {failure}")
        return folder

    def rounds_for(self, pods: int) -> int:
        """Fewer rounds for what takes minutes."""
        return self.rounds if pods < LARGE else max(1, self.rounds - 1)


def row_of(what: str, used: Usage, size: int | None = None, bar: Bar | None = None, note: str = "") -> Row:
    if used.failure:
        return Row(what, failed=True, note=used.failure)
    notes = [note] if note else []
    if used.incomplete:
        notes.append("part of the input was unreadable")
    return Row(what, used.seconds, size, used.peak, bar, note=", ".join(notes))


def ratio_of(used: Usage, reference: Usage, limit: float) -> Bar | None:
    if used.failure or reference.failure or not reference.seconds:
        return None
    return Bar(used.seconds / reference.seconds, limit)


def _unavailable(what: str) -> Row:
    return Row(what, failed=True, note="not available")


def dumps(bench: Bench, pods: int) -> Iterator[Row]:
    """A whole dump against the parsers alone."""
    folder = bench.dump(pods)
    size = sum(path.stat().st_size for path in folder.glob("*.json"))
    yield Row(f"{pods:,} pods, {size / 1e6:,.0f} MB of JSON")
    measures = {
        "json.loads": task("json", folder),
        "orjson.loads": task("orjson", folder),
        "orjson.loads, garbage collector off": task("orjson-gc-off", folder),
    }
    if bench.available:
        measures["diagnose"] = diagnose("dump", folder, "-o", "json=/dev/null")
    best = side_by_side(measures, bench.rounds_for(pods))
    used = best.pop("diagnose", None)
    for what, baseline in best.items():
        yield row_of(f"  {what}", baseline, size)
    # The sample is drawn from all objects in memory, which is left out where they are too many.
    if pods < LARGE:
        yield _naive(folder)
    if used is None:
        yield _unavailable("  diagnose dump")
    else:
        limit = _LARGE_TIME_BAR if pods >= LARGE else _TIME_BAR
        bar = ratio_of(used, best["orjson.loads"], limit)
        yield row_of("  diagnose dump", used, size, bar, "of orjson.loads")
        if not used.failure:
            yield _peak(used, size, pods)
            yield from recall(bench, folder)


def _peak(used: Usage, size: int, pods: int) -> Row:
    bar = Bar(used.peak / size, _PEAK_BAR) if pods >= LARGE else None
    note = f"{used.peak / size:.2f} x the files"
    return Row("  diagnose dump, peak memory", peak=used.peak, bar=bar, note=note)


def _naive(folder: Path) -> Row:
    used = task("naive", folder, _NAIVE_SAMPLE)()
    what = "  naive engine (jsonpath-ng find), no parsing"
    if used.failure:
        return Row(what, failed=True, note=used.failure)
    facts = used.facts
    note = f"extrapolated from {facts['sampled']:,} of {facts['objects']:,} objects"
    return Row(what, used.seconds, note=note)


def recall(bench: Bench, folder: Path) -> Iterator[Row]:
    """How many of the broken objects the report names."""
    report = bench.scratch / "report.json"
    used = diagnose("dump", folder, "-o", f"json={report}")()
    if not used.failure:
        used = task("recall", report, truth_path(folder))()
    if used.failure:
        yield Row("  recall", failed=True, note=used.failure)
        return
    found = used.facts
    what = f"  recall: {found['found']:,} of {found['roots']:,} roots are causes"
    yield Row(what, note=_counts(found["missed"]))
    stray = sum(found["stray"].values())
    what = f"  stray: {stray:,} of {found['causes']:,} causes on nothing broken"
    yield Row(what, note=_counts(found["stray"]))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in list(counts.items())[:5])


def start(bench: Bench) -> Iterator[Row]:
    """What must feel instant."""
    yield Row(f"start-up, best of {_START_ROUNDS}")
    if not bench.available:
        yield _unavailable("  diagnose")
        return
    pod = next(made for made in Cluster(Scale(1, broken=0)).objects() if made["kind"] == "Pod")
    file = bench.scratch / "one-pod.json"
    file.write_text(json.dumps(pod, sort_keys=True), encoding="utf-8")
    measures = {"--help": diagnose("--help"), "dump one-pod.json": diagnose("dump", file)}
    limits = {"--help": _HELP_BAR, "dump one-pod.json": _ONE_FILE_BAR}
    for what, used in side_by_side(measures, _START_ROUNDS).items():
        yield row_of(f"  diagnose {what}", used, bar=Bar(used.seconds, limits[what], "s"))


def rules(bench: Bench, pods: int) -> Iterator[Row]:
    """Ten times the rules on the same dump."""
    yield Row(f"rules, {pods:,} pods")
    if not bench.available:
        yield _unavailable("  diagnose dump --rules")
        return
    folder = bench.dump(pods)
    measures = {}
    for count in (_FEW_RULES, _MANY_RULES):
        written = write_rules(bench.scratch / f"rules-{count}", count)
        options = ("--rules", written, "--no-default-rules", "-o", "json=/dev/null")
        measures[f"{count:,} rules"] = diagnose("dump", folder, *options)
    few, many = side_by_side(measures, bench.rounds).items()
    yield row_of(f"  diagnose dump, {few[0]}", few[1])
    bar = ratio_of(many[1], few[1], _RULES_BAR)
    yield row_of(f"  diagnose dump, {many[0]}", many[1], bar=bar, note=f"of {few[0]}")


def must_gather(bench: Bench) -> Iterator[Row]:
    """YAML in bulk, against PyYAML's C loader on the same files."""
    if not MUST_GATHER.exists():
        yield Row("must-gather", note=f"skipped: no {MUST_GATHER.name} beside the repository")
        return
    folder = bench.scratch / "must-gather"
    with tarfile.open(MUST_GATHER) as archive:
        archive.extractall(folder, filter="data")
    measures = {"PyYAML": task("pyyaml", folder)}
    if bench.available:
        measures["diagnose"] = diagnose("dump", folder, "-o", "json=/dev/null")
    best = side_by_side(measures, bench.rounds)
    reference, used = best["PyYAML"], best.get("diagnose")
    size = reference.facts.get("bytes", 0)
    files = reference.facts.get("files", 0)
    yield Row(f"must-gather, {files:,} YAML files, {size / 1e6:,.0f} MB")
    yield row_of("  PyYAML, C loader", reference, size)
    if used is None:
        yield _unavailable("  diagnose dump")
        return
    bar = ratio_of(used, reference, _YAML_BAR)
    faster = f"{1 / bar.value:.1f} x as fast as PyYAML" if bar else ""
    yield row_of("  diagnose dump", used, size, bar, faster)
