"""Every error this package raises on purpose.

    DiagnoseError
      UsageError        a path, option or configuration the user gave is wrong       (exit code 2)
        LoadError       a rule, relation, test or configuration file, with its place  (exit code 2)
      InputError        a dump could not be read at all                               (exit code 3)
      HistoryError      the database of earlier runs fails; the report is there        (exit code 4)

What could be read only in part is not an error: it is a `Warning_` in the report.
"""

from __future__ import annotations


class DiagnoseError(Exception):
    """The root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 2


class UsageError(DiagnoseError):
    """The call itself is wrong: an option, a path, a configuration value."""


class LoadError(UsageError):
    """A file the user wrote is wrong at one place of it.

    `line` and `column` count from 1; 0 means the whole file.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0) -> None:
        self.message, self.file, self.line, self.column = message, file, line, column
        super().__init__(message)

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.line:
            place += [str(self.line), str(self.column)]
        return f"{':'.join(place)}: {self.message}" if place else self.message


class LoadErrors(UsageError):
    """Several `LoadError`s, found in one pass so that they can be mended in one."""

    def __init__(self, errors: list[LoadError]) -> None:
        self.errors = sorted(errors, key=lambda e: (e.file, e.line, e.column, e.message))
        super().__init__("\n".join(map(str, self.errors)))


class InputError(DiagnoseError):
    """Nothing of the input could be read."""

    exit_code = 3


class HistoryError(DiagnoseError):
    """The history could not be read or written; nothing of the run is in it."""

    exit_code = 4
