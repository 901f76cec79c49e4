"""A snapshot as the files of the layout that `sources.collected` reads: what `diagnose collect` writes.

Everything is cleaned of secrets on the way (`cleaning`). The same snapshot gives the same files, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from diagnose.cleaning import Cleaner
from diagnose.decode import Record, encode
from diagnose.kinds import KindKey, api_version, info
from diagnose.logs import ContainerLog, Log
from diagnose.snapshot import Snapshot
from diagnose.sources.collected import About
from diagnose.values import format_timestamp

_POD = KindKey("", "Pod")


def files(snapshot: Snapshot, namespaces: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Each file's path and content. `namespaces` are those that were asked for, None for all."""
    cleaner = Cleaner(snapshot.secrets)
    if snapshot.captured_at is not None:
        yield "captured-at", f"{format_timestamp(snapshot.captured_at)}\n".encode()
    yield "collection.json", _about(snapshot, namespaces)
    if snapshot.server_version:
        yield "get/version.json", _pretty({"serverVersion": {"gitVersion": snapshot.server_version}})
    for key, rows in snapshot.tables.items():
        yield f"get/{_file_name(key)}.json", _list(key, rows, cleaner)
    pods = {(r.meta.namespace, r.meta.name): r for r in snapshot.tables.get(_POD, ())}
    for where, log in snapshot.logs.items():
        text = cleaner.log(_raw(log), pods.get((where.namespace, where.pod)))
        if text:
            yield _log_path(where), text.encode()


def _about(snapshot: Snapshot, namespaces: Sequence[str] | None) -> bytes:
    coverage = snapshot.coverage
    covered = {k: v for k, v in coverage.describe().items() if isinstance(v, list) or v in ("all", "partial")}
    about = About(
        namespaces=sorted(namespaces) if namespaces else None,
        refused=coverage.refused(),
        failed=coverage.failed(),
        coverage=covered,
        objects=snapshot.objects(),
        served=sorted(snapshot.served) if snapshot.served is not None else None,
        server=snapshot.server or "",
        warnings=[str(w) for w in snapshot.warnings],
        incomplete=snapshot.incomplete,
    )
    return _pretty(msgspec.to_builtins(about))


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def _file_name(key: KindKey) -> str:
    """As kubectl calls the resource; a custom kind by its own name, since its content tells what it is."""
    known = info(key)
    name = known.resource if known else key.kind.lower()
    return _part(f"{name}.{key.group}" if key.group else name)


def _list(key: KindKey, rows: Sequence[Record], cleaner: Cleaner) -> bytes:
    version = rows[0].api_version if rows and rows[0].api_version else api_version(key)
    head = encode({"apiVersion": version, "kind": f"{key.kind}List"})
    items = b",\n".join(cleaner.object(record) for record in rows)
    return head[:-1] + b',"items":[\n' + items + b"\n]}\n"


def _raw(log: Log) -> str:
    return log.read(0, log.size).decode("utf-8", "replace")


def _log_path(where: ContainerLog) -> str:
    *folders, container = map(_part, where[:3])
    return f"logs/{'/'.join(folders)}/{container}{'.previous' if where.previous else ''}.log"


def _part(name: str) -> str:
    """A name as one part of a path, whatever the server calls things; true names of Kubernetes stay as they are."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")
