"""Where reports are sent: one table of sinks, each in a module of its own that is imported when it is used.

A new sink is one module with `requests(notice, target)` and one line in `SINKS`. A sink only says what to send;
`deliver` sends it. What is sent is of the report as it is, so without the values of Secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, cast

from diagnose.model import Report, Severity
from diagnose.render.view import View, view_of
from diagnose.sinks import options
from diagnose.web import Client, Endpoint, WebError


@dataclass(frozen=True)
class Notice:
    """A report on its way out. `title` is what was examined, `cluster` the name that the user gave the cluster, `now`
    the time in UNIX seconds, `duration` that of the run."""

    report: Report
    title: str = ""
    cluster: str = ""
    now: float = 0.0
    duration: float | None = None


@dataclass(frozen=True)
class Target:
    """One sink that was asked for: where it is, from which severity on, and its own options, all of them set."""

    sink: str
    endpoint: Endpoint
    severity: Severity = Severity.info
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.sink} at {self.endpoint}"

    def view(self, notice: Notice) -> View:
        """What of the report this sink is about."""
        return view_of(notice.report, self.severity)


@dataclass(frozen=True)
class Request:
    """One thing to send; `path` goes behind the URL of the target. See `Client.request`."""

    method: str
    path: str
    body: bytes
    content_type: str = "application/json"
    repeatable: bool = True


class SinkError(Exception):
    """What could not be sent; the text is one line for people, without secrets."""


class RequestsFunction(Protocol):
    """What the module of a sink offers under the name `requests`. Raises SinkError."""

    def __call__(self, notice: Notice, target: Target) -> Iterable[Request]: ...


@dataclass(frozen=True)
class Sink:
    """One kind of sink: its module, the lowest severity that it sends unless told otherwise, and its options."""

    module: str
    summary: str
    severity: Severity
    options: Mapping[str, options.Option]

    def load(self) -> RequestsFunction:
        return cast(RequestsFunction, import_module(self.module).requests)


SINKS: Mapping[str, Sink] = MappingProxyType(
    {
        "alertmanager": Sink(
            "diagnose.sinks.alertmanager",
            "alerts to an Alertmanager (API v2), which resolve when they are gone",
            Severity.warning,
            {
                "interval": options.Option(options.seconds, 3600.0, "how often a report is made: 1h"),
                "labels": options.Option(options.labels, {}, "labels that every alert gets"),
                "effects": options.Option(options.flag, False, "also what other causes lead to"),
            },
        ),
        "pushgateway": Sink(
            "diagnose.sinks.pushgateway",
            "the metrics of `-o prometheus` to a Prometheus Pushgateway",
            Severity.info,
            {
                "job": options.Option(options.text, "kube-diagnose", "the job that the metrics are kept under"),
                "instance": options.Option(options.text, "", "the instance, such as the name of the cluster"),
            },
        ),
        "webhook": Sink(
            "diagnose.sinks.webhook",
            "the JSON report, or what a template makes of it, by POST",
            Severity.info,
            {
                "template": options.Option(options.file, None, "a Jinja template for the body"),
                "content_type": options.Option(options.text, "application/json", "what the body is"),
            },
        ),
        "slack": Sink(
            "diagnose.sinks.slack",
            "messages to a Slack-compatible webhook: what is new, what is gone",
            Severity.warning,
            {
                "always": options.Option(options.flag, False, "all causes each time, not only what is new or gone"),
                "report_url": options.Option(options.url, "", "a link to the report"),
            },
        ),
    }
)


def deliver(notice: Notice, target: Target, client: Callable[[Endpoint], Client]) -> int:
    """Send all that a target gets; how many requests that were. Raises SinkError."""
    wanted = list(SINKS[target.sink].load()(notice, target))
    if not wanted:
        return 0
    try:
        opened = client(target.endpoint)
    except WebError as error:
        raise SinkError(str(error)) from None
    try:
        for done, each in enumerate(wanted):
            try:
                opened.request(each.method, each.path, each.body, each.content_type, repeatable=each.repeatable)
            except WebError as error:
                part = f" (after {done} of {len(wanted)} parts)" if done else ""
                raise SinkError(f"{error}{part}") from None
    finally:
        opened.close()
    return len(wanted)
