"""A live cluster as the snapshot that the loaded rules need: lists, then the logs that rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from diagnose.asked_logs import containers_asked
from diagnose.decode import decode_projected, projection
from diagnose.index import World
from diagnose.kinds import KindKey
from diagnose.language.compiler import RuleSet
from diagnose.language.needs import kinds_read, readers_of_logs
from diagnose.model import InputWarning
from diagnose.snapshot import Builder, Snapshot
from diagnose.sources.cluster.logs import Asked, fetch_logs
from diagnose.sources.cluster.pull import pull
from diagnose.sources.cluster.transport import Transport

_POD = KindKey("", "Pod")
_node: Any = projection([("spec", "nodeName")])


def capture(
    transport: Transport,
    rules: RuleSet,
    namespaces: Sequence[str] | None = None,
    at: float | None = None,
    progress: Callable[[str], None] = lambda what: None,
) -> Snapshot:
    """Everything that the rules read of a cluster: all namespaces, or only some of them.

    `at` overrides the capture time (UNIX seconds). Raises InputError when nothing could be read.
    """
    into = Builder()
    pull(transport, kinds_read(rules), namespaces, into, progress)
    snapshot = into.build(at)
    progress("looking which logs are asked for")
    asked = _with_nodes(snapshot, containers_asked(snapshot, rules))
    if not asked:
        return snapshot
    progress(f"reading the logs of {len(asked):,} containers")
    fetched = fetch_logs(transport, asked, readers_of_logs(rules))
    warnings = (*snapshot.warnings, *(InputWarning(text) for text in fetched.warnings))
    return replace(snapshot, logs=fetched.logs, warnings=warnings)


def _with_nodes(snapshot: Snapshot, containers: Sequence[tuple[str, str, str]]) -> list[Asked]:
    world = World(snapshot)
    found = []
    for namespace, pod, container in containers:
        record = world.find(_POD, namespace, pod)
        spec = decode_projected(_node, record.raw).get("spec") if record else None
        node = spec.get("nodeName") if isinstance(spec, dict) else None
        found.append(Asked(namespace, pod, container, node if isinstance(node, str) else ""))
    return found
