"""Bundles of Rancher's support-bundle-kit (Harvester, Longhorn): every list the API serves, as YAML.

`yamls/{cluster,namespaced/NAMESPACE}/[GROUP/]VERSION/RESOURCE.yaml`, pod logs, and a zip of host logs
for each node. Secrets are left out by the tool.
"""

from __future__ import annotations

import re

from diagnose.errors import InputError
from diagnose.kinds import KindKey
from diagnose.logs import NodeLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, Layout, Logs, Objects, by_resource
from diagnose.sources.log_files import log_of
from diagnose.sources.unpack import words
from diagnose.values import timestamp

_FIELD = re.compile(r"(?m)^(kubernetesversion|bundlecreatedat): *\"?([^\"\n]*)\"?\s*$")
_NODE_ZIP = re.compile(r"nodes/(?P<node>[^/]+)\.zip")
_HOST_LOG = re.compile(r"(?:[^/]+/)?logs/(?P<unit>[^/]+)\.log")


def _kind(resource: str, group: str) -> KindKey | None:
    return by_resource(resource, group or "core")


def _marks(folder: Folder) -> bool:
    yamls = folder.dirs.get("yamls")
    return "metadata.yaml" in folder.files and yamls is not None and bool({"cluster", "namespaced"} & set(yamls.dirs))


def _facts(folder: Folder, into: Builder) -> None:
    fields = dict(_FIELD.findall(folder.text("metadata.yaml")))
    into.version(fields.get("kubernetesversion", ""))
    seconds = timestamp(fields.get("bundlecreatedat", ""))
    if seconds is not None:
        into.captured(seconds, "metadata.yaml")
    for path in folder.files:
        if found := _NODE_ZIP.fullmatch(path):
            _add_host_logs(folder, path, found["node"], into)


def _add_host_logs(folder: Folder, path: str, node: str, into: Builder) -> None:
    try:
        inner = folder.unpack(path)
    except (InputError, OSError) as error:
        into.warn(f"host logs not read: {words(error)}", folder.name(path))
        return
    into.warnings += inner.warnings
    for name, size in inner.files.items():
        found = _HOST_LOG.fullmatch(name)
        if found and size:
            into.add_log(NodeLog(node, found["unit"]), log_of(inner, name, size, "plain"))


_VERSION = r"(?:(?P<group>[^/]+)/)?(?:v\d[^/]*|kubernetes)"

SUPPORT_BUNDLE_KIT = Layout(
    "support-bundle-kit",
    _marks,
    objects=(
        Objects(re.compile(rf"yamls/cluster/{_VERSION}/(?P<resource>[^/]+)\.yaml"), Covers.CLUSTER, _kind),
        Objects(
            re.compile(rf"yamls/namespaced/(?P<ns>[^/]+)/{_VERSION}/(?P<resource>[^/]+)\.yaml"), Covers.NAMESPACE, _kind
        ),
        Objects(re.compile(r"yamls/cluster/(?:[^/]+/)*(?P<resource>[^/]+)\.yaml"), Covers.CLUSTER),
        Objects(re.compile(r"yamls/namespaced/(?P<ns>[^/]+)/(?:[^/]+/)*(?P<resource>[^/]+)\.yaml"), Covers.NAMESPACE),
    ),
    logs=(
        Logs(
            re.compile(
                r"logs/(?P<ns>[^/]+)/(?P<pod>[^/]+)/(?P<container>[^/]+?)"
                r"(?P<previous>[.-]previous)?\.log(?:\.\d+)?"
            )
        ),
    ),
    facts=_facts,
)
