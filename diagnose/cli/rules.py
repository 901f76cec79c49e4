"""`diagnose rules`: what the rules say, whether they are right, and how to start one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from diagnose.cli import printable
from diagnose.cli.options import configuration, rule_options, selection
from diagnose.errors import LoadError, LoadErrors, UsageError
from diagnose.language.syntax import ASKED
from diagnose.library import Selection

F = TypeVar("F", bound=Callable[..., Any])
FOUND, WRONG = 1, 2


def folder_options(function: F) -> F:
    """Which folders and files are tested or linted."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, metavar="[PATH]..."),
            click.option("--rules", "folders", multiple=True, metavar="DIR", help="More rules (repeatable)."),
            click.option("--no-default-rules", is_flag=True, help="Without the rules that come with the program."),
        )
    ):
        function = option(function)
    return function


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rules() -> None:
    """List, show, test, lint and start rules."""


def _with_policies(wanted: Selection) -> Selection:
    return replace(wanted, profiles=ASKED["all"])


@rules.command("list")
@rule_options
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
def list_rules(
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    output: str,
) -> int:
    """All rules that are loaded, by category."""
    from diagnose import library
    from diagnose.cli.rules_text import as_json, table

    wanted = _with_policies(selection(folders, no_default_rules, only, skip, configuration(config_file)))
    found = library.load(wanted).rules
    click.echo(json.dumps([as_json(r) for r in found], indent=2) if output == "json" else printed(table(found)))
    return 0


@rules.command("show")
@click.argument("rule_id", metavar="ID")
@rule_options
@click.option("-o", "--output", type=click.Choice(["text", "yaml"]), default="text", help="text, or the file as it is.")
def show(
    rule_id: str,
    folders: tuple[str, ...],
    no_default_rules: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config_file: str | None,
    output: str,
) -> int:
    """Everything that one rule says. ID may be an older id of it, or that of a finding (rule/case)."""
    from diagnose import library
    from diagnose.cli.rules_text import describe
    from diagnose.language.ruleset import suggest

    wanted = _with_policies(selection(folders, no_default_rules, only, skip, configuration(config_file)))
    found = {name: r for r in library.load(wanted).rules for name in (*r.aliases, r.id)}
    rule = found.get(rule_id.partition("/")[0])
    if rule is None:
        raise UsageError(
            f"there is no rule '{rule_id}'{suggest(rule_id, found) or ';'} `diagnose rules list` has them all"
        )
    file = library.file_of(rule)
    if output == "yaml":
        click.echo(file.read_text(encoding="utf-8").rstrip("\n"))
    else:
        click.echo(printed(describe(rule, file)))
    return 0


@rules.command("test")
@folder_options
@click.option("-v", "--verbose", is_flag=True, help="Name the cases that pass, too.")
def test(paths: tuple[str, ...], folders: tuple[str, ...], no_default_rules: bool, verbose: bool) -> int:
    """Run the tests beside rules: of the built-in ones, or of folders and files."""
    from diagnose import library
    from diagnose.testing import run_folder

    chosen = folders_of((*paths, *folders), builtin=not paths and not no_default_rules)
    outcomes = []
    for folder in chosen:
        loaded = library.load(library.Selection(folders=[str(folder)], builtin=False, profiles=ASKED["all"]))
        outcomes += run_folder(folder, loaded)
    failed = [o for o in outcomes if o.difference]
    for outcome in outcomes:
        place = f"{outcome.case.file}:{outcome.case.line}: {outcome.rule}: {outcome.case.name}"
        if outcome.difference:
            click.echo(printed(place + "".join(f"\n    {line}" for line in outcome.difference.splitlines())))
        elif verbose:
            click.echo(printed(f"{place}: passed"))
    if not outcomes:
        raise UsageError(f"no tests beside the rules of {', '.join(map(str, chosen))}")
    tested = len({o.rule for o in outcomes})
    if failed:
        click.echo(f"{len(failed)} of {counted(len(outcomes), 'case')} of {counted(tested, 'rule')} failed")
        return FOUND
    click.echo(f"{counted(len(outcomes), 'case')} of {counted(tested, 'rule')} passed")
    return 0


@rules.command("lint")
@folder_options
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    help="Exit 1 on problems at or over this level (error).",
)
def lint(paths: tuple[str, ...], folders: tuple[str, ...], no_default_rules: bool, output: str, fail_on: str) -> int:
    """What would make rules silent, wrong or unclear: paths against Kubernetes' field tables, tests, wording.

    Exit 2 when a rule or test does not load at all.
    """
    from diagnose.language.lint import counts
    from diagnose.linting import lint_folders

    problems, number = lint_folders(folders_of((*paths, *folders), builtin=not paths and not no_default_rules))
    told = counts(problems)
    if output == "json":
        names = ("file", "line", "column", "level", "check", "message")
        click.echo(json.dumps([{n: getattr(p, n) for n in names} for p in problems], indent=2))
    else:
        for problem in problems:
            click.echo(printable(str(problem)))
        summary = (
            f"{counted(told['error'], 'error')}, {counted(told['warning'], 'warning')}" if problems else "no problems"
        )
        click.echo(f"{summary} in {counted(number, 'rule')}")
    if any(p.check == "load" for p in problems):
        return WRONG
    bad = told["error"] + (told["warning"] if fail_on == "warning" else 0)
    return FOUND if bad and fail_on != "never" else 0


@rules.command("schema")
def schema() -> int:
    """The JSON Schema of rule files, for editors."""
    from diagnose.language.schema import rule_schema

    click.echo(json.dumps(rule_schema(), indent=2))
    return 0


@rules.command("reference")
def reference() -> int:
    """The reference of the rule language, as Markdown (docs/rule-reference.md)."""
    from diagnose import library
    from diagnose.language.reference import reference as written

    tables = library.load(library.Selection(builtin=False))
    click.echo(written(tables.relations, tables.symptoms), nl=False)
    return 0


@rules.command("docs")
@click.argument("folder", metavar="DIR")
@click.option("--coverage", metavar="FILE", help="A table of conditions (.tsv); its page is written beside it.")
def docs(folder: str, coverage: str | None) -> int:
    """Write the reference of the rules that come with the program: a page a category, and an index."""
    from diagnose import library
    from diagnose.language.rule_docs import MADE, coverage_page, pages, read_coverage

    loaded = library.load(library.Selection(profiles=ASKED["all"])).rules
    made = pages(loaded)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.md"):
        if old.name not in made and MADE in old.read_text(encoding="utf-8"):
            old.unlink()
    for name, text in made.items():
        (target / name).write_text(text, encoding="utf-8")
    click.echo(f"wrote {counted(len(made), 'page')} to {target}")
    if coverage is not None:
        table = Path(coverage)
        try:
            conditions = read_coverage(table.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{table}: {error}") from None
        page = table.with_suffix(".md")
        page.write_text(coverage_page(conditions, loaded), encoding="utf-8")
        click.echo(f"wrote {page}")
    return 0


@rules.command("new")
@click.argument("rule_id", metavar="ID")
@click.option("--category", required=True, metavar="NAME", help="The folder of the rule, as nodes or storage.")
@click.option("--dir", "folder", default="rules", metavar="DIR", help="Where the categories are (rules).")
def new(rule_id: str, category: str, folder: str) -> int:
    """Write a rule to begin with, and its test; both work as they stand."""
    from diagnose.cli.rules_new import write_rule

    for path in write_rule(rule_id, category, Path(folder)):
        click.echo(f"wrote {path}")
    click.echo(f"next: edit both, then `diagnose rules test {folder}` and `diagnose rules lint {folder}`")
    return 0


def folders_of(given: Sequence[str], builtin: bool) -> list[Path]:
    """The folders and files to look at; a file of tests stands for its rule. Raises UsageError, LoadErrors."""
    from diagnose.library import TEST_SUFFIX, builtin_folder
    from diagnose.linting import rule_of

    found = [_near(builtin_folder())] if builtin else []
    for name in given:
        path = Path(name)
        if not path.exists():
            raise UsageError(f"no such file or folder: {name}")
        if path.name.endswith(TEST_SUFFIX):
            if not rule_of(path).exists():
                raise LoadErrors([LoadError(f"there is no {rule_of(path).name} beside it", str(path))])
            path = rule_of(path)
        found.append(path)
    if not found:
        raise UsageError("name folders or files of rules, or leave out --no-default-rules")
    return found


def _near(folder: Path) -> Path:
    """A folder as one would type it from here."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def printed(text: str) -> str:
    """Text whose lines hold nothing that a terminal would act on."""
    return "\n".join(printable(line) for line in text.split("\n"))
