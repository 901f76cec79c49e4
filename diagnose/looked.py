"""Whether a run could have seen a finding that it does not have: only then is the finding gone.

*Absence is evidence only if it was looked for.* A rule that was left out or could not be decided, a kind or namespace
that was not collected, an input that was read in part: in each case a finding that is not there is not seen, not gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagnose.kinds import KindKey
from diagnose.model import Finding, ObjectRef, Report, Severity

LIVE = "live cluster"
"""The format of a live cluster: each list that failed is in its coverage, so the rest of it is whole."""
_FEW, _NAMED = 2, 3
Shown = tuple[tuple[str, str], ...]
"""Kinds (as coverage writes them) and namespaces of the objects that showed a finding."""


@dataclass(frozen=True)
class Trace:
    """What must be looked at to see a finding again."""

    rule: str
    severity: Severity
    kind: str
    namespace: str
    shown: Shown


@dataclass(frozen=True)
class Looked:
    """What a run looked at. `rules` and `namespaces` None are all; `undecided` is, by rule, why and where not."""

    rules: frozenset[str] | None
    namespaces: frozenset[str] | None
    lowest: Severity
    coverage: Mapping[str, str | list[str]]
    undecided: Mapping[str, tuple[tuple[str, tuple[str, ...] | None], ...]]
    incomplete: bool


def trace_of(finding: Finding) -> Trace:
    """What must be looked at to see a finding again: its rule, and the kinds of what showed it."""
    about = finding.object
    shown = tuple(sorted({(kind_of(ref), ref.namespace) for ref in finding.objects or (about,)}))
    return Trace(rule_of(finding.rule), finding.severity, kind_of(about), about.namespace, shown)


def looked_at(report: Report) -> Looked:
    """What the run behind a report looked at."""
    undecided: dict[str, list[tuple[str, tuple[str, ...] | None]]] = defaultdict(list)
    for each in report.not_evaluated:
        undecided[each.rule].append((each.reason, each.namespaces))
    return Looked(
        rules=None if report.rule_ids is None else frozenset(report.rule_ids),
        namespaces=None if report.namespaces is None else frozenset(report.namespaces),
        lowest=report.lowest,
        coverage=report.snapshot.coverage,
        undecided={rule: tuple(gaps) for rule, gaps in undecided.items()},
        incomplete=report.snapshot.incomplete and LIVE not in {format for _, format in report.snapshot.sources},
    )


def why_unseen(trace: Trace, looked: Looked, other: Looked | None = None) -> str | None:
    """Why a run could not have seen a finding; None when it would have.

    `other` is what the run looked at that had the finding: when that knew the workload by its own object, and this one
    only by the names of its pods, the same fault would have another name.
    """
    return (
        _of_run(trace, looked)
        or _of_rule(trace, looked)
        or next((why for kind, space in trace.shown if (why := _missing(kind, space, looked.coverage))), None)
        or _renamed(trace, looked, other)
    )


def kind_of(ref: ObjectRef) -> str:
    """The kind as coverage writes it: `Pod`, `Deployment.apps`."""
    return str(KindKey(ref.group, ref.kind))


def rule_of(rule: str) -> str:
    """The id of a rule without its case."""
    return rule.partition("/")[0]


def _of_run(trace: Trace, looked: Looked) -> str | None:
    if looked.incomplete:
        return "the input was read only in part"
    if looked.namespaces is not None and trace.namespace not in looked.namespaces:
        return f"{_only(sorted(looked.namespaces))} looked at"
    if trace.severity < looked.lowest:
        return f"the report leaves out what is below {looked.lowest.name}"
    return None


def _of_rule(trace: Trace, looked: Looked) -> str | None:
    if looked.rules is None:
        return "the report does not tell which rules were run"
    if trace.rule not in looked.rules:
        return f"the rule {trace.rule} was not run"
    spaces = {trace.namespace, *(space for _, space in trace.shown)}
    for reason, where in looked.undecided.get(trace.rule, ()):
        if where is None or not trace.namespace or spaces.intersection(where):
            return f"the rule could not be decided: {reason}"
    return None


def _missing(kind: str, namespace: str, coverage: Mapping[str, str | list[str]]) -> str | None:
    """Why objects of a kind may be there without having been seen."""
    known = coverage.get(kind)
    if known == "all" or (isinstance(known, list) and namespace in known):
        return None
    if isinstance(known, list):
        return f"{kind} was not collected in {f'namespace {namespace}' if namespace else 'all namespaces'}"
    if known == "partial":
        return f"{kind} was collected only in part"
    state, _, why = (known or "").partition(": ")
    return f"{kind} could not be collected: {why}" if state in ("refused", "failed") else f"{kind} was not collected"


def _renamed(trace: Trace, looked: Looked, other: Looked | None) -> str | None:
    if other is None or _missing(trace.kind, trace.namespace, other.coverage) is not None:
        return None
    return _missing(trace.kind, trace.namespace, looked.coverage)


def _only(namespaces: Sequence[str]) -> str:
    """ "only the namespace shop was", "only the namespaces a, b, c and 4 others were"."""
    if len(namespaces) < _FEW:
        return f"only the namespace {namespaces[0]} was" if namespaces else "no namespace was"
    rest = f" and {len(namespaces) - _NAMED} others" if len(namespaces) > _NAMED + 1 else ""
    return f"only the namespaces {', '.join(namespaces[: _NAMED if rest else None])}{rest} were"
