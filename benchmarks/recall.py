"""Whether a report names the roots that the generator broke, and what else it blames."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]

_BLAMES = ("critical", "error", "warning")
# A ReplicaSet is named after its Deployment, and a pod after its ReplicaSet.
_GENERATED = re.compile(r"^(?P<owner>.+?)-[a-z0-9]{10}(-[a-z0-9]{5})?$")


@dataclass(slots=True)
class Score:
    """The outcome of comparing a report with the truth."""

    roots: int = 0
    found: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    causes: int = 0
    stray: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> Json:
        """The same as plain data."""
        return asdict(self)


def score(report: Json, truth: Iterable[dict[str, str]]) -> Score:
    """Compare; a root counts when a cause is on it or on pods of it.

    A cause of at least warning that is on no root is stray, counted by its rule.
    """
    findings = {each["id"]: each for each in report["findings"]}
    expected = {root["object"]: root["about"] for root in truth}
    made = Score(roots=len(expected))
    named: set[str] = set()
    stray: Counter[str] = Counter()
    for cause in report["causes"]:
        about = set(_named(cause, findings.get(cause["finding"], {})))
        named |= about
        if cause["severity"] in _BLAMES:
            made.causes += 1
            if not about & expected.keys():
                stray[cause["rule"]] += 1
    missed = Counter(about for root, about in expected.items() if root not in named)
    made.found = made.roots - missed.total()
    made.missed = dict(missed.most_common())
    made.stray = dict(stray.most_common())
    return made


def _named(cause: Json, finding: Json) -> Iterator[str]:
    """The objects a cause is about, as the truth writes them."""
    for each in [cause["object"], *finding.get("objects", [])]:
        yield "/".join(part for part in (each["kind"], each.get("namespace"), each["name"]) if part)
        generated = _GENERATED.match(each["name"])
        if each["kind"] in ("Pod", "ReplicaSet") and generated is not None:
            yield f"Deployment/{each.get('namespace')}/{generated['owner']}"
