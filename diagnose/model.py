"""What a diagnosis is made of: frozen values that every layer above shares.

Times are UNIX seconds (UTC) unless a name says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache


class Severity(IntEnum):
    """How much a finding matters; a larger number is worse.

    critical: the cluster or many workloads are down; error: a workload does not do its job;
    warning: something will or may break; info: worth knowing.
    """

    info = 1
    warning = 2
    error = 3
    critical = 4


class Confidence(IntEnum):
    """How sure it is that a cause is one. high: a status, an event or a log states it, or three signals agree;
    medium: concluded from two signals; low: concluded from one."""

    low = 1
    medium = 2
    high = 3


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One Kubernetes object. `group` is empty for the core group, `namespace` for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str
    group: str = ""
    api_version: str = field(default="", compare=False)
    uid: str = field(default="", compare=False)

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; `line` and `column` count from 1.

    `path` is the JSON path in the document, `origin` the template or resource that the file was made from, and
    `excerpt` the line itself without secrets ("" where it is not to be shown).
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    origin: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a finding: a field and its value, an event, or a line of a log.

    `kind` is `field`, `event` or `log`; `source` is the path of the field, the reason of the
    event, or the name of the log; `text` is the value, the message or the line. `first` and `last`
    are when it was seen, where that is told.
    """

    kind: str
    object: ObjectRef
    source: str
    text: str
    count: int = 1
    last: float | None = None
    first: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule (and case) that holds for one object, with everything a report says about it."""

    rule: str
    category: str
    severity: Severity
    title: str
    message: str
    object: ObjectRef
    key: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    container: str = ""
    count: int = 1
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    commands: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    since: float | None = None
    symptom: str = ""
    location: Location | None = None
    caused_by: tuple[str, ...] = ()
    inferred: bool = False

    @property
    def id(self) -> str:
        """A fingerprint of rule, object and key: the same in every run, whatever the message says."""
        o = self.object
        return _fingerprint((self.rule, o.group, o.kind, o.namespace, o.name, *self.key))


@lru_cache(maxsize=1 << 18)
def _fingerprint(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be decided, and why: never silence, never a finding.

    `namespaces` are where it could not ("" stands for cluster-scoped objects); None is anywhere.
    """

    rule: str
    reason: str
    needs: tuple[str, ...] = ()
    objects: int = 0
    namespaces: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cause:
    """A root: a finding that nothing else explains, with the findings it explains.

    `signals` counts the rules that agree: its own, those of its effects, and others about the same object.
    """

    rank: int
    finding: str
    effects: tuple[str, ...]
    affected: int
    signals: int = 1
    confidence: Confidence = Confidence.high


@dataclass(frozen=True, slots=True)
class InputWarning:
    """Something of the input that was not read, or not read as it stands."""

    message: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.message}" if self.file else self.message


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """What was examined. `coverage` maps a kind to `all`, `partial`, `none` or a list of namespaces."""

    sources: tuple[tuple[str, str], ...]
    captured_at: float | None
    captured_at_from: str
    server_version: str
    objects: dict[str, int]
    coverage: dict[str, str | list[str]]
    warnings: tuple[InputWarning, ...]
    logs: int = 0
    incomplete: bool = False


class State(StrEnum):
    """How a finding stands to an earlier run.

    new: that run looked, and did not have it; back: it was gone in between; still: that run had it;
    unknown: no earlier run could have seen it, so it may be as old as the cluster.
    """

    new = "new"
    back = "back"
    still = "still"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a finding of this run from earlier ones.

    `first_seen` is the capture time of the first run that had it, `times_seen` in how many runs it was, this one
    included, `flaps` how often it was gone and came back, `severity_before` its last severity when that was another.
    `why` says for `unknown` why no earlier run could have seen it.
    """

    state: State
    first_seen: float | None
    times_seen: int = 1
    flaps: int = 0
    severity_before: Severity | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A finding that an earlier run had and this one has not: it is gone, or `why` says why that cannot be told.

    `finding` is as it was last seen; from a history it comes without evidence and what to do. `id` is that of then.
    """

    id: str
    finding: Finding
    first_seen: float | None
    last_seen: float | None
    times_seen: int = 1
    why: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """This run beside an earlier one, captured at `since` (None: there is none, or it does not tell when).

    `against` names what it is compared with; it is empty for the first run of a history. `known` is by the id of each
    finding of this run; `gone` and `unseen` are findings that this run has not: unseen are those that it could not see.
    """

    against: str
    since: float | None
    known: Mapping[str, Known]
    gone: tuple[Past, ...] = ()
    unseen: tuple[Past, ...] = ()

    def count(self, state: State) -> int:
        return sum(known.state is state for known in self.known.values())


@dataclass(frozen=True, slots=True)
class SetAside:
    """A finding that somebody has decided to live with.

    `by` is `waiver` (in diagnose.yaml), `annotation` (on the object) or `baseline` (it was there before); `place` is
    where that stands, as `file:line:column`.
    """

    finding: Finding
    by: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one run, as every renderer gets it.

    `rule_ids` are the rules that were run (None: not told), `namespaces` the only ones whose findings are told (None:
    all), and `lowest` the least severity that is told. `changes` are there when the run was compared with another.
    `set_aside` are findings that are not among `findings` for somebody has decided so.
    """

    version: str
    rules: int
    snapshot: SnapshotInfo
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    rule_ids: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    lowest: Severity = Severity.info
    changes: Changes | None = None
    set_aside: tuple[SetAside, ...] = ()

    def count(self, severity: Severity) -> int:
        return sum(f.severity == severity for f in self.findings)
