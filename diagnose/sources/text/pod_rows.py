"""The table of pods: what READY, STATUS and RESTARTS say about phase, conditions and containers.

kubectl folds a pod into one word. Only what follows from it with certainty is told; of several containers that
is what holds for all. A pod whose containers are ready need not be: the node controller says so of a lost node.
Source: printPod in kubernetes/kubernetes, pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

import re
from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text import cells
from diagnose.sources.text.ages import ago
from diagnose.sources.text.late import late
from diagnose.sources.text.rows import Row, Sheet
from diagnose.told import Ago, Whole
from diagnose.values import UNKNOWN

NEVER_RAN = frozenset(
    [
        "ContainerCreating",
        "PodInitializing",
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
    ]
)
WAITING = NEVER_RAN | {"CrashLoopBackOff", "PostStartHookError"}
TERMINATED = frozenset(
    ["Completed", "Error", "OOMKilled", "ContainerCannotRun", "StartError", "ContainerStatusUnknown"]
)
OF_POD = frozenset(
    [
        "Evicted",
        "NodeShutdown",
        "Shutdown",
        "Terminated",
        "DeadlineExceeded",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "OutOfcpu",
        "OutOfmemory",
        "OutOfpods",
        "OutOfephemeral-storage",
        "Preempting",
        "TopologyAffinityError",
        "PodOnNodeTerminated",
    ]
)
PHASES = frozenset(("Pending", "Running", "Succeeded", "Failed"))
_RESTARTS = late(r"(\d+)(?: \((\S+) ago\))?\Z")
_INIT = late(r"Init:(?:(\d+)/(\d+)|(.+))\Z")
_EXIT = late(r"(ExitCode|Signal):(\d+)\Z")
_STATE_NAMES = ("waiting", "running", "terminated")


def _pod(row: Row) -> None:
    status = row.cell("STATUS")
    ready = cells.ratio(row.cell("READY"))
    restarts = _RESTARTS.match(row.cell("RESTARTS"))
    count = int(restarts[1]) if restarts else None
    init = _INIT.match(status)
    if status in ("Terminating", "Unknown", "NodeLost"):
        row.fields["metadata"].pop("deletionTimestamp", None)
    row.mark_status(status)
    _phase(row, status, ready, count)
    if init:
        _init_containers(row, init, count)
    elif ready and count is not None:
        last = ago(restarts[2]) if restarts and restarts[2] else None
        _containers(row, status, ready, count, last)
    _conditions(row, status, ready)


def _phase(row: Row, status: str, ready: tuple[int, int] | None, restarts: int | None) -> None:
    phase = _phase_of(status, ready, restarts)
    if phase:
        row.put("status.phase", phase)
    if status in OF_POD:
        row.put("status.reason", status)
    elif status in PHASES:
        row.put("status.reason", None)


def _phase_of(status: str, ready: tuple[int, int] | None, restarts: int | None) -> str | None:
    single = bool(ready and ready[1] == 1)
    if status in PHASES:
        return status
    if status == "NotReady" or (status == "CrashLoopBackOff" and single):
        return "Running"
    if status.startswith("Init:") or status == "SchedulingGated":
        return "Pending"
    if status in NEVER_RAN and restarts == 0:
        return "Pending"
    if status in OF_POD:
        return "Failed"
    return "Succeeded" if status == "Completed" and restarts == 0 else None


def _init_containers(row: Row, init: re.Match[str], restarts: int | None) -> None:
    if init[3]:
        row.put("status.initContainerStatuses", [_with_state(init[3]), UNKNOWN])
    row.put(
        "status.containerStatuses", [{"ready": False, "state": {"running": None}}] if _total(row) == 1 else [UNKNOWN]
    )
    if _total(row) == 1:
        row.put("spec.containers", [{}])


def _total(row: Row) -> int:
    ready = cells.ratio(row.cell("READY"))
    return ready[1] if ready else 0


def _containers(row: Row, status: str, ready: tuple[int, int], restarts: int, last: Ago | None) -> None:
    single = ready[1] == 1
    if status == "Pending":
        if row.cell("NODE") == "<none>":
            row.put("status.containerStatuses", None)
            row.put("status.initContainerStatuses", None)
    elif not _is_reported(status, ready):
        pass
    elif single:
        row.put("status.containerStatuses", [_one(status, ready, restarts, last)])
    else:
        first = _running(ready) | _restarts(restarts, None, False) if status == "Running" else _with_state(status)
        row.put("status.containerStatuses", [first, UNKNOWN])
    if single:
        row.put("spec.containers", [{}])


def _is_reported(status: str, ready: tuple[int, int] | None) -> bool:
    """Whether the kubelet has reported on the containers, as the word for the pod shows."""
    if ready and ready[0] > 0:
        return True
    of_containers = status in WAITING or status in TERMINATED or bool(_EXIT.match(status))
    return of_containers or status in ("Running", "NotReady") or status.startswith("Init:")


def _one(status: str, ready: tuple[int, int], restarts: int, last: Ago | None) -> dict[str, Any]:
    told = _running(ready) if status == "Running" else {"ready": ready[0] == 1, **_with_state(status)}
    return told | _restarts(restarts, last, True)


def _running(ready: tuple[int, int]) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {}, "waiting": None, "terminated": None}
    some = 0 < ready[0] < ready[1]
    return {"state": state} if some else {"ready": ready[0] == ready[1], "state": state}


def _with_state(reason: str) -> dict[str, Any]:
    """The state of a container that a word tells: why it waits, or how it ended."""
    if code := _EXIT.match(reason):
        key = "exitCode" if code[1] == "ExitCode" else "signal"
        return {"state": _state("terminated", {key: int(code[2]), "reason": None})}
    if reason in WAITING:
        return {"state": _state("waiting", {"reason": reason})}
    if reason in TERMINATED:
        ended: dict[str, Any] = {"reason": reason}
        if reason == "Completed":
            ended["exitCode"] = 0
        return {"state": _state("terminated", ended)}
    return {}


def _state(name: str, what: dict[str, Any]) -> dict[str, Any]:
    return {other: what if other == name else None for other in _STATE_NAMES}


def _restarts(restarts: int, last: Ago | None, single: bool) -> dict[str, Any]:
    if restarts == 0:
        return {"restartCount": 0, "lastState": Whole()}
    if not single:
        return {}
    ended = {"terminated": {"finishedAt": last}} if last else {}
    return {"restartCount": restarts, "lastState": ended}


def _conditions(row: Row, status: str, ready: tuple[int, int] | None) -> None:
    found: list[Any] = []
    node = row.cell("NODE")
    if ready and _is_reported(status, ready):
        all_ready = ready[0] == ready[1]
        gates = cells.ratio(row.cell("READINESS GATES"))
        if not all_ready or (gates and gates[0] < gates[1]):
            found.append({"type": "Ready", "status": "False"})
        found.append({"type": "ContainersReady", "status": "True" if all_ready else "False"})
    if status == "SchedulingGated":
        found.append({"type": "PodScheduled", "status": "False", "reason": status})
    elif node and node != "<none>" and _is_reported(status, ready):
        found.append({"type": "PodScheduled", "status": "True"})
    row.put("status.conditions", [*found, UNKNOWN])


PODS = Sheet(
    parse_key("Pod"),
    ("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
    ("IP", "NODE", "NOMINATED NODE", "READINESS GATES"),
    {
        "IP": ("status.podIP", cells.text),
        "NODE": ("spec.nodeName", cells.text),
        "NOMINATED NODE": ("status.nominatedNodeName", cells.text),
    },
    _pod,
)
