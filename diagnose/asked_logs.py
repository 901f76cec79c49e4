"""Which containers' logs rules ask for, found before any log is fetched.

The rules that look at logs run once with logs that only remember that they were read. What they ask for without a log
they ask for with one, so nothing is missed; a clause that a log would have ended may ask for a few more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from diagnose.engine import run
from diagnose.findings import fold
from diagnose.index import World
from diagnose.language.compiler import RuleSet
from diagnose.language.needs import asking_for_logs
from diagnose.logs import ContainerLog, Log
from diagnose.redact import Redactor
from diagnose.snapshot import Snapshot

_UNREAD = 1 << 16
"""The size that an unread log is said to have: with less, one would look whether it is empty."""


class _Unread(Mapping[ContainerLog, Log]):
    """A log for every container, of which nothing is known but whether it was read."""

    def __init__(self) -> None:
        self.read: set[tuple[str, str, str]] = set()

    def __getitem__(self, key: ContainerLog) -> Log:
        def remember(offset: int, length: int) -> bytes:
            self.read.add((key.namespace, key.pod, key.container))
            return b""

        return Log("/".join(key[:3]), _UNREAD, remember, "plain", key)

    def __iter__(self) -> Iterator[ContainerLog]:
        return iter(())

    def __len__(self) -> int:
        return 0


def containers_asked(snapshot: Snapshot, rules: RuleSet) -> list[tuple[str, str, str]]:
    """Namespace, pod and container of each whose log some rule reads, sorted."""
    asking = asking_for_logs(rules)
    if not asking.plans:
        return []
    unread = _Unread()
    world = World(replace(snapshot, logs=unread), rules.decoders(), rules.joining())
    hits, _ = run(asking, world)
    fold(hits, world, Redactor())
    return sorted(unread.read)
