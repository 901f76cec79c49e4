"""Which container an event of a described pod is about.

kubectl does not print the field path of an event. The message names the container, or its image, or a probe that
only one container has; where it says none of these and the pod has several containers, it stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diagnose.sources.text.late import late
from diagnose.tellings import Telling

_LISTS = ("initContainers", "containers", "ephemeralContainers")
_NAMED = late(
    r"(?:Created|Started|Stopping|Killing|Back-off restarting failed) container:? ([a-z0-9-]+)(?:\Z| in pod )"
    r"|Container ([a-z0-9-]+) (?:failed (?:liveness|startup) probe|definition changed|is )"
)
_PROBE = late(r"(Liveness|Readiness|Startup) probe (?:failed|errored|error|warning)")
_IMAGE = late(
    r"(?:Container image|Pulling image|Successfully pulled image|Failed to pull image|Back-off pulling image)"
    r" \"([^\"]+)\""
)
_OF_CONTAINERS = frozenset(
    ("BackOff", "Created", "ErrImageNeverPull", "ExceededGracePeriod", "Failed", "FailedPostStartHook")
)
_OF_CONTAINERS |= {"FailedPreStopHook", "InspectFailed", "Killing", "Preempting", "ProbeError", "ProbeWarning"}
_OF_CONTAINERS |= {"Pulled", "Pulling", "Started", "Unhealthy"}


def name_containers(events: Iterable[Telling], spec: dict[str, Any]) -> None:
    """Tell the events which container they are about, where the pod's spec decides it."""
    containers = [(name, c) for name in _LISTS for c in spec.get(name) or () if isinstance(c, dict)]
    if any(not isinstance(c, dict) for name in _LISTS for c in spec.get(name) or ()):
        return
    for event in events:
        if event.fields["reason"] in _OF_CONTAINERS:
            found = _about(str(event.fields["message"]), containers)
            if len(found) == 1:
                where, container = found[0]
                event.fields["involvedObject"]["fieldPath"] = f"spec.{where}{{{container.get('name')}}}"


_Containers = Sequence[tuple[str, dict[str, Any]]]


def _about(message: str, containers: _Containers) -> _Containers:
    if named := _NAMED.match(message):
        return [c for c in containers if c[1].get("name") in named.groups()]
    if probe := _PROBE.match(message):
        key = f"{probe[1].lower()}Probe"
        return [c for c in containers if c[1].get(key, True)]
    if image := _IMAGE.match(message):
        return [c for c in containers if c[1].get("image") == image[1]]
    return containers
