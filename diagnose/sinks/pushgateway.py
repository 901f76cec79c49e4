"""The metrics of a report for a Prometheus Pushgateway: PUT /metrics/job/JOB/instance/INSTANCE.

PUT replaces the whole group, so what is no longer found is gone there as well.
Source: https://github.com/prometheus/pushgateway#url
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote

from diagnose.render import Options, render
from diagnose.sinks import Notice, Request, Target

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def requests(notice: Notice, target: Target) -> Iterator[Request]:
    """One request, with all metrics."""
    path = f"/metrics{_part('job', target.options['job'])}"
    instance = target.options["instance"] or notice.cluster or notice.title
    if instance:
        path += _part("instance", instance)
    options = Options(severity=target.severity, title=notice.title, generated_at=notice.now, duration=notice.duration)
    body = render(notice.report, "prometheus", options)
    yield Request("PUT", path, body if isinstance(body, bytes) else body.encode(), CONTENT_TYPE)


def _part(label: str, value: str) -> str:
    """A label and its value in the path; what a path cannot hold is in base64, as the Pushgateway reads it."""
    data = value.encode("utf-8", "replace")
    if "/" in value or value in (".", ".."):
        return f"/{label}@base64/{urlsafe_b64encode(data).decode().rstrip('=')}"
    return f"/{label}/{quote(data, safe='')}"
