"""Manifests as people write them: files, folders, pipes, what Helm and kustomize make; objects that know their lines.

`read` gives a `ManifestSet`: one snapshot, or several where objects of the same name stand side by side (overlays),
and for every object the place in the file where it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from diagnose import decode, redact
from diagnose.decode import Meta, Record
from diagnose.kinds import FILE, OBSERVED, KindKey
from diagnose.model import InputWarning
from diagnose.snapshot import Coverage, Snapshot
from diagnose.sources.manifests import files, kustomize
from diagnose.sources.manifests.documents import Problem, Sheet
from diagnose.sources.manifests.objects import Manifest, objects_of, problem
from diagnose.sources.manifests.rendering import Rendered, with_origins

__all__ = ["Layer", "Manifest", "ManifestSet", "Validate", "of_sheets", "read", "read_rendered"]

DUPLICATE_OBJECT = "duplicate-object"
Validate = Callable[[Manifest], Iterable[Problem]]
"""What of an object its schema does not allow."""


@dataclass(frozen=True)
class Layer:
    """A snapshot in which every name stands once. `subjects` are the objects to judge, by identity; None: all.

    `label` is "" for the first; in later ones it tells findings apart that would have one fingerprint.
    """

    snapshot: Snapshot
    subjects: frozenset[int] | None = None


@dataclass(frozen=True)
class ManifestSet:
    """What was read. `manifests` are by place (`file:line:column`), which is the `file` of their records."""

    layers: tuple[Layer, ...]
    manifests: Mapping[str, Manifest]
    documents: int = 0


def read(
    paths: Sequence[str],
    base: Path,
    stdin: BinaryIO | None = None,
    default_namespace: str = "",
    version: str = "",
    validate: Validate | None = None,
    *,
    changed: bool = False,
) -> ManifestSet:
    """All manifests of some files and folders (`-` is `stdin`) as one set; `base` is the current folder.

    `default_namespace` is that of objects which name none, `version` that of the Kubernetes they are for, as `v1.37`.
    `changed`: a program named the files, so that what is no manifest is passed over, as in a folder. Raises UsageError
    for a path that is not there.
    """
    sheets: list[tuple[Sheet, bool]] = []
    for path in paths:
        if path == "-":
            assert stdin is not None
            sheets.append((files.read_stdin(stdin), True))
    named = [path for path in paths if path != "-"]
    found = [replace(each, asked=each.asked and not changed) for each in files.find(named, base)]
    sheets += [(files.read(each), each.asked) for each in found]
    above = [files.read(each) for each in files.kustomizations_above(found, base)]
    sources = tuple((path if path != "-" else files.STDIN, "manifests") for path in paths)
    return of_sheets(sheets, sources, default_namespace, version, validate, above)


def read_rendered(
    rendered: Rendered, default_namespace: str = "", version: str = "", validate: Validate | None = None
) -> ManifestSet:
    """What Helm or kustomize made, as a set; the origin of each object is the file that it was made from."""
    sheet = files.sheet_of(rendered.data, files.Input(Path(rendered.name), rendered.name, True))
    sources = ((rendered.name, "manifests"),)
    return of_sheets([(with_origins(sheet, rendered), True)], sources, default_namespace, version, validate)


@dataclass
class _Gathered:
    """What the sheets hold together."""

    manifests: list[Manifest] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[InputWarning] = field(default_factory=list)
    incomplete: bool = False


def of_sheets(
    sheets: Sequence[tuple[Sheet, bool]],
    sources: tuple[tuple[str, str], ...],
    default_namespace: str = "",
    version: str = "",
    validate: Validate | None = None,
    above: Sequence[Sheet] = (),
) -> ManifestSet:
    """The set that texts make, each with whether the user named it; `above` are kustomizations that are not of it."""
    all_sheets = (*above, *(sheet for sheet, _ in sheets))
    patches = kustomize.patches(document for sheet in all_sheets for document in sheet.documents)
    gathered = _Gathered()
    for sheet, asked in sheets:
        _gather(sheet, asked, patches, default_namespace, gathered)
    if validate is not None:
        for manifest in gathered.manifests:
            gathered.problems += (replace(p, target=_target(manifest)) for p in validate(manifest))
    gathered.problems += _duplicates(gathered.manifests)
    documents = sum(len(sheet.documents) for sheet, _ in sheets)
    by_place = {manifest.place: manifest for manifest in gathered.manifests}
    return ManifestSet(_layers(gathered, sources, version), by_place, documents)


def _gather(sheet: Sheet, asked: bool, patches: frozenset[str], namespace: str, into: _Gathered) -> None:
    for document in sheet.documents:
        if document.file in patches:
            why = "not checked: a patch, part of an object; check what `kustomize build` makes of it"
            into.skipped.append(InputWarning(why, f"{document.file}:{document.at()[0]}"))
            continue
        into.manifests += objects_of(document, sheet, namespace, asked=asked)
    into.problems += (each for each in sheet.problems if each.file not in patches)
    into.skipped += sheet.skipped
    into.incomplete = into.incomplete or sheet.incomplete


def _target(manifest: Manifest) -> tuple[str, str, str, str]:
    return str(manifest.data["apiVersion"]), manifest.key.kind, manifest.namespace, manifest.name


def _duplicates(manifests: Iterable[Manifest]) -> list[Problem]:
    """Objects that stand twice in one folder: who applies it keeps only one of them."""
    first: dict[tuple[object, ...], Manifest] = {}
    found = []
    for manifest in manifests:
        folder = PurePosixPath(manifest.document.file).parent
        there = first.setdefault((*manifest.identity, folder), manifest)
        if there is not manifest:
            line = there.document.at(*there.steps)[0]
            message = f"it stands in {there.document.file}:{line} as well; only the one that is applied last stays"
            made = problem(manifest.document, DUPLICATE_OBJECT, message, (*manifest.steps, "metadata", "name"))
            found.append(replace(made, target=_target(manifest), name=manifest.document.file))
    return found


# --- snapshots --------------------------------------------------------------------------------------------------------

_Tables = dict[KindKey, dict[tuple[str, str], Record]]


def _layers(gathered: _Gathered, sources: tuple[tuple[str, str], ...], version: str) -> tuple[Layer, ...]:
    """The n-th objects of each name together, on top of the first ones."""
    secrets: set[str] = set()
    levels: list[_Tables] = [{}]
    for manifest in gathered.manifests:
        record, values = _record(manifest)
        secrets |= values
        name = (record.meta.namespace, record.meta.name)
        level = next((n for n, tables in enumerate(levels) if name not in tables.get(record.key, ())), len(levels))
        if level == len(levels):
            levels.append({})
        levels[level].setdefault(record.key, {})[name] = record
    secrets -= {part for tables in levels for rows in tables.values() for name in rows for part in name}
    problems = _files(gathered.problems)
    coverage = Coverage()
    coverage.add(FILE)
    layers = []
    for number, tables in enumerate(levels):
        merged = {key: {**levels[0].get(key, {}), **tables.get(key, {})} for key in {*levels[0], *tables}}
        rows = {key: [merged[key][name] for name in sorted(merged[key])] for key in sorted(merged)}
        snapshot = Snapshot(
            tables={**rows, FILE: problems} if not number else rows,
            coverage=coverage,
            server_version=version,
            sources=sources,
            warnings=tuple(gathered.skipped),
            incomplete=gathered.incomplete,
            secrets=frozenset(secrets),
        )
        subjects = frozenset(id(r) for some in tables.values() for r in some.values()) if number else None
        layers.append(Layer(snapshot, subjects))
    return tuple(layers)


def _record(manifest: Manifest) -> tuple[Record, set[str]]:
    """The record of an object, a Secret without its values, and those values."""
    raw = decode.encode(manifest.data)
    values: set[str] = set()
    if manifest.key == KindKey("", "Secret"):
        raw, values = redact.secret(raw)
    meta = decode.identity(raw).metadata or Meta()
    meta.name, meta.namespace = manifest.name, manifest.namespace
    return Record(manifest.key, str(manifest.data["apiVersion"]), meta, raw, manifest.place), values


def _files(problems: Iterable[Problem]) -> list[Record]:
    """What is wrong with files as objects that rules are about: one for each file and object in it."""
    groups: dict[tuple[str, object], list[Problem]] = defaultdict(list)
    for each in problems:
        groups[each.file, each.target].append(each)
    records = []
    for (file, target), some in sorted(groups.items(), key=lambda item: (item[0][0], str(item[0][1]))):
        data: dict[str, object] = {"problems": [_Told.of(each) for each in some]}
        if isinstance(target, tuple):
            data["object"] = dict(zip(("apiVersion", "kind", "namespace", "name"), target, strict=True))
        records.append(Record(FILE, f"{OBSERVED}/v1", Meta(name=file), decode.encode(data), file))
    return records


class _Told(msgspec.Struct, omit_defaults=True):
    """A problem as the record of its file has it; what is not known is left out."""

    name: str
    type: str
    message: str
    line: int
    column: int
    instead: str = ""
    path: str = ""
    excerpt: str = ""
    origin: str = ""

    @classmethod
    def of(cls, p: Problem) -> _Told:
        return cls(p.name, p.type, p.message, p.line, p.column, p.instead, p.path, p.excerpt, p.origin)
