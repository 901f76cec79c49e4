"""Small snapshots and rules, made in memory, that tests of all layers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from diagnose import library
from diagnose.index import World
from diagnose.kinds import key_of, parse_key
from diagnose.language.compiler import RuleSet, compile_rules
from diagnose.language.ruleset import load_rules
from diagnose.language.syntax import Symptom
from diagnose.logs import ContainerLog, Log
from diagnose.model import Finding, NotEvaluated, Report
from diagnose.relations import Relations
from diagnose.run import diagnose
from diagnose.snapshot import Builder, Snapshot
from diagnose.values import timestamp

NOW = "2026-01-01T12:00:00Z"
ALL: tuple[str, ...] = ("*",)


def obj(
    kind: str, name: str, namespace: str = "", *, meta: Mapping[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    """An object of a kind as rules write it (`Pod`, `Gateway.example.com`)."""
    key = parse_key(kind)
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **(meta or {})}
    return {"apiVersion": f"{key.group}/v1" if key.group else "v1", "kind": key.kind, "metadata": metadata, **fields}


def pod(
    name: str = "p", namespace: str = "a", *, labels: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    """A pod; `meta` adds to its metadata."""
    meta = dict(fields.pop("meta", {}))
    return obj("Pod", name, namespace, meta={**({"labels": dict(labels)} if labels else {}), **meta}, **fields)


def waiting(reason: str, container: str = "c", message: str = "") -> dict[str, Any]:
    """The spec and status of a pod with one container that waits."""
    state = {"reason": reason, **({"message": message} if message else {})}
    return {
        "spec": {"containers": [{"name": container, "image": "x:1"}]},
        "status": {"containerStatuses": [{"name": container, "state": {"waiting": state}}]},
    }


def owned_by(owner: Mapping[str, Any], controller: bool = True) -> dict[str, Any]:
    """`metadata` with an owner reference to an object."""
    meta = owner["metadata"]
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "controller": controller,
    }
    return {"ownerReferences": [{**reference, **({"uid": meta["uid"]} if "uid" in meta else {})}]}


def event(about: Mapping[str, Any], reason: str, message: str = "", name: str = "e", **fields: Any) -> dict[str, Any]:
    """An event about an object, as the kubelet writes it."""
    meta = about["metadata"]
    involved = {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": meta["name"]}
    involved |= {k: meta[k] for k in ("namespace", "uid") if k in meta}
    where = meta.get("namespace", "default")
    given = {"reason": reason, "message": message, "involvedObject": involved, "lastTimestamp": NOW}
    return obj("Event", name, where, **{**given, **fields})


def builder(
    objects: Iterable[Mapping[str, Any]],
    collected: Sequence[str] = ALL,
    namespaces: Mapping[str, Sequence[str]] | None = None,
    logs: Mapping[tuple[str, ...], str] | None = None,
) -> Builder:
    """A builder filled with objects; `collected` are kinds, everything without it."""
    made = Builder()
    if collected == ALL:
        made.coverage.add_everything()
    else:
        for kind in collected:
            made.coverage.add(parse_key(kind))
    for kind, names in (namespaces or {}).items():
        made.coverage.add(parse_key(kind), names)
    for value in objects:
        made.add_object(dict(value), kind=key_of(value["apiVersion"], value["kind"]))
    for key, text in (logs or {}).items():
        where = ContainerLog(*key[:3], previous=len(key) > 3)
        made.add_log(where, Log.of_text(" ".join(("/".join(key[:3]), *key[3:])), text))
    return made


def snapshot(
    objects: Iterable[Mapping[str, Any]], *, at: str | None = NOW, version: str = "", **settings: Any
) -> Snapshot:
    """A snapshot taken at `at`; the settings are those of `builder`."""
    made = builder(objects, **settings)
    made.version(version)
    return made.build(at=timestamp(at))


def world(objects: Iterable[Mapping[str, Any]], **settings: Any) -> World:
    """An index over a snapshot, decoding whole objects."""
    return World(snapshot(objects, **settings))


@lru_cache
def _tables() -> library.Library:
    return library.load()


def relations() -> Relations:
    """The relations that come with the program."""
    return _tables().relations


def symptoms() -> tuple[Symptom, ...]:
    """The symptoms that come with the program."""
    return _tables().symptoms


def rule_text(match: str, message: str = "found", head: str = "", tail: str = "", rule: str = "r") -> str:
    """A rule file around some clauses, each a line."""
    clauses = "\n".join(f"- {line}" for line in match.strip().splitlines())
    report = "" if "cases:" in tail else f"report: {{message: '{message}'}}\n"
    return f"id: {rule}\ntitle: T\nseverity: error\n{head}\nmatch:\n{clauses}\n{report}{tail}"


def rules(*texts: str) -> RuleSet:
    """Rule files compiled together, with the built-in relations and symptoms."""
    loaded = [rule for text in texts for rule in load_rules(text, "<test>")]
    return compile_rules(loaded, relations(), symptoms())


def report(texts: str | Sequence[str], objects: Iterable[Mapping[str, Any]], **settings: Any) -> Report:
    """What rules say of objects."""
    ruleset = rules(*([texts] if isinstance(texts, str) else texts))
    return diagnose(snapshot(objects, **settings), ruleset)


def messages(told: Report) -> list[str]:
    """The messages of a report, in its order."""
    return [f.message for f in told.findings]


def undecided(told: Report) -> list[tuple[str, str]]:
    """Rule and reason of what was not evaluated."""
    return [(n.rule, n.reason) for n in told.not_evaluated]


def only(told: Report) -> Finding:
    """The one finding of a report."""
    assert len(told.findings) == 1, told.findings
    return told.findings[0]


def verdict(told: Report) -> list[str] | str:
    """The messages, or why there are none."""
    not_evaluated: Sequence[NotEvaluated] = told.not_evaluated
    return messages(told) if told.findings or not not_evaluated else "; ".join(n.reason for n in not_evaluated)
