"""What a pod and a pod template have in common: containers, volumes, selectors, tolerations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.containers import containers
from diagnose.sources.text.describe.outline import Line, Lines
from diagnose.sources.text.describe.table import UNTOLD, Fields, Says, Table
from diagnose.sources.text.describe.volumes import volumes
from diagnose.sources.text.late import late
from diagnose.told import Whole

_TOLERATION = late(
    r"((?:(?!op=Exists)[\w./-]+)?)(?:=([\w.-]*))?(?::(\w+))?(?:\s*(op=Exists))?(?:\s+for (-?\d+)s)?\s*\Z"
)
_SPREAD = late(r"(\S+):(\w+) when max skew (\d+) is exceeded(?: for selector (.*))?\Z", re.DOTALL)


def _toleration(text: str) -> Fields:
    match = _TOLERATION.match(text)
    if match is None:
        return {}
    key, value, effect, exists, seconds = match.groups()
    told: Fields = {"key": key or None, "value": value or None, "effect": effect}
    told["operator"] = "Exists" if exists else "Equal"
    told["tolerationSeconds"] = int(seconds) if seconds else None
    return told


def _parts(line: Line, read: Callable[[str], Any]) -> Any:
    found = [read(text) for text in line.texts() if text not in values.NOTHING]
    return values.opened(found, line)


def tolerations(line: Line) -> Any:
    """`key=value:Effect op=Exists for 300s`, one a line."""
    return _parts(line, _toleration)


def _spread_of(text: str) -> Fields:
    match = _SPREAD.match(text)
    if match is None:
        return {}
    told: Fields = {"topologyKey": match[1], "whenUnsatisfiable": match[2], "maxSkew": int(match[3])}
    chosen = values.label_selector(match[4]) if match[4] else None
    return told if chosen is UNTOLD else {**told, "labelSelector": chosen}


def spread(line: Line) -> Any:
    """`topology.kubernetes.io/zone:DoNotSchedule when max skew 1 is exceeded for selector app=a`."""
    return _parts(line, _spread_of)


def in_pod(spec_list: str, status_list: str) -> Callable[[Line], Any]:
    """A section of containers in a pod, with their status."""

    def read(line: Line) -> Any:
        specs, statuses = containers(line)
        return {"spec": {spec_list: specs}, "status": {status_list: statuses}}

    return read


def no_containers(spec_list: str, status_list: str) -> Fields:
    """What it means that such a section is missing."""
    return {"spec": {spec_list: []}, "status": {status_list: []}}


def _specs(line: Line) -> Any:
    return containers(line)[0]


_TEMPLATE = Table(
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map, Whole({})),
    Says("Service Account", "spec.serviceAccountName", values.text, None),
    Says("Init Containers", "spec.initContainers", _specs, []),
    Says("Containers", "spec.containers", _specs),
    Says("Volumes", "spec.volumes", volumes),
    Says("Topology Spread Constraints", "spec.topologySpreadConstraints", spread),
    Says("Priority Class Name", "spec.priorityClassName", values.text, None),
    Says("Node-Selectors", "spec.nodeSelector", values.labels),
    Says("Tolerations", "spec.tolerations", tolerations),
)


ALWAYS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"})
"""Controllers whose pods restart always: the API server accepts no other policy."""


def lasting_template(line: Line) -> Any:
    """The pod template of such a controller."""
    told = template(line)
    if told is not UNTOLD:
        told.setdefault("spec", {})["restartPolicy"] = "Always"
    return told


def template(line: Line) -> Any:
    """A pod template."""
    odd: Lines = []
    told = _TEMPLATE.read(line.below, not line.cut, odd)
    line.unread = [*odd, *(u for below in line.below for u in below.unread)]
    return told or UNTOLD
