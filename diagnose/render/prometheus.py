"""The report as metrics, in the Prometheus text format: for Pushgateway, node_exporter's textfiles, or any scraper.

Labels are only what stays the same from run to run (no message, no count, no time), so a finding that persists is one
series. Findings that differ in nothing but their key or container are counted in one. Sums and counts are always
whole; of single findings the worst `MOST_SERIES` have a series, and `diagnose_findings_without_series` tells how many
have none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from diagnose.model import Severity, State
from diagnose.render import Options
from diagnose.render.layout import escape
from diagnose.render.phrases import kind_of
from diagnose.render.view import View

MOST_SERIES = 10_000
_FINDING = ("rule", "severity", "category", "kind", "namespace", "name", "cause")


def render(view: View, options: Options) -> bytes:
    """All metrics, each with its help and type, in UTF-8."""
    registry = CollectorRegistry()
    registry.register(_Report(view, options))
    return generate_latest(registry)


class _Report(Collector):
    def __init__(self, view: View, options: Options) -> None:
        self._view, self._options = view, options

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The metrics, in a fixed order."""
        yield from self._findings()
        yield from self._changes()
        yield from self._gaps()
        yield from self._snapshot()
        yield from self._run()

    def _findings(self) -> Iterator[GaugeMetricFamily]:
        view = self._view
        roots = {cause.finding for cause in view.causes}
        series: Counter[tuple[str, ...]] = Counter()
        without = 0
        for id, finding in sorted(view.findings.items(), key=lambda item: -item[1].severity):
            about = finding.object
            labels = _labels(
                finding.rule, finding.severity.name, finding.category,
                kind_of(about), about.namespace, about.name, "true" if id in roots else "false",
            )  # fmt: skip
            if labels in series or len(series) < MOST_SERIES:
                series[labels] += 1
            else:
                without += 1
        yield _labelled("diagnose_finding", "Findings of a rule about an object.", _FINDING, series)
        yield _gauge("diagnose_findings_without_series", "Findings left out of diagnose_finding: too many.", without)
        severities = Counter(finding.severity for finding in view.findings.values())
        yield _by_severity("diagnose_findings", "Findings by severity.", severities)
        causes = Counter(view.findings[cause.finding].severity for cause in view.causes)
        yield _by_severity("diagnose_causes", "Root causes by severity.", causes)
        yield _gauge("diagnose_findings_hidden", "Findings below the severity that was asked for.", view.hidden)

    def _changes(self) -> Iterator[GaugeMetricFamily]:
        changes = self._view.changes
        if changes is None:
            return
        states = {_labels(state.value): changes.count(state) for state in State}
        yield _labelled("diagnose_findings_known", "Findings by what earlier runs know of them.", ("state",), states)
        yield _gauge("diagnose_findings_gone", "Findings of the run before that are gone.", len(changes.gone))
        yield _gauge(
            "diagnose_findings_unseen", "Findings of the run before that were not looked for.", len(changes.unseen)
        )

    def _gaps(self) -> Iterator[GaugeMetricFamily]:
        report = self._view.report
        undecided = {_labels(each.rule, each.reason): 1 for each in report.not_evaluated}
        yield _labelled(
            "diagnose_rule_not_evaluated", "Rules that could not be decided, and why.", ("rule", "reason"), undecided
        )
        yield _gauge("diagnose_rules", "Rules that were evaluated or tried.", report.rules)
        yield _gauge("diagnose_input_warnings", "What could not be read of the input.", len(report.snapshot.warnings))
        yield _gauge(
            "diagnose_input_incomplete", "1 when objects may be missing from the input.", report.snapshot.incomplete
        )

    def _snapshot(self) -> Iterator[GaugeMetricFamily]:
        snapshot = self._view.report.snapshot
        objects: Counter[tuple[str, ...]] = Counter()
        for kind, number in snapshot.objects.items():
            objects[_labels(kind)] += number
        yield _labelled("diagnose_objects", "Objects that were examined, by kind.", ("kind",), objects)
        if snapshot.captured_at is not None:
            yield _gauge(
                "diagnose_snapshot_captured_timestamp_seconds", "When the snapshot was taken.", snapshot.captured_at
            )

    def _run(self) -> Iterator[GaugeMetricFamily]:
        options, version = self._options, self._view.report.version
        yield _labelled("diagnose_build_info", "The version of kube-diagnose.", ("version",), {(version,): 1})
        if options.generated_at is not None:
            yield _gauge("diagnose_run_timestamp_seconds", "When the report was made.", options.generated_at)
        if options.duration is not None:
            yield _gauge("diagnose_run_duration_seconds", "How long reading and diagnosing took.", options.duration)


def _labels(*values: str) -> tuple[str, ...]:
    """Values of labels, made harmless before they are told apart: a series that comes twice spoils a whole scrape."""
    return tuple(escape(value) for value in values)


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help, value=float(value))


def _labelled(
    name: str, help: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _by_severity(name: str, help: str, counts: Mapping[Severity, int]) -> GaugeMetricFamily:
    """Every severity, also one with nothing: a series that is gone does not read as zero."""
    family = GaugeMetricFamily(name, help, labels=("severity",))
    for severity in reversed(Severity):
        family.add_metric([severity.name], counts.get(severity, 0))
    return family
