"""YAML for files that people write (rules, tests, configuration, manifests): plain values that know where they stand.

Unlike `yaml.safe_load` it refuses duplicate keys and keys that are not strings, leaves timestamps and base-60 numbers
as text (kubectl does the latter too), and puts a bound on nesting and on what aliases expand to. Aliases share one
value, as `safe_load` has it: copy before changing. For manifests, which are not ours to refuse, `notes` takes what
kubectl reads all the same: a duplicate key (the last one counts) and a key that is a number or a boolean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from diagnose.errors import LoadError

MAX_DEPTH = 200
MAX_NODES = 1_000_000

Position = tuple[int, int]
Step = str | int
Path = tuple[Step, ...]

# Line and column of the key (of the element, in a list) and of the value, then the places inside the value.
_Place = tuple[Position, Position, "_Inside"]
_Inside = dict[str, _Place] | list[_Place] | None

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Marked:
    """One YAML document: `data` as plain Python, and the line and column (from 1) of everything in it.

    What came through an alias or a merge key stands where its anchor was written.
    """

    data: Any
    file: str
    _root: _Place = field(repr=False)

    def at(self, *path: Step) -> Position:
        """Where the last key or element of `path` stands, or its nearest parent that exists."""
        return self._find(path)[0]

    def value_at(self, *path: Step) -> Position:
        """Where the value under `path` stands, or its nearest parent that exists."""
        return self._find(path)[1]

    def error(self, message: str, *path: Step) -> LoadError:
        """An error about the key or element at `path`."""
        return LoadError(message, self.file, *self.at(*path))

    def value_error(self, message: str, *path: Step) -> LoadError:
        """An error about the value under `path`."""
        return LoadError(message, self.file, *self.value_at(*path))

    @property
    def marks(self) -> Mapping[Path, Position]:
        """`at` for every path of the document, gathered anew at each call."""
        return {path: place[0] for path, place in self._walk()}

    @property
    def value_marks(self) -> Mapping[Path, Position]:
        """`value_at` for every path of the document, gathered anew at each call."""
        return {path: place[1] for path, place in self._walk()}

    def _find(self, path: Path) -> _Place:
        place = self._root
        for step in path:
            inside = place[2]
            if isinstance(inside, dict) and step in inside:
                place = inside[str(step)]
            elif isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside):
                place = inside[step]
            else:
                break
        return place

    def _walk(self) -> Iterator[tuple[Path, _Place]]:
        pending: list[tuple[Path, _Place]] = [((), self._root)]
        while pending:
            path, place = pending.pop()
            yield path, place
            inside = place[2]
            if isinstance(inside, dict):
                pending += [((*path, key), below) for key, below in inside.items()][::-1]
            elif inside:
                pending += [((*path, index), below) for index, below in enumerate(inside)][::-1]


def load_all(
    text: str, file: str = "", *, limit: int = MAX_NODES, notes: list[LoadError] | None = None
) -> list[Marked]:
    """Every document of a YAML text; an empty text has none. LoadError, with its place, for whatever is wrong.

    With `notes` duplicate keys are noted there and the last one counts; keys that are numbers or booleans become text.
    """
    documents = []
    try:
        for node in yaml.compose_all(text, Loader=_BoundedLoader):
            builder = _Builder(file, limit, notes)
            data, inside, _, _ = builder.build(node, 1)
            start = _position(node)
            documents.append(Marked(data, file, (start, start, inside)))
    except yaml.reader.ReaderError as error:
        raise _unreadable(error, text, file) from None
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, text, file) from None
    except UnicodeEncodeError as error:
        place = _place_of(text[: error.start])
        raise LoadError("a lone surrogate is not a character", file, *place) from None
    except _TooDeepError as error:
        raise LoadError(_TOO_DEEP, file, *error.place) from None
    return documents


def load(text: str, file: str = "", *, limit: int = MAX_NODES) -> Marked:
    """The only document of a YAML text; `data` is None when the text is empty."""
    documents = load_all(text, file, limit=limit)
    if len(documents) > 1:
        raise documents[1].error("a second document begins here; this file takes one")
    return documents[0] if documents else Marked(None, file, ((1, 1), (1, 1), None))


class _TooDeepError(Exception):
    def __init__(self, place: Position) -> None:
        self.place = place


class _BoundedLoader(_Loader):  # type: ignore[misc]
    """Composes nodes, and stops where they nest too deep: both composers call these two hooks around each node."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH and current_node is not None:
            raise _TooDeepError(_position(current_node))

    def ascend_resolver(self) -> None:
        self._depth -= 1


# --- from nodes to values ---------------------------------------------------------------------------------------------

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset(_TAG + name for name in ("str", "timestamp", "value"))
_MERGE_TAG = _TAG + "merge"
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

# The value, the places inside it, how many nodes it has with all aliases expanded, and how deep they nest.
_Built = tuple[Any, _Inside, int, int]


def _position(node: yaml.Node) -> Position:
    mark = node.start_mark
    return mark.line + 1, mark.column + 1


def _integer(text: str) -> int | str:
    if ":" in text:
        return text
    digits = text.replace("_", "")
    bare = digits.lstrip("+-")
    return int(digits, 8) if len(bare) > 1 and bare.isdigit() and bare[0] == "0" else int(digits, 0)


def _number(text: str) -> float | str:
    if ":" in text:
        return text
    digits = text.replace("_", "").lower()
    return float(digits.replace(".inf", "inf").replace(".nan", "nan"))


def _boolean(text: str) -> bool:
    return {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}[text.lower()]


_SCALARS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(_TEXT_TAGS, str),
    _TAG + "int": _integer,
    _TAG + "float": _number,
    _TAG + "bool": _boolean,
    _TAG + "null": lambda text: None,
}


class _Builder:
    """Builds one document. Each node is built once; an alias takes the result of its anchor."""

    def __init__(self, file: str, limit: int, notes: list[LoadError] | None = None) -> None:
        self.file, self.limit, self.notes = file, limit, notes
        self.work = 0
        self.built: dict[int, _Built] = {}
        self.open: set[int] = set()

    def build(self, node: yaml.Node, depth: int) -> _Built:
        if isinstance(node, yaml.ScalarNode):
            self._count(1, node)
            return self._scalar(node), None, 1, 1
        result = self.built.get(id(node))
        if result is None:
            if id(node) in self.open:
                self._fail(node, "the anchor of this value is used inside it: it would never end")
            self.open.add(id(node))
            self._count(1, node)
            result = self._mapping(node, depth) if isinstance(node, yaml.MappingNode) else self._sequence(node, depth)
            self.open.discard(id(node))
            self.built[id(node)] = result
        if depth + result[3] - 1 > MAX_DEPTH:
            self._fail(node, _TOO_DEEP)
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag in _TEXT_TAGS:
            return text
        construct = _SCALARS.get(node.tag)
        if construct is None:
            self._fail_tag(node)
        try:
            return construct(text)
        except (ValueError, KeyError):
            self._fail(node, f"{_shown(text)} is not of type {node.tag.removeprefix(_TAG)}")

    def _sequence(self, node: yaml.Node, depth: int) -> _Built:
        if node.tag != _TAG + "seq":
            self._fail_tag(node)
        data, inside = [], []
        size, height = 1, 0
        for item in node.value:
            value, below, item_size, item_height = self.build(item, depth + 1)
            place = _position(item)
            data.append(value)
            inside.append((place, place, below))
            size += item_size
            height = max(height, item_height)
        self._check_size(size, node)
        return data, inside, size, height + 1

    def _mapping(self, node: yaml.MappingNode, depth: int) -> _Built:
        if node.tag != _TAG + "map":
            self._fail_tag(node)
        data: dict[str, Any] = {}
        inside: dict[str, _Place] = {}
        size, height = 1, 0
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                size, height = self._merge(value_node, depth, data, inside, size, height)
        merged = set(data)
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                continue
            key = self._key(key_node)
            if key in inside and key not in merged:
                first = inside[key][0][0]
                self._note(key_node, f"duplicate key {_shown(key)}; it is first given in line {first}")
            merged.discard(key)
            value, below, value_size, value_height = self.build(value_node, depth + 1)
            data[key] = value
            inside[key] = (_position(key_node), _position(value_node), below)
            size += value_size
            height = max(height, value_height)
        self._check_size(size, node)
        return data, inside, size, height + 1

    def _merge(
        self, node: yaml.Node, depth: int, data: dict[str, Any], inside: dict[str, _Place], size: int, height: int
    ) -> tuple[int, int]:
        """Take over the keys of `<<`: one mapping, or a list of which the earlier win."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                self._fail(source, "<< takes a mapping or a list of mappings")
            more, places, more_size, more_height = self.build(source, depth)
            assert isinstance(places, dict)
            self._count(len(more), source)
            for key, value in more.items():
                if key not in data:
                    data[key], inside[key] = value, places[key]
            size += more_size
            height = max(height, more_height - 1)
        return size, height

    def _key(self, node: yaml.Node) -> str:
        self._count(1, node)
        if isinstance(node, yaml.ScalarNode):
            if node.tag in _TEXT_TAGS:
                return str(node.value)
            read = self._scalar(node)
            if isinstance(read, str):
                return read
            if self.notes is not None and read is not None:
                return str(read).lower() if isinstance(read, bool) else str(read)
            kind = {bool: "a boolean", type(None): "null"}.get(type(read), "a number")
            self._fail(node, f"key {_shown(node.value)} is not a string (YAML reads it as {kind}); quote it")
        self._fail(node, "a mapping or list as a key is not a string; quote it")

    def _count(self, nodes: int, node: yaml.Node) -> None:
        self.work += nodes
        self._check_size(self.work, node)

    def _check_size(self, nodes: int, node: yaml.Node) -> None:
        if nodes > self.limit:
            self._fail(node, f"more than {self.limit:,} values, counting what aliases repeat")

    def _fail_tag(self, node: yaml.Node) -> NoReturn:
        tag = f"!!{node.tag.removeprefix(_TAG)}" if node.tag.startswith(_TAG) else node.tag
        self._fail(node, f"the tag {_shown(tag)} is not supported here")

    def _note(self, node: yaml.Node, message: str) -> None:
        """Something that is wrong, and does not keep the rest from being read where notes are taken."""
        if self.notes is None:
            self._fail(node, message)
        self.notes.append(LoadError(message, self.file, *_position(node)))

    def _fail(self, node: yaml.Node, message: str) -> NoReturn:
        raise LoadError(message, self.file, *_position(node))


# --- what the parser could not read -----------------------------------------------------------------------------------

_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _place_of(before: str) -> Position:
    """Line and column of the character that follows `before`."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _unreadable(error: yaml.reader.ReaderError, text: str, file: str) -> LoadError:
    """The C reader counts UTF-8 bytes, the Python one characters."""
    if _Loader is yaml.SafeLoader:
        before = text[: error.position]
    else:
        before = text.encode("utf-8", "replace")[: error.position].decode("utf-8", "ignore")
    return LoadError(f"{error.reason}: {text[len(before) : len(before) + 1]!r}", file, *_place_of(before))


def _malformed(error: yaml.MarkedYAMLError, text: str, file: str) -> LoadError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    found = lines[line] if line < len(lines) else ""
    message = error.problem or error.context or "not valid YAML"
    if "\t" in found[: len(found) - len(found.lstrip())] or found[column : column + 1] == "\t":
        message = "a tab cannot indent or separate here; use spaces"
    elif alias := _ALIAS.match(found, column) if "undefined alias" in message else None:
        message = f"the alias {_shown(alias[0])} has no anchor before it"
    elif error.context and error.problem:
        message = f"{error.problem}, {error.context}"
    return LoadError(message, file, line + 1, column + 1)
