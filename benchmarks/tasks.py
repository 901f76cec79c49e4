"""The baselines, each run in a process of its own: `python -m benchmarks.tasks NAME ARGUMENT...`.

A task times itself, so that the interpreter's start does not count for a baseline, and prints one
JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Paths that twenty rules of a plain rule set read, by kind.
NAIVE_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": (
        "$.status.phase",
        "$.status.reason",
        "$.spec.nodeName",
        "$.spec.containers[*].image",
        "$.spec.containers[*].resources.limits.memory",
        "$.status.containerStatuses[*].restartCount",
        "$.status.containerStatuses[*].state.waiting.reason",
        "$.status.containerStatuses[*].state.waiting.message",
        "$.status.containerStatuses[*].lastState.terminated.reason",
        "$.status.containerStatuses[*].lastState.terminated.exitCode",
        "$.status.conditions[?(@.type=='PodScheduled')].message",
        "$.status.conditions[?(@.type=='Ready')].status",
        "$.spec.volumes[*].persistentVolumeClaim.claimName",
        "$.spec.containers[*].env[*].valueFrom.configMapKeyRef.name",
        "$.spec.containers[*].env[*].valueFrom.secretKeyRef.name",
    ),
    "Deployment": ("$.status.conditions[?(@.type=='Available')].status", "$.status.readyReplicas"),
    "Event": ("$.reason", "$.type", "$.involvedObject.name"),
    "Node": ("$.status.conditions[?(@.type=='Ready')].status", "$.spec.taints[*].key"),
    "PersistentVolumeClaim": ("$.status.phase", "$.spec.storageClassName"),
    "Service": ("$.spec.selector", "$.spec.type"),
}


def _documents(folder: str, loads: Callable[[bytes], Any]) -> list[Any]:
    """Every JSON file of a dump, decoded."""
    return [loads(path.read_bytes()) for path in sorted(Path(folder).glob("*.json"))]


def _parse_all(folder: str, loads: Callable[[bytes], Any]) -> dict[str, Any]:
    started = time.perf_counter()
    documents = _documents(folder, loads)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "documents": len(documents)}


def json_loads(folder: str) -> dict[str, Any]:
    """The standard library reads every file and keeps every object."""
    return _parse_all(folder, json.loads)


def orjson_loads(folder: str) -> dict[str, Any]:
    """The same with orjson."""
    import orjson

    return _parse_all(folder, orjson.loads)


def orjson_without_gc(folder: str) -> dict[str, Any]:
    """The same with orjson and the cyclic garbage collector off, which is orjson at its best."""
    import gc

    gc.disable()
    return orjson_loads(folder)


def pyyaml(folder: str) -> dict[str, Any]:
    """PyYAML's C loader reads every YAML file; files it cannot read are counted."""
    import yaml

    contents = [path.read_bytes() for path in sorted(Path(folder).rglob("*.yaml"))]
    documents: list[Any] = []
    unreadable = 0
    started = time.perf_counter()
    for content in contents:
        try:
            documents.extend(yaml.load_all(content, yaml.CSafeLoader))
        except yaml.YAMLError:
            unreadable += 1
    seconds = time.perf_counter() - started
    size = sum(map(len, contents))
    return {"seconds": seconds, "bytes": size, "files": len(contents), "unreadable": unreadable}


def naive(folder: str, sample: str) -> dict[str, Any]:
    """jsonpath-ng finds every path on a sample of the objects; the time is scaled to all."""
    import importlib

    parse = importlib.import_module("jsonpath_ng.ext").parse
    items = [made for document in _documents(folder, json.loads) for made in document.get("items", [])]
    total, examined = 0.0, 0
    for kind, paths in NAIVE_PATHS.items():
        found = [made for made in items if made["kind"] == kind]
        step = max(1, len(found) // max(1, int(sample)))
        some = found[::step]
        expressions = [parse(path) for path in paths]
        started = time.perf_counter()
        for made in some:
            for expression in expressions:
                expression.find(made)
        total += (time.perf_counter() - started) * len(found) / max(1, len(some))
        examined += len(some)
    return {"seconds": total, "sampled": examined, "objects": len(items)}


def recall(report: str, truth: str) -> dict[str, Any]:
    """How much of the truth a report names as causes."""
    from benchmarks.recall import score

    with open(report, "rb") as found, open(truth, "rb") as expected:
        return score(json.load(found), json.load(expected)).as_json()


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "json": json_loads,
    "orjson": orjson_loads,
    "orjson-gc-off": orjson_without_gc,
    "pyyaml": pyyaml,
    "naive": naive,
    "recall": recall,
}


def main() -> int:
    """Run the task that the command line names."""
    name, *arguments = sys.argv[1:]
    print(json.dumps(TASKS[name](*arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
