"""The report as one HTML page: nothing is loaded from elsewhere, and without scripts it still shows everything.

Whatever comes from a dump is text: Jinja escapes every expression, after control and format characters became visible.
The page's own policy (CSP) allows this one style and this one script, by their hashes, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from diagnose.render import Options
from diagnose.render.html.page import page_of
from diagnose.render.layout import escape
from diagnose.render.view import View


def render(view: View, options: Options) -> str:
    """The whole page, ending with a line end."""
    environment = _environment()
    style, script = (_part(environment, name) for name in ("report.css", "report.js"))
    page = page_of(view, options)
    return environment.get_template("report.html").render(
        page=page,
        rows=_inside_script(page.rows),
        style=Markup(style),  # noqa: S704 our own file
        script=Markup(script),  # noqa: S704 our own file
        policy=_policy(style, script),
    )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("diagnose.render.html", ""),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["number"] = "{:,}".format
    return made


def _printable(value: Any) -> Any:
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _part(environment: Environment, name: str) -> str:
    assert environment.loader
    return environment.loader.get_source(environment, name)[0]


def _inside_script(value: object) -> Markup:
    """JSON that neither ends a script element nor begins a comment in one."""
    text = msgspec.json.encode(value).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 nothing of it is markup any more


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
