"""The tree of paths that dispatch walks: what is looked up at each place of an object.

`closures` makes the walk at once out of small functions; `generated` writes it as one Python function, which takes
some milliseconds to compile and then less than half the time for each object. Both append the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from diagnose.paths import Getter, Index, Key, Other, Path, Segment, Where, getter
from diagnose.redact import REDACTED_FORMS, is_unknown
from diagnose.values import UNKNOWN

Numbers = list[int]
Visit = Callable[[Any, Numbers], None]


@dataclass
class Node:
    """A place in the object: what is looked up there, and what lies below it."""

    below: dict[Segment, Node] = field(default_factory=dict)
    values: dict[Any, Numbers] = field(default_factory=dict)
    present: Numbers = field(default_factory=list)
    interpreted: list[tuple[Getter, Node]] = field(default_factory=list)

    def at(self, path: Path) -> Node:
        node = self
        for i, segment in enumerate(path.segments):
            if isinstance(segment, Other):
                made = Node()
                node.interpreted.append((getter(path.segments[i:]), made))
                return made
            node = node.below.setdefault(segment, Node())
        return node

    def all(self) -> set[int]:
        """Every plan that something here or below leads to."""
        found = {n for numbers in self.values.values() for n in numbers} | set(self.present)
        for child in (*self.below.values(), *(n for _, n in self.interpreted)):
            found |= child.all()
        return found


def closures(node: Node) -> Visit:
    """A function that looks at a value and all below it, appending the numbers of plans."""
    here = _lookup(node) if node.values or node.present else None
    keys = tuple((s.name, closures(n)) for s, n in node.below.items() if isinstance(s, Key))
    rest = tuple(_step(s, n) for s, n in node.below.items() if not isinstance(s, Key))
    rest += tuple(_interpreting(get, n) for get, n in node.interpreted)
    hidden = sorted(node.all())
    if here is not None and not keys and not rest:
        return here

    def visit(value: Any, numbers: Numbers) -> None:
        if here is not None:
            here(value, numbers)
        if isinstance(value, dict):
            get = value.get
            for key, go in keys:
                found = get(key)
                if found is not None:
                    go(found, numbers)
        elif is_unknown(value):
            numbers += hidden
            return
        for go in rest:
            go(value, numbers)

    return visit


def _lookup(node: Node) -> Visit:
    table, present = node.values, node.present
    hidden = sorted({n for numbers in table.values() for n in numbers})

    def look(value: Any, numbers: Numbers) -> None:
        if present:
            numbers += present
        if isinstance(value, (dict, list)):
            return
        if is_unknown(value):
            numbers += hidden
            return
        found = table.get(value)
        if found is not None:
            numbers += found

    return look


def _step(segment: Segment, node: Node) -> Visit:
    go = closures(node)
    match segment:
        case Index(number):

            def index(value: Any, numbers: Numbers) -> None:
                if isinstance(value, list) and number < len(value) and value[number] is not None:
                    go(value[number], numbers)

            return index
        case Where():
            return _interpreting(getter((segment,)), node)
        case _:
            return _each(go)


def _each(go: Visit) -> Visit:
    def each(value: Any, numbers: Numbers) -> None:
        if isinstance(value, list):
            for element in value:
                if element is not None:
                    go(element, numbers)
        elif isinstance(value, dict):
            for element in value.values():
                if element is not None:
                    go(element, numbers)

    return each


def _interpreting(get: Getter, node: Node) -> Visit:
    go = closures(node)

    def interpret(value: Any, numbers: Numbers) -> None:
        for found in get(value):
            go(found, numbers)

    return interpret


def _elements(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()


class _Writer:
    """The source of a walk, and the constants that it names."""

    def __init__(self) -> None:
        self.lines = ["def visit(v0, numbers):"]
        self.names: dict[str, Any] = {"elements": _elements}

    def constant(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def node(self, node: Node, depth: int, value: str) -> None:
        """What is done with a value that is there (not null)."""
        if node.present:
            self.put(depth, f"numbers += {self.constant(list(node.present))}")
        keys = [(s.name, n) for s, n in node.below.items() if isinstance(s, Key)]
        rest = [(s, n) for s, n in node.below.items() if not isinstance(s, Key)]
        if keys:
            self.put(depth, f"if isinstance({value}, dict):")
            self.put(depth + 1, f"g{depth} = {value}.get")
            for name, below in keys:
                self.put(depth + 1, f"v{depth + 1} = g{depth}({name!r})")
                self.put(depth + 1, f"if v{depth + 1} is not None:")
                self.node(below, depth + 2, f"v{depth + 1}")
            self.put(depth, "else:")
            self.scalar(node, depth + 1, value)
        else:
            self.scalar(node, depth, value)
        for segment, below in rest:
            self.step(segment, below, depth, value)
        for get, below in node.interpreted:
            self.each(f"{self.constant(get)}({value})", below, depth)

    def scalar(self, node: Node, depth: int, value: str) -> None:
        """The look-up of a value that is no map; what is hidden may be anything."""
        table: dict[Any, Numbers] = {key: list(numbers) for key, numbers in node.values.items()}
        table.update(dict.fromkeys((UNKNOWN, *REDACTED_FORMS), sorted(node.all())))
        self.put(depth, f"if not isinstance({value}, (list, dict)):")
        self.put(depth + 1, f"found = {self.constant(table)}.get({value})")
        self.put(depth + 1, "if found is not None:")
        self.put(depth + 2, "numbers += found")

    def step(self, segment: Segment, below: Node, depth: int, value: str) -> None:
        if isinstance(segment, Index):
            number = segment.number
            self.put(depth, f"if isinstance({value}, list) and len({value}) > {number}:")
            self.put(depth + 1, f"v{depth + 1} = {value}[{number}]")
            self.put(depth + 1, f"if v{depth + 1} is not None:")
            self.node(below, depth + 2, f"v{depth + 1}")
        elif isinstance(segment, Where):
            self.each(f"{self.constant(getter((segment,)))}({value})", below, depth)
        else:
            elements = (
                f"{value} if isinstance({value}, list) else {value}.values() if isinstance({value}, dict) else ()"
            )
            self.each(elements, below, depth)

    def each(self, elements: str, below: Node, depth: int) -> None:
        self.put(depth, f"for v{depth + 1} in {elements}:")
        self.put(depth + 1, f"if v{depth + 1} is not None:")
        self.node(below, depth + 2, f"v{depth + 1}")


def generated(node: Node) -> Visit:
    """The same walk as `closures`, as one function. Nothing of a rule but its keys, quoted, is in its source."""
    writer = _Writer()
    writer.node(node, 1, "v0")
    exec(compile("\n".join(writer.lines), "<dispatch>", "exec"), writer.names)  # noqa: S102
    made: Visit = writer.names["visit"]
    return made
