"""Where a text tells a program to connect: hosts and ports in URLs, data source names and `host:port` lists, and in
variables that are called like a host or a port. User names, passwords and paths are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 8192
_LONGEST_HOST = 253
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:]{{2,45}}\])"
_HOST_ONLY = re.compile(_HOST)
_HOST_PORT = re.compile(rf"({_HOST}):(\d{{1,5}})")
_LISTED = re.compile(rf"(?:{_HOST}):\d{{1,5}}(?:/[\w./-]*)?")
_BETWEEN_URLS = re.compile(r"[,;|\s]+(?=[A-Za-z][A-Za-z0-9+.:-]*://)")
_SEPARATED = re.compile(r"[,;\s]+")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.:-]{0,40})://([^/?#\s\"'<>|;\\]{1,1024})")
_ORACLE = re.compile(rf"jdbc:oracle:thin:@(?://)?({_HOST}):(\d{{1,5}})")
_GO_MYSQL = re.compile(rf"@(?:tcp|udp)6?\(({_HOST})(?::(\d{{1,5}}))?\)")
_LIBPQ_HOST = re.compile(rf"(?:^|\s)host=({_HOST})(?=\s|\Z)")
_LIBPQ_PORT = re.compile(r"(?:^|\s)port=(\d{1,5})(?=\s|\Z)")
_PORTS = {
    "amqp": 5672,
    "amqps": 5671,
    "http": 80,
    "https": 443,
    "ldap": 389,
    "ldaps": 636,
    "mariadb": 3306,
    "mongodb": 27017,
    "mysql": 3306,
    "nats": 4222,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "sqlserver": 1433,
    "ws": 80,
    "wss": 443,
}
"""The port that a client takes when the URL has none."""
_HOST_NAME = re.compile(
    r"(?:(?:^|[_.-])(?i:host|hostname|host[_.-]name|addr|address|server|endpoint)"
    r"|(?<=[a-z0-9])(?:Host|Hostname|HostName|Addr|Address|Server|Endpoint))\Z"
)
_PORT_NAME = re.compile(r"(?:(?:^|[_.-])(?i:port|port[_.-]number)|(?<=[a-z0-9])(?:Port|PortNumber))\Z")
_OTHER_NAME = re.compile(r"(?i)image|tag\b|version|weight|ratio|split|limit|schedule|cron|label|time|size|count")
"""Variables whose value may look like `host:port` and is none, as an image with its tag."""
_NO_HOST = frozenset(("true", "false", "yes", "no", "none", "null", "localhost"))


@dataclass(frozen=True, slots=True)
class Address:
    """A host, in small letters and without brackets, and a port; "" or None where the text tells only the other."""

    host: str
    port: int | None
    scheme: str = ""


def in_text(text: str) -> list[Address]:
    """The addresses in a value, in order; none in prose. A URL without a port has that of its scheme."""
    if len(text) > _LONGEST or (":" not in text and "host=" not in text):
        return []
    if "://" in text:
        return [a for part in _BETWEEN_URLS.split(text) for a in _of_urls(part)]
    if found := _GO_MYSQL.search(text):
        return _told(found[1], found[2] or "3306", "mysql")
    if found := _ORACLE.search(text):
        return _told(found[1], found[2], "oracle")
    if host := _LIBPQ_HOST.search(text):
        port = _LIBPQ_PORT.search(text)
        return _told(host[1], port[1] if port else "5432", "postgres")
    parts = [p for p in _SEPARATED.split(text.strip()) if p]
    if not all(_LISTED.fullmatch(p) for p in parts):
        return []
    return [a for p in parts if (m := _HOST_PORT.match(p)) for a in _told(m[1], m[2])]


def of_variable(name: str, value: str) -> list[Address]:
    """The addresses in the value of a variable, which may be called like a host or a port and have just that."""
    value = value.strip()
    if ":" in value or "=" in value:
        return [] if "://" not in value and _OTHER_NAME.search(name) else in_text(value)
    if not value or len(value) > _LONGEST_HOST or value.lower() in _NO_HOST:
        return []
    if value.isdecimal():
        return _told("", value) if len(value) <= 5 and _PORT_NAME.search(name) else []
    return _told(value, None) if _HOST_NAME.search(name) and _HOST_ONLY.fullmatch(value) else []


@lru_cache(maxsize=8192)
def remembered(name: str, value: str) -> tuple[Address, ...]:
    """As `of_variable`, for values that many containers have and that are no secret."""
    return tuple(of_variable(name, value))


def stem(name: str) -> str:
    """What the variables of one address have in common: `DB_HOST` and `DB_PORT` have `db`."""
    for pattern in (_HOST_NAME, _PORT_NAME):
        if found := pattern.search(name):
            return name[: found.start()].lower()
    return name.lower()


def resembles(one: str, other: str) -> bool:
    """Whether a name may be another one misspelt: letters and digits agree, or one letter is wrong, missing, too much
    or changed places with its neighbour. Names that differ in a digit are of different things."""
    if one == other or min(len(one), len(other)) < 4:
        return False
    return _bare(one) == _bare(other) or _one_off(one, other)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _one_off(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if any(c.isdigit() for c in short[at : at + 1] + long[at : at + 1]):
        return False
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]


def _of_urls(text: str) -> Iterator[Address]:
    if found := _ORACLE.search(text):
        yield from _told(found[1], found[2], "oracle")
        return
    for found in _URL.finditer(text):
        scheme = found[1].rpartition(":")[2].lower()
        for part in found[2].rpartition("@")[2].split(","):
            host, port = _parted(part)
            if host:
                yield from _told(host, port or str(_PORTS.get(scheme, "")), scheme)


def _parted(text: str) -> tuple[str, str]:
    if match := _HOST_PORT.fullmatch(text):
        return match[1], match[2]
    return (text, "") if _HOST_ONLY.fullmatch(text) else ("", "")


def _told(host: str, port: str | None, scheme: str = "") -> list[Address]:
    number = int(port) if port else None
    if number is not None and not 0 < number < 65536:
        return []
    return [Address(host.strip("[]").rstrip(".").lower(), number, scheme)]
