"""The report as JUnit XML: CI systems show what fails, and keep a history of it.

One suite a category, one case a rule and object. A finding at error or above fails its case; what is less is output of
a case that passes. A rule that could not be decided is a skipped case, input that could not be read an error: neither
looks like success.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from diagnose.model import Finding, Severity
from diagnose.render import Options, changes, phrases
from diagnose.render.layout import clean, escape
from diagnose.render.view import View
from diagnose.values import format_timestamp

TOOL = "kube-diagnose"
_LONGEST = 2000


@dataclass
class _Case:
    """A test case: `outcomes` are (element, type, message, text)."""

    name: str
    outcomes: list[tuple[str, str, str, str]] = field(default_factory=list)


def render(view: View, options: Options) -> bytes:
    """The whole document, in UTF-8, with an XML declaration."""
    suites = _suites(view, options.severity)
    whole = _counts([case for cases in suites.values() for case in cases])
    root = ElementTree.Element("testsuites", {"name": TOOL, **whole, "time": f"{options.duration or 0:.3f}"})
    when = {} if options.generated_at is None else {"timestamp": format_timestamp(options.generated_at).rstrip("Z")}
    for name, cases in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": name, **_counts(cases), "time": "0.000", **when})
        for case in cases:
            _write(suite, name, case)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suites(view: View, lowest: Severity) -> Mapping[str, Sequence[_Case]]:
    """The cases by suite, in a fixed order; never without a case, which CI systems take for a broken run."""
    suites: dict[str, list[_Case]] = defaultdict(list)
    suites["input"] += _input(view)
    for name, findings in sorted(_by_category(view).items()):
        suites[name] += [_case(same, view) for same in findings.values()]
    if not view.findings:
        suites["findings"].append(_Case(phrases.nothing_found(view, lowest)))
    for case in _undecided(view):
        suites["not evaluated"].append(case)
    return suites


def _by_category(view: View) -> dict[str, dict[tuple[object, ...], list[Finding]]]:
    """The findings by category, then by rule and object."""
    found: dict[str, dict[tuple[object, ...], list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in view.findings.values():
        found[clean(finding.category, phrases.LONGEST_NAME) or "findings"][finding.rule, finding.object].append(finding)
    return found


def _input(view: View) -> list[_Case]:
    """What was read, and what could not be."""
    snapshot = view.report.snapshot
    case = _Case(f"{phrases.source_name(snapshot) or 'input'}: {phrases.size(snapshot)}")
    warnings = phrases.warnings(snapshot)
    if snapshot.incomplete or not phrases.examined(view.report):
        message = phrases.INCOMPLETE if snapshot.incomplete else phrases.NOTHING_EXAMINED
        case.outcomes.append(("error", "input", message, "\n".join(warnings)))
    elif warnings:
        case.outcomes.append(("system-out", "", "", "\n".join(warnings)))
    return [case]


def _case(findings: Sequence[Finding], view: View) -> _Case:
    """The findings of one rule about one object; XML schemas in use allow a case one failure."""
    first = findings[0]
    case = _Case(f"{clean(first.rule, phrases.LONGEST_NAME)}: {phrases.subject(first.object)}")
    text = "\n\n".join("\n".join(_lines(each, view)) for each in findings)
    worst = max(findings, key=lambda each: each.severity)
    if worst.severity >= Severity.error:
        message = "; ".join(phrases.headline(each) for each in findings)
        case.outcomes.append(("failure", worst.severity.name, clean(message, _LONGEST), text))
    else:
        case.outcomes.append(("system-out", "", "", text))
    return case


def _lines(finding: Finding, view: View) -> Iterator[str]:
    captured_at = view.report.snapshot.captured_at
    known = view.changes.known.get(finding.id) if view.changes else None
    yield f"{finding.severity.name}: {phrases.headline(finding)}"
    if finding.location:
        yield f"at: {phrases.place(finding.location)}"
    for each in finding.evidence:
        yield f"why: {phrases.subject(each.object)}: {phrases.proof(each, captured_at, _LONGEST)}"
    if phrases.shows_more(finding):
        yield f"on: {phrases.objects(finding.objects or (finding.object,), finding.object.namespace, most=20)}"
    for id in sorted(view.findings.keys() & set(finding.caused_by)):
        yield f"because of: {phrases.headline(view.findings[id])}"
    if known and changes.seen(known, captured_at):
        yield f"seen: {changes.seen(known, captured_at)}"
    for line in finding.fix.strip().splitlines():
        yield f"fix: {escape(line.strip())}"
    for command in finding.commands:
        yield f"run: {clean(command.strip(), phrases.LONGEST_COMMAND)}"
    for link in finding.docs:
        yield f"docs: {escape(link)}"


def _undecided(view: View) -> Iterator[_Case]:
    """A skipped case for each rule, with all its reasons."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in sorted(view.report.not_evaluated, key=lambda each: (each.rule, each.reason, each.needs)):
        about = f" ({phrases.count_of(each.objects, 'object')})" if each.objects else ""
        reasons[each.rule].append(phrases.reason(each) + about)
    for rule, told in reasons.items():
        yield _Case(clean(rule, phrases.LONGEST_NAME) or "a rule", [("skipped", "", "; ".join(told), "")])


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    made = [element for case in cases for element, *_ in case.outcomes]
    names = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(cases)), **{key: str(made.count(element)) for key, element in names.items()}}


def _write(suite: ElementTree.Element, suite_name: str, case: _Case) -> None:
    about = {"classname": f"{TOOL}.{suite_name}", "name": case.name, "time": "0.000"}
    element = ElementTree.SubElement(suite, "testcase", about)
    for tag, type, message, text in case.outcomes:
        told = {key: value for key, value in (("type", type), ("message", message)) if value}
        ElementTree.SubElement(element, tag, told).text = text or None
