"""Paths as generated code: the same values as the getter made of stages, in less than half the time.

Generating takes some tenths of a millisecond, so it is done for paths that are asked often. What is odd (a value that
is not told, a map of which only a part is told) is left to the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Getter = Callable[[Any], Sequence[Any]]
MANY = 300
"""After so many values it pays to generate the code."""
Loop = tuple[str, str | int] | None
"""Of a step over elements: the key and value that an element must have; None where all pass."""


def lazily(stages: Getter, steps: Sequence[str | Loop]) -> Getter:
    """A getter that becomes generated code when it is used often. `steps` are keys, and loops over elements."""
    asked = 0
    made: Getter | None = None

    def get(value: Any) -> Sequence[Any]:
        nonlocal asked, made
        if made is not None:
            return made(value)
        asked += 1
        if asked > MANY:
            made = generated(stages, steps)
        return stages(value)

    return get


def generated(stages: Getter, steps: Sequence[str | Loop]) -> Getter:
    """The getter as one Python function. Nothing of a path but its keys and values, quoted, is in its source."""
    lines = ["def get(v0):", "    found = []"]
    depth, value = 1, "v0"
    odd: list[tuple[int, str]] = []

    def put(text: str) -> None:
        lines.append("    " * depth + text)

    for number, step in enumerate(steps, 1):
        last = number == len(steps)
        if isinstance(step, str):
            put(f"if {value}.__class__ is dict:")
            odd.append((depth, value))
            depth += 1
            put(f"v{number} = {value}.get({step!r})")
        else:
            put(f"if {value}.__class__ is dict: {value} = list({value}.values())")
            put(f"if {value}.__class__ is list:")
            odd.append((depth, value))
            depth += 1
            put(f"for v{number} in {value}:")
            depth += 1
            if step is not None:
                key, wanted = step
                put(f"if v{number}.__class__ is not dict:")
                put(f"    if v{number} is None: continue")
                put("    return stages(v0)")
                put(f"k{number} = v{number}.get({key!r})")
                put(f"if k{number} != {wanted!r} or k{number}.__class__ is bool: continue")
        value = f"v{number}"
        if last:
            put(f"if {value} is not None: found.append({value})")
    for level, name in reversed(odd):
        lines.append("    " * level + f"elif {name} is not None: return stages(v0)")
    lines.append("    return found")
    names: dict[str, Any] = {"stages": stages}
    exec(compile("\n".join(lines), "<path>", "exec"), names)  # noqa: S102
    made: Getter = names["get"]
    return made
