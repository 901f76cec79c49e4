"""What Helm and kustomize make, by asking the programs themselves: the only place that starts any."""

from __future__ import annotations

import posixpath
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace

from diagnose.errors import InputError, UsageError
from diagnose.sources.manifests.documents import Document, Sheet
from diagnose.sources.manifests.files import LARGEST, too_large
from diagnose.sources.manifests.kustomize import origin_of

_PATIENCE = 300.0
_MOST_LINES = 5


@dataclass(frozen=True)
class Rendered:
    """What a program wrote, and how it is called: `name` in reports, `folder` where its sources are."""

    name: str
    folder: str
    data: bytes


def helm(chart: str, values: Sequence[str], kubernetes: str) -> Rendered:
    """`helm template` of a chart with some values files. Raises UsageError without helm, InputError when it fails."""
    program = _program("helm", f"helm template {chart} | diagnose check -")
    release = posixpath.basename(chart.rstrip("/")) or "release"
    options = [f"--values={file}" for file in values]
    command = [program, "template", release, chart, "--include-crds", f"--kube-version={kubernetes}", *options]
    name = f"{chart} ({', '.join(values)})" if values else chart
    return Rendered(name, posixpath.dirname(chart.rstrip("/")), _run(command, "helm template", chart))


def kustomize(folder: str) -> Rendered:
    """`kustomize build` of a folder, or `kubectl kustomize`.

    Raises UsageError without both, InputError when it fails.
    """
    own = shutil.which("kustomize")
    kubectl = shutil.which("kubectl") if own is None else None
    if own is None and kubectl is None:
        _program("kustomize", f"kustomize build {folder} | diagnose check -")
    command = [own, "build", folder] if own else [str(kubectl), "kustomize", folder]
    return Rendered(folder, folder, _run(command, "kustomize build", folder))


def with_origins(sheet: Sheet, rendered: Rendered) -> Sheet:
    """The sheet with its origins as paths from the current folder."""
    sheet.documents = [_with_origin(document, rendered.folder) for document in sheet.documents]
    return sheet


def _with_origin(document: Document, folder: str) -> Document:
    origin = document.origin
    if not origin and isinstance(document.marked.data, dict):
        origin = origin_of(document.marked.data)
    if not origin or "//" in origin:
        return replace(document, origin=origin)
    return replace(document, origin=posixpath.normpath(posixpath.join(folder, origin)))


def _program(name: str, instead: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UsageError(f"{name} is not installed here; install it, or pipe what it makes: {instead}")
    return found


def _run(command: Sequence[str], what: str, about: str) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise InputError(f"{about}: {what} did not end within {_PATIENCE:.0f} s") from None
    except OSError as error:
        raise InputError(f"{about}: {what} cannot be started: {error.strerror or error}") from None
    if done.returncode:
        told = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()][:_MOST_LINES]
        raise InputError("\n".join([f"{about}: {what} failed:", *told]))
    if len(done.stdout) > LARGEST:
        raise InputError(f"{about}: {what}: {too_large(len(done.stdout))}")
    return done.stdout
