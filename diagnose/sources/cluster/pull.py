"""All lists into a `Builder`, a few at a time; what is refused or fails becomes coverage, with the right it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import msgspec

from diagnose.errors import InputError
from diagnose.kinds import KindKey, is_namespaced
from diagnose.snapshot import Builder
from diagnose.sources.cluster.discovery import Resource, Served, discover
from diagnose.sources.cluster.listing import Listed, fetch, path_of
from diagnose.sources.cluster.transport import RequestError, Transport

FORMAT = "live cluster"
_FORBIDDEN, _NOT_FOUND = 403, 404
_LARGE = ("Pod", "ReplicaSet", "Event", "Secret", "ConfigMap", "Deployment")
"""What most clusters have most of: asked for first, so that no long list is left for the end."""


class _Version(msgspec.Struct):
    git: str = msgspec.field(name="gitVersion", default="")


@dataclass(frozen=True)
class _Task:
    """One list to fetch; `namespace` None is all."""

    key: KindKey
    resource: Resource
    namespace: str | None

    @property
    def path(self) -> str:
        return path_of(self.resource, self.namespace)

    @property
    def where(self) -> str:
        return f" in namespace {self.namespace}" if self.namespace else ""


def needs(verb: str, resource: str, where: str = "") -> str:
    """What a refusal is told as: the right that is missing."""
    return f"forbidden, it needs the verb {verb} on {resource}{where}"


def pull(
    transport: Transport,
    wanted: Collection[KindKey],
    namespaces: Sequence[str] | None,
    into: Builder,
    progress: Callable[[str], None] = lambda what: None,
) -> None:
    """List every wanted kind that the server serves, in some namespaces or (None) in all.

    Raises InputError when the server cannot be reached or trusted, takes no credentials, or refuses everything.
    """
    _introduce(transport, into)
    served = discover(transport, wanted)
    into.served = served.groups
    tasks = _tasks(wanted, served, namespaces, into)
    seen = 0

    def count(number: int) -> None:
        nonlocal seen
        seen += number
        progress(f"listing: {seen:,} objects")

    failures = _run(transport, tasks, into, count)
    if tasks and all(t in failures for t in tasks):
        raise InputError(_nothing([failures[t] for t in tasks], namespaces))
    into.warnings.sort(key=lambda w: (w.file, w.message))


def _introduce(transport: Transport, into: Builder) -> None:
    """The server's version and its time, from the first answer."""
    try:
        version, _ = transport.json("/version", _Version)
    except RequestError as failed:
        if failed.status != _FORBIDDEN:
            raise InputError(failed.reason) from None
    else:
        into.version(version.git)
    if not transport.server.verified:
        into.warn("nobody checked that the server is the right one: the kubeconfig says insecure-skip-tls-verify")
    into.server = transport.server.host
    into.sources.append((transport.server.host, FORMAT))
    if transport.date is not None:
        into.captured(transport.date, "Date of the server's first answer")


def _tasks(wanted: Collection[KindKey], served: Served, namespaces: Sequence[str] | None, into: Builder) -> list[_Task]:
    tasks: list[_Task] = []
    for key in sorted(wanted, key=lambda k: (_LARGE.index(k.kind) if k.kind in _LARGE else len(_LARGE), k)):
        resource = served.find(key)
        why = served.why_not(key) if resource is None else None
        if why is not None:
            into.coverage.fail(key, why)
            into.warn(f"{key} was not listed: {why}")
        elif resource is None:
            into.coverage.add(key)
        elif not resource.listed:
            into.coverage.fail(key, f"the server does not list {resource.full_name}")
        elif namespaces and resource.namespaced:
            tasks += [_Task(key, resource, namespace) for namespace in dict.fromkeys(namespaces)]
        else:
            tasks.append(_Task(key, resource, None))
    return tasks


def _run(
    transport: Transport, tasks: Sequence[_Task], into: Builder, seen: Callable[[int], None]
) -> dict[_Task, RequestError]:
    """Fetch all lists; returns those of which nothing came."""
    failures: dict[_Task, RequestError] = {}
    pool = ThreadPoolExecutor(transport.limits.parallel, "list")
    try:
        running: dict[Future[Listed], _Task] = {pool.submit(fetch, transport, t.path, seen): t for t in tasks}
        for done in as_completed(running):
            task = running.pop(done)
            listed = done.result()
            if listed.failed and not listed.pages and listed.failed.status != _NOT_FOUND:
                failures[task] = listed.failed
            _add(task, listed, into)
    except BaseException:
        transport.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return failures


def _add(task: _Task, listed: Listed, into: Builder) -> None:
    key, failed = task.key, listed.failed
    broken = False
    while listed.pages:
        added = into.add_json(listed.pages.pop(0), task.path, key, task.namespace or "")
        broken = broken or added.broken
    if failed is None or failed.status == _NOT_FOUND:
        if broken:
            into.coverage.add_partial(key)
        else:
            into.coverage.add(key, [task.namespace] if task.namespace and is_namespaced(key) else None)
    elif failed.status == _FORBIDDEN:
        into.coverage.deny(key, needs("list", task.resource.full_name, task.where))
    else:
        if into.names(key):
            into.coverage.add_partial(key)
        into.coverage.fail(key, failed.reason)
        what = f"{task.resource.full_name}{task.where}"
        into.warn(f"{what} could not be listed to the end: {failed.reason}", incomplete=True)


def _nothing(failures: Sequence[RequestError], namespaces: Sequence[str] | None) -> str:
    """Why there is nothing to look at, and what to do."""
    first = failures[0]
    if all(f.status == _FORBIDDEN for f in failures):
        hint = "" if namespaces else "; with rights in some namespaces only, name them with -n"
        return (
            f"the server refuses every list: {first.message or first.reason}"
            f"; `diagnose cluster --print-rbac` writes the rights that are needed{hint}"
        )
    return f"nothing could be listed: {first.reason}"
