"""Replicated troubleshoot support bundles: `cluster-resources/` with a JSON list a kind and namespace.

The names of kinds changed between versions (`resource-quotas`, `resource-quota`); they are matched
without dashes and case. `***HIDDEN***` may stand anywhere, `KIND-errors.json` tells what was refused.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from diagnose.decode import MALFORMED
from diagnose.kinds import KindKey, from_resource
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, Layout, Logs, Objects
from diagnose.values import timestamp

_ALIASES = {
    "pvs": "persistentvolumes",
    "pvcs": "persistentvolumeclaims",
    "ingress": "ingresses",
    "networkpolicy": "networkpolicies",
    "resourcequota": "resourcequotas",
}
_ROOT = re.compile(r"support-?bundle-(\d{4}-\d\d-\d\d)T(\d\d)_(\d\d)_(\d\d)")
_ERRORS = re.compile(r"cluster-resources/(?P<resource>[^/]+)-errors\.json")
_NO_OBJECTS = "auth-cani-list|image-pull-secrets|custom-resources|pods/logs"
_LOCAL_TIME = 95


def _kind(resource: str, group: str) -> KindKey | None:
    name = resource.lower().replace("-", "")
    name = _ALIASES.get(name, name)
    return from_resource(name) or from_resource(f"{name}s") or from_resource(f"{name}es")


def _custom(resource: str, group: str) -> KindKey | None:
    return None


def _marks(folder: Folder) -> bool:
    resources = folder.dirs.get("cluster-resources")
    if resources is None:
        return False
    if "cluster-info/cluster_version.json" in folder.files or "troubleshoot.sh" in folder.text("version.yaml", 4096):
        return True
    lists = [resources.dirs[kind] for kind in ("pods", "events") if kind in resources.dirs]
    return any(name.endswith(".json") for below in lists for name in below.here)


def _facts(folder: Folder, into: Builder) -> None:
    version = _json(folder, "cluster-info/cluster_version.json")
    if isinstance(version, dict):
        info = version.get("info")
        into.version(str((info.get("gitVersion") if isinstance(info, dict) else None) or version.get("string") or ""))
    for path in folder.files:
        if found := _ERRORS.fullmatch(path):
            _deny(found["resource"], _json(folder, path), into)
    if found := _ROOT.search(folder.label):
        seconds = timestamp(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}Z")
        if seconds is not None:
            into.captured(seconds, "name of the bundle", _LOCAL_TIME)


def _deny(resource: str, errors: Any, into: Builder) -> None:
    key = _kind(resource, "")
    words = list(errors.values()) if isinstance(errors, dict) else errors
    if key and words:
        into.coverage.deny(key, str(words[0] if isinstance(words, list) else words)[:200])


def _json(folder: Folder, path: str) -> Any:
    try:
        return msgspec.json.decode(folder.text(path) or "null")
    except MALFORMED:
        return None


TROUBLESHOOT = Layout(
    "troubleshoot support bundle",
    _marks,
    objects=(
        Objects(
            re.compile(r"cluster-resources/(?!groups\.|resources\.)(?P<resource>[^/]+?)(?<!-errors)\.json"),
            Covers.CLUSTER,
            _kind,
        ),
        Objects(
            re.compile(rf"cluster-resources/(?!{_NO_OBJECTS})(?P<resource>[^/]+)/(?P<ns>[^/]+?)(?<!-errors)\.json"),
            Covers.NAMESPACE,
            _kind,
        ),
        Objects(
            re.compile(r"cluster-resources/custom-resources/[^/]+?(?<!-errors)\.(?:json|yaml)"), Covers.CLUSTER, _custom
        ),
        Objects(
            re.compile(r"cluster-resources/custom-resources/[^/]+/(?P<ns>[^/]+?)(?<!-errors)\.(?:json|yaml)"),
            Covers.NAMESPACE,
            _custom,
        ),
    ),
    logs=(
        Logs(
            re.compile(
                r"cluster-resources/pods/logs/(?P<ns>[^/]+)/(?P<pod>[^/]+)/"
                r"(?P<container>[^/]+?)(?<!-logs-errors)(?P<previous>-previous)?\.log"
            )
        ),
    ),
    facts=_facts,
)
