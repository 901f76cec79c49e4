"""Findings that a team has decided to live with: waivers in diagnose.yaml, annotations on objects, and a baseline.

Each has a reason, or a day on which it was written down; what no longer fits anything is told, so that it can go.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from diagnose.errors import LoadError, LoadErrors
from diagnose.language.reading import Fields, shown, suggest
from diagnose.model import Finding, InputWarning, ObjectRef, Report, SetAside
from diagnose.positions import Marked
from diagnose.sources.manifests import Manifest
from diagnose.values import timestamp

ANNOTATION = "diagnose.dev/ignore"
WAIVER = "waiver"
_KEYS = ("rule", "object", "container", "reason", "expires")
_TEMPLATES: tuple[tuple[str, ...], ...] = ((), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_EXAMPLE = '{rule: host-path-volume, object: "DaemonSet/logging/*", reason: it reads the logs of the node}'


@dataclass(frozen=True)
class Waiver:
    """Which findings are set aside, and why: `rule`, `object` and `container` are globs.

    `expires` is in UNIX seconds, None for never. `file` is the file whose objects alone are meant ("" for any), `by`
    who says it, as in `SetAside`, and `place` where.
    """

    rule: str
    object: str
    container: str
    reason: str
    expires: float | None
    place: str
    by: str = WAIVER
    file: str = ""

    def fits(self, finding: Finding) -> bool:
        """Whether a finding is one that is meant, whenever."""
        if self.file and (finding.location is None or finding.location.file != self.file):
            return False
        return (
            _any((finding.rule, finding.rule.partition("/")[0], f"{finding.category}/{finding.rule}"), self.rule)
            and _any(_names(finding.object), self.object)
            and fnmatch.fnmatchcase(finding.container, self.container)
        )


def _any(names: Iterable[str], glob: str) -> bool:
    return any(fnmatch.fnmatchcase(name, glob) for name in names)


def _names(ref: ObjectRef) -> tuple[str, ...]:
    return (str(ref), f"{ref.kind}/{ref.namespace}/{ref.name}", f"{ref.kind}/{ref.name}")


def waivers_of(document: Marked | None, rules: Collection[str]) -> list[Waiver]:
    """The `waivers:` of a diagnose.yaml; `rules` are the ids that there are. Raises LoadErrors."""
    if document is None or not isinstance(document.data, dict) or document.data.get("waivers") is None:
        return []
    reader = _Reader(document, [])
    entries = document.data["waivers"]
    if not isinstance(entries, list):
        reader.wrong(f"'waivers' is a list, as [{_EXAMPLE}], not {shown(entries)}", "waivers")
        entries = []
    found = [reader.waiver(entry, number, rules) for number, entry in enumerate(entries)]
    if reader.errors:
        raise LoadErrors(reader.errors)
    return found


class _Reader(Fields):
    def waiver(self, entry: Any, number: int, rules: Collection[str]) -> Waiver:
        at = ("waivers", number)
        data = self.map(entry, *at)
        self.keys(data, _KEYS, "a waiver", *at)
        for key in ("rule", "reason"):
            if not isinstance(data.get(key), str) or not data[key].strip():
                self.wrong(f"a waiver needs '{key}', as {_EXAMPLE}", *at, key)
        rule = str(data.get("rule", ""))
        if rule and not _is_known(rule, rules):
            self.wrong(unknown(rule, rules), *at, "rule")
        line, column = self.doc.at(*at)
        return Waiver(
            rule=rule,
            object=self.text(data.get("object", "*"), *at, "object"),
            container=self.text(data.get("container", "*"), *at, "container"),
            reason=str(data.get("reason", "")).strip(),
            expires=self._day(data.get("expires"), *at, "expires"),
            place=f"{self.doc.file}:{line}:{column}",
        )

    def _day(self, value: Any, *at: str | int) -> float | None:
        """The end of a day, in UTC."""
        if value is None:
            return None
        start = timestamp(f"{value}T00:00:00Z") if isinstance(value, str) and _DATE.match(value) else None
        if start is None:
            self.wrong(f"'expires' takes a day, as 2027-06-30, not {shown(value)}", *at)
            return None
        return start + 86_400


def _is_known(glob: str, rules: Collection[str]) -> bool:
    """Whether a glob fits a rule: by its id, as category/id, or as id/case."""
    start = glob.partition("/")[0]
    return any(_any((name,), glob) or _any((name.rpartition("/")[2],), start) for name in rules)


def unknown(rule: str, rules: Collection[str]) -> str:
    """The error about a rule that does not exist."""
    names = {name.rpartition("/")[2] for name in rules}
    return f"there is no rule '{rule}'{suggest(rule, names) or '; see: diagnose rules list'}"


def annotations_of(manifests: Iterable[Manifest], rules: Collection[str]) -> list[Waiver]:
    """The waivers that objects, or their pod templates, carry themselves. Raises LoadErrors."""
    errors: list[LoadError] = []
    found = [waiver for each in manifests for waiver in _of_object(each, rules, errors)]
    if errors:
        raise LoadErrors(errors)
    return found


def _of_object(manifest: Manifest, rules: Collection[str], errors: list[LoadError]) -> Iterator[Waiver]:
    for above in _TEMPLATES:
        steps = (*above, "metadata", "annotations", ANNOTATION)
        text: Any = manifest.data
        for step in steps:
            text = text.get(step) if isinstance(text, Mapping) else None
        if text is None:
            continue
        document = manifest.document
        line, column = document.at(*manifest.steps, *steps)

        def wrong(message: str, line: int = line, column: int = column, file: str = document.file) -> None:
            errors.append(LoadError(message, file, line, column))

        if not isinstance(text, str) or not text.strip():
            wrong(f'{ANNOTATION} takes text, as "privileged-container: it formats disks"')
            continue
        for entry in re.split(r"[\n;]", text):
            if not entry.strip():
                continue
            rule, _, reason = (part.strip() for part in entry.partition(":"))
            if not reason:
                wrong(f"{ANNOTATION}: {shown(entry.strip())} has no reason; write it as 'rule: reason'")
            elif not _is_known(rule, rules):
                wrong(f"{ANNOTATION}: {unknown(rule, rules)}")
            else:
                place = f"{document.file}:{line}:{column}"
                yield Waiver(rule, _literal(str(manifest)), "*", reason, None, place, "annotation", document.file)


def _literal(text: str) -> str:
    """A glob that fits nothing but a text."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def apply(
    report: Report, waivers: Sequence[Waiver], today: float, asked: Collection[str], *, whole: bool = True
) -> Report:
    """The report without what waivers set aside; those that have expired or fit nothing become warnings.

    `today` is in UNIX seconds, `asked` the rules that were looked at (`category/id`). Not `whole`: the objects are some
    of those that a waiver may be for, so that only what objects carry themselves can fit nothing.
    """
    kept: list[Finding] = []
    aside: list[SetAside] = []
    used: set[Waiver] = set()
    valid = [w for w in waivers if w.expires is None or today < w.expires]
    for finding in report.findings:
        waiver = next((w for w in valid if w.fits(finding)), None)
        if waiver is None:
            kept.append(finding)
        else:
            used.add(waiver)
            aside.append(SetAside(finding, waiver.by, waiver.reason, waiver.place))
    warnings = []
    for waiver in waivers:
        decided = (whole or waiver.by != WAIVER) and _is_known(waiver.rule, asked)
        if waiver not in valid:
            fits = any(waiver.fits(finding) for finding in report.findings)
            useless = ", and fits nothing any more: take it out" if decided else ""
            then = "; what it was for is told again" if fits else useless
            warnings.append(InputWarning(f"the waiver of '{waiver.rule}' has expired{then}", waiver.place))
        elif waiver not in used and decided:
            warnings.append(InputWarning(f"the {waiver.by} of '{waiver.rule}' fits nothing: take it out", waiver.place))
    snapshot = replace(report.snapshot, warnings=(*report.snapshot.warnings, *warnings))
    return replace(report, findings=tuple(kept), set_aside=(*report.set_aside, *aside), snapshot=snapshot)
