"""`diagnose collect`: what a diagnosis reads of a live cluster, saved for later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diagnose.cli.archive import check_target, save
from diagnose.cli.live_options import check_namespaces, connected, connection_options
from diagnose.cli.options import configuration, rule_options, selection
from diagnose.cli.progress import Progress, without_gc

if TYPE_CHECKING:
    from diagnose.snapshot import Snapshot

INCOMPLETE = 3


@click.command()
@click.option(
    "-o", "--output", required=True, metavar="FILE|DIR", help="NAME.tar.zst, NAME.tar.gz, NAME.tar or a folder."
)
@connection_options
@click.option("-n", "--namespace", multiple=True, metavar="NS", help="Only this namespace (repeatable).")
@rule_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no word of what was written.")
def collect(
    output: str,
    kubeconfig: str | None,
    context: str | None,
    timeout: float,
    request_timeout: float,
    namespace: tuple[str, ...],
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    quiet: bool,
) -> int:
    """Save what `diagnose cluster` would read, without the values of Secrets and other credentials.

    `diagnose dump FILE` reads it back to the same report. An archive that is there is replaced when the new one is
    whole; a folder must be new or empty.
    """
    check_target(output)
    config = configuration(config_file)
    progress = Progress(quiet)
    with without_gc():
        from diagnose import library
        from diagnose.live import capture
        from diagnose.sources.collecting import files

        rules = library.compiled(selection(folders, no_default_rules, only, skip, config))
        progress("connecting")
        try:
            with connected(kubeconfig, context, timeout, request_timeout) as transport:
                snapshot = capture(transport, rules, namespace or None, progress=progress)
            check_namespaces(namespace, snapshot)
            progress(f"writing {output}")
            save(output, files(snapshot, namespace or None), snapshot.captured_at or 0.0)
        finally:
            progress.done()
    if not quiet:
        _tell(output, snapshot)
    return INCOMPLETE if snapshot.incomplete else 0


def _tell(output: str, snapshot: Snapshot) -> None:
    """What was written, and what is missing in it."""
    from diagnose.cli import printable
    from diagnose.render.phrases import count_of

    objects = snapshot.objects()
    number, kinds = count_of(sum(objects.values()), "object"), count_of(len(objects), "kind")
    click.echo(printable(f"wrote {output}: {number} of {kinds}, {count_of(len(snapshot.logs), 'log')}"))
    coverage = snapshot.coverage
    for kind, why in {**coverage.refused(), **coverage.failed()}.items():
        click.echo(printable(f"not in it: {kind}: {why}"), err=True)
    for warning in snapshot.warnings:
        click.echo(printable(f"warning: {warning}"), err=True)
