"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from diagnose.config import Config, load_config
from diagnose.errors import UsageError
from diagnose.library import Selection
from diagnose.model import Report, Severity

F = TypeVar("F", bound=Callable[..., Any])
LEVELS = [s.name for s in sorted(Severity, reverse=True)]
FAIL_ON = [*LEVELS, *(f"new:{level}" for level in LEVELS), "never"]
DEFAULT_CONFIG = "diagnose.yaml"


@dataclass(frozen=True)
class Output:
    """One `-o FORMAT[=FILE]`; `file` is empty for stdout."""

    format: str
    file: str


def rule_options(function: F) -> F:
    """Which rules are loaded."""
    for option in reversed(
        (
            click.option("--rules", "folders", multiple=True, metavar="DIR", help="More rules (repeatable)."),
            click.option("--no-default-rules", is_flag=True, help="Without the rules that come with the program."),
            click.option("--only", multiple=True, metavar="GLOB", help="Only rules whose id (or category/id) fits."),
            click.option("--skip", multiple=True, metavar="GLOB", help="Not the rules whose id fits."),
            click.option("--config", "config_file", metavar="FILE", help="Configuration (diagnose.yaml when present)."),
        )
    ):
        function = option(function)
    return function


def report_options(function: F) -> F:
    """What becomes of the report."""
    for option in reversed(
        (
            click.option(
                "-o",
                "--output",
                multiple=True,
                metavar="FORMAT[=FILE]",
                help="text (default), json, html, markdown, prometheus, policyreport, junit, sarif, github or gitlab; "
                "repeatable.",
            ),
            click.option("--severity", type=click.Choice(LEVELS), help="Show only findings at or over this level."),
            click.option(
                "--fail-on",
                type=click.Choice(FAIL_ON),
                metavar="[new:]LEVEL|never",
                help="Exit 1 on findings at or over this level, with new: only on those that are new.",
            ),
            click.option(
                "-n", "--namespace", multiple=True, metavar="NS", help="Only findings in this namespace (repeatable)."
            ),
            click.option(
                "--at",
                metavar="TIME",
                help="The capture time, as 2026-01-31T12:00:00Z, when the dump does not tell it.",
            ),
            click.option(
                "--color",
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                help="Colour (auto: on a terminal).",
            ),
            click.option(
                "--prometheus",
                metavar="URL",
                help="Ask a Prometheus for usage at the capture time; 'config': the one of diagnose.yaml.",
            ),
            click.option(
                "--send",
                multiple=True,
                metavar="SINK[=URL]",
                help="Send to alertmanager, pushgateway, webhook or slack; without URL as diagnose.yaml says.",
            ),
            click.option("--all", "show_all", is_flag=True, help="Show every cause, however many there are."),
            click.option("-q", "--quiet", is_flag=True, help="No progress and no warnings on stderr."),
        )
    ):
        function = option(function)
    return function


def configuration(file: str | None) -> Config:
    """The configuration that is named, or diagnose.yaml of the current folder. Raises LoadErrors."""
    if file is None:
        if not Path(DEFAULT_CONFIG).is_file():
            return Config()
        file = DEFAULT_CONFIG
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from None
    return load_config(text, file)


def selection(
    folders: Sequence[str],
    no_default_rules: bool,
    only: Sequence[str],
    skip: Sequence[str],
    config: Config,
) -> Selection:
    """The rules that options and configuration ask for."""
    return Selection(
        folders=(*config.rules_folders, *folders),
        builtin=not no_default_rules,
        only=only or config.only,
        skip=(*config.skip, *skip),
        overrides=config.overrides,
    )


def outputs(given: Sequence[str], formats: Collection[str] = ()) -> list[Output]:
    """The outputs asked for, of `formats` or those of a report; text on stdout when none is. Raises UsageError."""
    from diagnose.render import FORMATS

    known = formats or FORMATS
    made = []
    for text in given or ("text",):
        name, _, file = text.partition("=")
        if name not in known:
            from diagnose.language.ruleset import suggest

            raise UsageError(f"unknown format '{name}'{suggest(name, known)}; there are: {', '.join(sorted(known))}")
        if text.endswith("="):
            raise UsageError(f"-o {text} names no file; write -o {name}=FILE, or -o {name} for stdout")
        made.append(Output(name, file))
    if sum(not o.file for o in made) > 1:
        raise UsageError("only one output can go to stdout; give the others a file, as -o json=report.json")
    return made


def use_color(choice: str) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def exit_code(report: Report, fail_on: str) -> int:
    """3 when the input was incomplete, else 1 when something is at or over `fail_on` (`new:`: and is new)."""
    if report.snapshot.incomplete:
        return 3
    if fail_on == "never":
        return 0
    only_new, _, level = fail_on.rpartition(":")
    if only_new:
        from diagnose.diff import alarming

        return int(bool(alarming(report, Severity[level])))
    return int(any(f.severity >= Severity[level] for f in report.findings))
