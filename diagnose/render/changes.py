"""What changed since an earlier run, in words: for the formats that people read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from diagnose.model import Changes, Known, Past, State
from diagnose.render import phrases
from diagnose.render.layout import clean

FIRST_RUN = "first run in this history: nothing to compare with yet"
_FRESH = {State.new: "new", State.back: "back again"}


def summary(changes: Changes) -> str:
    """The changes in a line: "since run 41 (captured 02:00:00Z): 2 new, 3 gone, 14 still there"."""
    if not changes.against:
        return FIRST_RUN
    return f"since {against(changes)}: {counts(changes) or 'nothing there, then or now'}"


def against(changes: Changes, captured_at: float | None = None) -> str:
    """The earlier run: "run 41 (captured 02:00:00Z)"."""
    name = clean(changes.against, phrases.LONGEST_NAME)
    return name if changes.since is None else f"{name} (captured {phrases.moment(changes.since, captured_at)})"


def counts(changes: Changes) -> str:
    """How many findings are new, gone and so on; what there is none of is left out."""
    worse = sum(known.severity_before is not None for known in changes.known.values())
    parts = [
        (changes.count(State.new), "new"),
        (changes.count(State.back), "back again"),
        (changes.count(State.unknown), "not looked for before"),
        (len(changes.gone), "gone"),
        (len(changes.unseen), "not looked for this time"),
        (changes.count(State.still), "still there"),
        (worse, "of another severity"),
    ]
    return ", ".join(f"{number:,} {what}" for number, what in parts if number)


def seen(known: Known, captured_at: float | None) -> str:
    """Since when a finding is known: "new", "for 3d: since 2026-11-20 03:00:00Z, in 72 runs"; "" for a first run."""
    parts = [_state(known, captured_at)]
    if known.severity_before is not None:
        parts.append(f"was {known.severity_before.name} before")
    return "; ".join(filter(None, parts))


def fresh(changes: Changes | None, id: str) -> str:
    """`new` or `back again` for a finding that the run before did not have, else empty."""
    known = changes.known.get(id) if changes else None
    return _FRESH.get(known.state, "") if known else ""


def _state(known: Known, captured_at: float | None) -> str:
    if known.state is State.new:
        return "new"
    if known.state is State.unknown:
        return f"for the first time: {clean(known.why, phrases.LONGEST_VALUE)} before" if known.why else ""
    since = ""
    if known.first_seen is not None:
        since = f" since {phrases.moment(known.first_seen, captured_at)}"
    runs = f" in {phrases.count_of(known.times_seen, 'run')}"
    if known.state is State.back:
        return f"back again; it was there{since or ' before'},{runs}"
    times = f", gone {'once' if known.flaps == 1 else f'{known.flaps:,} times'} in between" if known.flaps else ""
    return f"there{since},{runs}{times}" if since else f"there{runs}{times}"


def unseen(past: Iterable[Past], captured_at: float | None) -> Iterator[tuple[str, list[str]]]:
    """Findings that could not be seen, by the reason; the most frequent reason first."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for each in past:
        reasons[clean(each.why, phrases.LONGEST_VALUE)].append(past_line(each, captured_at))
    yield from sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))


def past_line(past: Past, captured_at: float | None) -> str:
    """A finding that is not there now: what it was, and from when to when it was seen."""
    rule = clean(past.finding.rule, phrases.LONGEST_NAME)
    line = f"{past.finding.severity.name} {phrases.headline(past.finding)} [{rule}]"
    if past.first_seen is None or past.last_seen is None:
        return line
    first, last = (phrases.moment(seconds, captured_at) for seconds in (past.first_seen, past.last_seen))
    return f"{line} (seen {first})" if first == last else f"{line} (seen {first} to {last})"
