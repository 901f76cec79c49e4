"""Where a hit stands in the manifest that its object was read from: file, line, column and JSON path.

The place is that of the first path of the case's evidence (then of the rule's), made concrete: the index of the very
container or port that matched. Of a field that is missing it is the nearest parent that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diagnose.decode import Record
from diagnose.engine import Hit
from diagnose.kinds import FILE, KindKey
from diagnose.language.plan import Proof
from diagnose.language.scope import VIRTUAL, Bound
from diagnose.match import Match
from diagnose.model import Location
from diagnose.paths import Each, Index, Key, Segment, Where, getter, parse
from diagnose.positions import Step
from diagnose.redact import HIDDEN, Redactor
from diagnose.sources.manifests import Manifest
from diagnose.sources.manifests.documents import json_path
from diagnose.values import as_map

Steps = tuple[Step, ...]
_SECRET = KindKey("", "Secret")
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
"""The annotation of a pod that named the profile of a container before 1.30, without the container's name."""
_VALUES = frozenset({"data", "stringData"})
_LONGEST_LINE = 400


@dataclass(frozen=True)
class Root:
    """A binding in its object: the record, the way to it, and the value there."""

    record: Record
    steps: Steps
    value: Any


class Locator:
    """Places of hits on the objects of a set of manifests, by the place that their records carry as `file`."""

    def __init__(self, manifests: Mapping[str, Manifest]) -> None:
        self._manifests = manifests

    def __call__(self, hit: Hit, clean: Redactor) -> Location | None:
        """Where a hit stands; None when nothing of it was read from a manifest."""
        if hit.subject.key == FILE:
            return _in_file(hit, clean)
        for proof in hit.case.places:
            found = steps_of(proof, hit.match)
            if found is not None and found[0].file in self._manifests:
                return self._location(*found, clean)
        for record in (hit.object, hit.subject):
            if record.file in self._manifests:
                return self._location(record, ("metadata", "name"), clean)
        return None

    def _location(self, record: Record, steps: Steps, clean: Redactor) -> Location:
        manifest = self._manifests[record.file]
        document = manifest.document
        there = document.exists((*manifest.steps, *steps))
        line, column = document.at(*there)
        text = document.line(line)
        if record.key == _SECRET and _VALUES & set(there):
            text = f"{text.partition(':')[0]}: {HIDDEN}"
        excerpt = _quoted(text, column, clean)
        return Location(document.file, line, column, json_path(there), manifest.origin, excerpt)


def _in_file(hit: Hit, clean: Redactor) -> Location:
    """The place that a problem of a file tells itself."""
    told: Mapping[str, Any] = {}
    for value in hit.match.values.values():
        if isinstance(value, dict) and "message" in value and "line" in value:
            told = value
    line, column = int(told.get("line", 0)), int(told.get("column", 0))
    excerpt = _quoted(str(told.get("excerpt", "")), column, clean)
    origin, path = str(told.get("origin", "")), str(told.get("path", ""))
    return Location(hit.subject.meta.name, line, column, path, origin, excerpt)


def _quoted(line: str, column: int, clean: Redactor) -> str:
    """A line to quote: without secrets; nothing when they stand before the column that a caret would point at."""
    if len(line) > _LONGEST_LINE:
        return ""
    cleaned = clean(line)
    return cleaned if cleaned[: column - 1] == line[: column - 1] else ""


# --- from a path of a rule to steps in an object ----------------------------------------------------------------------


def steps_of(proof: Proof, match: Match) -> tuple[Record, Steps] | None:
    """The object that a path of a rule leads into and the steps in it; None where that cannot be told."""
    found = _walk(proof.path.segments, proof.bound, match)
    return (found.record, found.steps) if found else None


@dataclass(frozen=True)
class _Way:
    """Where a path led; `whole` when it led to its end, and to the value that was looked for."""

    record: Record
    steps: Steps
    whole: bool


def _walk(segments: Sequence[Segment], bound: Bound, match: Match, wanted: Any = None) -> _Way | None:
    root, rest = _begin(segments, bound, match, wanted)
    if root is None:
        return None
    steps, whole = follow(root.value, rest, wanted)
    return _Way(root.record, (*root.steps, *steps), whole)


def _begin(
    segments: Sequence[Segment], bound: Bound, match: Match, wanted: Any
) -> tuple[Root | None, Sequence[Segment]]:
    """The value that a path begins in, and what of the path is left from there."""
    value = match.values.get(bound.name)
    if bound.form == "object":
        record = match.records.get(bound.name)
        if record is None:
            return None, ()
        if bound.kind in VIRTUAL and isinstance(value, dict):
            return _in_template(Root(record, _steps_at(value.get("path")), value), segments)
        return Root(record, (), value), segments
    if bound.view is not None:
        return _in_view(bound, value, segments, match)
    if bound.form == "element":
        return _source(bound, match, value), segments
    element = len(segments) == 1 and isinstance(segments[0], Each)
    return _source(bound, match, wanted if element else None), ()


def _source(bound: Bound, match: Match, wanted: Any) -> Root | None:
    """An element of a list, or what a `let` was computed from, in the object that it comes from.

    A `let` may have several sources: the one that has the value counts, or else the first.
    """
    ways = [way for path, parent in bound.of if (way := _walk(path.segments, parent, match, wanted))]
    best = next((way for way in ways if way.whole), ways[0] if ways else None)
    return Root(best.record, best.steps, wanted) if best else None


def _in_template(root: Root, segments: Sequence[Segment]) -> tuple[Root, Sequence[Segment]]:
    """A pod template: its `path` leads to the spec; the metadata stands beside that."""
    first = segments[0].name if segments and isinstance(segments[0], Key) else ""
    value = as_map(root.value)
    if first == "metadata":
        return Root(root.record, (*root.steps[:-1], "metadata"), value.get("metadata")), segments[1:]
    if first == "object":
        return Root(root.record, (), value.get("object")), segments[1:]
    return Root(root.record, root.steps, value.get("spec")), segments[1:] if first == "spec" else ()


def _in_view(
    bound: Bound, value: Any, segments: Sequence[Segment], match: Match
) -> tuple[Root | None, Sequence[Segment]]:
    """A container: its entry in the spec, and in force what it has of the security context or else the pod."""
    record, element = match.records.get(bound.base), as_map(value)
    if record is None or "spec" not in element:
        return None, ()
    steps = _steps_at(element.get("path")) or _container_steps(match.values.get(bound.base), element["spec"])
    if not steps:
        return None, ()
    first = segments[0].name if segments and isinstance(segments[0], Key) else ""
    root = Root(record, steps, element["spec"])
    if first == "spec":
        return root, segments[1:]
    if first == "security":
        own, field = as_map(element["spec"]).get("securityContext"), segments[1:2]
        if not (field and isinstance(field[0], Key) and field[0].name in as_map(own)):
            pod = as_map(as_map(match.values.get(bound.base)).get("spec")).get("securityContext")
            if field and isinstance(field[0], Key) and field[0].name in as_map(pod):
                return Root(record, (*steps[:-2], "securityContext"), pod), segments[1:]
        return root, (Key("securityContext"), *segments[1:])
    if first == "apparmor":
        metadata = as_map(match.values.get(bound.base)).get("metadata")
        annotation = Key(f"{APPARMOR}{element.get('name')}")
        return Root(record, (*steps[:-3], "metadata"), metadata), (Key("annotations"), annotation)
    return root, segments if first in ("name", "image") else ()


def _container_steps(pod: Any, spec: Any) -> Steps:
    for place in ("containers", "initContainers", "ephemeralContainers"):
        listed = as_map(as_map(pod).get("spec")).get(place)
        for number, container in enumerate(listed if isinstance(listed, list) else ()):
            if container is spec:
                return ("spec", place, number)
    return ()


def _steps_at(path: object) -> Steps:
    """The steps of a concrete path such as `$.spec.template.spec.containers[0]`."""
    if not isinstance(path, str):
        return ()
    return tuple(s.name if isinstance(s, Key) else s.number for s in parse(path).segments if isinstance(s, Key | Index))


def follow(value: Any, segments: Sequence[Segment], wanted: Any = None) -> tuple[Steps, bool]:
    """The steps of a path in a value: to `wanted` where it is given, else to the first that is there, else as far as
    the path goes. A step that leads nowhere is left out. And whether they lead to the end, and to what was wanted."""
    best: Steps = ()
    for steps, reached in _ways(value, tuple(segments), ()):
        if reached is _NOWHERE:
            best = max(best, steps, key=len)
        elif wanted is None or reached is wanted or (not isinstance(wanted, dict | list) and reached == wanted):
            return steps, True
        else:
            best = max(best, steps, key=len)
    return best, False


_NOWHERE = object()


def _ways(value: Any, segments: tuple[Segment, ...], before: Steps) -> Iterator[tuple[Steps, Any]]:
    """Every way that the segments lead, with the value at its end; `_NOWHERE` where one breaks off."""
    if not segments:
        yield before, value
        return
    first, rest = segments[0], segments[1:]
    below = list(_children(value, first))
    if not below:
        yield before, _NOWHERE
    for step, inside in below:
        yield from _ways(inside, rest, (*before, step))


def _children(value: Any, segment: Segment) -> Iterator[tuple[Step, Any]]:
    entries: list[tuple[Step, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    passes = _PASSES.get(type(segment))
    for step, inside in entries:
        if passes is not None and inside is not None and passes(segment, step, inside):
            yield step, inside


def _is_where(segment: Any, step: Step, inside: Any) -> bool:
    return bool(getter(tuple(Key(key) for key in segment.keys))(inside) == (segment.value,))


_PASSES: dict[type, Callable[[Any, Step, Any], bool]] = {
    Key: lambda segment, step, inside: step == segment.name,
    Each: lambda segment, step, inside: True,
    Index: lambda segment, step, inside: step == segment.number,
    Where: _is_where,
}
