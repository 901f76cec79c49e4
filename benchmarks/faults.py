"""The faults of the broken part, in the words that a real cluster uses for them."""

from __future__ import annotations

from benchmarks.identity import Json, ago
from benchmarks.workload import Fault, PodName, PodState, Sign, Workload

_RESTARTS = 9
_STARTED_AT_NEVER = "1970-01-01T00:00:00Z"
MISSING_CLASS = "premium-ssd"


def _not_found(workload: Workload, pod: PodName) -> PodState:
    image = workload.image
    return _pull_failure(
        image,
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
        f'failed to resolve reference "{image}": {image}: not found',
    )


def _unauthorized(workload: Workload, pod: PodName) -> PodState:
    image = workload.image
    return _pull_failure(
        image,
        f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": '
        "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
        "https://private.example.com/token?service=private.example.com: 401 Unauthorized",
    )


def _pull_failure(image: str, message: str) -> PodState:
    back_off = f'Back-off pulling image "{image}"'
    return PodState(
        phase="Pending",
        ready=False,
        started=False,
        waiting={"message": f"{back_off}: ErrImagePull: {message}", "reason": "ImagePullBackOff"},
        signs=(
            Sign("Normal", "Pulling", f'Pulling image "{image}"', 6),
            Sign("Warning", "Failed", f'Failed to pull image "{image}": {message}', 6),
            Sign("Warning", "Failed", "Error: ErrImagePull", 6),
            Sign("Normal", "BackOff", back_off, 40),
            Sign("Warning", "Failed", "Error: ImagePullBackOff", 40),
        ),
    )


def _out_of_memory(workload: Workload, pod: PodName) -> PodState:
    return _crash_loop(workload, pod, _terminated(137, "OOMKilled"))


def _exits(workload: Workload, pod: PodName) -> PodState:
    return _crash_loop(workload, pod, _terminated(1, "Error"))


def _command_missing(workload: Workload, pod: PodName) -> PodState:
    message = (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        "runc create failed: unable to start container process: "
        'exec: "/app/serve": stat /app/serve: no such file or directory: unknown'
    )
    last = {**_terminated(128, "StartError"), "message": message, "startedAt": _STARTED_AT_NEVER}
    failed = Sign("Warning", "Failed", f"Error: {message}", _RESTARTS)
    return _crash_loop(workload, pod, last, failed)


def _terminated(code: int, reason: str) -> Json:
    return {"exitCode": code, "finishedAt": ago(130), "reason": reason, "startedAt": ago(142)}


def _crash_loop(workload: Workload, pod: PodName, last: Json, *more: Sign) -> PodState:
    name = f"{pod.name}_{workload.namespace}({pod.uid})"
    message = f"back-off 5m0s restarting failed container={workload.container} pod={name}"
    back_off = f"Back-off restarting failed container {workload.container} in pod {name}"
    return PodState(
        ready=False,
        started=False,
        waiting={"message": message, "reason": "CrashLoopBackOff"},
        last=last,
        restarts=_RESTARTS,
        signs=(
            Sign("Normal", "Pulled", workload.pulled, _RESTARTS + 1),
            *more,
            Sign("Warning", "BackOff", back_off, 60),
        ),
    )


def _config_missing(workload: Workload, pod: PodName) -> PodState:
    message = f'configmap "{workload.name}-settings" not found'
    return PodState(
        phase="Pending",
        ready=False,
        started=False,
        waiting={"message": message, "reason": "CreateContainerConfigError"},
        signs=(Sign("Warning", "Failed", f"Error: {message}", 80),),
    )


def _never_ready(workload: Workload, pod: PodName) -> PodState:
    message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    return PodState(ready=False, signs=(Sign("Warning", "Unhealthy", message, 240),))


def _too_much_cpu(workload: Workload, pod: PodName) -> PodState:
    fitting = workload.node_count - workload.tainted_nodes
    return _unschedulable(workload, f"{fitting} Insufficient cpu")


def _wrong_node(workload: Workload, pod: PodName) -> PodState:
    others = workload.node_count - workload.tainted_nodes
    return _unschedulable(workload, f"{others} node(s) didn't match Pod's node affinity/selector")


def _unschedulable(workload: Workload, reason: str) -> PodState:
    total = workload.node_count
    reasons = sorted([reason, f"{workload.tainted_nodes} node(s) had untolerated taint(s)"])
    return _pending(
        f"0/{total} nodes are available: {', '.join(reasons)}. no new claims to deallocate, "
        f"preemption: 0/{total} nodes are available: "
        f"{total} Preemption is not helpful for scheduling."
    )


def _claim_unbound(workload: Workload, pod: PodName) -> PodState:
    return _pending(
        f"0/{workload.node_count} nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    )


def _pending(message: str) -> PodState:
    sign = Sign("Warning", "FailedScheduling", message, 12, "default-scheduler", of_container=False)
    return PodState(phase="Pending", ready=False, started=False, unschedulable=message, signs=(sign,))


def _small_memory(workload: Workload, spec: Json) -> None:
    spec["containers"][0]["resources"]["limits"]["memory"] = "48Mi"
    spec["containers"][0]["resources"]["requests"]["memory"] = "48Mi"


def _wrong_command(workload: Workload, spec: Json) -> None:
    spec["containers"][0]["command"] = ["/app/serve"]


def _huge_cpu(workload: Workload, spec: Json) -> None:
    spec["containers"][0]["resources"]["limits"]["cpu"] = "400"
    spec["containers"][0]["resources"]["requests"]["cpu"] = "400"


def _on_gpu_nodes(workload: Workload, spec: Json) -> None:
    spec["nodeSelector"] = {"pool": "gpu"}


def _on_nvme_nodes(workload: Workload, spec: Json) -> None:
    spec["nodeSelector"] = {"disktype": "nvme"}


def _from_missing_config(workload: Workload, spec: Json) -> None:
    spec["containers"][0]["envFrom"] = [{"configMapRef": {"name": f"{workload.name}-settings"}}]


FAULTS: tuple[Fault, ...] = (
    Fault(
        "image-not-found",
        "image does not exist in its registry",
        image="registry.example.com/{namespace}/{name}:9.9.9",
        state=_not_found,
    ),
    Fault(
        "image-unauthorized",
        "registry refuses the credentials",
        image="private.example.com/{namespace}/{name}:1.4.2",
        state=_unauthorized,
    ),
    Fault("out-of-memory", "out of memory", change=_small_memory, state=_out_of_memory),
    Fault("exit-1", "crash loop, exit code 1", state=_exits),
    Fault(
        "command-missing",
        "command not found in the image",
        change=_wrong_command,
        state=_command_missing,
    ),
    Fault("too-much-cpu", "no node has the cpu", change=_huge_cpu, state=_too_much_cpu),
    Fault("taint", "taint of the wanted nodes not tolerated", change=_on_gpu_nodes, state=_wrong_node),
    Fault("node-selector", "node selector matches no node", change=_on_nvme_nodes, state=_wrong_node),
    Fault("config-missing", "ConfigMap missing", change=_from_missing_config, state=_config_missing),
    Fault("readiness", "readiness probe fails", state=_never_ready),
    Fault("no-pods", "selector matches no pod", root="Service"),
    Fault("class-missing", "StorageClass missing", root="PersistentVolumeClaim", state=_claim_unbound),
)
