"""Dispatch: what a rule needs of its subject alone, read off its clauses.

The engine looks a subject's values up instead of trying every rule. A guard is necessary, not
sufficient: the clauses are evaluated in full for the objects that pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diagnose.decode import EVERY, Step
from diagnose.language.conditions import CompiledTest
from diagnose.language.plan import Early, Guard
from diagnose.language.scope import Bound, Scope
from diagnose.language.syntax import Ref, Test, Use
from diagnose.paths import Each, Key, Path, Segment, getter, parse
from diagnose.views import CONTAINER_LISTS, TEMPLATE_PLACES


def guards_of_subject(subject: Bound, tests: list[list[CompiledTest]]) -> list[Guard]:
    """The guards in the `where` of `for`; of alternatives, one that lets the subjects of each through."""
    alternatives = [_guards(subject, alternative) for alternative in tests]
    if len(alternatives) == 1:
        return alternatives[0]
    if not alternatives or not all(alternatives):
        return []
    shared = [found for g in alternatives[0] if (found := _merged(g.paths, alternatives))]
    best = [max(guards, key=lambda g: g.rank) for guards in alternatives]
    values = [g.values for g in best]
    paths = {path.text: path for guard in best for path in guard.paths}
    known = frozenset(v for some in values if some is not None for v in some)
    return [*shared, Guard(tuple(paths.values()), None if None in values else known)]


def guards_of_when(subject: Bound, tests: list[list[CompiledTest]]) -> list[Guard]:
    """The guards in a `when` that stands right after `for`: its tests that look at the subject alone."""
    alternatives = [
        [found for test in alternative if (found := _on_its_own(subject, test)) is not None] for alternative in tests
    ]
    return guards_of_subject(subject, alternatives)


def _on_its_own(subject: Bound, test: CompiledTest) -> CompiledTest | None:
    """A test of `name.path` as one of `$.path`, where it is about the subject and nothing else."""
    path = parse(test.source.path)
    if path.root != subject.name or not path.segments or path.interpreted or any(_refers(u) for u in test.source.uses):
        return None
    own = replace(test.source, path="$" + test.source.path.removeprefix(subject.name))
    return CompiledTest(own, True, test.check, False, test.passes)


def early_tests(subject: Bound, tests: list[list[CompiledTest]]) -> Early:
    """What of a `when` right after `for` can be asked of the object itself, before anything else: by alternative,
    the tests that need neither another object nor the time. Empty when some alternative has none."""
    found = [
        tuple(
            (paths[0], own.passes)
            for test in alternative
            if (own := _on_its_own(subject, test)) is not None
            and not any(map(_of_time, own.source.uses))
            and (paths := _in_object(subject, parse(own.source.path)))
        )
        for alternative in tests
    ]
    return tuple(found) if all(found) else ()


def _in_object(subject: Bound, path: Path) -> tuple[Path, ...]:
    """Where a path of the subject stands in the object, when that is one place."""
    if subject.kind != "PodSpec":
        return (path,)
    places = _of_templates(path)
    return places if len(places) == 1 else ()


def _of_time(use: Use) -> bool:
    if use.operator == "not" and isinstance(use.argument, tuple):
        return any(map(_of_time, use.argument))
    return use.operator in ("older_than", "younger_than")


def _refers(use: Use) -> bool:
    if use.operator == "not" and isinstance(use.argument, tuple):
        return any(map(_refers, use.argument))
    return isinstance(use.argument, Ref)


def _merged(paths: tuple[Path, ...], alternatives: list[list[Guard]]) -> Guard | None:
    """The guard on paths that every alternative looks at for known values: one of them all."""
    values: set[Any] = set()
    for guards in alternatives:
        same = next((g for g in guards if g.values is not None and g.paths == paths), None)
        if same is None or same.values is None:
            return None
        values |= same.values
    return Guard(paths, frozenset(values))


def _guards(subject: Bound, alternative: list[CompiledTest]) -> list[Guard]:
    found = []
    for test in alternative:
        values = _necessary(test.source.uses)
        if not test.own or values is NOTHING_NEEDED:
            continue
        path = parse(test.source.path)
        paths = _of_templates(path) if subject.kind == "PodSpec" else (path,)
        if paths:
            found.append(Guard(paths, values))
    return found


def _of_templates(path: Path) -> tuple[Path, ...]:
    """Where the path of a pod template may stand in the objects that have one."""
    first = path.segments[0] if path.segments else None
    if isinstance(first, Key) and first.name == "object":
        return (_path(path.segments[1:]),)
    if not isinstance(first, Key) or first.name not in ("spec", "metadata"):
        return ()
    return tuple(_path((*map(Key, keys), *path.segments)) for keys in TEMPLATE_PLACES)


def guards_of_view(bound: Bound, subject: Bound, tests: list[list[CompiledTest]], scope: Scope) -> list[Guard]:
    """The guards in an `each` or `some` over the subject's own elements, mapped back onto the subject."""
    if bound.form != "element" or bound.base != subject.name:
        return []
    if subject.kind == "PodSpec":
        return _guard_of_templates(bound) or _guards_of_containers(bound, tests)
    if len(tests) != 1:
        return []
    found = []
    for test in tests[0]:
        values = _necessary(test.source.uses)
        if not test.own or values is NOTHING_NEEDED:
            continue
        paths = _on_subject(bound, parse(test.source.path))
        if paths:
            found.append(Guard(tuple(paths), values))
    if not found and not bound.view:
        found.append(Guard((_path((*bound.prefix,)),), None))
    return found


def _guard_of_templates(bound: Bound) -> list[Guard]:
    """An element of a pod template is somewhere in the object, wherever its template stands."""
    if bound.view is not None or not bound.prefix:
        return []
    paths = _of_templates(_path(bound.prefix))
    return [Guard(paths, None)] if paths else []


def _guards_of_containers(bound: Bound, tests: list[list[CompiledTest]]) -> list[Guard]:
    """What a test of the containers of a template needs somewhere in the object."""
    if bound.view is None or bound.view.name != "containers" or len(tests) != 1:
        return []
    found = []
    for test in tests[0]:
        values, path = _necessary(test.source.uses), parse(test.source.path)
        first = path.segments[0] if path.segments else None
        if not test.own or values is NOTHING_NEEDED or path.interpreted or not isinstance(first, Key):
            continue
        inside = path.segments[1:] if first.name == "spec" else path.segments if first.name == "image" else ()
        if inside:
            paths = [
                p for name in CONTAINER_LISTS for p in _of_templates(_path((Key("spec"), Key(name), Each(), *inside)))
            ]
            found.append(Guard(tuple(paths), values))
    return found


_LOGS = frozenset({"log", "previous_log", "logs"})


def needs_log(bound: Bound, subject: Bound, tests: list[list[CompiledTest]]) -> bool:
    """Whether a clause over the subject's containers holds only where a log was collected."""
    if bound.view is None or bound.view.name != "containers" or bound.base != subject.name or not tests:
        return False
    return all(any(t.own and _reads_log(t.source) for t in alternative) for alternative in tests)


def _reads_log(test: Test) -> bool:
    segments = parse(test.path).segments
    first = segments[0] if segments else None
    return isinstance(first, Key) and first.name in _LOGS and _necessary(test.uses) is not NOTHING_NEEDED


def asks_log(scope: Scope) -> bool:
    """Whether a rule reads the log of some container anywhere, be it for its text alone."""
    return any(
        bound.view is not None
        and bound.view.view is not None
        and bound.view.view.name == "containers"
        and bool(path.segments)
        and isinstance(path.segments[0], Key)
        and path.segments[0].name in _LOGS
        for path, bound, _ in scope.used
    )


NOTHING_NEEDED: Any = object()


def _necessary(uses: tuple[Use, ...]) -> Any:
    """The values of which one is needed, None for any value, NOTHING_NEEDED when absence passes too."""
    needed: Any = NOTHING_NEEDED
    for use in uses:
        if use.operator == "not" or (use.operator == "exists" and not use.argument):
            continue
        literals = _literals(use)
        if literals is not None:
            return literals
        needed = None
    return needed


def _literals(use: Use) -> frozenset[Any] | None:
    if isinstance(use.argument, Ref):
        return None
    wanted = use.argument if use.operator == "in" else [use.argument] if use.operator == "is" else None
    if wanted is None or not all(isinstance(v, (str, int, bool)) for v in wanted):
        return None
    return frozenset(wanted)


def _on_subject(bound: Bound, path: Path) -> list[Path]:
    if bound.view is None:
        return [_path((*bound.prefix, *path.segments))]
    if bound.view.view is None or path.interpreted or any(not isinstance(s, (Key, Each)) for s in path.segments):
        return []
    steps = tuple(s.name if isinstance(s, Key) else EVERY for s in path.segments)
    first = steps[0] if steps else ""
    if first not in ("status", "spec"):
        return []
    mapped = [m for m in bound.view.view.reads(steps) if m[-len(steps[1:]) :] == steps[1:] and m[0] == first]
    return [_path(_segments(m)) for m in mapped if len(m) > len(steps)]


def _segments(steps: tuple[Step, ...]) -> tuple[Segment, ...]:
    return tuple(Key(s) if isinstance(s, str) else Each() for s in steps)


def _path(segments: tuple[Segment, ...]) -> Path:
    text = "$" + "".join(
        f"['{s.name}']" if isinstance(s, Key) else "[*]" if isinstance(s, Each) else f"<{s}>" for s in segments
    )
    return Path(text, "$", segments, getter(segments))
