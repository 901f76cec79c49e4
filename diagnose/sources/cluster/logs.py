"""The logs of chosen containers: the previous run first, then the current one, both only as long as a rule reads.

A log that is not there (no previous run, the container never started, the pod is gone) is no failure. A node whose
kubelet does not answer, and a namespace whose logs are refused, are asked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import quote

from diagnose.logs import LIMIT, ContainerLog, Log
from diagnose.sources.cluster.pull import needs
from diagnose.sources.cluster.transport import RequestError, Transport
from diagnose.sources.log_files import framing_of

LINES, FEW_LINES = 500, 50
BYTES = LIMIT
"""At most so much of one log: its last lines; where they are longer than BYTES, its last few."""
MOST = 500
"""So many containers at most."""
_FORBIDDEN = 403
_NOT_THERE = frozenset({400, 404})


@dataclass(frozen=True, order=True)
class Asked:
    """A container whose logs a rule asks for, and the node it is on."""

    namespace: str
    pod: str
    container: str
    node: str = ""


@dataclass
class Fetched:
    """The logs that there are, and in words what could not be had."""

    logs: dict[ContainerLog, Log] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def fetch_logs(transport: Transport, asked: Iterable[Asked], readers: Sequence[str] = ()) -> Fetched:
    """Both logs of each container, some at a time; `readers` are the rules that look at them. Raises InputError."""
    chosen = sorted(set(asked))
    result = Fetched()
    if len(chosen) > MOST:
        left = len(chosen) - MOST
        result.warnings.append(f"rules ask for the logs of {len(chosen):,} containers; those of {left:,} were left out")
    by_node = groupby(sorted(chosen[:MOST], key=lambda a: (a.node, a)), key=lambda a: a.node)
    refused: set[str] = set()
    pool = ThreadPoolExecutor(transport.limits.parallel, "logs")
    try:
        for found in pool.map(lambda same: _of_node(transport, same, refused), [list(same) for _, same in by_node]):
            result.logs |= found.logs
            result.warnings += found.warnings
    except BaseException:
        transport.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    if refused:
        told = f"; rules that look at them saw none: {', '.join(readers)}" if readers else ""
        why = needs("get", "pods/log", f" in namespace {', '.join(sorted(refused))}")
        result.warnings.append(f"logs were not read: {why}{told}")
    result.logs = dict(sorted(result.logs.items()))
    return result


def _of_node(transport: Transport, asked: Sequence[Asked], refused: set[str]) -> Fetched:
    found = Fetched()
    for number, each in enumerate(asked):
        for previous in (True, False):
            if each.namespace in refused:
                break
            try:
                data = _read(transport, each, previous)
            except RequestError as failed:
                if failed.status == _FORBIDDEN:
                    refused.add(each.namespace)
                elif failed.status not in _NOT_THERE:
                    found.warnings.append(_unread(len(asked) - number, each.node, failed.reason))
                    return found
                continue
            key = ContainerLog(each.namespace, each.pod, each.container, previous)
            if data:
                found.logs[key] = log_of(key, data)
    return found


def _read(transport: Transport, asked: Asked, previous: bool) -> bytes:
    data = _tail(transport, asked, previous, LINES)
    return data if len(data) < BYTES else _tail(transport, asked, previous, FEW_LINES)


def _tail(transport: Transport, asked: Asked, previous: bool, lines: int) -> bytes:
    """The last lines of a log. Of lines longer than BYTES together the server sends the first: hence fewer of them."""
    names = (quote(name, safe="") for name in (asked.namespace, asked.pod))
    path = "/api/v1/namespaces/{}/pods/{}/log".format(*names)
    query: dict[str, Any] = {"container": asked.container, "tailLines": lines, "limitBytes": BYTES}
    if previous:
        query["previous"] = "true"
    return transport.text(path, query, tries=2, most=BYTES)


def _unread(number: int, node: str, reason: str) -> str:
    where = f" on node {node}" if node else ""
    return f"the logs of {number} container{'' if number == 1 else 's'}{where} were not read: {reason}"


def log_of(key: ContainerLog, data: bytes) -> Log:
    """A log that is in memory."""
    name = f"logs/{key.namespace}/{key.pod}/{key.container}{'.previous' if key.previous else ''}.log"
    return Log(name, len(data), lambda offset, length: data[offset : offset + length], framing_of(data[:400]), key)
