"""`diagnose check`: manifests before they are merged or applied."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnose.cli.live_options import connected
from diagnose.cli.options import FAIL_ON, LEVELS, configuration, exit_code, outputs, rule_options, selection
from diagnose.cli.progress import Progress, without_gc
from diagnose.cli.write import write
from diagnose.errors import InputError, UsageError
from diagnose.language.syntax import ASKED
from diagnose.library import Selection
from diagnose.model import NotEvaluated, Report

if TYPE_CHECKING:
    from diagnose.checking import Set
    from diagnose.config import Config
    from diagnose.language.compiler import RuleSet
    from diagnose.snapshot import Snapshot
    from diagnose.sources.manifests.schemas import Schemas

CLUSTER = "cluster"
_NO_SCHEMAS = "the schemas of Kubernetes are not installed: pip install 'kube-diagnose[check]'"
_BY_SCHEMA = ("manifest-invalid", "manifest-unknown-field")
_LEVELS = [level for level in FAIL_ON if not level.startswith("new:")]
_PATIENCE, _PATIENCE_OF_ONE = 300.0, 60.0


@dataclass(frozen=True)
class Inputs:
    """What is to be checked, as the command line says it."""

    paths: tuple[str, ...]
    charts: tuple[str, ...]
    values: tuple[str, ...]
    kustomizations: tuple[str, ...]
    namespace: str
    changed: bool

    def title(self) -> str:
        """What the report calls it."""
        return " ".join("stdin" if each == "-" else each for each in (*self.paths, *self.charts, *self.kustomizations))


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...|-")
@click.option("--helm", "charts", multiple=True, metavar="CHART", help="What helm makes of a chart (repeatable).")
@click.option(
    "--values",
    multiple=True,
    metavar="FILE[,FILE]",
    help="Values for --helm; each --values is a set by itself, all are checked side by side.",
)
@click.option(
    "--kustomize", "kustomizations", multiple=True, metavar="DIR", help="What kustomize makes of a folder (repeatable)."
)
@click.option("--changed", is_flag=True, help="PATHs are changed files of more: what is no manifest is passed over.")
@click.option("--kubernetes-version", metavar="1.X", help="The version that it is for (default: the newest known).")
@click.option(
    "--profile", type=click.Choice(list(ASKED)), default="default", help="Which policies (default: all but opinions)."
)
@click.option("--complete", is_flag=True, help="What is referred to and not there is broken: the set is all there is.")
@click.option("--against", metavar="DUMP|cluster[:CONTEXT]", help="Look up there what is not among the manifests.")
@click.option("--default-namespace", "namespace", metavar="NS", help="The namespace of objects that name none.")
@click.option("--baseline", metavar="FILE", help="Findings that FILE knows are set aside: only new ones count.")
@click.option("--write-baseline", is_flag=True, help="Write what is found now into the FILE of --baseline.")
@click.option("--no-inline-waivers", is_flag=True, help="Pass over diagnose.dev/ignore annotations of objects.")
@rule_options
@click.option(
    "-o",
    "--output",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="text (default), json, sarif, github, gitlab, junit, markdown or html; repeatable.",
)
@click.option("--severity", type=click.Choice(LEVELS), help="Show only findings at or over this level.")
@click.option("--fail-on", type=click.Choice(_LEVELS), help="Exit 1 on findings at or over this level (error).")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour.")
@click.option("--all", "show_all", is_flag=True, help="Show every finding, however many there are.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def check(
    paths: tuple[str, ...],
    charts: tuple[str, ...],
    values: tuple[str, ...],
    kustomizations: tuple[str, ...],
    changed: bool,
    kubernetes_version: str | None,
    profile: str,
    complete: bool,
    against: str | None,
    namespace: str | None,
    baseline: str | None,
    write_baseline: bool,
    no_inline_waivers: bool,
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    output: tuple[str, ...],
    severity: str | None,
    fail_on: str | None,
    color: str,
    show_all: bool,
    quiet: bool,
) -> int:
    """Check manifests: files, folders (as git sees them), a pipe, Helm charts, kustomizations.

    \b
    diagnose check deploy/
    helm template web charts/web | diagnose check -
    diagnose check deploy/ --baseline .diagnose-baseline.json -o sarif=diagnose.sarif
    """
    if not (paths or charts or kustomizations):
        raise UsageError("name what to check: files, folders, - for stdin, --helm CHART or --kustomize DIR")
    if values and not charts:
        raise UsageError("--values needs --helm CHART")
    if write_baseline and not baseline:
        raise UsageError("--write-baseline needs --baseline FILE")
    if complete and against:
        raise UsageError("--complete says that nothing else exists; it does not go with --against")
    wanted = outputs(output)
    config = configuration(config_file)
    progress = Progress(quiet)
    home = namespace or ("default" if against else "")
    inputs = Inputs(paths, charts, values, kustomizations, home, changed)
    with without_gc():
        from diagnose import library
        from diagnose.checking import check as checked

        chosen = replace(
            selection(folders, no_default_rules, only, skip, config), scopes=("manifest",), profiles=ASKED[profile]
        )
        rules = library.compiled(chosen)
        version, schemas = _schemas(kubernetes_version)
        progress(f"reading {inputs.title()}")
        sets = _sets(inputs, version, schemas)
        with _beside(against, rules, progress) as there:
            progress(f"evaluating {len(rules.plans)} rules")
            report = checked(sets, rules, complete=complete, against=there)
        progress.done()
    if schemas is None:
        report = _without_schemas(report, rules)
    report = _waived(report, sets, config, chosen, rules, inline=not no_inline_waivers, whole=not changed)
    if baseline and write_baseline:
        return _write_baseline(report, baseline, quiet)
    if baseline:
        report = _since_baseline(report, baseline, _objects(sets) if changed else None)
    write(report, wanted, title=inputs.title(), color=color, severity=severity or config.severity, show_all=show_all)
    _check_examined(report, inputs)
    return exit_code(report, fail_on or (config.fail_on or "error").rpartition(":")[2])


def _schemas(asked: str | None) -> tuple[str, Schemas | None]:
    """The version of Kubernetes that is meant, and its schemas where they are installed. Raises UsageError."""
    from diagnose.sources.manifests import schemas
    from diagnose.values import version_in_range

    version = (asked or schemas.NEWEST).removeprefix("v")
    major, _, minor = version.partition(".")
    minor = minor.partition(".")[0]
    if not (major == "1" and minor.isdecimal()) or not version_in_range(f"1.{minor}", ">=1.0"):
        raise UsageError(f"--kubernetes-version takes a version as 1.31, not '{asked}'")
    return f"1.{minor}", schemas.load(f"1.{minor}")


def _sets(inputs: Inputs, version: str, schemas: Schemas | None) -> list[Set]:
    """What is to be checked, read; each set is judged by itself. Raises UsageError, InputError."""
    from diagnose.checking import Set
    from diagnose.sources import manifests
    from diagnose.sources.manifests import rendering

    base, kubernetes = Path.cwd(), f"v{version}"
    made = []
    if inputs.paths:
        stdin = sys.stdin.buffer if "-" in inputs.paths else None
        read = manifests.read(inputs.paths, base, stdin, inputs.namespace, kubernetes, schemas, changed=inputs.changed)
        made.append(Set(read))
    for chart in inputs.charts:
        for one in inputs.values or ("",):
            files = [file for file in one.split(",") if file]
            rendered = rendering.helm(chart, files, f"{version}.0")
            made.append(Set(manifests.read_rendered(rendered, inputs.namespace, kubernetes, schemas), one))
    for folder in inputs.kustomizations:
        rendered = rendering.kustomize(folder)
        made.append(Set(manifests.read_rendered(rendered, inputs.namespace, kubernetes, schemas)))
    return made


def _beside(against: str | None, rules: RuleSet, progress: Progress) -> AbstractContextManager[Snapshot | None]:
    """The snapshot of `--against`, open while it is looked into; None without. Raises UsageError, InputError."""
    if against is None:
        return nullcontext()
    name, _, context = against.partition(":")
    if name == CLUSTER:
        from diagnose.live import capture

        progress("connecting")
        with connected(None, context or None, _PATIENCE, _PATIENCE_OF_ONE) as transport:
            return nullcontext(capture(transport, rules, None, None, progress))
    from diagnose import sources

    progress(f"reading {against}")
    return sources.read([against])


def _without_schemas(report: Report, rules: RuleSet) -> Report:
    """The rules that could not be decided for want of the schemas."""
    there = {plan.rule.id for plan in rules.plans}
    more = tuple(NotEvaluated(rule, _NO_SCHEMAS) for rule in _BY_SCHEMA if rule in there)
    return replace(report, not_evaluated=(*report.not_evaluated, *more))


def _waived(
    report: Report,
    sets: Sequence[Set],
    config: Config,
    chosen: Selection,
    rules: RuleSet,
    *,
    inline: bool,
    whole: bool,
) -> Report:
    """The report without what waivers set aside. Raises LoadErrors for one that is wrong."""
    from diagnose import library, waivers

    asked = {f"{plan.rule.category}/{plan.rule.id}" for plan in rules.plans}
    known = library.names(chosen) | asked
    found = waivers.waivers_of(config.document, known)
    if inline:
        for each in sets:
            found += waivers.annotations_of(each.manifests.manifests.values(), known)
    asked = {name for name in asked if name.rpartition("/")[2] not in {each.rule for each in report.not_evaluated}}
    return waivers.apply(report, list(dict.fromkeys(found)), time.time(), asked, whole=whole) if found else report


def _objects(sets: Sequence[Set]) -> set[str]:
    """What the sets hold, as a baseline writes it."""
    return {str(manifest) for each in sets for manifest in each.manifests.manifests.values()}


def _since_baseline(report: Report, file: str, objects: set[str] | None) -> Report:
    from diagnose import baseline

    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read: {error.strerror or error}; write it with --baseline {file} --write-baseline"
        ) from None
    return baseline.apply(report, data, file, objects)


def _write_baseline(report: Report, file: str, quiet: bool) -> int:
    from diagnose import baseline

    try:
        Path(file).write_bytes(baseline.written(report))
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None
    if not quiet:
        number = len(report.findings)
        click.echo(f"wrote {file}: {number:,} finding{'s' if number != 1 else ''} that will not fail", err=True)
    return 3 if report.snapshot.incomplete else 0


def _check_examined(report: Report, inputs: Inputs) -> None:
    """Refuse a success on nothing where something was expected; a list of files, as hooks give it, may hold none."""
    whole: tuple[Any, ...] = (*inputs.charts, *inputs.kustomizations)
    expected = whole or any(path == "-" or Path(path).is_dir() for path in inputs.paths)
    if expected and not report.snapshot.objects and not report.snapshot.incomplete and not report.findings:
        raise InputError(f"{inputs.title()} holds no Kubernetes objects")
