"""Formats that are little more than a table: kubectl-gather, crashd, Cilium's sysdump, OpenShift CI, and
folders with a folder a namespace (Verrazzano, ECK, Percona, partial cluster-info dumps).
"""

from __future__ import annotations

import re

from diagnose.kinds import KindKey, from_resource
from diagnose.logs import ContainerLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.cluster_info import read_blocks
from diagnose.sources.layout import Covers, Layout, Logs, Objects, by_resource
from diagnose.sources.log_files import log_of
from diagnose.values import timestamp

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|[+-]\d\d:?\d\d)?")
_STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(?:\.\d+)?"
_CRASHD_TIME = re.compile(r"-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z(?:\.\d+)?\.(?:json|yaml)$")
_CILIUM_TIME = re.compile(r"k8s-nodes-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)\.ya?ml")
_FILE = r"\.(?:json|yaml)"


def _core_unless_told(resource: str, group: str) -> KindKey | None:
    return by_resource(resource, group or "core")


# --- kubectl-gather ---------------------------------------------------------------------------------------------------


def _gather_marks(folder: Folder) -> bool:
    return "gather.log" in folder.files and any(
        {"namespaces", "cluster"} & set(below.dirs) for below in folder.dirs.values()
    )


def _gather_facts(folder: Folder, into: Builder) -> None:
    size = folder.files["gather.log"]
    times = _TIME.findall(folder.read_at("gather.log", max(0, size - 4096), 4096).decode("utf-8", "replace"))
    for day, clock, zone in times[-1:]:
        zone = zone if len(zone) != 5 else f"{zone[:3]}:{zone[3:]}"
        seconds = timestamp(f"{day}T{clock}{zone or 'Z'}")
        if seconds is not None:
            into.captured(seconds, "gather.log", 0 if zone else 95)


KUBECTL_GATHER = Layout(
    "kubectl-gather",
    _gather_marks,
    objects=(
        Objects(
            re.compile(rf"[^/]+/cluster/(?:(?P<group>[^/]+)/)?(?P<resource>[^/]+)/[^/]+{_FILE}"),
            Covers.PART,
            _core_unless_told,
        ),
        Objects(
            re.compile(rf"[^/]+/namespaces/(?P<ns>[^/]+)/(?:(?P<group>[^/]+)/)?(?P<resource>[^/]+)/[^/]+{_FILE}"),
            Covers.PART,
            _core_unless_told,
        ),
    ),
    logs=(
        Logs(
            re.compile(
                r"[^/]+/namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/(?P<container>[^/]+)/"
                r"(?:current|(?P<previous>previous))\.log(?:\.gz)?"
            )
        ),
    ),
    facts=_gather_facts,
)


# --- crashd -----------------------------------------------------------------------------------------------------------


def _crashd_marks(folder: Folder) -> bool:
    return any(
        re.fullmatch(r"[a-z0-9.-]+_v\d[a-z0-9]*", name) and any(_CRASHD_TIME.search(path) for path in below.files)
        for name, below in folder.dirs.items()
    )


def _crashd_facts(folder: Folder, into: Builder) -> None:
    for path in folder.files:
        if found := _CRASHD_TIME.search(path):
            seconds = timestamp(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}Z")
            if seconds is not None:
                into.captured(seconds, "names of the files", 10)


_GROUP_VERSION = r"(?P<group>[a-z0-9.-]+)_v\d[a-z0-9]*"
CRASHD = Layout(
    "crashd",
    _crashd_marks,
    objects=(
        Objects(
            re.compile(rf"{_GROUP_VERSION}/(?:(?P<ns>[^/]+)/)?(?P<resource>[a-z]+)/[^/]+-{_STAMP}{_FILE}"), Covers.PART
        ),
        Objects(re.compile(rf"{_GROUP_VERSION}/(?P<ns>[^/]+)/(?P<resource>[a-z]+)-{_STAMP}{_FILE}"), Covers.PART),
        Objects(re.compile(rf"{_GROUP_VERSION}/(?P<resource>[a-z]+)-{_STAMP}{_FILE}"), Covers.PART),
    ),
    logs=(
        Logs(re.compile(r"core_v1/(?P<ns>[^/]+)/(?P<pod>[^/]+)/(?:(?P<container>[^/]+)/(?P=container)|[^/]+)\.log")),
    ),
    facts=_crashd_facts,
)


# --- cilium sysdump ---------------------------------------------------------------------------------------------------


def _cilium_marks(folder: Folder) -> bool:
    return any(_CILIUM_TIME.fullmatch(path) for path in folder.here)


def _cilium_facts(folder: Folder, into: Builder) -> None:
    for path in folder.here:
        if found := _CILIUM_TIME.fullmatch(path):
            year, month, day, hour, minute, second = found.groups()
            seconds = timestamp(f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")
            if seconds is not None:
                into.captured(seconds, "names of the files", 10)
        elif path.startswith("k8s-version-") and (version := re.search(r"v1\.\d+\.\d+[\w.+-]*", folder.text(path))):
            into.version(version[0])
    pods = sorted(into.names(KindKey("", "Pod")), key=lambda pod: -len(pod[1]))
    for path, size in folder.files.items():
        if (found := re.fullmatch(r"logs-(.+?)(-prev)?-\d{8}-\d{6}(-prev)?\.log", path)) and size:
            pod = next((pod for pod in pods if found[1].startswith(f"{pod[1]}-")), None)
            if pod:
                container = found[1][len(pod[1]) + 1 :]
                previous = bool(found[2] or found[3])
                into.add_log(ContainerLog(*pod, container, previous), log_of(folder, path, size))


CILIUM = Layout(
    "cilium sysdump",
    _cilium_marks,
    objects=(
        Objects(
            re.compile(
                r"k8s-(?P<resource>nodes|namespaces|pods|events|networkpolicies|services|endpoints|leases)-\d{8}-\d{6}\.ya?ml"
            ),
            Covers.CLUSTER,
        ),
        Objects(re.compile(r"[a-z0-9-]+?-\d{8}-\d{6}\.ya?ml"), Covers.PART),
    ),
    facts=_cilium_facts,
)


# --- OpenShift CI -----------------------------------------------------------------------------------------------------

_CI_LISTS = ("nodes.json", "pods.json", "events.json")


def _ci_marks(folder: Folder) -> bool:
    if not any(f"{name}{suffix}" in folder.files for name in _CI_LISTS for suffix in ("", ".gz")):
        return False
    pods = folder.dirs.get("pods")
    return "oc_cmds" in folder.dirs or bool(
        pods and any(_CI_LOG.pattern.fullmatch(f"pods/{name}") for name in pods.here)
    )


_CI_LOG = Logs(
    re.compile(r"pods/(?P<ns>[^/_]+)_(?P<pod>[^/_]+)_(?P<container>[^/_]+)(?P<previous>_previous)?\.log(?:\.gz)?")
)
GATHER_EXTRA = Layout(
    "openshift ci gather-extra",
    _ci_marks,
    objects=(Objects(re.compile(r"(?P<resource>[a-z]+)\.json(?:\.gz)?"), Covers.CLUSTER),),
    logs=(
        _CI_LOG,
        Logs(re.compile(r"nodes/(?P<node>[^/]+)/(?P<unit>journal|kubelet|crio)(?:\.log)?(?:\.gz)?"), "plain"),
    ),
)


# --- a folder a namespace ---------------------------------------------------------------------------------------------


def _namespaces_marks(folder: Folder) -> bool:
    """Whether some folder has the name of the namespace that its pods or events are in."""
    return any(
        re.search(rf"""\bnamespace"?: *"?{re.escape(name)}\b""", below.text(f"{kind}.{suffix}", 1 << 16))
        for name, below in folder.dirs.items()
        for kind in ("pods", "events")
        for suffix in ("json", "yaml")
    )


def _namespaces_facts(folder: Folder, into: Builder) -> None:
    if found := _TIME.search(folder.text("metadata.json", 4096)):
        seconds = timestamp(f"{found[1]}T{found[2]}{found[3] or 'Z'}")
        if seconds is not None:
            into.captured(seconds, "metadata.json")
    for path, size in folder.files.items():
        found = _LOGS_TXT.fullmatch(path)
        if not found or not size:
            continue
        before = len(into.logs)
        read_blocks(folder, path, into)
        if len(into.logs) == before:
            into.add_log(ContainerLog(found["ns"], found["pod"], ""), log_of(folder, path, size))


def _any_of(resource: str, group: str) -> KindKey | None:
    return from_resource(resource.replace("-", ""), group or None)


_LOGS_TXT = re.compile(r"(?P<ns>[^/]+)/(?:pod/)?(?P<pod>[^/]+)/logs\.txt")
NAMESPACE_FOLDERS = Layout(
    "namespace folders",
    _namespaces_marks,
    objects=(
        Objects(re.compile(rf"(?P<resource>[^/.]+)(?:\.(?P<group>[^/]+?))?{_FILE}"), Covers.CLUSTER, _any_of),
        Objects(
            re.compile(rf"(?P<ns>[^/]+)/(?P<resource>[^/.]+)(?:\.(?P<group>[^/]+?))?{_FILE}"), Covers.NAMESPACE, _any_of
        ),
    ),
    facts=_namespaces_facts,
)
