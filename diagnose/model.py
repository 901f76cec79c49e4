"""What a diagnosis is made of: frozen values that every layer above shares.

Times are UNIX seconds (UTC) unless a name says otherwise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding matters; a larger number is worse.

    critical: the cluster or many workloads are down; error: a workload does not do its job;
    warning: something will or may break; info: worth knowing.
    """

    info = 1
    warning = 2
    error = 3
    critical = 4


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
    """A place in a file; `line` and `column` count from 1."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a finding: a field and its value, an event, or a line of a log.

    `kind` is `field`, `event` or `log`; `source` is the path of the field, the reason of the
    event, or the name of the log; `text` is the value, the message or the line.
    """

    kind: str
    object: ObjectRef
    source: str
    text: str
    count: int = 1
    last: float | None = None


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

    @property
    def id(self) -> str:
        """A fingerprint of rule, object and key: the same in every run, whatever the message says."""
        o = self.object
        parts = (self.rule, o.group, o.kind, o.namespace, o.name, *self.key)
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be decided, and why: never silence, never a finding."""

    rule: str
    reason: str
    needs: tuple[str, ...] = ()
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """A root: a finding that nothing else explains, with the findings it explains."""

    rank: int
    finding: str
    effects: tuple[str, ...]
    affected: int


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


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one run, as every renderer gets it."""

    version: str
    rules: int
    snapshot: SnapshotInfo
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]

    def count(self, severity: Severity) -> int:
        return sum(f.severity == severity for f in self.findings)
