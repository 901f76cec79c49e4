"""Objects and logs without what is secret, for a snapshot that is given away.

Values of Secrets are gone before (`redact.secret`). Here go, of every object: the values of environment variables that
are called like credentials, `last-applied-configuration` (it repeats them), fields that are called like a credential,
what looks like one wherever it stands, and known values of Secrets in free text. Names, images, labels and references
stay as they are: a Secret that holds the word `postgres` must not rename the Pod of that name.
"""

from __future__ import annotations

import re
from typing import Any

from diagnose.decode import Record, decode_whole, encode
from diagnose.redact import HIDDEN, Redactor, environment_values, hide_environment, is_credential_name

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_FREE_TEXT = frozenset(
    {"annotations", "args", "binaryData", "command", "data", "message", "note", "stringData", "value"}
)
"""Below these keys stands what people and programs wrote, rather than what the API gives a meaning."""
_STRUCTURE = frozenset({"labels", "matchLabels", "nodeSelector", "ownerReferences", "selector"})
"""What objects find each other by."""
_NO_CREDENTIAL = re.compile(
    r"(?i)(?:name|ref|refs|namespace|type|mode|policy|path|key|keys|seconds|field|provider|id)$"
)
_TELLTALE = re.compile(r"-----BEGIN |eyJ|://[^/\s]*@|AKIA|ASIA|gh[pousr]_|xox[abprs]-")
"""Part of every credential that is told by its form alone; looked for before it is cleaned."""
_KEPT = frozenset({"apiVersion", "kind"})


class Cleaner:
    """Cleans objects of one snapshot. `secrets` are the known values of its Secrets."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._plain = Redactor()
        self._redact = Redactor(secrets)

    def object(self, record: Record) -> bytes:
        """An object as JSON without what is secret, with its apiVersion and kind."""
        data: dict[str, Any] = dict(decode_whole(record.raw))
        redact = self._redact.with_values(environment_values(data))
        hide_environment(data)
        data.setdefault("kind", record.key.kind)
        if record.api_version:
            data.setdefault("apiVersion", record.api_version)
        secret = record.key.kind == "Secret" and not record.key.group
        cleaned = {
            k: v if k in _KEPT or (secret and k == "data") else self._value(v, k, redact) for k, v in data.items()
        }
        return encode(cleaned)

    def log(self, text: str, pod: Record | None) -> str:
        """The text of a log without known values and what looks like a credential."""
        values = environment_values(decode_whole(pod.raw)) if pod is not None else frozenset()
        return self._redact.with_values(values)(text)

    def _value(self, value: Any, key: str, redact: Redactor, free: bool = False) -> Any:
        if key in _STRUCTURE:
            return value
        free = free or key in _FREE_TEXT
        if isinstance(value, dict):
            return {k: self._entry(k, v, redact, free) for k, v in value.items()}
        if isinstance(value, list):
            return [self._value(v, key, redact, free) for v in value]
        if not isinstance(value, str) or value == HIDDEN:
            return value
        if free:
            return redact(value)
        return self._plain(value) if _TELLTALE.search(value) else value

    def _entry(self, key: str, value: Any, redact: Redactor, free: bool) -> Any:
        if key == _LAST_APPLIED:
            return HIDDEN
        if isinstance(value, str) and value and is_credential_name(key) and not _NO_CREDENTIAL.search(key) and not free:
            return HIDDEN
        return self._value(value, key, redact, free)
