"""`kubectl describe`: one reader of lines, and for each kind a table that says which line tells which field.

A line that kubectl prints only when a field is set tells by its absence that the field is not set, when a later line
is there. A text that ends before its Events section may be cut off: what was open at its end stays unknown.
Source: k8s.io/kubectl/pkg/describe, versions 1.18 to 1.36.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnose.kinds import KindKey, is_namespaced
from diagnose.snapshot import Builder
from diagnose.sources.text.ages import absolute
from diagnose.sources.text.base import Block
from diagnose.sources.text.describe import (
    access,
    autoscaling,
    config,
    generic,
    network,
    node,
    objects,
    pod,
    service,
    storage,
    workloads,
)
from diagnose.sources.text.describe.happenings import events, is_section, is_single, single
from diagnose.sources.text.describe.objects import Part
from diagnose.sources.text.describe.outline import Line, outline, unwrapped
from diagnose.sources.text.describe.table import Fields, Kind, Reading
from diagnose.sources.text.events import Involved
from diagnose.sources.text.late import late
from diagnose.tellings import Telling
from diagnose.told import Ago
from diagnose.values import as_map, timestamp

KINDS: tuple[Kind, ...] = (
    *pod.KINDS,
    *node.KINDS,
    *service.KINDS,
    *workloads.KINDS,
    *storage.KINDS,
    *config.KINDS,
    *network.KINDS,
    *autoscaling.KINDS,
    *access.KINDS,
)
_RANK = 3
_POD = KindKey("", "Pod")
_NODE = KindKey("", "Node")
_DATE = late(r", \d{2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
"""A date behind its day of the week: a pattern that begins with plain text is ten times as fast."""
_DAY = late(r"\w{3}")
_LATEST = 95
_GONE = "', but found events."
_POD_GONE = late(r"Pod '([^']+)': error '.*', but found events\.")
_ASSIGNED = late(r"Successfully assigned (?P<namespace>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+) to ")
_OF_NODE = late(r"Node (?P<name>[a-z0-9][a-z0-9.-]*) status is now: Node")
_MAY_BE_HELD = frozenset({"Pod", "PersistentVolume", "PersistentVolumeClaim", "Namespace", "ConfigMap", "Secret"})
_DELETING = frozenset({"DeletingLoadBalancer", "DeletedLoadBalancer", "Terminating"})


class Describe:
    """The form `kubectl describe`."""

    name = "kubectl describe"

    def recognises(self, block: Block) -> bool:
        """Whether a block is such text: a name near its begin, and a line that follows one."""
        lines = block.lines
        if objects.begins(lines) or any(_POD_GONE.match(line) for line in lines[:3]):
            return True
        return _events_alone(lines) is not None

    def read(self, block: Block, into: Builder) -> None:
        """Tell the builder of every object in the block, and of its events."""
        alone = None if objects.begins(block.lines) else _events_alone(block.lines)
        if alone is not None:
            _of_unnamed(block, alone, into)
            return
        odd: list[Line] = []
        hint = objects.hinted(block.command, block.path)
        for part in objects.parts(block.lines, block.first):
            try:
                odd += _read(part, hint, block, into)
            except (ValueError, KeyError, IndexError, RecursionError) as error:
                into.warn(f"line {part.first}: the description of {part.name} was not read: {error}", block.file)
        text = "\n".join(block.lines)
        if _GONE in text:
            _of_gone(block, into)
        if odd:
            more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
            into.warn(f"line {odd[0].number}: not understood: {odd[0].text[:80]}{more}", block.file)
        found = [at for time in _dates(text) if (at := absolute(time)) is not None]
        if found:
            into.captured(max(found), f"newest time in {block.file}", _LATEST)


DESCRIBE = Describe()


def _dates(text: str) -> set[str]:
    """All dates with a day of the week, as `Fri, 14 Nov 2025 13:11:32 +0800`."""
    found = ((text[max(0, match.start() - 3) : match.start()], match[0]) for match in _DATE.finditer(text))
    return {day + rest for day, rest in found if _DAY.fullmatch(day)}


def _read(part: Part, hint: KindKey | None, block: Block, into: Builder) -> list[Line]:
    keys = objects.top_keys(part.lines)
    kind = objects.choose(KINDS, keys, hint)
    if kind is None:
        return _read_generic(part, hint, block, into)
    head, body = _divide(part.lines, kind)
    whole = not kind.ends or _ends(part)
    lines = outline(unwrapped(head, kind.table.keys), part.first, kind.table.keys, whole)
    reading = Reading(kind.key, _namespace(kind.key, lines, block), part.name, lines, whole, block.file)
    if kind.key != hint and not kind.told_apart(reading):
        both = f"a {kind.key.kind} or a Cluster{kind.key.kind}"
        into.warn(f"line {part.first}: not read: {part.name} may be {both}; name the folder after the kind", block.file)
        return []
    _events(reading, into)
    fields = kind.table.read(lines, whole, reading.odd)
    if kind.of_body is not None:
        fields |= {**kind.of_body(reading, body), **fields}
    kind.more(reading, fields)
    _not_deleted(reading, fields)
    _captured_after(reading, fields, into)
    _tell(reading, fields, into)
    for telling in reading.others:
        into.told.add(telling)
    return [*reading.odd, *(odd for line in lines for odd in line.unread)]


def _ends(part: Part) -> bool:
    """Whether the Events section is there, which is the last."""
    return any(line.startswith("Events:") for line in reversed(part.lines))


def _divide(lines: Sequence[str], kind: Kind) -> tuple[Sequence[str], Sequence[str]]:
    """The lines of keys, and the rest that has another form; the Events after it are lines of keys again."""
    if kind.body is None:
        return lines, ()
    start = next((i for i, line in enumerate(lines) if kind.body.match(line)), len(lines))
    end = len(lines)
    if kind.ends:
        end = next((i for i in range(len(lines) - 1, start, -1) if lines[i].startswith("Events:")), end)
    return [*lines[:start], *[""] * (end - start), *lines[end:]], lines[start:end]


def _namespace(key: KindKey, lines: Sequence[Line], block: Block) -> str | None:
    if not is_namespaced(key):
        return ""
    found = next((line.value for line in lines if line.key == "Namespace"), "")
    return found if found not in ("", "<none>") else objects.namespace_in(block.command)


def _events(reading: Reading, into: Builder) -> None:
    section = reading.find("Events")
    if section is not None:
        about = Involved(reading.key, reading.namespace, reading.name)
        reading.events = events(section, about, reading.file)
        for telling in reading.events:
            into.told.add(telling)


def _captured_after(reading: Reading, fields: Fields, into: Builder) -> None:
    """What happened to an object did so after its creation: the text is younger than it by the age of the oldest event.
    Of a pod the time when the kubelet took it is shown, and that counts for the kubelet's events."""
    is_pod = reading.key == _POD
    began = as_map(fields.get("status" if is_pod else "metadata")).get("startTime" if is_pod else "creationTimestamp")
    since = timestamp(began) if isinstance(began, str) else None
    ages = [
        first.seconds
        for event in reading.events
        if isinstance(first := event.fields.get("firstTimestamp"), Ago)
        and (not is_pod or as_map(event.fields.get("source")).get("component") == "kubelet")
    ]
    if since is not None and ages:
        into.captured(since + max(ages), f"times and ages in {reading.file}", _LATEST)


def _not_deleted(reading: Reading, fields: Fields) -> None:
    """kubectl prints of few kinds whether they are being deleted. Others are taken not to be: they are gone in a
    moment, if no finalizer holds them. Of what finalizers do hold, it stays unknown; a load balancer that cannot be
    removed stands in the events of its Service."""
    if reading.key.kind not in _MAY_BE_HELD and not _DELETING & {e.fields["reason"] for e in reading.events}:
        fields.setdefault("metadata", {}).setdefault("deletionTimestamp", None)


def _read_generic(part: Part, hint: KindKey | None, block: Block, into: Builder) -> list[Line]:
    whole = _ends(part)
    lines = outline(part.lines, part.first, (), whole)
    key = generic.kind_of(lines) or hint
    if key is None:
        first = Line(part.lines[0], 0, part.first)
        return [first]
    namespace = _namespace(key, lines, block)
    if namespace is None and any(line.key == "Namespace" for line in lines):
        namespace = ""
    reading = Reading(key, namespace, part.name, lines, whole, block.file)
    _events(reading, into)
    _tell(reading, generic.fields(lines), into)
    return []


def _tell(reading: Reading, fields: Fields, into: Builder) -> None:
    telling = Telling(reading.key, reading.namespace, reading.name, fields, reading.file, _RANK)
    if reading.find("Events"):
        into.told.with_events(telling)
    else:
        into.told.add(telling)


def _events_alone(lines: Sequence[str]) -> int | None:
    """Where an Events section, or rows of one, begin that stand without their object."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and (is_section(lines, first) or is_single(lines[first])):
        return first
    return None


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> re.Match[str] | None:
    return next((match for line in lines if (match := pattern.search(line))), None)


def _of_unnamed(block: Block, first: int, into: Builder) -> None:
    """Events whose object the command names, or an event of the scheduler, or of the kubelet about its node. Of others
    nobody can say whose they are."""
    lines = block.lines[first:]
    key, name = objects.named_in(block.command)
    namespace = objects.namespace_in(block.command)
    if not name and (assigned := _first(_ASSIGNED, lines)):
        key, namespace, name = _POD, assigned["namespace"], assigned["name"]
    elif not name and (of_node := _first(_OF_NODE, lines)):
        key, name = _NODE, of_node["name"]
    if key is None or not name:
        into.warn(f"line {block.first + first}: events were not read: the text does not name their object", block.file)
        return
    about = Involved(key, namespace if is_namespaced(key) else "", name)
    section = is_section(lines, 0)
    if section:
        tops = outline(lines, block.first + first, ("Events",), True)
        told = events(tops[0], about, block.file)
    else:
        told = single(lines, about, block.file)
    telling = Telling(key, about.namespace, name, {"metadata": {}}, block.file, _RANK)
    if section and not block.command.count("|"):
        into.told.with_events(telling)
    else:
        into.told.add(telling)
    for event in told:
        into.told.add(event)


def _of_gone(block: Block, into: Builder) -> None:
    """Of a pod that does not exist any more, kubectl still prints the events."""
    for i, line in enumerate(block.lines):
        match = _POD_GONE.match(line)
        if match:
            section = next((top for top in outline(block.lines[i + 1 :], block.first + i + 1, ("Events",), True)), None)
            about = Involved(_POD, objects.namespace_in(block.command), match[1])
            for telling in events(section, about, block.file) if section and section.key == "Events" else ():
                into.told.add(telling)
