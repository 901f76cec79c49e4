"""One list: pages of one resourceVersion, begun anew when the server has forgotten it.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from diagnose.sources.cluster.discovery import Resource
from diagnose.sources.cluster.transport import RequestError, Transport

_GONE = 410
_RESTARTS = 2


class _Meta(msgspec.Struct):
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    items: list[msgspec.Raw] | None
    metadata: _Meta = msgspec.field(default_factory=_Meta)


@dataclass
class Listed:
    """The pages of a list, in order; `failed` says why there are no more when these are not all."""

    pages: list[bytes] = field(default_factory=list)
    failed: RequestError | None = None


def path_of(resource: Resource, namespace: str | None) -> str:
    """Where the objects of a resource are listed: in one namespace, or all."""
    where = f"/namespaces/{quote(namespace, safe='')}" if namespace and resource.namespaced else ""
    return f"{resource.path}{where}/{resource.name}"


def fetch(transport: Transport, path: str, seen: Callable[[int], None]) -> Listed:
    """All of one list; `seen` is told how many objects each page has.

    The second time that the server has forgotten the list's resourceVersion (410 Gone), the list is asked for in one
    piece. Raises InputError.
    """
    for restart in range(_RESTARTS + 1):
        listed = _pages(transport, path, transport.limits.page if restart < _RESTARTS else 0, seen)
        if listed.failed is None or listed.failed.status != _GONE:
            break
    return listed


def _pages(transport: Transport, path: str, limit: int, seen: Callable[[int], None]) -> Listed:
    listed = Listed()
    query: dict[str, Any] = {"limit": limit} if limit else {}
    while True:
        try:
            page, body = transport.json(path, _Page, query)
        except RequestError as failed:
            listed.failed = failed
            return listed
        listed.pages.append(body)
        seen(len(page.items or ()))
        token = page.metadata.continue_
        if token and token == query.get("continue"):
            listed.failed = RequestError(0, f"{path}: the server says again and again that the same page follows")
        if not token or listed.failed:
            return listed
        query["continue"] = token
