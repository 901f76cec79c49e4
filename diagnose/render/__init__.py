"""A report as bytes or text: one table of formats, each in a module of its own that is imported when it is asked for.

A new format is one module with `render(view, options)` and one line in `FORMATS`. Renderers neither print nor read the
clock, and give the same output for the same report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from diagnose.errors import UsageError
from diagnose.model import Report, Severity
from diagnose.render.view import View, view_of


@dataclass(frozen=True, slots=True)
class Options:
    """How a report is shown; a format ignores what does not concern it.

    `severity` is the lowest one that is shown; a lower finding still shows when it causes a shown one. `limit` is how
    many causes a format for people shows, 0 for all of them in full. `title` stands in for the name of the source.
    """

    width: int = 80
    color: bool = False
    severity: Severity = Severity.info
    limit: int = 50
    title: str = ""
    generated_at: float | None = None
    duration: float | None = None


class RenderFunction(Protocol):
    """What the module of a format offers under the name `render`."""

    def __call__(self, view: View, options: Options) -> str | bytes: ...


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format: the module behind it, the extension of its files, and a line of help."""

    module: str
    extension: str
    summary: str

    def load(self) -> RenderFunction:
        return cast(RenderFunction, import_module(self.module).render)


FORMATS: Mapping[str, Renderer] = MappingProxyType(
    {
        "text": Renderer("diagnose.render.text", "txt", "for people, in a terminal"),
        "json": Renderer("diagnose.render.json", "json", "diagnose.report/v1, for programs"),
        "html": Renderer("diagnose.render.html", "html", "one page for a browser, without anything from elsewhere"),
        "markdown": Renderer("diagnose.render.markdown", "md", "for a ticket or a pull request"),
        "prometheus": Renderer("diagnose.render.prometheus", "prom", "metrics in the Prometheus text format"),
        "policyreport": Renderer("diagnose.render.policyreport", "yaml", "wgpolicyk8s.io/v1alpha2 objects"),
        "junit": Renderer("diagnose.render.junit", "xml", "JUnit XML, for CI systems"),
        "sarif": Renderer("diagnose.render.sarif", "sarif", "SARIF 2.1.0, for code scanning"),
        "github": Renderer("diagnose.render.github", "log", "annotations, for a workflow of GitHub Actions"),
        "gitlab": Renderer("diagnose.render.gitlab", "codequality", "a Code Quality report, for GitLab"),
    }
)


def render(report: Report, format: str, options: Options | None = None) -> str | bytes:
    """The report in one of `FORMATS`; UsageError when there is no such format."""
    renderer = FORMATS.get(format)
    if renderer is None:
        raise UsageError(f"there is no format {format!r}; the formats are: {', '.join(FORMATS)}")
    options = options or Options()
    return renderer.load()(view_of(report, options.severity), options)
