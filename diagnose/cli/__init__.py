"""The command line: one module per command, imported when it is called.

Only this package prints, exits, reads the clock and the environment.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import Any

import click

from diagnose.errors import DiagnoseError
from diagnose.version import VERSION

COMMANDS: dict[str, tuple[str, str]] = {
    "dump": ("diagnose.cli.dump:dump", "Diagnose dumps: any format, folders, archives, stdin."),
    "cluster": ("diagnose.cli.cluster:cluster", "Diagnose a live cluster, through kubeconfig or in-cluster."),
    "check": ("diagnose.cli.check:check", "Check manifests before they are merged or applied."),
    "collect": ("diagnose.cli.collect:collect", "Save what a diagnosis reads of a live cluster, for later."),
    "diff": ("diagnose.cli.diff:diff", "Compare two dumps or reports: new, gone, still there."),
    "rules": ("diagnose.cli.rules:rules", "List, show, test, lint and start rules."),
}
BAD_USAGE = 2
FAULT = 70
STARTED = "diagnose.started"
"""Where the context of every command keeps when it began, on the clock of time.monotonic."""


class LazyGroup(click.Group):
    """Commands of a table; help shows the table, so nothing else is imported for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry[0].partition(":")
        found: Any = getattr(importlib.import_module(module), name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from diagnose.language.ruleset import suggest

            raise click.UsageError(f"there is no command '{args[0]}'{suggest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, "-V", "--version", prog_name="diagnose")
def cli() -> None:
    """Root causes of what is wrong in a Kubernetes cluster, from rules in YAML.

    \b
    diagnose dump must-gather.tar.gz        a post-mortem of any dump
    diagnose cluster                        the same of the cluster that kubectl talks to
    diagnose check deploy/                  manifests before they are merged
    diagnose diff before.json after.json    what is new between two reports or dumps
    diagnose rules list                     what it looks for

    Exit codes: 0 done; 1 findings at or over --fail-on; 2 bad usage, configuration or rule;
    3 input unreadable or incomplete; 4 the report is written, but the history or a sink of --send did not take
    it.
    """
    click.get_current_context().meta[STARTED] = time.monotonic()


def main() -> None:
    """The entry point of `diagnose` and `kubectl diagnose`."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = BAD_USAGE
    except click.Abort:
        code = 130
    except DiagnoseError as error:
        tell(error)
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if os.environ.get("DIAGNOSE_DEBUG"):
            raise
        tell(DiagnoseError(f"a fault of the program itself: {type(error).__name__}: {error}"))
        tell(DiagnoseError("please report it; DIAGNOSE_DEBUG=1 shows where it happened"))
        code = FAULT
    sys.exit(code if isinstance(code, int) else 0)


def tell(error: DiagnoseError) -> None:
    """An error on stderr, a line for each of its lines."""
    lines = str(error).splitlines() or [type(error).__name__]
    for line in lines:
        click.echo(f"diagnose: {printable(line)}", err=True)


def printable(text: str) -> str:
    """Text without anything that a terminal would act on."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
