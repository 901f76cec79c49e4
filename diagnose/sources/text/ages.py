"""Times as kubectl prints them for people: ages, and dates with a weekday."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from diagnose.sources.text.late import late
from diagnose.told import Ago
from diagnose.values import duration, format_timestamp

_ZERO = -62135596800.0
_RFC1123 = late(r"\w{3}, (\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_GO_TIME = late(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)? ([+-])(\d\d)(\d\d)(?: \S+)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1)


def ago(text: str) -> Ago | None:
    """An age such as `3h10m`; `<invalid>` is a time after the clock of who asked, so now. None: not told."""
    if text == "<invalid>":
        return Ago(0.0)
    seconds = duration(text)
    return None if seconds is None else Ago(seconds)


@lru_cache(maxsize=4096)
def absolute(text: str) -> float | None:
    """UNIX seconds of `Fri, 14 Nov 2025 13:11:32 +0800` or `2025-11-14 13:11:32 +0800 CST`; None when it is none,
    or Go's zero time."""
    match = _RFC1123.fullmatch(text)
    if match:
        day, month, year = match[1], match[2], match[3]
        number = _MONTHS.index(month) + 1 if month in _MONTHS else 0
    else:
        match = _GO_TIME.fullmatch(text)
        if match is None:
            return None
        year, day, number = match[1], match[3], int(match[2])
    hour, minute, second, sign, zone_hours, zone_minutes = match.groups()[3:]
    try:
        at = datetime(int(year), number, int(day), int(hour), int(minute), int(second))
        zone = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        seconds = (at - _EPOCH - (zone if sign == "+" else -zone)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return None if seconds == _ZERO else seconds


def rfc3339(text: str) -> str | None:
    """A time as the API writes it; None when the text is no time."""
    seconds = absolute(text)
    return None if seconds is None else format_timestamp(seconds)
