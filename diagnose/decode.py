"""From bytes to objects: split documents and lists without decoding them, read who an object is,
and decode only the fields that somebody asked for.

msgspec.Raw leaves an item as a slice of the file; a `Projection` is a decoder made from paths, so
that an object becomes a plain dict with fewer keys. An object whose types are not the expected
ones is decoded plainly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

import msgspec

from diagnose.kinds import KindKey

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
    items: list[msgspec.Raw] | None | msgspec.UnsetType = msgspec.UNSET
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
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
MALFORMED = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError)
MAX_DEPTH = 200


def documents(data: Buffer) -> Iterator[Document]:
    """The JSON documents that stand one after the other in `data`.

    Raises msgspec.DecodeError or RecursionError at the first that is malformed.
    """
    view = memoryview(data)
    while bytes(view[:64]).strip() or bytes(view).strip():
        try:
            yield _one(view)
            return
        except msgspec.DecodeError as error:
            found = _TRAILING.search(str(error))
            if not found:
                raise
            end = int(found[1]) - 1
        yield _one(view[:end])
        view = view[end:]


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

    return _Document(text("apiVersion"), text("kind"))


def identity(raw: Buffer | msgspec.Raw) -> Identity:
    """Who an object is, whatever the types of its metadata are.

    Raises msgspec.ValidationError when it is no object.
    """
    try:
        return _identity.decode(raw)
    except msgspec.ValidationError:
        return _lenient_identity(msgspec.json.decode(raw, type=dict[str, Any]))


def _lenient_identity(data: dict[str, Any]) -> Identity:
    found = data.get("metadata")
    if not isinstance(found, dict):
        return Identity(_text(data.get("apiVersion")), _text(data.get("kind")), None)
    labels = found.get("labels")
    owners = found.get("ownerReferences")
    meta = Meta(
        *(_text(found.get(k)) for k in ("name", "namespace", "uid", "resourceVersion")),
        creationTimestamp=_text(found.get("creationTimestamp")) or None,
        labels={str(k): _text(v) for k, v in labels.items()} if isinstance(labels, dict) else None,
        ownerReferences=[_owner(o) for o in owners if isinstance(o, dict)] if isinstance(owners, list) else None,
    )
    return Identity(_text(data.get("apiVersion")), _text(data.get("kind")), meta)


def _owner(data: dict[str, Any]) -> OwnerReference:
    words = {k: _text(data.get(k)) for k in ("kind", "name", "uid", "apiVersion")}
    return OwnerReference(**words, controller=data.get("controller") is True)


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
        return list[_type_of(tree[EVERY], name + "_")] | None  # type: ignore[misc]
    fields = {str(k): _type_of(v, f"{name}_{i}") for i, (k, v) in enumerate(tree.items())}
    made: Any = TypedDict(name, fields, total=False)  # type: ignore[operator]
    return made | None


def decode_projected(decoder: msgspec.json.Decoder[Any], raw: Buffer | msgspec.Raw) -> dict[str, Any]:
    """One object through a projection, or plainly when it does not fit its types."""
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError:
        value = msgspec.json.decode(raw)
    return value if isinstance(value, dict) else {}


def decode_whole(raw: Buffer | msgspec.Raw) -> dict[str, Any]:
    """All of one object."""
    value = msgspec.json.decode(raw)
    return value if isinstance(value, dict) else {}


def encode(value: object) -> bytes:
    """JSON bytes of an object that was made in memory."""
    return msgspec.json.encode(value)


def repair_truncated(text: str) -> str | None:
    """A list whose file ends in the middle, closed after its last whole item; None when that fails.

    Only the plain shapes that collectors write are tried: cut at the last item, close what is open.
    """
    cut = len(text)
    for _ in range(50):
        cut = text.rfind("}", 0, cut)
        if cut < 0:
            return None
        candidate = text[: cut + 1] + _closing(text[: cut + 1])
        try:
            json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return candidate
    return None


def _closing(text: str) -> str:
    stack: list[str] = []
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            stack.append("}" if char == "{" else "]")
        elif char in "}]" and stack:
            stack.pop()
    return ('"' if in_string else "") + "".join(reversed(stack))
