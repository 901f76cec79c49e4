"""From bytes to objects: split documents and lists without decoding them, read who an object is,
and decode only the fields that somebody asked for.

msgspec.Raw leaves an item as a slice of the file; a `Projection` is a decoder made from paths, so
that an object becomes a plain dict with fewer keys. An object whose types are not the expected
ones is decoded plainly.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypedDict

import msgspec

from diagnose import mend
from diagnose.kinds import KindKey
from diagnose.told import Partial, thaw

Buffer = bytes | memoryview


class OwnerReference(msgspec.Struct, gc=False, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    apiVersion: str = ""
    controller: bool | None = None


class Meta(msgspec.Struct, gc=False):
    """The part of `metadata` that every object keeps in memory."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resourceVersion: str = ""
    creationTimestamp: str | None = None
    labels: dict[str, str] | None = None
    ownerReferences: list[OwnerReference] | None = None


class Identity(msgspec.Struct, gc=False):
    apiVersion: str = ""
    kind: str = ""
    metadata: Meta | None = None


class _Document(msgspec.Struct, gc=False):
    apiVersion: str = ""
    kind: str = ""
    items: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    selfLink: str = ""


class Document(msgspec.Struct, gc=False, frozen=True):
    """One JSON value of a file: a list of raw items, or one raw object (`items` is None)."""

    api_version: str
    kind: str
    items: list[msgspec.Raw] | None
    raw: Buffer
    self_link: str = ""


_document = msgspec.json.Decoder(_Document)
_array = msgspec.json.Decoder(list[msgspec.Raw])
_identity = msgspec.json.Decoder(Identity)
MALFORMED = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError)
MAX_DEPTH = 200


def documents(data: Buffer) -> Iterator[Document]:
    """The JSON documents that stand one after the other in `data`; scalars are passed over.

    Raises msgspec.DecodeError or RecursionError at the first that is malformed; of a list, its whole
    items come before.
    """
    view = memoryview(data)
    while bytes(view[:64]).strip() or bytes(view).strip():
        try:
            yield _one(view)
            return
        except msgspec.DecodeError as error:
            found = mend.TRAILING.search(str(error))
            end = int(found[1]) - 1 if found else None
            if end is None and isinstance(error, msgspec.ValidationError):
                end = mend.end_of_value(view)
                if end is not None:
                    view = view[end:]
                    continue
            if end is None:
                yield from _usable(view, error)
                return
        yield _one(view[:end])
        view = view[end:]


def _usable(view: memoryview, error: msgspec.DecodeError) -> Iterator[Document]:
    """What of a malformed document can be read; raises when it is not all."""
    mended = mend.without_lone_surrogates(view)
    if mended is not None:
        yield from documents(mended)
        return
    found = mend.whole_items(view)
    if found is None:
        raise error
    yield _one(memoryview(found[0]))
    raise mend.CutOff(f"broken or cut off after {found[1]:,} items") from error


def _one(view: memoryview) -> Document:
    start = bytes(view[:64]).lstrip()[:1]
    if start == b"[":
        return Document("", "", _array.decode(view), view)
    try:
        d = _document.decode(view)
    except msgspec.ValidationError:
        d = _document_of_odd_types(view)
    items = None if isinstance(d.items, msgspec.UnsetType) else d.items or []
    return Document(d.apiVersion, d.kind, items, view, d.selfLink)


def _document_of_odd_types(view: memoryview) -> _Document:
    fields = msgspec.json.decode(view, type=dict[str, msgspec.Raw])

    def text(name: str) -> str:
        value = msgspec.json.decode(fields[name]) if name in fields else ""
        return value if isinstance(value, str) else ""

    try:
        items = msgspec.json.decode(fields.get("items", b"null"), type=list[msgspec.Raw] | None)
    except msgspec.ValidationError:
        items = None
    return _Document(text("apiVersion"), text("kind"), msgspec.UNSET if items is None else items)


def identity(raw: Buffer | msgspec.Raw) -> Identity:
    """Who an object is, whatever the types of its metadata are; nobody when it is no object."""
    try:
        return _identity.decode(raw)
    except MALFORMED:
        return _lenient_identity(decode_whole(raw))


def _lenient_identity(data: dict[str, Any]) -> Identity:
    found = data.get("metadata")
    if not isinstance(found, dict):
        return Identity(_word(data.get("apiVersion")), _word(data.get("kind")), None)
    labels = found.get("labels")
    owners = found.get("ownerReferences")
    meta = Meta(
        name=_text(found.get("name")),
        namespace=_text(found.get("namespace")),
        uid=_text(found.get("uid")),
        resourceVersion=_text(found.get("resourceVersion")),
        creationTimestamp=_text(found.get("creationTimestamp")) or None,
        labels={str(k): _text(v) for k, v in labels.items()} if isinstance(labels, dict) else None,
        ownerReferences=[_owner(o) for o in owners if isinstance(o, dict)] if isinstance(owners, list) else None,
    )
    return Identity(_word(data.get("apiVersion")), _word(data.get("kind")), meta)


def _owner(data: dict[str, Any]) -> OwnerReference:
    words = {k: _text(data.get(k)) for k in ("kind", "name", "uid", "apiVersion")}
    return OwnerReference(**words, controller=data.get("controller") is True)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


class Record(msgspec.Struct, gc=False, eq=False):
    """One object of a snapshot: its key, its identity, and the raw JSON it is decoded from."""

    key: KindKey
    api_version: str
    meta: Meta
    raw: msgspec.Raw | bytes | memoryview
    file: str

    @property
    def name(self) -> str:
        return self.meta.name

    @property
    def namespace(self) -> str:
        return self.meta.namespace


class Every:
    """A step of a projection that goes through all elements of a list."""


EVERY = Every()
Step = str | Every
Tree = dict[Step, Any]


def projection(paths: Iterable[tuple[Step, ...]]) -> msgspec.json.Decoder[Any]:
    """A decoder that keeps only what `paths` read (each a tuple of keys and `EVERY`).

    A path keeps everything below its end. Objects of other types than the paths say raise
    msgspec.ValidationError; `decode_projected` then decodes plainly.
    """
    tree: Tree = {}
    for path in sorted(set(paths), key=len):
        _graft(tree, path)
    return msgspec.json.Decoder(_type_of(tree, "O"))


_WHOLE: Any = None


def _graft(tree: Tree, path: tuple[Step, ...]) -> None:
    for i, step in enumerate(path):
        if i == len(path) - 1:
            tree[step] = _WHOLE
            return
        below = tree.setdefault(step, {})
        if below is _WHOLE:
            return
        tree = below


def _type_of(tree: Tree | None, name: str) -> Any:
    if tree is None or not tree:
        return Any
    if EVERY in tree:
        if len(tree) > 1:
            return Any
        element = _type_of(tree[EVERY], name + "_")
        return list[element] | dict[str, element] | None  # type: ignore[valid-type]
    fields = {str(k): _type_of(v, f"{name}_{i}") for i, (k, v) in enumerate(tree.items())}
    made: Any = TypedDict(name, fields, total=False)  # type: ignore[misc]
    return made | None


class Reading(NamedTuple):
    """How objects of a kind are decoded: with which projection (None: all), and whether that shows
    the values of environment variables, of which some are credentials."""

    decoder: msgspec.json.Decoder[Any] | None
    environment: bool


WHOLE = Reading(None, True)
_TO_ENVIRONMENT = frozenset(
    {"spec", "template", "jobTemplate", "containers", "initContainers", "ephemeralContainers", EVERY}
)


def reading(paths: Collection[tuple[Step, ...]]) -> Reading:
    """How to decode objects of which `paths` are read."""
    shows = any("env" in path or all(step in _TO_ENVIRONMENT for step in path) for path in paths)
    names = {(*path[: path.index("env") + 1], EVERY, "name") for path in paths if "env" in path[:-1]}
    return Reading(None if () in paths else projection({*paths, *names}), shows)


class Readings(Mapping[KindKey, Reading]):
    """How objects of each kind are decoded; each projection is made when the first object needs it."""

    def __init__(self, paths: Mapping[KindKey, Collection[tuple[Step, ...]]]) -> None:
        self._paths = paths
        self._made: dict[KindKey, Reading] = {}

    def __getitem__(self, key: KindKey) -> Reading:
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = reading(self._paths[key])
        return made

    def __iter__(self) -> Iterator[KindKey]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def decode_projected(decoder: msgspec.json.Decoder[Any], raw: Buffer | msgspec.Raw) -> dict[str, Any]:
    """One object through a projection, or plainly when it does not fit its types."""
    try:
        value = decoder.decode(raw)
    except MALFORMED:
        return decode_whole(raw)
    return value if isinstance(value, dict) else {}


class Unreadable(Partial):
    """An object that no decoder reads: it may hold anything."""


def decode_whole(raw: Buffer | msgspec.Raw) -> dict[str, Any]:
    """All of one object; numbers beyond every range stay text, halves of characters are replaced.

    `Unreadable` when it cannot be read, `Partial` when a text tells only a part of it.
    """
    try:
        value = thaw(msgspec.json.decode(raw))
    except MALFORMED:
        value = _of_odd_numbers(raw)
    return value if isinstance(value, dict) else {}


def _of_odd_numbers(raw: Buffer | msgspec.Raw) -> Any:
    try:
        view = memoryview(raw)
        return json.loads(bytes(mend.without_lone_surrogates(view) or view), parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError):
        return Unreadable()


def _number(text: str) -> float | int | str:
    number = float(text)
    if abs(number) == float("inf"):
        return text
    return number if set(text) & set(".eE") else int(text)


def encode(value: object) -> bytes:
    """JSON bytes of an object that was made in memory."""
    return msgspec.json.encode(value)
