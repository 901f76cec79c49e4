"""Pod templates as something that relations lead to: what a Service will select when its Deployment is applied.

A template stands for the pods that will be made of it. An object whose controller is in the snapshot is passed over:
the controller's template stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from diagnose.decode import Record
from diagnose.index import World, fixed_labels
from diagnose.kinds import KindKey, is_custom, parse_key
from diagnose.values import as_map, selects
from diagnose.views import TABLE, TEMPLATED, template_of

POD_SPEC = KindKey("", "PodSpec")
KEYS = tuple(parse_key(kind) for kind in TEMPLATED)
_INDEX, _LABELS = "templates by namespace", "templates by label"
_View = dict[str, Any]


def value(world: World, record: Record) -> _View:
    """The template of an object, as the view `podspec` shows it; without a spec when it has none."""
    data = world.joined(record)
    found, _ = TABLE["podspec"].make(world, record, data)
    if found:
        return found[0]
    at, template = template_of(record.key.kind, data)
    return {"metadata": as_map(template.get("metadata")), "path": at, "object": data}


def rows(world: World, namespace: str | None = None) -> list[Record]:
    """The objects with a template, in one namespace or (None) in all."""
    index: dict[str, list[Record]] | None = world.memo.get(_INDEX)
    if index is None:
        index = world.memo[_INDEX] = {}
        for record in _all(world):
            index.setdefault(record.meta.namespace, []).append(record)
    return index.get(namespace, []) if namespace is not None else [r for some in index.values() for r in some]


def select(world: World, namespace: str | None, selector: Any) -> list[Record]:
    """The objects whose template bears labels that a selector selects."""
    wanted, _ = fixed_labels(selector)
    found = (
        _bearing(world).get((namespace, *wanted[0]), []) if wanted and namespace is not None else rows(world, namespace)
    )
    return [r for r in found if selects(selector, labels(world, r))]


def _bearing(world: World) -> dict[tuple[str, str, str], list[Record]]:
    """The objects whose template bears a label, by namespace, key and value."""
    index: dict[tuple[str, str, str], list[Record]] | None = world.memo.get(_LABELS)
    if index is None:
        index = world.memo[_LABELS] = {}
        for record in rows(world):
            for key, text in labels(world, record).items():
                index.setdefault((record.meta.namespace, key, str(text)), []).append(record)
    return index


def labels(world: World, record: Record) -> Mapping[str, Any]:
    """The labels that the pods of an object will bear."""
    known: dict[int, Mapping[str, Any]] = world.memo.setdefault("labels of templates", {})
    found = known.get(id(record))
    if found is None:
        found = known[id(record)] = as_map(as_map(value(world, record).get("metadata")).get("labels"))
    return found


def missing(world: World, namespace: str | None = None) -> str | None:
    """Why there may be other templates, and so pods, than those that are known; None when there are none.

    Kinds that a cluster need not have do not count.
    """
    why = (world.coverage.missing(key, namespace) for key in KEYS if not is_custom(key))
    return next((reason for reason in why if reason), None)


def _all(world: World) -> Iterator[Record]:
    for key in KEYS:
        for record in world.rows(key):
            if not (record.meta.ownerReferences and world.owner(record)[0] is not None):
                yield record
