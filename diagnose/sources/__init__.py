"""Dumps of any format as one snapshot.

`read` opens what the user named, looks in every folder for the formats of `TABLE`, most specific
first, and puts all of them into one snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from diagnose.errors import InputError
from diagnose.kinds import parse_key
from diagnose.snapshot import Builder, Snapshot
from diagnose.sources import content
from diagnose.sources.archive import Limits, open_inputs
from diagnose.sources.base import Folder, Source
from diagnose.sources.cluster_info import Directory
from diagnose.sources.collected import Collected
from diagnose.sources.generic import Generic
from diagnose.sources.insights import INSIGHTS
from diagnose.sources.kind_logs import KindLogs
from diagnose.sources.must_gather import MUST_GATHER
from diagnose.sources.other_layouts import CILIUM, CRASHD, GATHER_EXTRA, KUBECTL_GATHER, NAMESPACE_FOLDERS
from diagnose.sources.sonobuoy import SONOBUOY
from diagnose.sources.support_bundle_kit import SUPPORT_BUNDLE_KIT
from diagnose.sources.troubleshoot import TROUBLESHOOT
from diagnose.sources.velero import VELERO
from diagnose.tellings import Tables

__all__ = ["TABLE", "Limits", "read"]

TABLE: tuple[Source, ...] = (
    Collected(),
    TROUBLESHOOT,
    SONOBUOY,
    VELERO,
    INSIGHTS,
    SUPPORT_BUNDLE_KIT,
    MUST_GATHER,
    KUBECTL_GATHER,
    CRASHD,
    KindLogs(),
    CILIUM,
    Directory(),
    GATHER_EXTRA,
    NAMESPACE_FOLDERS,
)
_GENERIC = Generic()
_FROM_FILE_TIME = 99
_PLACED = tuple(map(parse_key, ("Probe", "Call", "Alert")))


@contextmanager
def read(
    paths: Sequence[str], stdin: BinaryIO | None = None, at: float | None = None, limits: Limits | None = None
) -> Iterator[Snapshot]:
    """All inputs as one snapshot; its logs can be read while the context is open.

    `-` is `stdin`. `at` overrides the capture time (UNIX seconds). Raises UsageError for a path
    that is not there, InputError when nothing of an input could be read.
    """
    with open_inputs(paths, stdin, limits) as folders:
        into = Builder()
        for folder in folders:
            read_folder(folder, into)
        into.defer(_place_observed)
        yield into.build(at)


def _place_observed(tables: Tables) -> None:
    """Where probes, calls and alerts belong; the readers of text are imported only where there are any."""
    if any(tables.get(key) for key in _PLACED):
        from diagnose.sources.text import observed

        observed.place(tables)


def read_folder(folder: Folder, into: Builder) -> None:
    """Everything in one input. Raises InputError when it holds no dump."""
    into.warnings += folder.warnings
    into.incomplete = into.incomplete or folder.incomplete
    if folder.modified:
        into.captured(folder.modified, "time of the file", _FROM_FILE_TIME)
    rest: list[str] = []
    recognised = _descend(folder, "", into, rest)
    if rest:
        texts, told = _read_text(folder, rest, into)
        recognised = recognised or told
        others = [path for path in rest if path not in texts]
        if others:
            loud = not recognised
            recognised = _GENERIC.read_files(folder.only(others), into, loud=loud, beside=told) or recognised
    if not recognised:
        raise InputError(_no_dump(folder, into))


def _read_text(folder: Folder, rest: list[str], into: Builder) -> tuple[set[str], bool]:
    """The files that are text of a known form, and whether any told of a cluster."""
    if all(path.endswith(content.JSON + content.YAML) for path in rest):
        return set(), False
    from diagnose.sources import text

    return text.read_files(folder.only(rest), into)


def _descend(folder: Folder, prefix: str, into: Builder, rest: list[str]) -> bool:
    """Read the formats at and below a folder; what none of them claims is added to `rest`."""
    for source in TABLE:
        if source.detect(folder):
            into.sources.append((folder.label, source.name))
            source.read(folder, into)
            return True
    rest += [prefix + path for path in folder.here]
    hits = [_descend(below, f"{prefix}{name}/", into, rest) for name, below in folder.dirs.items()]
    return any(hits)


def _no_dump(folder: Folder, into: Builder) -> str:
    """What was seen instead of a dump; what could not be read comes first, for it is likely the reason."""
    if into.warnings:
        more = f" (and {len(into.warnings) - 1:,} more such files)" if len(into.warnings) > 1 else ""
        return f"nothing could be read: {into.warnings[0]}{more}"
    seen = list(folder.files)
    shown = ", ".join(seen[:3]) + (f" and {len(seen) - 3:,} more" if len(seen) > 3 else "")
    where = folder.label or seen[0]
    return (
        f"{where} holds no Kubernetes objects (seen: {shown}). Expected the output of kubectl get -o json or yaml, "
        "kubectl cluster-info dump, a must-gather, a support bundle, or text of kubectl get and describe."
    )
