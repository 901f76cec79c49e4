"""Hits to findings: texts filled in, evidence taken, secrets kept out, pods folded on their controller."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from diagnose.decode import Record
from diagnose.engine import Hit
from diagnose.index import World
from diagnose.kinds import FILE, KindKey, key_of
from diagnose.language.plan import Proof
from diagnose.language.templates import show, show_all
from diagnose.logs import Log
from diagnose.match import Match
from diagnose.model import Evidence, Finding, Location, ObjectRef
from diagnose.redact import Redactor, is_unknown
from diagnose.values import as_map, timestamp

_EVENT = KindKey("", "Event")
_REPLICA_SET = KindKey("apps", "ReplicaSet")
_CLIMBS = frozenset({"Pod", "ReplicaSet", "Job"})
_NUMBERS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,64}\b|\d+")
_MOST_EVIDENCE = 6
_LONGEST = 4000
_LONGEST_RAW = 1 << 16


@dataclass
class Folded:
    """One finding and the hits that it stands for."""

    finding: Finding
    hits: list[Hit] = field(default_factory=list)


def ref_of(record: Record) -> ObjectRef:
    """The reference by which reports name an object."""
    meta = record.meta
    return ObjectRef(record.key.kind, meta.namespace, meta.name, record.key.group, record.api_version, meta.uid)


def workload_of(record: Record, world: World) -> ObjectRef:
    """The workload a person would fix: the Deployment for a pod of its ReplicaSet, the CronJob for a Job.

    Goes by ownerReferences even where the owner itself was not collected. Static pods stand for themselves.
    """
    current, ref = record, ref_of(record)
    passed: set[int] = set()
    while current.key.kind in _CLIMBS and id(current) not in passed:
        passed.add(id(current))
        owner = next((o for o in current.meta.ownerReferences or () if o.controller and o.kind != "Node"), None)
        if owner is None:
            break
        found, _ = world.owner(current)
        if found is None:
            key = key_of(owner.apiVersion, owner.kind)
            return _guessed(
                ObjectRef(key.kind, record.meta.namespace, owner.name, key.group, owner.apiVersion, owner.uid), record
            )
        current, ref = found, ref_of(found)
    return ref


def _guessed(ref: ObjectRef, pod: Record) -> ObjectRef:
    """The Deployment behind a ReplicaSet that was not collected, by its name: `NAME-<pod-template-hash>`."""
    digest = (pod.meta.labels or {}).get("pod-template-hash", "")
    if ref.kind == "ReplicaSet" and digest and ref.name.endswith(f"-{digest}"):
        return ObjectRef("Deployment", ref.namespace, ref.name[: -len(digest) - 1], "apps", "apps/v1")
    return ref


Placed = Callable[[Hit, Redactor], Location | None]
"""Where a hit stands in the files that its objects were read from; the redactor cleans what is quoted of them."""


def fold(hits: Iterable[Hit], world: World, redactor: Redactor, placed: Placed | None = None) -> list[Folded]:
    """One finding for hits that say the same of the objects of one workload, numbers aside.

    What is said of one object twice, with other numbers, is two findings.
    """
    groups: dict[tuple[Any, ...], Folded] = {}
    told: dict[tuple[Any, ...], dict[str, int]] = {}
    for hit in hits:
        finding = _finding(hit, world, redactor, placed)
        same = (finding.rule, finding.object, finding.key, _normalised(finding.message, hit.object.meta.name))
        mine = told.setdefault((*same, id(hit.object)), {})
        group = (*same, mine.setdefault(finding.message, len(mine)))
        there = groups.get(group)
        if there is None:
            groups[group] = Folded(finding, [hit])
        else:
            there.hits.append(hit)
    return _distinct([_merged(f, world) for f in groups.values()])


def _normalised(message: str, name: str) -> str:
    before, *rest = message.split(name)
    for after in rest:
        inside = _is_of_name(before[-1:]) or _is_of_name(after[:1])
        before += (name if inside else "*") + after
    return _NUMBERS.sub("#", before)


def _is_of_name(char: str) -> bool:
    return char.isalnum() or char in ("-", "_")


def _merged(folded: Folded, world: World) -> Folded:
    refs: dict[ObjectRef, None] = {}
    for hit in folded.hits:
        for record in _shown_objects(hit):
            by_workload = record.key == _REPLICA_SET and _moved(hit)  # people know the Deployment
            refs.setdefault(workload_of(record, world) if by_workload else ref_of(record))
    finding = folded.finding
    refs.pop(finding.object, None)
    objects = tuple(sorted(refs)) if refs else ()
    since = min((s for s in map(_since, folded.hits) if s is not None), default=None)
    if not objects and since is None:
        return folded
    return Folded(replace(finding, objects=objects, count=max(1, len(objects)), since=since), folded.hits)


def _shown_objects(hit: Hit) -> list[Record]:
    """The objects that show a finding: its own, and its subject."""
    return [hit.object, hit.subject] if _moved(hit) else [hit.object]


def _moved(hit: Hit) -> bool:
    """Whether the finding is about another object than the rule's subject; a file is none."""
    return hit.subject is not hit.object and hit.subject.key != FILE


def _distinct(folded: list[Folded]) -> list[Folded]:
    """Fingerprints must differ: findings of one object that differ only in text get numbered keys."""
    seen: dict[str, int] = {}
    result = []
    for f in folded:
        number = seen[f.finding.id] = seen.get(f.finding.id, 0) + 1
        if number > 1:
            f = Folded(replace(f.finding, key=(*f.finding.key, f"#{number}")), f.hits)
        result.append(f)
    return result


def _finding(hit: Hit, world: World, redactor: Redactor, placed: Placed | None) -> Finding:
    rule, case, match = hit.plan.rule, hit.case, hit.match
    workload = workload_of(hit.object, world)
    elements = tuple(str(label) for label in match.elements.values())
    clean = redactor.with_values(_credentials(match, world))
    return Finding(
        rule=f"{rule.id}/{case.id}" if case.id else rule.id,
        category=rule.category,
        severity=case.severity,
        title=case.title,
        message=_clean(case.message(match), clean),
        object=workload,
        key=elements,
        container=_container(match),
        evidence=_evidence(hit, clean),
        fix=_clean(case.fix(match), clean),
        commands=tuple(_clean(c(match), clean) for c in case.commands),
        docs=case.docs,
        refs=rule.refs,
        symptom=case.symptom,
        inferred=case.inferred,
        location=placed(hit, clean) if placed is not None else None,
    )


def _since(hit: Hit) -> float | None:
    if hit.plan.since is None:
        return None
    return min((t for t in map(timestamp, hit.plan.since(hit.match)) if t is not None), default=None)


def _credentials(match: Match, world: World) -> frozenset[str]:
    """The credentials in the environment of the objects that a match went through."""
    return frozenset().union(*(world.credentials(r) for r in match.records.values()))


def _clean(text: str, redactor: Redactor) -> str:
    return redactor(text[:_LONGEST_RAW])[:_LONGEST]


def _container(match: Match) -> str:
    for name in match.elements:
        value = match.values.get(name)
        if isinstance(value, dict) and "role" in value and "spec" in value:
            return str(value.get("name", ""))
    return ""


def _evidence(hit: Hit, redactor: Redactor) -> tuple[Evidence, ...]:
    found: dict[tuple[str, str], Evidence] = {}
    for proof in hit.case.evidence:
        for evidence in _prove(proof, hit):
            text = _clean(evidence.text, redactor)
            clean = evidence if text == evidence.text else replace(evidence, text=text)
            found.setdefault((clean.source, clean.text), clean)
    return tuple(found.values())[:_MOST_EVIDENCE]


def _prove(proof: Proof, hit: Hit) -> list[Evidence]:
    match = hit.match
    record = match.records.get(proof.base, hit.subject)
    values = [v for v in proof.get(match) if v is not None and not is_unknown(v)]
    if not values:
        return []
    logs = [v for v in values if isinstance(v, Log)]
    if logs:
        return [
            Evidence("log", ref_of(record), log.label, match.lines.get(log.name) or log.last_line()) for log in logs
        ]
    if record.key == _EVENT and proof.base == proof.root:
        return [_event(record, match.world.data(record))]
    source = proof.text if not proof.base or proof.root != proof.base else proof.text.partition(".")[2] or proof.text
    return [Evidence("field", ref_of(record), _labelled(proof, match, source), show_all(values))]


def _labelled(proof: Proof, match: Match, source: str) -> str:
    """`container.status.x` as `container api: status.x`."""
    label = match.elements.get(proof.root)
    if label and proof.root != proof.base:
        name = label if label.lower() == proof.root.lower() else f"{proof.root} {label}"
        return f"{name}: {source.partition('.')[2]}" if "." in source else name
    return source


def _event(record: Record, data: dict[str, Any]) -> Evidence:
    about = as_map(data.get("involvedObject"))
    kind, namespace, name, api, uid = (
        str(about.get(k) or "") for k in ("kind", "namespace", "name", "apiVersion", "uid")
    )
    ref = ObjectRef(kind, namespace, name, key_of(api, kind).group, api, uid)
    count = data.get("count")
    return Evidence(
        "event",
        ref,
        str(data.get("reason") or ""),
        show(data.get("message") or ""),
        count if isinstance(count, int) else 1,
        timestamp(data.get("lastTimestamp")),
        timestamp(data.get("firstTimestamp")),
    )


def sort_key(finding: Finding) -> tuple[Any, ...]:
    """Worst first, then a fixed order."""
    return (-finding.severity, finding.object, finding.rule, finding.key)


def objects_of(hits: Sequence[Hit]) -> set[int]:
    """The records that a finding is about, by identity: where its causes are looked for."""
    return {id(r) for h in hits for r in (h.subject, h.object)}
