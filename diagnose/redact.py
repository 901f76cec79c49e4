"""What never leaves: Secret values, tokens, private keys, credentials in text.

Two nets: `secret` empties a Secret as it is read and remembers its values; `Redactor` cleans every
string that goes into a report of those values and of everything that looks like a credential.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import re2

from diagnose.addresses import Address, of_variable
from diagnose.decode import decode_whole
from diagnose.values import UNKNOWN

HIDDEN = "[redacted]"
REDACTED_FORMS = (HIDDEN, "***HIDDEN***", "<redacted>", "REDACTED")
_SHORTEST = 6
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PUBLIC_KEYS = frozenset({"ca.crt", "tls.crt", "service-ca.crt", "namespace", ".dockerconfigjson-redacted"})
_NAMES = r"pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private)[-_]?key|credentials?|authorization"
_PROSE = re.compile(
    r"(?i)(?:not|is|was|the|no|invalid|incorrect|missing|required|expired|failed|error|cannot|unable|unauthorized"
    r"|denied|authentication|true|false|null|none|nil|basic|bearer)\b"
)
_WORD = re.compile(r"[A-Za-z][a-z-]+\.?")
_PASSWORD = re.compile(r"(?i)pass(?:word|wd|phrase)|pwd")


def _hide_assigned(found: Any) -> str:
    """Keep `token: not found` readable; hide `token=abc`, `password: hunter2`, `"secret": "..."`."""
    before, value = found.group(1), found.group(2)
    bare = value.strip("\"'")
    if _PROSE.match(bare):
        return str(found.group(0))
    if "=" in before or value != bare or _PASSWORD.search(before) or any(c.isdigit() for c in bare):
        return f"{before}{HIDDEN}"
    return str(found.group(0))


def _hide_presented(found: Any) -> str:
    """Keep `Basic authentication`; hide what is no word."""
    return str(found.group(0)) if _WORD.fullmatch(found.group(2)) else f"{found.group(1)} {HIDDEN}"


_PATTERNS: tuple[tuple[Any, str | Callable[[Any], str]], ...] = (
    (re2.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"), HIDDEN),
    (re2.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?"), HIDDEN),
    (re2.compile(r"(?i)\b(bearer|basic)\s+([A-Za-z0-9+/_.~=-]{12,})"), _hide_presented),
    (re2.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@\"']{0,64}):[^\s/\"']+@"), rf"\1:{HIDDEN}@"),
    (re2.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"), HIDDEN),
    (
        re2.compile(
            rf"(?i)([\w.-]*(?:(?:{_NAMES})[\w.-]*|[_.-]pass)[\"']?\s*[=:]\s*)(\"[^\"]+\"|'[^']+'|[^\s,;&\"'\[][^\s,;&\"']{{3,}})"
        ),
        _hide_assigned,
    ),
)
_NO_SECRET = re.compile(
    r"\$\([A-Za-z_][\w.-]*\)|\$\{[A-Za-z_][\w.-]*\}|true|false|yes|no|on|off|none|null"
    r"|(?:file:(?://)?)?/(?:app|certs?|config|credentials?|data|etc|home|keys?|mnt|opt|root|run|secrets?|srv|tls|tmp|usr"
    r"|var|vault|workspace)(?:/[\w.-]+)+"
    r"|(?:vault:|op://|ref\+[a-z0-9]+://|arn:aws:(?:secretsmanager|ssm):)\S+",
    re.IGNORECASE,
)
"""What is no secret itself: `$(NAME)`, the value of another variable; a switch; a file; where a vault has it."""
_NAME = re.compile(rf"(?i:{_NAMES}|auth$|(?:^|[_.-])pass(?:$|[_.-]))|[a-z]Pass$")


def is_unknown(value: object) -> bool:
    """Whether the dump hides this value: not shown, or redacted by its collector."""
    return value is UNKNOWN or (isinstance(value, str) and value in REDACTED_FORMS)


@lru_cache(maxsize=4096)
def is_credential_name(name: str) -> bool:
    """Whether an environment variable or key of this name holds something secret."""
    return bool(_NAME.search(name))


@dataclass(frozen=True)
class Emptied:
    """A Secret as JSON bytes without its values (the keys stay), the values that it held, and by key what they tell
    of where to connect (None: its collector hid some)."""

    raw: bytes
    values: set[str]
    addresses: dict[str, list[Address]] | None


def secret(raw: Any) -> tuple[bytes, set[str]]:
    """A Secret as JSON bytes without its values (the keys stay), and the values it held."""
    emptied = empty(raw)
    return emptied.raw, emptied.values


def empty(raw: Any) -> Emptied:
    """A Secret without what is secret in it."""
    value = decode_whole(raw)
    found: set[str] = set()
    addresses: dict[str, list[Address]] = {}
    hidden = False
    for part, encoded in (("data", True), ("stringData", False)):
        entries = value.get(part)
        if not isinstance(entries, dict):
            continue
        for key, text in entries.items():
            if isinstance(text, str) and key not in _PUBLIC_KEYS:
                plain = _plain(text) if encoded else text
                found |= _forms(text, plain)
                hidden = hidden or is_unknown(text) or is_unknown(plain)
                addresses[key] = [] if is_credential_name(key) else of_variable(key, plain)
                entries[key] = HIDDEN
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        applied = annotations.pop(_LAST_APPLIED, None)
        found |= _of_last_applied(applied)
    values = {v for v in found if len(v) >= _SHORTEST}
    told = {key: found for key, found in addresses.items() if found}
    return Emptied(msgspec.json.encode(value), values, None if hidden else told)


def _plain(text: str) -> str:
    """What is encoded, or the text itself when it is not."""
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(text, validate=True).decode()
    return text


def _forms(text: str, plain: str) -> set[str]:
    """What a value of a Secret may look like elsewhere: encoded, plain, a line or a field of it."""
    if text == plain:
        text = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return {text, plain, *plain.splitlines(), *_fields(plain)}


def _fields(text: str) -> Iterator[str]:
    """The credentials in a JSON document, such as the configuration of a registry."""
    open_: list[Any] = [decode_whole(text.encode("utf-8", "replace"))] if text.lstrip()[:1] == "{" else []
    while open_:
        for key, value in open_.pop().items():
            if isinstance(value, dict):
                open_.append(value)
            elif isinstance(value, str) and is_credential_name(key):
                yield value


def _of_last_applied(text: object) -> set[str]:
    if not isinstance(text, str):
        return set()
    try:
        applied = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return set()
    if not isinstance(applied, dict):
        return set()
    found: set[str] = set()
    for part, encoded in (("data", True), ("stringData", False)):
        entries = applied.get(part)
        for key, value in entries.items() if isinstance(entries, dict) else ():
            if isinstance(value, str) and key not in _PUBLIC_KEYS:
                found |= _forms(value, _plain(value) if encoded else value)
    return found


def _environment(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The env entries of credential-like names, with a literal value, in an object that has containers."""
    spec = data.get("spec")
    for keys in ((), ("template", "spec"), ("jobTemplate", "spec", "template", "spec")):
        found: Any = spec
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict):
            yield from _entries(found)


def _entries(pod_spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part in ("containers", "initContainers", "ephemeralContainers"):
        containers = pod_spec.get(part)
        for container in containers if isinstance(containers, list) else ():
            entries = container.get("env") if isinstance(container, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                value = entry.get("value") if isinstance(entry, dict) else None
                if value and not _NO_SECRET.fullmatch(str(value)) and is_credential_name(str(entry.get("name", ""))):
                    yield entry


def hide_environment(data: Mapping[str, Any]) -> None:
    """Empty the credentials in the environment of an object's containers, in place."""
    for entry in _environment(data):
        entry["value"] = HIDDEN


def environment_values(data: Mapping[str, Any]) -> frozenset[str]:
    """The credentials in the environment of an object's containers."""
    return frozenset(str(e["value"]) for e in _environment(data) if len(str(e["value"])) >= _SHORTEST)


class Redactor:
    """Cleans text of known secret values and of what looks like one."""

    def __init__(self, values: Iterable[str] = (), base: Redactor | None = None) -> None:
        """`base` is one that cleans after this, of other values too."""
        self._values = frozenset(v for v in values if len(v) >= _SHORTEST)
        self._base = base
        self._done: dict[str, str] = {}
        self._more: dict[frozenset[str], Redactor] = {}
        lengths: dict[str, set[int]] = {}
        for value in self._values:
            lengths.setdefault(value[:_SHORTEST], set()).add(len(value))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def with_values(self, values: frozenset[str]) -> Redactor:
        """One that hides these values too."""
        if values <= self._values:
            return self
        if values not in self._more:
            self._more[values] = Redactor(values, self)
        return self._more[values]

    def __call__(self, text: str) -> str:
        known = self._done.get(text)
        if known is None:
            known = self._done[text] = self._clean(text)
        return known

    def _clean(self, text: str) -> str:
        if self._values:
            text = self._hide_known(text)
        if self._base is not None:
            return self._base(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def _hide_known(self, text: str) -> str:
        """One pass over the text: where the beginning of a known value stands, the value is looked for."""
        parts: list[str] = []
        done = at = 0
        last = len(text) - _SHORTEST
        lengths, values = self._lengths, self._values
        while at <= last:
            there = lengths.get(text[at : at + _SHORTEST], ())
            length = next((n for n in there if text[at : at + n] in values), 0)
            if not length:
                at += 1
                continue
            parts += (text[done:at], HIDDEN)
            at += length
            done = at
        return "".join((*parts, text[done:])) if parts else text
