"""diagnose.yaml: which rules run and with what, for a team.

rules:
  oom-killed: {severity: warning}
  crash-loop: {params: {restarts: 10}}
  pdb-blocks: {enabled: false}
only: ["images/*"]
skip: ["node-cordoned"]
rule_folders: [ops/rules]
severity: warning
fail_on: error
history_keep: 30d                                   # docs/history.md
cluster_name: prod-eu
sinks: [{sink: slack, url: {env: SLACK_URL}}]       # docs/sinks.md
prometheus: {url: "http://prometheus:9090"}         # docs/prometheus.md
waivers:                                            # docs/check.md
- {rule: host-path-volume, object: DaemonSet/logging/*, reason: it reads the node's logs, expires: 2027-06-30}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnose.errors import LoadError, LoadErrors
from diagnose.language.ruleset import Override, listed, suggest
from diagnose.model import Severity
from diagnose.positions import Marked, load

KEYS = (
    "rules",
    "only",
    "skip",
    "rule_folders",
    "severity",
    "fail_on",
    "history_keep",
    "cluster_name",
    "sinks",
    "prometheus",
    "waivers",
)
RULE_KEYS = ("enabled", "severity", "params")
_LEVELS = [s.name for s in Severity]
_FAIL_ON = [*_LEVELS, *(f"new:{level}" for level in _LEVELS), "never"]


@dataclass(frozen=True)
class Config:
    """The settings of one diagnose.yaml; options on the command line go over them."""

    overrides: Mapping[str, Override] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    rules_folders: tuple[str, ...] = ()
    severity: str | None = None
    fail_on: str | None = None
    history_keep: str | None = None
    cluster_name: str | None = None
    document: Marked | None = field(default=None, compare=False, repr=False)
    """The file itself, for `sinks`, `prometheus` and `waivers`: what they hold is read when it is used."""


def load_config(text: str, file: str) -> Config:
    """Read a configuration; relative rule folders are beside it. Raises LoadErrors."""
    errors: list[LoadError] = []
    try:
        document = load(text, file)
    except LoadError as error:
        raise LoadErrors([error]) from None
    data = document.data or {}
    if not isinstance(data, dict):
        raise LoadErrors([document.value_error(f"a configuration is a map of: {listed(KEYS)}")])
    _known(document, data, KEYS, (), errors)
    config = Config(
        overrides=_overrides(document, data.get("rules") or {}, errors),
        only=_texts(document, data, "only", errors),
        skip=_texts(document, data, "skip", errors),
        rules_folders=tuple(str(Path(file).parent / f) for f in _texts(document, data, "rule_folders", errors)),
        severity=_level(document, data, ("severity",), _LEVELS, errors),
        fail_on=_level(document, data, ("fail_on",), _FAIL_ON, errors),
        history_keep=_text(document, data, "history_keep", errors),
        cluster_name=_text(document, data, "cluster_name", errors),
        document=document if data else None,
    )
    if errors:
        raise LoadErrors(errors)
    return config


def _known(
    document: Marked, data: Mapping[str, Any], known: tuple[str, ...], path: tuple[str, ...], errors: list[LoadError]
) -> None:
    for key in data:
        if key not in known:
            guess = suggest(key, known) or f"; there are: {listed(known)}"
            errors.append(document.error(f"unknown key '{key}'{guess}", *path, key))


def _overrides(document: Marked, data: Any, errors: list[LoadError]) -> dict[str, Override]:
    if not isinstance(data, dict):
        errors.append(document.value_error("'rules' is a map of rule id to settings", "rules"))
        return {}
    found = {}
    for rule, settings in data.items():
        if not isinstance(settings, dict):
            errors.append(document.value_error(f"settings of a rule are a map of: {listed(RULE_KEYS)}", "rules", rule))
            continue
        _known(document, settings, RULE_KEYS, ("rules", rule), errors)
        level = _level(document, settings, ("rules", rule, "severity"), _LEVELS, errors)
        params, enabled = settings.get("params", {}), settings.get("enabled", True)
        if not isinstance(params, dict):
            errors.append(document.value_error("'params' is a map of parameter to value", "rules", rule, "params"))
            params = {}
        if not isinstance(enabled, bool):
            errors.append(document.value_error("'enabled' is true or false", "rules", rule, "enabled"))
        found[rule] = Override(params, Severity[level] if level else None, enabled is not False)
    return found


def _texts(document: Marked, data: Mapping[str, Any], key: str, errors: list[LoadError]) -> tuple[str, ...]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        errors.append(document.value_error(f"'{key}' is a list of texts", key))
        return ()
    return tuple(value)


def _text(document: Marked, data: Mapping[str, Any], key: str, errors: list[LoadError]) -> str | None:
    value = data.get(key)
    if value is not None and not (isinstance(value, str) and value):
        errors.append(document.value_error(f"'{key}' is a text", key))
        return None
    return value


def _level(
    document: Marked, data: Mapping[str, Any], path: tuple[str, ...], known: list[str], errors: list[LoadError]
) -> str | None:
    value = data.get(path[-1])
    if value is None or value in known:
        return value
    errors.append(
        document.value_error(f"{value!r} is not one of: {', '.join(known)}{suggest(str(value), known)}", *path)
    )
    return None
