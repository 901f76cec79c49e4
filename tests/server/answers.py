"""The answers of the API: lists in pages, single objects, tables for kubectl, discovery, logs, failures.

Sources: https://kubernetes.io/docs/reference/using-api/api-concepts/ and what Kubernetes 1.36 answered.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from tests.server.store import Store, Table

_MINIMAL = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels")
REASONS: dict[int, tuple[str, str]] = {
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden"),
    410: ("Expired", "The provided continue parameter is too old to display a consistent list result."),
    429: ("TooManyRequests", "too many requests, please try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


class Answer(NamedTuple):
    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


def _json(value: Any, code: int = 200) -> Answer:
    return Answer(code, msgspec.json.encode(value) + b"\n")


def status(code: int, reason: str, message: str) -> Answer:
    """A failure as the API tells it."""
    made = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code}
    return _json({**made, "reason": reason, "message": message}, code)


def version(git: str) -> Answer:
    major, minor = git.removeprefix("v").split(".")[:2]
    names = ("gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform")
    return _json({"major": major, "minor": minor, "gitVersion": git} | dict.fromkeys(names, ""))


# --- lists


class Tokens:
    """Continue tokens: each is good for the resourceVersion that its list was begun at, until that is compacted."""

    def __init__(self) -> None:
        self.version = 1000
        self._lock = Lock()
        self._oldest = 1000

    def change(self) -> None:
        """Something was written: new lists are of a new resourceVersion."""
        with self._lock:
            self.version += 1

    def compact(self) -> None:
        """Forget all older versions: their tokens are gone."""
        self.change()
        self._oldest = self.version

    def give(self, version: int, after: int) -> str:
        return base64.urlsafe_b64encode(f"{version}:{after}".encode()).decode()

    def take(self, token: str) -> tuple[int, int] | None:
        """The version and the place of a token; None when it is too old."""
        at, _, after = base64.urlsafe_b64decode(token).decode().partition(":")
        return (int(at), int(after)) if int(at) >= self._oldest else None


def listed(table: Table, namespace: str | None, query: Mapping[str, str], accept: str, tokens: Tokens) -> Answer:
    """A page of a list, or all of it when no limit is asked for."""
    if "labelSelector" in query or "fieldSelector" in query:
        return status(400, "BadRequest", "this server knows no selectors")
    at, start = tokens.version, 0
    if token := query.get("continue"):
        found = tokens.take(token)
        if found is None:
            return status(410, *REASONS[410])
        at, start = found
    rows = [row for (n, _), row in table.rows.items() if namespace in (None, n)]
    limit = int(query.get("limit", 0)) or len(rows)
    page = rows[start : start + limit]
    meta: dict[str, Any] = {"resourceVersion": str(at)}
    if start + limit < len(rows):
        meta |= {"continue": tokens.give(at, start + limit), "remainingItemCount": len(rows) - start - limit}
    if "as=Table" in accept:
        return _table(page, meta)
    head = msgspec.json.encode({"kind": f"{table.kind}List", "apiVersion": table.api_version, "metadata": meta})
    return Answer(200, head[:-1] + b',"items":[' + b",".join(page) + b"]}\n")


def single(table: Table, namespace: str, name: str, accept: str) -> Answer:
    row = table.rows.get((namespace, name))
    if row is None:
        return status(404, "NotFound", f'{table.full_name} "{name}" not found')
    if "as=Table" in accept:
        return _table([row], {"resourceVersion": "1"})
    head = msgspec.json.encode({"kind": table.kind, "apiVersion": table.api_version})
    return Answer(200, head[:-1] + b"," + row[1:] + b"\n")


def _table(rows: list[bytes], meta: dict[str, Any]) -> Answer:
    """What kubectl prints: the name, and enough of the object to sort and name it by."""
    column = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
    cells = []
    for row in rows:
        metadata = msgspec.json.decode(row)["metadata"]
        partial = {k: metadata[k] for k in _MINIMAL if k in metadata}
        about = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": partial}
        cells.append({"cells": [metadata["name"]], "object": about})
    return _json(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": meta,
            "columnDefinitions": [column],
            "rows": cells,
        }
    )


# --- discovery


def discovery(store: Store, path: str, aggregated: bool) -> Answer | None:
    """What is served, in either of the ways that clients ask; None when the path asks for something else."""
    groups = store.groups()
    if path in ("/api", "/apis") and aggregated:
        return _aggregated({g: v for g, v in groups.items() if bool(g) == (path == "/apis")})
    if path == "/api":
        return _json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
    if path == "/apis":
        named = [_group(g, list(versions)) for g, versions in groups.items() if g]
        return _json({"kind": "APIGroupList", "apiVersion": "v1", "groups": named})
    if path == "/api/v1":
        return _resources("v1", groups[""]["v1"])
    parts = path.split("/")
    if parts[1] != "apis" or len(parts) not in (3, 4) or parts[2] not in groups:
        return None
    if len(parts) == 3:
        return _json({"kind": "APIGroup", "apiVersion": "v1", **_group(parts[2], list(groups[parts[2]]))})
    tables = groups[parts[2]].get(parts[3])
    return _resources(f"{parts[2]}/{parts[3]}", tables) if tables else None


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    told = [{"groupVersion": f"{name}/{v}", "version": v} for v in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def _resources(group_version: str, tables: list[Table]) -> Answer:
    found = [
        {"name": t.name, "singularName": t.kind.lower(), "namespaced": t.namespaced, "kind": t.kind, "verbs": _VERBS}
        for t in tables
    ]
    if group_version == "v1":
        found.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    return _json({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": found})


_VERBS = ["get", "list", "watch"]


def _aggregated(groups: Mapping[str, Mapping[str, list[Table]]]) -> Answer:
    items = [
        {
            "metadata": {"name": name, "creationTimestamp": None},
            "versions": [
                {"version": v, "freshness": "Current", "resources": [_resource(t) for t in tables]}
                for v, tables in versions.items()
            ],
        }
        for name, versions in groups.items()
    ]
    made = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}
    kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    return _json(made)._replace(kind=kind)


def _resource(table: Table) -> dict[str, Any]:
    return {
        "resource": table.name,
        "responseKind": {"group": table.group, "version": table.version, "kind": table.kind},
        "scope": "Namespaced" if table.namespaced else "Cluster",
        "singularResource": table.kind.lower(),
        "verbs": _VERBS,
    }


# --- logs


def log(store: Store, namespace: str, pod: str, query: Mapping[str, str]) -> Answer:
    """A container's log as the kubelet gives it: the last lines, and of those the first bytes."""
    row = store.tables["", "pods"].rows.get((namespace, pod))
    if row is None:
        return status(404, "NotFound", f'pods "{pod}" not found')
    containers = [c["name"] for c in msgspec.json.decode(row)["spec"]["containers"]]
    name = query.get("container") or containers[0]
    previous = query.get("previous") == "true"
    data = store.logs.get((namespace, pod, name, previous))
    if data is None:
        what = "previous terminated container" if previous else "container"
        return status(400, "BadRequest", f'{what} "{name}" in pod "{pod}" not found')
    if "tailLines" in query:
        lines = data.splitlines(keepends=True)
        data = b"".join(lines[max(0, len(lines) - int(query["tailLines"])) :])
    return Answer(200, data[: int(query.get("limitBytes", len(data)))], "text/plain")
