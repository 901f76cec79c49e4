"""What a Prometheus measured about the objects of a snapshot, as objects that rules can join.

A fixed set of instant queries, asked for the capture time: docs/prometheus.md lists them and the fields of the objects.
Only what is about an object of the snapshot is kept. A kind whose queries have no series is not collected, with the
reason; that nothing is found then is no evidence.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import msgspec

from diagnose.decode import MALFORMED
from diagnose.kinds import KindKey, parse_key
from diagnose.snapshot import Builder, Snapshot
from diagnose.sources.prometheus.queries import NAMES, QUERIES
from diagnose.sources.prometheus.shapes import NODE, SHAPES, Place, Sample, Shape
from diagnose.web import Client, WebError

FORMAT = "Prometheus"
_FORM = "application/x-www-form-urlencoded"
_LARGEST = 256 << 20


class _Series(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(msgspec.Struct):
    result: list[_Series] = []


class _Answer(msgspec.Struct):
    data: _Data


@dataclass(frozen=True)
class Asking:
    """Where and for when queries are asked: `at` in UNIX seconds, `match` the labels that choose a cluster."""

    client: Client
    at: float
    match: Mapping[str, str]

    def ask(self, promql: str) -> list[Sample]:
        """The samples of an instant query that are numbers. Raises WebError."""
        chosen = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(self.match.items()))
        query = promql.replace("{$match}", f"{{{chosen}}}").replace("$match", f",{chosen}" if chosen else "")
        body = urlencode({"query": query, "time": f"{self.at:.3f}"}).encode()
        answer = self.client.request("POST", "/api/v1/query", body, _FORM, largest=_LARGEST)
        try:
            series = msgspec.json.decode(answer, type=_Answer).data.result
        except MALFORMED as error:
            raise WebError(f"its answer is none of a Prometheus: {error}") from None
        found = ((Sample(one.metric, _number(one.value[1]))) for one in series)
        return [sample for sample in found if math.isfinite(sample.value)]


def observe(
    snapshot: Snapshot,
    client: Client,
    match: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda what: None,
) -> Snapshot:
    """The snapshot with what a Prometheus measured at its capture time; `match` are labels that choose a cluster."""
    into = Builder()
    where = str(client.endpoint)
    if snapshot.captured_at is None:
        _fail(into, QUERIES, f"{FORMAT} was not asked, for the capture time is not known; give it with --at", where)
        return _merged(snapshot, into)
    asking = Asking(client, snapshot.captured_at, match or {})
    for number, kind in enumerate(QUERIES):
        progress(f"asking {where}: {kind}")
        try:
            _collect(kind, asking, snapshot, into)
        except WebError as error:
            _fail(into, list(QUERIES)[number:], f"{FORMAT} at {where} gave no answer: {error}", where)
            break
    into.sources.append((where, FORMAT))
    return _merged(snapshot, into)


def _fail(into: Builder, kinds: Iterable[str], why: str, where: str) -> None:
    for kind in kinds:
        into.coverage.fail(parse_key(kind), why)
    into.warn(why, where, incomplete=True)


def _merged(snapshot: Snapshot, into: Builder) -> Snapshot:
    found = into.build(snapshot.captured_at)
    snapshot.coverage.merge(found.coverage)
    return replace(
        snapshot,
        tables={**snapshot.tables, **found.tables},
        sources=(*snapshot.sources, *found.sources),
        warnings=(*snapshot.warnings, *found.warnings),
        incomplete=snapshot.incomplete or found.incomplete,
    )


def _collect(kind: str, asking: Asking, snapshot: Snapshot, into: Builder) -> None:
    """All objects of one kind, and what is known of its coverage. Raises WebError."""
    answers = {query.field: asking.ask(query.promql) for query in QUERIES[kind]}
    shape, key = SHAPES[kind], parse_key(kind)
    missing = [query.metric for query in QUERIES[kind] if query.needed and not answers[query.field]]
    if missing and _none_there(shape.about, snapshot):
        into.coverage.add(key)
    elif missing:
        into.coverage.fail(key, f"{FORMAT} has no series {missing[0]} at the capture time")
    else:
        names = _names(asking) if shape.about == NODE else {}
        _put(kind, shape, shape.place(snapshot, names), answers, snapshot, into)


def _none_there(about: KindKey, snapshot: Snapshot) -> bool:
    """Whether the cluster has no object at all that this kind of usage is of."""
    return snapshot.coverage.missing(about) is None and not snapshot.tables.get(about)


def _put(
    kind: str,
    shape: Shape,
    place: Place,
    answers: Mapping[str, list[Sample]],
    snapshot: Snapshot,
    into: Builder,
) -> None:
    values: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for field, samples in answers.items():
        for sample in samples:
            values[place(sample)][field] = sample.value
    known = {(record.meta.namespace, record.meta.name) for record in snapshot.tables.get(shape.about, ())}
    kept = {at: found for at, found in values.items() if not known or at[:2] in known}
    key = parse_key(kind)
    if not kept:
        why = f"what {FORMAT} measures is of no {shape.about.kind} of the snapshot: it may be of another cluster"
        into.coverage.fail(key, why)
        into.warn(f"{kind}: {why}")
        return
    into.coverage.add(key)
    for fields in shape.objects(kept):
        into.add_object({"apiVersion": f"{key.group}/v1", "kind": kind, **fields}, FORMAT, key)


def _names(asking: Asking) -> dict[str, str]:
    return {s.labels.get("instance", ""): s.labels.get("nodename", "") for s in asking.ask(NAMES)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
