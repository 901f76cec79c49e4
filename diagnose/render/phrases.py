"""The parts of a report in words, for the formats that people read.

Whatever comes from a dump is made harmless and cut here, so the results are printable text without line ends.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from diagnose.kinds import BY_KIND
from diagnose.model import (
    Cause,
    Confidence,
    Evidence,
    Finding,
    Location,
    NotEvaluated,
    ObjectRef,
    Report,
    Severity,
    SnapshotInfo,
)
from diagnose.render.layout import MORE, clean, columns, cut
from diagnose.render.view import View
from diagnose.values import format_age, format_timestamp

LONGEST_NAME = 120
LONGEST_VALUE = 300
_LONGEST_WARNING = 1000
"""The sentence is our own, and may list the rules that are concerned."""
LONGEST_MESSAGE = 600
LONGEST_COMMAND = 2000


# --- numbers and times ------------------------------------------------------------------------------------------------


def count_of(number: int, noun: str) -> str:
    """A number with its noun: "1 cause", "2,003 causes", "3 NetworkPolicies"."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    if noun.endswith(("ndpoints", "Status", "Metrics", "info", "critical")):
        return noun
    if noun.endswith(("s", "x", "ch")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in set("aeou") else f"{noun}s"


def moment(seconds: float, captured_at: float | None) -> str:
    """A time in UTC, without the day when it is that of the capture: "03:28:12Z"."""
    text = format_timestamp(seconds).replace("T", " ")
    same_day = captured_at is not None and format_timestamp(captured_at)[:10] == text[:10]
    return text[11:] if same_day else text


def distance(seconds: float, captured_at: float | None) -> str:
    """How far a time lies from the capture: "3m before the capture"; "" when the capture time is unknown."""
    if captured_at is None:
        return ""
    side = "before" if seconds <= captured_at else "after"
    return f"{format_age(abs(captured_at - seconds))} {side} the capture"


# --- objects ----------------------------------------------------------------------------------------------------------


def kind_of(ref: ObjectRef) -> str:
    """The kind, with its group where Kubernetes itself has a kind of that name in another group."""
    own = BY_KIND.get(ref.kind)
    foreign = own is not None and bool(ref.group) and own.group != ref.group
    return clean(f"{ref.kind}.{ref.group}" if foreign else ref.kind, LONGEST_NAME)


def name_of(ref: ObjectRef, home: str = "") -> str:
    """Namespace and name; in namespace `home` the name alone."""
    outside = ref.namespace and ref.namespace != home
    return clean(f"{ref.namespace}/{ref.name}" if outside else ref.name, 2 * LONGEST_NAME)


def subject(ref: ObjectRef, home: str = "") -> str:
    """Kind and name of an object: "Deployment shop/api"."""
    return f"{kind_of(ref)} {name_of(ref, home)}"


def headline(finding: Finding) -> str:
    """What is wrong with which object, in one sentence that names the object once."""
    who, what = headline_parts(finding)
    return who + what


def headline_parts(finding: Finding) -> tuple[str, str]:
    """The two parts of the headline: which object, and what is wrong with it, from the sign or space on."""
    message = clean(finding.message.strip() or finding.title, LONGEST_MESSAGE)
    who = subject(finding.object)
    for name in (who, name_of(finding.object)):
        rest = message.removeprefix(name)
        if rest != message and rest.startswith((" ", ": ")):
            return who, rest
    if finding.container and finding.container not in finding.message:
        who += f", container {clean(finding.container, LONGEST_NAME)}"
    return who, f": {message}"


def confidence(cause: Cause) -> str:
    """How sure a conclusion is; "" for what something states, which needs no such word."""
    if cause.confidence is Confidence.high:
        return ""
    signals = "one sign" if cause.signals == 1 else f"{cause.signals} signs"
    return f"{cause.confidence.name}: concluded from {signals}, nothing states it"


def listed(names: Sequence[str], most: int) -> str:
    """The first `most` names, and how many more there are."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])}, {MORE} and {len(names) - most:,} more"


def objects(refs: Iterable[ObjectRef], home: str, most: int = 4) -> str:
    """Objects by kind: "5 Pods: a, b, c, d, e; 1 Service: s"."""
    by_kind: dict[str, list[ObjectRef]] = defaultdict(list)
    for ref in sorted(set(refs)):
        by_kind[kind_of(ref)].append(ref)
    return "; ".join(
        f"{count_of(len(same), kind)}: {listed([name_of(ref, home) for ref in same], most)}"
        for kind, same in by_kind.items()
    )


def kinds(refs: Iterable[ObjectRef]) -> str:
    """How many objects of which kind, the most frequent first: "300 Deployments, 12 Services"."""
    by_kind = Counter(kind_of(ref) for ref in refs)
    named = [count_of(number, kind) for kind, number in sorted(by_kind.items(), key=lambda item: (-item[1], item[0]))]
    return listed(named, 4)


def shows_more(finding: Finding) -> bool:
    """Whether `objects` of a finding say more than its `object`."""
    return finding.count > max(1, len(finding.objects)) or any(ref != finding.object for ref in finding.objects)


def place(location: Location) -> str:
    """A place in a file as editors and compilers write it, with the path inside the object."""
    parts = [location.file, *(str(number) for number in (location.line, location.column) if number)]
    made_from = f" (made from {location.origin})" if location.origin else ""
    return clean(f"{':'.join(parts)} {location.path}".strip() + made_from, LONGEST_VALUE)


def standing(finding: Finding) -> str:
    """Where a finding stands, in brackets behind it; "" for what is in no file."""
    return f" ({place(replace(finding.location, path='', origin=''))})" if finding.location else ""


def quoted(location: Location, room: int) -> list[str]:
    """The line of a file with its number, and a caret under the column; nothing when the line is not to be shown."""
    if not location.excerpt.strip() or not location.line:
        return []
    text = location.excerpt.replace("\t", " ").rstrip()
    indent = len(text) - len(text.lstrip(" "))
    head = f"{location.line} | "
    before = clean(text[indent : location.column - 1], LONGEST_VALUE)
    line = cut(before + clean(text[max(indent, location.column - 1) :], LONGEST_VALUE), max(20, room - len(head)))
    caret = [" " * (len(head) - 2) + "| " + " " * columns(before) + "^"] if columns(before) < columns(line) else []
    return [head + line, *caret]


def unquoted(finding: Finding) -> tuple[Evidence, ...]:
    """The evidence that the quoted line does not show already: its own first field."""
    first = finding.evidence[:1]
    if (
        finding.location
        and finding.location.excerpt
        and first
        and first[0].kind == "field"
        and first[0].source != "values"
    ):
        return finding.evidence[1:]
    return finding.evidence


def parts_of_fix(fix: str) -> tuple[list[str], list[str]]:
    """The words of a fix, and the YAML that it ends with: what begins at the line above the first indented one."""
    lines = [line.rstrip() for line in fix.strip().splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith(" ")), len(lines) + 1)
    begin = max(0, first - 1)
    words = [clean(line.strip(), LONGEST_MESSAGE) for line in lines[:begin]]
    return words, [clean(line, LONGEST_MESSAGE) for line in lines[begin:]]


def set_aside(report: Report) -> list[str]:
    """What somebody has decided to live with: each waiver with its findings, the baseline as a number."""
    by: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for each in report.set_aside:
        by[each.by, each.place, each.reason].append(each.finding)
    lines = []
    for (kind, where, why), found in sorted(by.items()):
        reason = "" if kind == "baseline" else f", {why}"
        first = f"{found[0].rule} on {subject(found[0].object)}"
        what = first if len(found) == 1 else count_of(len(found), "finding")
        lines.append(clean(f"{what}: {kind} {where}{reason}", LONGEST_MESSAGE))
    return lines


def noun(report: Report) -> str:
    """What a root is called: files have findings, clusters causes."""
    formats = {format for _, format in report.snapshot.sources}
    return "finding" if formats == {"manifests"} else "cause"


# --- evidence ---------------------------------------------------------------------------------------------------------


def proof(evidence: Evidence, captured_at: float | None, longest: int = LONGEST_VALUE) -> str:
    """One piece of evidence in a line, without the object it is about; a value over `longest` columns is cut."""
    source = clean(evidence.source.strip(), LONGEST_NAME)
    text = clean(evidence.text.strip(), longest)
    details = [f"x{evidence.count:,}"] if evidence.count > 1 else []
    if evidence.last is not None:
        details.append(f"last {moment(evidence.last, captured_at)}")
        details.append(distance(evidence.last, captured_at))
    if evidence.kind == "log":
        line, details = f'log "{text}"', [source, *details]
    elif evidence.kind == "event":
        line = f'event {source} "{text}"'
    else:
        line = f"{source} = {text or chr(34) * 2}"
    known = ", ".join(filter(None, details))
    return f"{line} ({known})" if known else line


# --- what was examined ------------------------------------------------------------------------------------------------

_COUNTED = (("Node", "node"), ("Pod", "pod"), ("Event", "event"))


def source_name(snapshot: SnapshotInfo) -> str:
    """The last part of the paths that were read."""
    names = [path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path for path, _ in snapshot.sources]
    return listed([clean(name if name != "-" else "standard input", 60) for name in names], 2)


def size(snapshot: SnapshotInfo) -> str:
    """How much was examined: "2 nodes, 37 pods, 355 events"."""
    counted = [count_of(snapshot.objects[kind], noun) for kind, noun in _COUNTED if snapshot.objects.get(kind)]
    if not counted:
        most = sorted(snapshot.objects.items(), key=lambda item: (-item[1], item[0]))
        counted = [count_of(number, clean(kind.partition(".")[0], LONGEST_NAME)) for kind, number in most[:3] if number]
    return ", ".join(counted) or "no objects"


def examined(report: Report) -> int:
    """How many objects there were."""
    return sum(report.snapshot.objects.values())


# --- what was found ---------------------------------------------------------------------------------------------------

INCOMPLETE = "The input was read only in part: objects may be missing."
NOTHING_EXAMINED = "Nothing was examined: no Kubernetes objects in the input."


def summary(view: View, lowest: Severity) -> str:
    """The report in a line; `lowest` is the severity from which on findings are shown."""
    causes, infos = view.problems(), view.infos()
    severities = Counter(view.findings[cause.finding].severity for cause in causes)
    split = ", ".join(count_of(severities[s], s.name) for s in reversed(Severity) if severities[s])
    what = noun(view.report)
    parts = [f"{count_of(len(causes), what)} ({split})"] if causes else [f"no {plural(what)}"]
    effects = {effect for cause in causes for effect in cause.effects}
    if effects:
        parts.append(count_of(len(effects), "consequence"))
    if infos:
        parts.append(f"{len(infos):,} info")
    rules = undecided(view.report)
    if rules:
        parts.append(f"{count_of(rules, 'rule')} could not be evaluated")
    if view.hidden:
        parts.append(f"{view.hidden:,} below {lowest.name} not shown")
    if view.report.set_aside:
        parts.append(f"{len(view.report.set_aside):,} set aside")
    return ", ".join(parts)


def nothing_found(view: View, lowest: Severity) -> str:
    """A healthy cluster in a line."""
    found = f"nothing at {lowest.name} or worse ({view.hidden:,} below it)" if view.hidden else "nothing found"
    return f"{found}: {count_of(view.report.rules, 'rule')} on {size(view.report.snapshot)}"


# --- what could not be told -------------------------------------------------------------------------------------------


def undecided(report: Report) -> int:
    """How many rules could not be decided for something."""
    return len({each.rule for each in report.not_evaluated})


@dataclass(frozen=True, slots=True)
class Gap:
    """Rules that could not be decided for one reason, and for how many objects."""

    reason: str
    rules: tuple[str, ...]
    objects: int


def gaps(report: Report) -> list[Gap]:
    """The rules with the same reason together, the most frequent reason first; many missing kinds as one reason."""
    groups: dict[str, list[NotEvaluated]] = defaultdict(list)
    for each in sorted(report.not_evaluated, key=lambda each: (each.reason, each.needs, each.rule)):
        groups[reason(each)].append(each)
    made = [
        Gap(why, tuple(sorted({clean(each.rule, LONGEST_NAME) for each in group})), sum(each.objects for each in group))
        for why, group in groups.items()
    ]
    made.sort(key=lambda gap: -len(gap.rules))
    missing = [gap for gap in made if gap.reason.endswith(_NOT_COLLECTED)]
    if len(missing) <= _FEW_KINDS:
        return made
    rest = [gap for gap in made if gap not in missing]
    return sorted([_together(missing), *rest], key=lambda gap: -len(gap.rules))


_NOT_COLLECTED = " was not collected"
_FEW_KINDS = 3
_MOST_KINDS = 12


def _together(missing: list[Gap]) -> Gap:
    """One reason for many kinds that were not collected, with how many rules need each."""
    kinds = [f"{gap.reason.removesuffix(_NOT_COLLECTED).partition('.')[0]} ({len(gap.rules)})" for gap in missing]
    more = f" and {len(kinds) - _MOST_KINDS} kinds more" if len(kinds) > _MOST_KINDS else ""
    rules = tuple(sorted({rule for gap in missing for rule in gap.rules}))
    return Gap(f"not collected: {', '.join(kinds[:_MOST_KINDS])}{more}", rules, sum(gap.objects for gap in missing))


def reason(each: NotEvaluated) -> str:
    """The reason, and what was needed where the reason does not say it."""
    needs = [need for need in each.needs if need not in each.reason]
    return clean(f"{each.reason} ({', '.join(needs)})" if needs else each.reason, LONGEST_VALUE)


def warnings(snapshot: SnapshotInfo) -> list[str]:
    """What was not read of the input, by file."""
    ordered = sorted(snapshot.warnings, key=lambda warning: (warning.file, warning.message))
    return [clean(str(warning), _LONGEST_WARNING) for warning in ordered]
