"""Templates compiled: the messages, fixes and commands of a rule as functions of a match."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

from diagnose.language.plan import Text
from diagnose.language.reading import instead
from diagnose.language.scope import Scope
from diagnose.language.syntax import Place
from diagnose.language.templates import FILTERS, Hole, parse, show_all
from diagnose.logs import Log
from diagnose.match import Match


def template(scope: Scope, text: str, at: Place, in_shell: bool = False) -> Text:
    """A function from a match to the text with its holes filled (quoted for a shell, in commands)."""
    try:
        parts = parse(text)
    except ValueError as error:
        scope.wrong(str(error), at)
        return lambda match: text
    pieces: list[str | Text] = [
        p if isinstance(p, str) else _quoted(_hole(scope, p, at)) if in_shell else _hole(scope, p, at) for p in parts
    ]
    if all(isinstance(p, str) for p in pieces):
        fixed = "".join(p for p in pieces if isinstance(p, str))
        return lambda match: fixed
    return lambda match: "".join(p if isinstance(p, str) else p(match) for p in pieces)


def _hole(scope: Scope, hole: Hole, at: Place) -> Callable[[Match], str]:
    get = scope.getter(hole.path, (at[0], at[1]))
    if not hole.filter:
        return lambda match: _shown(get(match), match)
    entry = FILTERS.get(hole.filter)
    if entry is None:
        scope.wrong(f"unknown filter '{hole.filter}'{instead(hole.filter, FILTERS, 'there are')}", at)
        return lambda match: ""
    apply = entry.apply
    return lambda match: show_all([apply(v, match.moment.now) for v in get(match)])


def _quoted(hole: Callable[[Match], str]) -> Callable[[Match], str]:
    return lambda match: shlex.quote(hole(match))


def _shown(values: Sequence[Any], match: Match) -> str:
    return show_all([match.lines.get(v.name, v) if isinstance(v, Log) else v for v in values])
