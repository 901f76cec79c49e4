"""From a file to objects in the builder: compression, encodings, JSON or YAML, cut-off ends.

Every file that looks like data and cannot be read becomes a warning with its name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from diagnose.decode import Buffer
from diagnose.kinds import KindKey
from diagnose.snapshot import Added, Builder
from diagnose.sources.base import GZIP, Folder
from diagnose.sources.unpack import words
from diagnose.sources.yaml_bulk import Converter, YamlError

JSON = (".json", ".json.gz")
YAML = (".yaml", ".yml", ".yaml.gz", ".yml.gz")
_LARGEST_INFLATED = 1 << 30
_SMALL = 100 << 20
_RATIO = 200
_CHUNK = 1 << 20
_BETWEEN = (b"", 0)
"""The state of a decoder that stands between two characters."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_YAML_START = re.compile(
    rb"\A(?:\s*#[^\n]*\n|\s*\n|---[^\n]*\n|%YAML[^\n]*\n)*(?:- +)?(?:apiVersion|kind|items|metadata) *:", re.ASCII
)
_JSON_START = re.compile(rb"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[\[{\"\]]|\Z))")
_ITEM = re.compile(rb"(?m)^- ")
_convert = Converter()


def add_file(
    folder: Folder, path: str, into: Builder, kind: KindKey | None = None, namespace: str = "", *, loud: bool = True
) -> Added:
    """Put the objects of a JSON or YAML file into the builder; `kind` and `namespace` where items lack them.

    A file that is neither is passed over when it is not `loud`.
    """
    try:
        data = load(folder, path)
    except OSError as error:
        into.warn(f"not read: {words(error)}", folder.name(path), incomplete=loud)
        return Added(broken=True)
    return add_data(data, path, folder.name(path), into, kind, namespace, loud=loud)


def add_data(
    data: Buffer, path: str, name: str, into: Builder, kind: KindKey | None, namespace: str, *, loud: bool = True
) -> Added:
    """The same for bytes that were loaded before; `path` says by its ending what they are."""
    start = bytes(data[:64]).lstrip()[:1]
    if not start and not bytes(data).strip():
        return Added()
    if start not in (b"{", b"[") and path.endswith(JSON) and not _YAML_START.match(data[:4096]):
        begins = bytes(data[:200]).decode("utf-8", "replace").strip().partition("\n")[0][:80]
        into.warn(f"not read: no JSON, it begins with {begins!r}", name, incomplete=loud)
        if kind and begins.startswith("Error from server"):
            into.coverage.deny(kind, begins)
        return Added(broken=True)
    if path.endswith(YAML) or start not in (b"{", b"["):
        converted = _from_yaml(data, name, into, loud)
        text = converted[0] if _is_utf8(converted[0]) else converted[0].decode("utf-8", "replace").encode()
        added = into.add_json(text, name, kind, namespace)
        added.broken = added.broken or converted[1]
        return added
    return into.add_json(data, name, kind, namespace)


def load(folder: Folder, path: str) -> Buffer:
    """The text of a file as UTF-8 bytes, whatever encoding it is in. Raises OSError."""
    data = folder.read(path)
    if bytes(data[:2]) == GZIP:
        data = b"".join(folder.inflate(path, min(_LARGEST_INFLATED, max(_SMALL, _RATIO * len(data)))))
    head = bytes(data[:4])
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            if encoding == "utf-8":
                data = data[len(bom) :]
                break
            return bytes(data).decode(encoding, "replace").encode()
    return data if _is_utf8(data) else bytes(data).decode("utf-8", "replace").encode()


def _is_utf8(data: Buffer) -> bool:
    if isinstance(data, bytes) and data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _CHUNK):
            chunk = bytes(data[start : start + _CHUNK])
            if not (chunk.isascii() and decoder.getstate() == _BETWEEN):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def looks_like_data(folder: Folder, path: str) -> bool:
    """Whether a file of any name begins as JSON or as a Kubernetes object in YAML."""
    try:
        head = folder.read_at(path, 0, 4096)
        if head.startswith(GZIP):
            head = b"".join(folder.inflate(path, 4096))
    except OSError:
        return False
    return is_data(head)


def is_data(head: bytes) -> bool:
    """Whether a text begins as JSON or as a Kubernetes object in YAML."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            head = head[: len(head) // 4 * 4].decode(encoding, "replace").encode()
            head = head.removeprefix(codecs.BOM_UTF8)
            break
    return bool(_JSON_START.match(head) or _YAML_START.match(head))


def _from_yaml(data: Buffer, name: str, into: Builder, loud: bool) -> tuple[bytes, bool]:
    """The JSON of some YAML, and whether it is broken: then only what comes before is there."""
    try:
        return _convert(data), False
    except YamlError as error:
        why = str(error)
    text = bytes(data)
    for cut in _list_ends(text):
        try:
            mended = _convert(text[:cut] + _kind_of_list(text[:cut]))
        except YamlError:
            continue
        into.warn(
            f"broken near its end, its last {len(text) - cut:,} bytes were not read: {why}", name, incomplete=True
        )
        return mended, True
    into.warn(f"not read: no valid YAML: {why}", name, incomplete=loud)
    return b"", True


def _kind_of_list(text: bytes) -> bytes:
    """The kind that a list lost with its end: kubectl writes `apiVersion`, `items`, `kind`."""
    return b"kind: List\n" if b"\nitems:" in text and b"\nkind:" not in text else b""


def _list_ends(text: bytes) -> Iterator[int]:
    """Where a list that broke off can be cut: before its last items."""
    starts = [found.start() for found in _ITEM.finditer(text)]
    return iter(starts[:-4:-1] if len(starts) > 1 else [])
