"""What kustomize leaves in files: patches that are no objects yet, and annotations of where an object came from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from diagnose.errors import LoadError
from diagnose.positions import load
from diagnose.sources.manifests.documents import Document

GROUP = "kustomize.config.k8s.io"
FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""What kustomize calls its own files; they need not say their apiVersion."""
_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements")
_ORIGIN = "config.kubernetes.io/origin"
_PATHS = ("config.kubernetes.io/path", "internal.config.kubernetes.io/path")


def patches(documents: Iterable[Document]) -> frozenset[str]:
    """The files that kustomizations among the documents name as patches: parts of objects."""
    return frozenset(path for document in documents for path in _patches_of(document))


def _patches_of(document: Document) -> Iterator[str]:
    folder, name = posixpath.split(document.file)
    data = document.marked.data
    if not isinstance(data, Mapping):
        return
    if name not in FILES and not str(data.get("apiVersion")).startswith(GROUP):
        return
    for key in _LISTS:
        entries = data.get(key)
        for entry in entries if isinstance(entries, list) else ():
            path = entry.get("path") if isinstance(entry, Mapping) else entry
            if isinstance(path, str) and "\n" not in path:
                yield posixpath.normpath(posixpath.join(folder, path))


def origin_of(data: Mapping[str, Any]) -> str:
    """The file that an object was built from, as the annotations of `buildMetadata: [originAnnotations]` say; or ""."""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(annotations, Mapping):
        return ""
    text = annotations.get(_ORIGIN)
    if isinstance(text, str):
        try:
            origin = load(text).data
        except LoadError:
            origin = None
        if isinstance(origin, Mapping):
            path = origin.get("path") or origin.get("configuredIn")
            repo = origin.get("repo")
            if isinstance(path, str):
                return f"{repo}//{path}" if isinstance(repo, str) and repo else path
    return next((text for key in _PATHS if isinstance(text := annotations.get(key), str)), "")
