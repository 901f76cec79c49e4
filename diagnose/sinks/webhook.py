"""A report for any service that takes a POST: the JSON report, or what a template of the user makes of it.

Templates are Jinja in its sandbox: they see the report as plain values, and reach nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from diagnose.render import Options, render
from diagnose.render.layout import clean
from diagnose.render.phrases import headline, summary
from diagnose.sinks import Notice, Request, SinkError, Target
from diagnose.sinks.changes import finding_of, gone, news
from diagnose.sinks.options import Template
from diagnose.values import format_timestamp

_LONGEST = 2000


def requests(notice: Notice, target: Target) -> Iterator[Request]:
    """One request; it is not sent twice, for nobody knows what it does."""
    template, content_type = target.options["template"], target.options["content_type"]
    if template is None:
        body = _json(notice, target)
    else:
        body = filled(template, values(notice, target)).encode("utf-8", "replace")
        if "json" in content_type:
            _check(body, template)
    yield Request("POST", "", body, content_type, repeatable=False)


def _json(notice: Notice, target: Target) -> bytes:
    rendered = render(notice.report, "json", Options(severity=target.severity, title=notice.title))
    return rendered if isinstance(rendered, bytes) else rendered.encode()


def values(notice: Notice, target: Target) -> dict[str, Any]:
    """What a template sees: docs/sinks.md lists it."""
    view = target.view(notice)
    new = news(view)
    return {
        "report": msgspec.json.decode(_json(notice, target)),
        "title": clean(notice.cluster or notice.title, _LONGEST),
        "summary": summary(view, target.severity),
        "sent_at": format_timestamp(notice.now),
        "causes": [
            {
                "id": cause.finding,
                "headline": headline(view.findings[cause.finding]),
                "severity": view.findings[cause.finding].severity.name,
                "fix": clean(view.findings[cause.finding].fix, _LONGEST),
                "effects": [headline(view.findings[effect]) for effect in cause.effects],
                "new": None if new is None else cause.finding in new,
            }
            for cause in view.causes
        ],
        "gone": [{"id": past.id, "headline": headline(finding_of(past))} for past in gone(view)],
    }


def filled(template: Template, context: dict[str, Any]) -> str:
    """What a template makes of the values. Raises SinkError with the template's name and line."""
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=False,  # what is made is JSON or text; `tojson` escapes
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    try:
        return environment.from_string(template.text).render(context)
    except TemplateSyntaxError as error:
        raise SinkError(f"{template.name}:{error.lineno}: {error.message}") from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise SinkError(f"{template.name}:{_line(error)}: {_printable(str(error))}") from None


def _line(error: BaseException) -> int:
    """The line of the template in which an error came up; 1 when nothing tells."""
    line, frame = 1, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _check(body: bytes, template: Template) -> None:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SinkError(
            f"{template.name}: what it makes is no JSON ({error}); write values as {{{{ value | tojson }}}}, "
            "or give a content_type that is no JSON"
        ) from None


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300]
