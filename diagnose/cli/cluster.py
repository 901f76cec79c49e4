"""`diagnose cluster`: the diagnosis of a live cluster."""

from __future__ import annotations

import click

from diagnose.cli.history import HistoryOptions, history_options, remembered
from diagnose.cli.live_options import check_namespaces, connected, connection_options
from diagnose.cli.measure import asked, measured
from diagnose.cli.options import configuration, exit_code, outputs, report_options, rule_options, selection
from diagnose.cli.progress import Progress, without_gc
from diagnose.cli.send import sending, targets
from diagnose.cli.write import write
from diagnose.errors import UsageError
from diagnose.values import timestamp


@click.command()
@connection_options
@click.option("--print-rbac", is_flag=True, help="Write the least ClusterRole for the loaded rules, and end.")
@rule_options
@report_options
@history_options
def cluster(
    kubeconfig: str | None,
    context: str | None,
    timeout: float,
    request_timeout: float,
    print_rbac: bool,
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
    """Diagnose a live cluster: the one that kubectl talks to, or the one that this runs in.

    It only lists, and only what the loaded rules read; logs only of containers that a rule asks about. With -n
    nothing of other namespaces is listed. What may not be listed is told, with the rules that it leaves undecided.
    """
    seconds = None if at is None else timestamp(at)
    if at is not None and seconds is None:
        raise UsageError(f"--at takes a time as 2026-01-31T12:00:00Z, not '{at}'")
    wanted = outputs(output)
    config = configuration(config_file)
    sinks, metrics = targets(send, config), asked(prometheus, config)
    fail_on = fail_on or config.fail_on or "never"
    memory = history.open(config, fail_on)
    progress = Progress(quiet)
    with without_gc():
        from diagnose import library
        from diagnose.live import capture
        from diagnose.run import diagnose, within

        rules = library.compiled(selection(folders, no_default_rules, only, skip, config))
        if print_rbac:
            from diagnose.rbac import cluster_role

            click.echo(cluster_role(rules), nl=False)
            return 0
        progress("connecting")
        try:
            with connected(kubeconfig, context, timeout, request_timeout) as transport:
                snapshot = capture(transport, rules, namespace or None, seconds, progress)
            check_namespaces(namespace, snapshot)
            snapshot = measured(snapshot, metrics, progress)
            progress(f"evaluating {len(rules.plans)} rules")
            report = diagnose(snapshot, rules)
        finally:
            progress.done()
    if namespace:
        report = within(report, frozenset(namespace))
    title = context or (snapshot.server or "").rpartition("/")[2]
    report, forgotten = remembered(memory, report, snapshot, title)
    with sending(report, sinks, title, history.cluster_name or config.cluster_name or "") as undelivered:
        write(report, wanted, title=title, color=color, severity=severity or config.severity, show_all=show_all)
    return forgotten or undelivered() or exit_code(report, fail_on)
