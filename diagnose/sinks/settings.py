"""Which services are talked to: the sinks of `--send` and of diagnose.yaml, and the Prometheus that is asked.

Addresses and headers may be `{env: NAME}` or `{file: PATH}`, so that no secret stands in the file; no message repeats a
value. The environment and files are read through `Outside`, which the command line gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnose.errors import LoadError, LoadErrors, UsageError
from diagnose.language.ruleset import listed, suggest
from diagnose.model import Severity
from diagnose.positions import Marked, Step
from diagnose.sinks import SINKS, Target
from diagnose.sinks.options import Option, Template, labels, number, seconds
from diagnose.web import Endpoint, checked_header, checked_url

ALL, CONFIG = "all", "config"
CONNECTION = ("url", "headers", "timeout", "tries", "ca")
_REFERENCE = ("env", "file", "prefix")
_FORM = "a text, {env: NAME} or {file: PATH}"


@dataclass(frozen=True)
class Outside:
    """The environment, and files beside the configuration. `read` raises OSError and UnicodeDecodeError."""

    variable: Callable[[str], str | None]
    read: Callable[[str], str]
    path: Callable[[str], str]


def chosen(given: Sequence[str], document: Marked | None, outside: Outside) -> list[Target]:
    """The targets of all `--send`: SINK=URL, or SINK or `all` for those of the configuration.

    Raises UsageError, LoadErrors.
    """
    found, configured = [], None
    for text in given:
        name, equals, url = text.partition("=")
        _check_name(name, with_all=not equals)
        if equals:
            found.append(_from_option(name, url))
            continue
        if configured is None:
            configured = from_config(document, outside) if document and "sinks" in document.data else []
        named = [target for target in configured if name in (ALL, target.sink)]
        if not named:
            what = "'sinks'" if name == ALL else f"sink '{name}' under 'sinks'"
            example = f"--send {'slack' if name == ALL else name}=https://HOST"
            raise UsageError(f"--send {name}: the configuration has no {what}; write {example}, or add it there")
        found += [target for target in named if target not in found]
    return found


def _check_name(name: str, with_all: bool) -> None:
    if "/" in name or ":" in name:
        raise UsageError("--send takes SINK=URL, as --send alertmanager=http://localhost:9093")
    if name not in SINKS and not (with_all and name == ALL):
        raise UsageError(f"unknown sink '{name}'{suggest(name, SINKS)}; there are: {listed(SINKS)}")


def _from_option(name: str, url: str) -> Target:
    try:
        endpoint = Endpoint(checked_url(url))
    except ValueError as error:
        raise UsageError(f"--send {name}: what stands behind the '=' {error}") from None
    return Target(name, endpoint, SINKS[name].severity, _defaults(name))


def _defaults(name: str) -> dict[str, Any]:
    return {option: each.default for option, each in SINKS[name].options.items()}


def from_config(document: Marked, outside: Outside) -> list[Target]:
    """The targets of `sinks:` in a configuration. Raises LoadErrors."""
    reader = Reader(document, outside)
    found = reader.sinks()
    reader.raise_errors()
    return found


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus to ask; `match` are the labels that choose a cluster in it."""

    endpoint: Endpoint
    match: Mapping[str, str] = field(default_factory=dict)


def prometheus_of(given: str, document: Marked | None, outside: Outside) -> Prometheus:
    """What `--prometheus` means: a URL, or `config` for the `prometheus:` of the configuration.

    Raises UsageError, LoadErrors.
    """
    if given != CONFIG:
        try:
            return Prometheus(Endpoint(checked_url(given), timeout=_QUERY_TIMEOUT))
        except ValueError as error:
            raise UsageError(f"--prometheus: what is given {error}, nor '{CONFIG}'") from None
    if document is None or "prometheus" not in document.data:
        raise UsageError(f"--prometheus {CONFIG}: the configuration has no 'prometheus'; add it, or give a URL")
    reader = Reader(document, outside)
    found = reader.prometheus()
    reader.raise_errors()
    assert found is not None
    return found


@dataclass
class Reader:
    """Reads parts of a configuration; what is wrong is collected with its place."""

    document: Marked
    outside: Outside
    errors: list[LoadError] = field(default_factory=list)

    def raise_errors(self) -> None:
        if self.errors:
            raise LoadErrors(self.errors)

    def sinks(self) -> list[Target]:
        data = self.document.data.get("sinks")
        if not isinstance(data, list):
            self._wrong("'sinks' is a list, as `- {sink: slack, url: {env: SLACK_URL}}`", "sinks")
            return []
        found = [self._sink(entry, ("sinks", number)) for number, entry in enumerate(data)]
        return [each for each in found if each is not None]

    def prometheus(self) -> Prometheus | None:
        data, path = self.document.data.get("prometheus"), ("prometheus",)
        if not self._map(data, (*CONNECTION, "match"), "the connection to Prometheus", path):
            return None
        endpoint = self._endpoint({"timeout": _QUERY_TIMEOUT, **data}, path)
        match = self._option(data["match"], _MATCH, path, "match") if "match" in data else _MATCH.default
        return Prometheus(endpoint, match) if endpoint else None

    def _sink(self, data: Any, path: tuple[Step, ...]) -> Target | None:
        if not isinstance(data, dict) or not isinstance(data.get("sink"), str):
            self._wrong(f"an entry of 'sinks' is a map with 'sink', one of: {listed(SINKS)}, and 'url'", *path)
            return None
        name = data["sink"]
        if name not in SINKS:
            self._wrong(f"unknown sink '{name}'{suggest(name, SINKS)}; there are: {listed(SINKS)}", *path, "sink")
            return None
        own = SINKS[name].options
        self._map(data, ("sink", *CONNECTION, "severity", *own), f"the sink '{name}'", path)
        endpoint = self._endpoint(data, path)
        level = data.get("severity", SINKS[name].severity.name)
        if level not in Severity.__members__:
            self._wrong(f"{level!r} is not one of: {', '.join(Severity.__members__)}", *path, "severity")
            return None
        options = {key: self._option(data[key], each, path, key) for key, each in own.items() if key in data}
        return Target(name, endpoint, Severity[level], _defaults(name) | options) if endpoint else None

    def _endpoint(self, data: Mapping[str, Any], path: tuple[Step, ...]) -> Endpoint | None:
        given = self._value(data.get("url"), (*path, "url")) if "url" in data else None
        if "url" not in data:
            self._wrong(f"'url' is missing: {_FORM}", *path)
        try:
            url = checked_url(given) if given else None
        except ValueError as error:
            self._wrong(f"the value of 'url' {error}", *path, "url")
            url = None
        headers = self._headers(data.get("headers", {}), (*path, "headers"))
        timeout = self._option(data["timeout"], _TIMEOUT, path, "timeout") if "timeout" in data else _TIMEOUT.default
        tries = self._option(data["tries"], _TRIES, path, "tries") if "tries" in data else _TRIES.default
        return Endpoint(url, headers, timeout, tries, self._ca(data.get("ca"), (*path, "ca"))) if url else None

    def _ca(self, value: Any, path: tuple[Step, ...]) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or not value:
            self._wrong("'ca' is the name of a file with certificates in PEM", *path)
            return ""
        if self._file(value, path) is None:
            return ""
        return self.outside.path(value)

    def _headers(self, data: Any, path: tuple[Step, ...]) -> dict[str, str]:
        if not isinstance(data, dict):
            self._wrong(f"'headers' is a map of name to {_FORM}", *path)
            return {}
        found = {}
        for name, entry in data.items():
            value = self._value(entry, (*path, name))
            try:
                if value is not None:
                    found[name] = checked_header(name, value)
            except ValueError as error:
                self._wrong(str(error), *path, name)
        return found

    def _value(self, data: Any, path: tuple[Step, ...]) -> str | None:
        """A text, or what a variable or a file holds."""
        if isinstance(data, str) and data.strip():
            return data
        known = isinstance(data, dict) and {"env", "file"} & data.keys()
        if not known or len(data.keys() & {"env", "file"}) != 1 or not all(isinstance(v, str) for v in data.values()):
            self._wrong(f"'{path[-1]}' is {_FORM}", *path)
            return None
        self._map(data, _REFERENCE, "a reference", path)
        if "env" in data:
            value = self.outside.variable(data["env"])
            if not value:
                self._wrong(f"the environment variable {data['env']} is not set", *path, "env")
        else:
            value = self._file(data["file"], (*path, "file"))
        return data.get("prefix", "") + value.strip() if value else None

    def _file(self, name: str, path: tuple[Step, ...]) -> str | None:
        try:
            text = self.outside.read(name)
        except UnicodeDecodeError:
            self._wrong(f"{name}: is no text in UTF-8", *path)
            return None
        except (OSError, ValueError) as error:
            self._wrong(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}", *path)
            return None
        if not text.strip():
            self._wrong(f"{name}: is empty", *path)
            return None
        return text

    def _option(self, value: Any, option: Option, path: tuple[Step, ...], key: str) -> Any:
        if key == "template" and isinstance(value, str):
            text = self._file(value, (*path, key))
            value = Template(value, text or "")
        try:
            return option.read(value)
        except ValueError as error:
            self._wrong(f"'{key}' {error}", *path, key)
            return option.default

    def _map(self, data: Any, known: tuple[str, ...], what: str, path: tuple[Step, ...]) -> bool:
        if not isinstance(data, dict):
            self._wrong(f"{what} is a map of: {listed(known)}", *path)
            return False
        for key in data:
            if key not in known:
                guess = suggest(key, known) or f"; there are: {listed(known)}"
                self.errors.append(self.document.error(f"{what} has no setting '{key}'{guess}", *path, key))
        return True

    def _wrong(self, message: str, *path: Step) -> None:
        self.errors.append(self.document.value_error(message, *path))


_TIMEOUT = Option(seconds, 10.0, "for one try: 10s")
_QUERY_TIMEOUT = 60.0
_MATCH = Option(labels, {}, "the labels that choose a cluster")
_TRIES = Option(number, 4, "how often it is tried: 4")
