"""Small dumps, made in the test: objects, lists and files of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import yaml

from diagnose.snapshot import Snapshot
from diagnose.sources import read

API = {
    "Pod": "v1",
    "Node": "v1",
    "Event": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "StorageClass": "storage.k8s.io/v1",
}


def item(kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"{kind}-{namespace}-{name}"} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": API[kind], "kind": kind, "metadata": metadata} | fields


def bare(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key not in ("apiVersion", "kind")}


def listed(*items: dict[str, Any], kind: str = "") -> dict[str, Any]:
    """A v1 List, or the typed list of a kind whose items do not repeat it."""
    if kind:
        return {"kind": f"{kind}List", "apiVersion": API[kind], "items": [bare(i) for i in items]}
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}


POD = item("Pod", "web", "shop")
OTHER = item("Pod", "db", "data")
NODE = item("Node", "n1", status={"nodeInfo": {"kubeletVersion": "v1.30.1"}})


def as_json(value: object) -> bytes:
    return json.dumps(value, indent=4).encode()


def as_yaml(value: object) -> bytes:
    return b"---\n" + yaml.safe_dump(value).encode()


def load(folder: Path, files: dict[str, bytes]) -> Snapshot:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return only(str(folder))


def only(path: str) -> Snapshot:
    with read([path]) as snapshot:
        for log in (*snapshot.logs.values(), *snapshot.node_logs.values()):
            assert log.text is not None
        return snapshot


def piped(data: bytes) -> Snapshot:
    with read(["-"], io.BytesIO(data)) as snapshot:
        return snapshot


def told(snapshot: Snapshot, folder: Path | None = None) -> list[str]:
    return [str(warning).replace(f"{folder}/", "") for warning in snapshot.warnings]
