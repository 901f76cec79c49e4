"""Names in scope while a rule is compiled: what a binding is, and what reading it reads of which kind.

Everything that a rule reads is recorded here; the decoder keeps that and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from diagnose.decode import EVERY, Step
from diagnose.errors import LoadError
from diagnose.kinds import KindKey, parse_key
from diagnose.language.reading import among, listed, suggest
from diagnose.language.syntax import OR, Clause, Place, Test
from diagnose.match import Match
from diagnose.paths import Key, Path, PathError, Segment, parse
from diagnose.relations import Relation, Relations

Steps = tuple[Step, ...]
ReadKey = KindKey | str
EVERY_KIND = "*"
VIRTUAL = ("PodSpec",)
ANYTHING = "Object"
"""What opens a rule about every object, of whatever kind."""
SNAPSHOT = "snapshot"
SNAPSHOT_FIELDS = ("server", "captured_at", "version")


@dataclass(frozen=True)
class Bound:
    """A binding. `form` is object, element or value; `kind` the kind as rules write it (objects).

    For elements, `base` is the object binding they come from, `view` the relation that made them,
    and `prefix` their place in that object; `function` is what computed a `let` value, `of` the paths
    that it comes from.
    """

    name: str
    form: str
    kind: str = ""
    base: str = ""
    view: Relation | None = None
    prefix: tuple[Segment, ...] = ()
    captures: bool = False
    function: str = ""
    of: tuple[tuple[Path, Bound], ...] = ()


@dataclass
class Reads:
    """All that the loaded rules read: paths by kind, value indexes, and kinds that must be collected.

    `joined` are the paths that are read of objects which a rule finds by a join: fewer than of its subject.
    `needed` are kinds that relations lead to, be it only to see whether an object is there; `of_rules` the kinds that
    rules themselves need, without what symptoms follow.
    """

    paths: dict[ReadKey, set[Steps]] = field(default_factory=lambda: defaultdict(set))
    joined: dict[ReadKey, set[Steps]] = field(default_factory=lambda: defaultdict(set))
    indexes: set[tuple[KindKey, str, bool]] = field(default_factory=set)
    involved: bool = False
    needed: set[KindKey] = field(default_factory=set)
    of_rules: frozenset[KindKey] = frozenset()

    def add(self, key: ReadKey, steps: Steps, of_subject: bool = False) -> None:
        self.paths[key].add(steps)
        if not of_subject:
            self.joined[key].add(steps)

    def kinds(self) -> frozenset[KindKey]:
        """Every kind that is looked at."""
        found = {key for key in self.paths if isinstance(key, KindKey)} | {key for key, _, _ in self.indexes}
        return frozenset(found | self.needed | ({parse_key("Event")} if self.involved else set()))

    def with_symptoms(self, walked: Reads) -> Reads:
        """What rules read together with what the symptoms' relations read."""
        self.of_rules = self.kinds()
        for mine, others in ((self.paths, walked.paths), (self.joined, walked.joined)):
            for key, steps in others.items():
                mine[key] |= steps
        self.indexes |= walked.indexes
        self.involved = self.involved or walked.involved
        return self


class Scope:
    """The bindings of one rule, in order, and where its errors go.

    What was resolved is kept for lint: `used` paths, `tested` lines of conditions, `targets` that are
    paths, and the `named` bindings.
    """

    def __init__(self, file: str, relations: Relations, reads: Reads, errors: list[LoadError]) -> None:
        self.file = file
        self.relations = relations
        self.reads = reads
        self.errors = errors
        self.bound: dict[str, Bound] = {SNAPSHOT: Bound(SNAPSHOT, "value")}
        self.used: list[tuple[Path, Bound, Place]] = []
        self.tested: list[tuple[Test, Path, Bound]] = []
        self.targets: list[tuple[Clause, Path, Bound]] = []
        self.named: set[str] = set()
        self._told: set[tuple[str, Place]] = set()
        self.here: Bound | None = None
        self.subject = ""
        self._recorded: set[tuple[int, str]] = set()

    def wrong(self, message: str, at: Place) -> None:
        if (message, at) not in self._told:
            self._told.add((message, at))
            self.errors.append(LoadError(message, self.file, *at))

    def add(self, bound: Bound, at: Place) -> None:
        if not bound.name:
            return
        there = self.bound.get(bound.name)
        if there is not None and not (there.captures and bound.captures):
            self.wrong(f"there is a binding '{bound.name}' already; choose another name with `as`", at)
            return  # one that begins at itself would never end
        self.bound[bound.name] = bound

    def path(self, text: str, at: Place) -> Path | None:
        try:
            return parse(text)
        except PathError as error:
            self.wrong(str(error), at)
            return None

    def binding(self, name: str, at: Place) -> Bound | None:
        found = self.bound.get(name)
        if found is None:
            names = [n for n in self.bound if n != SNAPSHOT] + [SNAPSHOT]
            own = f"; a field of this clause's own object is $.{name}" if self.here and not suggest(name, names) else ""
            self.wrong(f"unknown binding '{name}'{among(name, names, 'in scope')}{own}", at)
        self.named.add(name)
        return found

    def resolve(self, text: str, at: Place) -> tuple[Path, Bound] | None:
        """The path and the binding that it starts at; `$` is this clause's own object or element."""
        path = self.path(text, at)
        if path is None:
            return None
        if path.root == "$":
            bound = self.here
            if bound is None:
                self.wrong(f"'{text}': $ means something only in a where; name a binding", at)
        else:
            bound = self.binding(path.root, at)
        if bound is None:
            return None
        if bound.name == SNAPSHOT:
            self._check_snapshot(path, at)
        self.record(bound, path)
        self.used.append((path, bound, at))
        return path, bound

    def _check_snapshot(self, path: Path, at: Place) -> None:
        first = path.segments[0] if path.segments else None
        if not isinstance(first, Key) or first.name not in SNAPSHOT_FIELDS:
            self.wrong(f"there is no '{path.text}'; the snapshot has: {listed(SNAPSHOT_FIELDS)}", at)

    def getter(self, text: str, at: Place) -> Callable[[Match], Sequence[Any]]:
        """A function from a match to the values of a path; nothing when the path is wrong."""
        found = self.resolve(text, at)
        if found is None:
            return lambda match: ()
        return from_match(found[0])

    def record(self, bound: Bound, path: Path) -> None:
        """Remember what reading `path` of a binding reads; rules name the same few again and again."""
        known = (id(bound), path.text)  # the binding lives on in `used`, so its id is its own
        if known in self._recorded:
            return
        self._recorded.add(known)
        for steps in path.reads():
            self.read(bound, steps)

    def read(self, bound: Bound, steps: Steps) -> None:
        if bound.form == "object":
            if not steps:
                return  # that an object is there is known without decoding it
            for key in keys_of(bound.kind):
                self.reads.add(key, steps, of_subject=bool(self.subject) and bound.name == self.subject)
            if bound.kind in VIRTUAL:
                self._read_virtual(steps, bound.name == self.subject)
        elif bound.form == "element" and (bound.base or bound.kind):
            base = self.bound.get(bound.base) if bound.base else Bound("", "object", kind=bound.kind)
            if base is None:
                return
            if bound.view is not None and bound.view.view is not None:
                for mapped in bound.view.view.reads(steps):
                    self.read(base, mapped)
            else:
                self.read(base, (*_steps(bound.prefix), *steps))

    def _read_virtual(self, steps: Steps, of_subject: bool) -> None:
        mapped, keys = _of_templates(steps)
        for key in keys:
            self.reads.paths[key] |= mapped
            if not of_subject:
                self.reads.joined[key] |= mapped


@cache
def _of_templates(steps: Steps) -> tuple[frozenset[Steps], tuple[KindKey, ...]]:
    """What reading the field of a pod template reads of the objects that have one, and their kinds."""
    from diagnose.views import TABLE, TEMPLATED

    return frozenset(TABLE["podspec"].reads(steps)), tuple(map(parse_key, TEMPLATED))


@cache
def keys_of(kind: str) -> tuple[ReadKey, ...]:
    """The kinds that a name in a rule stands for."""
    if kind in VIRTUAL:
        return ()
    if kind in ("", EVERY_KIND, ANYTHING):
        return (EVERY_KIND,)
    return tuple(parse_key(k) for k in kind.split(OR))


def _steps(segments: tuple[Segment, ...]) -> Steps:
    return tuple(s.name if isinstance(s, Key) else EVERY for s in segments)


def from_match(path: Path) -> Callable[[Match], Sequence[Any]]:
    """A getter on a match: the binding's value, then the path below it."""
    root, get = path.root, path.get
    if not path.segments:

        def whole(match: Match) -> Sequence[Any]:
            value = match.values.get(root)
            return () if value is None else (value,)

        return whole

    def below(match: Match) -> Sequence[Any]:
        value = match.values.get(root)
        return () if value is None else get(value)

    return below
