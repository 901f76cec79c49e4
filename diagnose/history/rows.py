"""Findings to rows of the database and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from diagnose.looked import Trace, kind_of, rule_of, trace_of
from diagnose.model import Finding, ObjectRef, Past, Severity

_LONGEST = 4000
Row = Mapping[str, Any]


def described(finding: Finding) -> dict[str, Any]:
    """The columns that say what a finding is, as it was seen last."""
    ref = finding.object
    texts = {
        "rule": finding.rule,
        "category": finding.category,
        "title": finding.title,
        "message": finding.message,
        "container": finding.container,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "api_group": ref.group,
        "api_version": ref.api_version,
        "uid": ref.uid,
    }
    return {
        **{column: storable(text) for column, text in texts.items()},
        "severity": int(finding.severity),
        "key": json.dumps([storable(text) for text in finding.key]),
        "shown": json.dumps(trace_of(finding).shown),
    }


def trace(row: Row) -> Trace:
    """What must be looked at to see the finding of a row again."""
    shown = tuple((str(kind), str(namespace)) for kind, namespace in json.loads(row["shown"]))
    kind = kind_of(_object(row))
    return Trace(rule_of(row["rule"]), Severity(row["severity"]), kind, row["namespace"], shown)


def past(row: Row, why: str = "") -> Past:
    """The finding of a row, which the run at hand has not."""
    return Past(
        id=row["id"],
        finding=Finding(
            rule=row["rule"],
            category=row["category"],
            severity=Severity(row["severity"]),
            title=row["title"],
            message=row["message"],
            object=_object(row),
            key=tuple(map(str, json.loads(row["key"]))),
            container=row["container"],
        ),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        times_seen=row["times_seen"],
        why=why,
    )


def _object(row: Row) -> ObjectRef:
    return ObjectRef(row["kind"], row["namespace"], row["name"], row["api_group"], row["api_version"], row["uid"])


def storable(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogates, and no name of a megabyte."""
    return text[:_LONGEST].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
