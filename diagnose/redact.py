"""What never leaves: Secret values, tokens, private keys, credentials in text.

Two nets: `secret` empties a Secret as it is read and remembers its values; `Redactor` cleans every
string that goes into a report of those values and of everything that looks like a credential.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import re2

HIDDEN = "[redacted]"
_SHORTEST = 6
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PUBLIC_KEYS = frozenset({"ca.crt", "tls.crt", "service-ca.crt", "namespace", ".dockerconfigjson-redacted"})
_NAMES = r"pass(?:word|wd|phrase)|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization"
_PROSE = re.compile(
    r"(?i)(?:not|is|was|the|no|invalid|incorrect|missing|required|expired|failed|error|cannot|unable|unauthorized"
    r"|denied|authentication|true|false|null|none|nil|basic|bearer)\b"
)
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


_PATTERNS: tuple[tuple[Any, str | Callable[[Any], str]], ...] = (
    (re2.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"), HIDDEN),
    (re2.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?"), HIDDEN),
    (re2.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/_.~=-]{12,}"), rf"\1 {HIDDEN}"),
    (re2.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@\"']{0,64}):[^\s/@\"']+@"), rf"\1:{HIDDEN}@"),
    (re2.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"), HIDDEN),
    (
        re2.compile(rf"(?i)([\w.-]*(?:{_NAMES})[\w.-]*[\"']?\s*[=:]\s*)(\"[^\"]+\"|'[^']+'|[^\s,;&\"'\[][^\s,;&\"']{{3,}})"),
        _hide_assigned,
    ),
)
_NAME = re.compile(rf"(?i)(?:{_NAMES}|auth$)")


def is_credential_name(name: str) -> bool:
    """Whether an environment variable or key of this name holds something secret."""
    return bool(_NAME.search(name))


def secret(raw: Any) -> tuple[bytes, set[str]]:
    """A Secret as JSON bytes without its values (the keys stay), and the values it held."""
    value = msgspec.json.decode(raw)
    found: set[str] = set()
    for part, encoded in (("data", True), ("stringData", False)):
        entries = value.get(part)
        if not isinstance(entries, dict):
            continue
        for key, text in entries.items():
            if isinstance(text, str) and key not in _PUBLIC_KEYS:
                found |= _forms(text, encoded)
                entries[key] = HIDDEN
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        applied = annotations.pop(_LAST_APPLIED, None)
        found |= _of_last_applied(applied)
    return msgspec.json.encode(value), {v for v in found if len(v) >= _SHORTEST}


def _forms(text: str, encoded: bool) -> set[str]:
    forms = {text}
    if encoded:
        try:
            forms.add(base64.b64decode(text, validate=True).decode())
        except (binascii.Error, ValueError):
            pass
    return forms | {line for form in forms for line in form.splitlines() if len(line) >= _SHORTEST}


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
        for value in entries.values() if isinstance(entries, dict) else ():
            if isinstance(value, str):
                found |= _forms(value, encoded)
    return found


class Redactor:
    """Cleans text of known secret values and of what looks like one."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._known: dict[str, list[str]] = {}
        for value in sorted({v for v in values if len(v) >= _SHORTEST}, key=lambda v: (-len(v), v)):
            self._known.setdefault(value[:_SHORTEST], []).append(value)

    def __call__(self, text: str) -> str:
        if self._known:
            text = self._hide_known(text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def _hide_known(self, text: str) -> str:
        """One pass over the text: where the beginning of a known value stands, the value is looked for."""
        parts: list[str] = []
        done = at = 0
        last = len(text) - _SHORTEST
        known = self._known
        while at <= last:
            there = known.get(text[at : at + _SHORTEST])
            found = next((v for v in there if text.startswith(v, at)), None) if there else None
            if found is None:
                at += 1
                continue
            parts += (text[done:at], HIDDEN)
            at += len(found)
            done = at
        return "".join((*parts, text[done:])) if parts else text
