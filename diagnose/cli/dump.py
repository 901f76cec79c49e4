"""`diagnose dump`: the post-mortem of what someone saved."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diagnose.cli.history import HistoryOptions, history_options, remembered
from diagnose.cli.measure import asked, measured
from diagnose.cli.options import (
    configuration,
    exit_code,
    outputs,
    report_options,
    rule_options,
    selection,
)
from diagnose.cli.progress import Progress, without_gc
from diagnose.cli.send import sending, targets
from diagnose.cli.write import write
from diagnose.errors import UsageError
from diagnose.values import timestamp

if TYPE_CHECKING:
    from diagnose.snapshot import Snapshot


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...|-")
@rule_options
@report_options
@history_options
def dump(
    paths: tuple[str, ...],
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    output: tuple[str, ...],
    severity: str | None,
    fail_on: str | None,
    namespace: tuple[str, ...],
    at: str | None,
    color: str,
    show_all: bool,
    quiet: bool,
    send: tuple[str, ...],
    prometheus: str | None,
    history: HistoryOptions,
) -> int:
    """Diagnose dumps of a cluster: kubectl get -o json|yaml, kubectl describe and other text, cluster-info
    dump, must-gather, support bundles, Sonobuoy, kind export logs and more; folders, archives, or - for stdin.

    Several paths are read as one cluster.
    """
    seconds = None
    if at is not None:
        seconds = timestamp(at)
        if seconds is None:
            raise UsageError(f"--at takes a time as 2026-01-31T12:00:00Z, not '{at}'")
    wanted = outputs(output)
    config = configuration(config_file)
    sinks, metrics = targets(send, config), asked(prometheus, config)
    fail_on = fail_on or config.fail_on or "never"
    memory = history.open(config, fail_on)
    progress = Progress(quiet)
    with without_gc():
        from diagnose import library, sources
        from diagnose.run import diagnose, within

        ready = library.prepared(selection(folders, no_default_rules, only, skip, config))
        progress(f"reading {' '.join(map(str, paths))}")
        stdin = sys.stdin.buffer if "-" in paths else None
        with sources.read(paths, stdin=stdin, at=seconds) as snapshot:
            snapshot = measured(snapshot, metrics, progress)
            rules = ready({key for key, rows in snapshot.tables.items() if rows})
            progress(f"evaluating {len(rules.plans)} rules on {sum(len(t) for t in snapshot.tables.values())} objects")
            report = diagnose(snapshot, rules)
        progress.done()
    if namespace:
        _check_namespaces(namespace, snapshot)
        report = within(report, frozenset(namespace))
    title = " ".join("stdin" if p == "-" else Path(p).name or p for p in paths)
    report, forgotten = remembered(memory, report, snapshot, title)
    with sending(report, sinks, title, history.cluster_name or config.cluster_name or "") as undelivered:
        write(report, wanted, title=title, color=color, severity=severity or config.severity, show_all=show_all)
    return forgotten or undelivered() or exit_code(report, fail_on)


def _check_namespaces(wanted: Sequence[str], snapshot: Snapshot) -> None:
    """Refuse a namespace that nothing of the dump is in: no findings would look like good news."""
    from diagnose.kinds import KindKey
    from diagnose.language.ruleset import listed, suggest

    there = {r.meta.namespace for rows in snapshot.tables.values() for r in rows} - {""}
    there |= {r.meta.name for r in snapshot.tables.get(KindKey("", "Namespace"), [])}
    for name in wanted:
        if name not in there:
            guess = suggest(name, there) or f"; it has: {listed(there)}"
            raise UsageError(f"there is no namespace '{name}' in the dump{guess}")
