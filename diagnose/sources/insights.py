"""Archives of the OpenShift Insights operator: chosen single objects, pods and nodes without a kind.

Only what the operator thought worth sending is in them, with names made anonymous: nothing follows
from what is missing. Events have neither names nor involved objects.
"""

from __future__ import annotations

import re

import msgspec

from diagnose.decode import MALFORMED, encode
from diagnose.kinds import KindKey
from diagnose.logs import ContainerLog
from diagnose.snapshot import Builder
from diagnose.sources.base import Folder
from diagnose.sources.layout import Covers, Layout, Logs, Objects, by_resource
from diagnose.sources.log_files import log_of
from diagnose.values import timestamp

_ARCHIVE = re.compile(r"insights-(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)")
_EVENTS = re.compile(r"events/(?P<ns>[^/]+)\.json")
_OLD_LOGS = re.compile(r"config/pod/(?P<ns>[^/]+)/logs/(?P<pod>[^/]+)/(?:errors|messages)\.log")
_KINDS = {
    "pod": KindKey("", "Pod"),
    "node": KindKey("", "Node"),
    "pdbs": KindKey("policy", "PodDisruptionBudget"),
    "storageclasses": KindKey("storage.k8s.io", "StorageClass"),
    "crd": KindKey("apiextensions.k8s.io", "CustomResourceDefinition"),
    "clusterrolebinding": KindKey("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    "version": KindKey("config.openshift.io", "ClusterVersion"),
    "clusteroperator": KindKey("config.openshift.io", "ClusterOperator"),
    "machineconfigpools": KindKey("machineconfiguration.openshift.io", "MachineConfigPool"),
    "machines": KindKey("machine.openshift.io", "Machine"),
    "machinesets": KindKey("machine.openshift.io", "MachineSet"),
}


class _Event(msgspec.Struct, omit_defaults=True):
    namespace: str = ""
    last: str | None = msgspec.field(name="lastTimestamp", default=None)
    reason: str = ""
    message: str = ""
    type: str = ""


class _Events(msgspec.Struct):
    items: list[_Event] | None = None


def _kind(resource: str, group: str) -> KindKey | None:
    return _KINDS.get(resource) or by_resource(resource, group)


def _pod(resource: str, group: str) -> KindKey:
    return _KINDS["pod"]


def _marks(folder: Folder) -> bool:
    if "insights-operator/gathers.json" in folder.files:
        return True
    return "config/version.json" in folder.files and "config/id" in folder.files


def _facts(folder: Folder, into: Builder) -> None:
    if found := _ARCHIVE.search(folder.label):
        seconds = timestamp(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}Z")
        if seconds is not None:
            into.captured(seconds, "name of the archive", 10)
    for path, size in folder.files.items():
        if found := _EVENTS.fullmatch(path):
            _add_events(folder, path, found["ns"], into)
        elif (found := _OLD_LOGS.fullmatch(path)) and size:
            into.add_log(ContainerLog(found["ns"], found["pod"], ""), log_of(folder, path, size))


def _add_events(folder: Folder, path: str, namespace: str, into: Builder) -> None:
    try:
        events = msgspec.json.decode(folder.text(path, folder.files[path]), type=_Events).items or []
    except MALFORMED as error:
        into.warn(f"not read: {error}", folder.name(path), incomplete=True)
        return
    into.coverage.add_partial(KindKey("", "Event"))
    for number, event in enumerate(events):
        metadata = {"name": f"event-{number}", "namespace": event.namespace or namespace}
        value = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, **msgspec.to_builtins(event)}
        into.add_json(encode(value), folder.name(path))


INSIGHTS = Layout(
    "insights archive",
    _marks,
    objects=(
        Objects(re.compile(r"config/pod/(?P<ns>[^/]+)/[^/]+\.json"), Covers.PART, _pod),
        Objects(re.compile(r"conditional/namespaces/(?P<ns>[^/]+)/pods/(?P<p>[^/]+)/(?P=p)\.json"), Covers.PART, _pod),
        Objects(re.compile(r"namespaces/(?P<ns>[^/]+)/pods/[^/]+/[^/]+\.json"), Covers.PART, _pod),
        Objects(re.compile(r"config/(?P<resource>version)\.json"), Covers.PART, _kind),
        Objects(re.compile(r"config/storage/(?P<resource>storageclasses)/[^/]+\.json"), Covers.PART, _kind),
        Objects(re.compile(r"config/(?!secrets|configmaps)(?P<resource>[a-z]+)/[^/]+\.json"), Covers.PART, _kind),
        Objects(
            re.compile(r"(?:config/)?(?P<resource>pdbs|machines|machinesets|[a-z]*)/(?P<ns>[a-z0-9-]+)/[^/]+\.json"),
            Covers.PART,
            _kind,
        ),
        Objects(re.compile(r"cluster-scoped-resources/(?P<group>[^/]+)/(?P<resource>[^/]+)/[^/]+\.json"), Covers.PART),
        Objects(re.compile(r"namespaces/(?P<ns>[^/]+)/(?:[^/]+/)*[^/]+\.json"), Covers.PART),
        Objects(re.compile(r"(?:config/(?!secrets|configmaps)|customresources/)(?:[^/]+/)*[^/]+\.json"), Covers.PART),
    ),
    logs=(
        Logs(
            re.compile(
                r"config/pod/(?P<ns>[^/]+)/logs/(?P<pod>[^/]+)/"
                r"(?P<container>[^/]+)_(?:current|(?P<previous>previous))\.log"
            )
        ),
        Logs(
            re.compile(
                r"conditional/namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/containers/(?P<container>[^/]+)/"
                r"logs/last-\d+-lines\.log"
            )
        ),
        Logs(re.compile(r"config/node/logs/(?P<node>[^/]+)\.log"), "plain", "kubelet"),
    ),
    facts=_facts,
)
