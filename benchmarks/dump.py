"""Writing a dump folder, one list file per kind, object by object."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from benchmarks.identity import CAPTURED, SERVER_VERSION, Json

FILES = {
    "ConfigMap": "configmaps.json",
    "Deployment": "deployments.apps.json",
    "EndpointSlice": "endpointslices.discovery.k8s.io.json",
    "Event": "events.json",
    "Namespace": "namespaces.json",
    "Node": "nodes.json",
    "PersistentVolume": "persistentvolumes.json",
    "PersistentVolumeClaim": "persistentvolumeclaims.json",
    "Pod": "pods.json",
    "ReplicaSet": "replicasets.apps.json",
    "Secret": "secrets.json",
    "Service": "services.json",
    "ServiceAccount": "serviceaccounts.json",
    "StorageClass": "storageclasses.storage.k8s.io.json",
}

_BUFFER = 1 << 20
_INDENT = 4
_BUILD = {
    "buildDate": "1970-01-01T00:00:00Z",
    "compiler": "gc",
    "gitCommit": "unknown",
    "gitTreeState": "clean",
    "gitVersion": SERVER_VERSION,
    "goVersion": "go1.27.3",
    "major": "1",
    "minor": "36",
    "platform": "linux/amd64",
}


def truth_path(folder: Path) -> Path:
    """Where the roots of a dump are written: beside its folder, so that no tool reads them."""
    return folder.with_name(f"{folder.name}.truth.json")


class _ListFile:
    """One list, written as its items come."""

    def __init__(self, file: BinaryIO, pretty: bool) -> None:
        self._file = file
        self._pretty = pretty
        self._encoder = msgspec.json.Encoder(order="sorted")
        self.count = 0
        file.write(b'{\n    "apiVersion": "v1",\n    "items": [' if pretty else b'{"apiVersion":"v1","items":[')

    def add(self, made: Json) -> None:
        data = self._encoder.encode(made)
        if self._pretty:
            indented = msgspec.json.format(data, indent=_INDENT)
            data = b"\n" + b" " * 8 + indented.replace(b"\n", b"\n" + b" " * 8)
        if self.count:
            self._file.write(b",")
        self._file.write(data)
        self.count += 1

    def close(self) -> None:
        tail = b'],"kind":"List","metadata":{"resourceVersion":""}}\n'
        if self._pretty:
            tail = b'\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'
        self._file.write(tail)


class DumpWriter:
    """Puts each object into the file of its kind."""

    def __init__(self, folder: Path, pretty: bool = False) -> None:
        self._folder = folder
        self._pretty = pretty
        self._files = ExitStack()
        self._lists: dict[str, _ListFile] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for kind, name in FILES.items():
            file = self._files.enter_context((self._folder / name).open("wb", buffering=_BUFFER))
            self._lists[kind] = _ListFile(file, self._pretty)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._files:
            if error is None:
                self._finish()

    def _finish(self) -> None:
        for each in self._lists.values():
            each.close()
        version = json.dumps({"clientVersion": _BUILD, "serverVersion": _BUILD}, indent=2)
        (self._folder / "version.json").write_text(version + "\n", encoding="utf-8")
        captured = CAPTURED.strftime("%Y-%m-%dT%H:%M:%SZ\n")
        (self._folder / "captured-at").write_text(captured, encoding="utf-8")

    def add(self, made: Json) -> None:
        """Write one object."""
        self._lists[made["kind"]].add(made)

    @property
    def counts(self) -> dict[str, int]:
        """How many objects each file holds."""
        return {FILES[kind]: each.count for kind, each in self._lists.items()}
