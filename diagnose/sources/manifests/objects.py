"""Documents to objects: lists taken apart, what is no object of a cluster left aside, what is half an object told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from diagnose.kinds import KindKey, is_custom, is_namespaced, key_of
from diagnose.model import InputWarning
from diagnose.sources.manifests.documents import (
    INVALID,
    Document,
    Problem,
    Sheet,
    Steps,
    is_object,
    json_path,
    template_skipped,
)
from diagnose.sources.manifests.kustomize import origin_of

_NOT_OF_A_CLUSTER = frozenset(
    {
        "kustomize.config.k8s.io",
        "kind.x-k8s.io",
        "k3d.io",
        "kubeadm.k8s.io",
        "kubelet.config.k8s.io",
        "kubeproxy.config.k8s.io",
        "kubescheduler.config.k8s.io",
        "kubecontrollermanager.config.k8s.io",
        "apiserver.config.k8s.io",
        "apiserver.k8s.io",
        "pod-security.admission.config.k8s.io",
        "resourcequota.admission.k8s.io",
        "eventratelimit.admission.k8s.io",
        "credentialprovider.kubelet.k8s.io",
        "cloudcontrollermanager.config.k8s.io",
        "controller-runtime.sigs.k8s.io",
        "audit.k8s.io",
        "client.authentication.k8s.io",
        "skaffold",
        "diagnose.dev",
    }
)
"""Groups of files that configure programs; nobody applies them to a cluster."""
_NOT_STORED = frozenset({"authentication.k8s.io", "authorization.k8s.io"})
"""Groups of questions to the API server, which have no name."""
_LOCAL = "config.kubernetes.io/local-config"


@dataclass(frozen=True, eq=False)
class Manifest:
    """One object of a document. `steps` lead to it in the document (of a List), and are mostly empty."""

    document: Document = field(repr=False)
    steps: Steps
    data: Mapping[str, Any] = field(repr=False)
    key: KindKey
    namespace: str
    name: str

    @cached_property
    def origin(self) -> str:
        """The template or resource that it was made from, where that is told."""
        return self.document.origin or origin_of(self.data)

    @property
    def identity(self) -> tuple[KindKey, str, str]:
        """By what a cluster tells objects apart."""
        return self.key, self.namespace if is_namespaced(self.key) else "", self.name

    @property
    def place(self) -> str:
        """Where it begins, as `file:line:column`: no two objects of a run have the same."""
        line, column = self.document.at(*self.steps)
        return f"{self.document.file}:{line}:{column}"

    def __str__(self) -> str:
        return "/".join(part for part in (self.key.kind, self.namespace, self.name) if part)


def objects_of(document: Document, sheet: Sheet, default_namespace: str, *, asked: bool) -> Iterator[Manifest]:
    """The objects of a document; `default_namespace` is that of objects which name none. Problems go to the sheet."""
    data = document.marked.data
    if not is_object(data):
        _no_object(document, data, sheet, asked)
        return
    yield from _of(document, (), data, sheet, default_namespace)


def _of(
    document: Document, steps: Steps, data: Mapping[str, Any], sheet: Sheet, default_namespace: str
) -> Iterator[Manifest]:
    kind, version = data["kind"], data["apiVersion"]
    items = data.get("items")
    if kind.endswith("List") and items is None and "items" in data:
        return  # an empty list, as the API server writes it
    if kind.endswith("List") and isinstance(items, list):
        for number, item in enumerate(items):
            inside = (*steps, "items", number)
            typed = _typed(item, kind, version)
            if is_object(typed):
                yield from _of(document, inside, typed, sheet, default_namespace)
            else:
                sheet.problems.append(problem(document, INVALID, "an item of the list is no object: " + _LACKS, inside))
        return
    if kind == "List":
        sheet.problems.append(problem(document, INVALID, "the List has no list of items", (*steps, "items")))
        return
    group = version.partition("/")[0] if "/" in version else ""
    if group in _NOT_OF_A_CLUSTER or group in _NOT_STORED or (kind, version) == ("Config", "v1"):
        return
    metadata = data.get("metadata")
    meta = metadata if isinstance(metadata, Mapping) else {}
    annotations = meta.get("annotations")
    if isinstance(annotations, Mapping) and str(annotations.get(_LOCAL)).lower() == "true":
        return
    name, namespace = meta.get("name"), meta.get("namespace")
    if any(isinstance(text, str) and "{{" in text for text in (kind, version, name, namespace)):
        sheet.skipped.append(template_skipped(document.file, document.at(*steps)[0]))
        return
    if name is None or name == "":
        name = meta.get("generateName")
    if (name is None or name == "") and metadata is None and is_custom(key_of(version, kind)):
        why = f"not checked: this {kind} has no metadata, so it is taken for a file that configures a program"
        sheet.skipped.append(InputWarning(why, f"{document.file}:{document.at(*steps)[0]}"))
        return
    if name is None or name == "":
        where = (*steps, "metadata", "name")
        sheet.problems.append(problem(document, INVALID, f"the {kind} has no metadata.name", where))
        return
    key = key_of(version, kind)
    told = str(namespace) if namespace is not None else ""
    home = told or (default_namespace if is_namespaced(key) else "")
    yield Manifest(document, steps, data, key, home, str(name))


_LACKS = "it needs apiVersion and kind"


def _typed(item: Any, kind: str, version: str) -> Any:
    """An item of a typed list, which need not say its kind."""
    if kind == "List" or not isinstance(item, Mapping) or "kind" in item:
        return item
    return {"apiVersion": version, "kind": kind.removesuffix("List"), **item}


def _no_object(document: Document, data: Any, sheet: Sheet, asked: bool) -> None:
    """Half an object is told; what never was one is told where the user named the file."""
    if not isinstance(data, Mapping):
        return
    told = {key for key in ("apiVersion", "kind", "metadata", "spec") if key in data}
    if len(told) < 2 or not told & {"apiVersion", "kind"}:
        return
    if told == {"apiVersion", "metadata"} and not asked:
        return
    lacking = " and ".join(key for key in ("apiVersion", "kind") if not isinstance(data.get(key), str))
    sheet.problems.append(problem(document, INVALID, f"no object: {lacking} is missing, or is no text", ()))


def problem(document: Document, type: str, message: str, steps: Steps, *, name: str = "", instead: str = "") -> Problem:
    """A problem at a place of a document, or at its nearest parent that exists."""
    there = document.exists(steps)
    line, column = document.at(*there)
    return Problem(
        type, message, document.file, line, column, json_path(there), name or message, document.line(line),
        document.origin, instead=instead,
    )  # fmt: skip
