"""`diagnose diff`: two dumps or saved reports beside each other."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from diagnose.cli.options import FAIL_ON, LEVELS, configuration, exit_code, outputs, rule_options, selection
from diagnose.cli.progress import Progress, without_gc
from diagnose.cli.write import write_all
from diagnose.config import Config
from diagnose.errors import UsageError
from diagnose.library import Selection
from diagnose.model import Report

if TYPE_CHECKING:
    from diagnose.language.compiler import RuleSet
    from diagnose.render import Options

_HEAD = 4096


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@rule_options
@click.option("-o", "--output", multiple=True, metavar="FORMAT[=FILE]", help="text (default) or json; repeatable.")
@click.option("--severity", type=click.Choice(LEVELS), help="Show only findings at or over this level.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    metavar="[new:]LEVEL|never",
    help="Exit 1 on findings of B at or over this level, with new: only on those that are new.",
)
@click.option("-n", "--namespace", multiple=True, metavar="NS", help="Only findings in this namespace (repeatable).")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour.")
@click.option("--all", "show_all", is_flag=True, help="Show everything, also what is still there.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def diff(
    before: str,
    after: str,
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    output: tuple[str, ...],
    severity: str | None,
    fail_on: str | None,
    namespace: tuple[str, ...],
    color: str,
    show_all: bool,
    quiet: bool,
) -> int:
    """Compare A, the earlier, with B: two dumps, two reports written with -o json, or one of each; - is stdin.

    New is what A looked for and did not have; gone is what B looked for and does not have. What one of them could not
    have found (its rule did not run, the kind was not collected) is told apart, with the reason.
    """
    from diagnose.render.diffs import FORMATS

    if before == after == "-":
        raise UsageError("only one of the two can come from stdin")
    wanted = outputs(output, FORMATS)
    config = configuration(config_file)
    reader = _Reader(selection(folders, no_default_rules, only, skip, config), namespace, Progress(quiet))
    with without_gc():
        first, second = reader.read(before), reader.read(after)
    _check_used(reader, {"--rules": folders, "--no-default-rules": no_default_rules, "--only": only, "--skip": skip})
    from diagnose.diff import compared
    from diagnose.render.diffs import render

    made = compared(first, second, *("stdin" if path == "-" else path for path in (before, after)))

    def rendered(format: str, options: Options) -> str | bytes:
        return render(made, format, options)

    write_all(rendered, wanted, title="", color=color, severity=severity or config.severity, show_all=show_all)
    return _exit_code(made.before, made.after, fail_on, config)


def _exit_code(before: Report, after: Report, fail_on: str | None, config: Config) -> int:
    """3 also when the first input was incomplete: then nothing is known to be new."""
    code = exit_code(after, fail_on or config.fail_on or "never")
    return 3 if before.snapshot.incomplete else code


class _Reader:
    """What becomes a report of a path: a saved one is read back, anything else is diagnosed."""

    def __init__(self, selection: Selection, namespaces: tuple[str, ...], progress: Progress) -> None:
        self._selection, self._namespaces, self._progress = selection, namespaces, progress
        self.rules: RuleSet | None = None

    def read(self, path: str) -> Report:
        """The report of one side. Raises UsageError, InputError."""
        from diagnose.run import within

        self._progress(f"reading {path}")
        try:
            report = self._report(path)
        finally:
            self._progress.done()
        return within(report, frozenset(self._namespaces)) if self._namespaces else report

    def _report(self, path: str) -> Report:
        from diagnose.report_file import is_report, read_report

        if path == "-":
            stream = io.BufferedReader(sys.stdin.buffer, _HEAD)  # type: ignore[type-var]
            return read_report(stream.read(), "stdin") if is_report(stream.peek()) else self._dump(path, stream)
        file = Path(path)
        if file.is_file():
            with file.open("rb") as opened:
                if is_report(opened.read(_HEAD)):
                    opened.seek(0)
                    return read_report(opened.read(), path)
        return self._dump(path, None)

    def _dump(self, path: str, stdin: BinaryIO | None) -> Report:
        from diagnose import library, sources
        from diagnose.run import diagnose

        self.rules = self.rules or library.compiled(self._selection)
        with sources.read([path], stdin=stdin) as snapshot:
            return diagnose(snapshot, self.rules)


def _check_used(reader: _Reader, given: Mapping[str, object]) -> None:
    """Refuse options that would do nothing: a saved report has the rules that it was made with."""
    if reader.rules is None:
        for option, value in given.items():
            if value:
                raise UsageError(f"{option} chooses rules for dumps, and both A and B are finished reports")
