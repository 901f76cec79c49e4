"""Containers, as pods and pod templates show them: specification and status in one list of lines."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, Lines
from diagnose.sources.text.describe.table import UNTOLD, Fields, Says, Table, passed_over
from diagnose.sources.text.late import late
from diagnose.told import Whole
from diagnose.values import UNKNOWN


def _ports(line: Line) -> Any:
    """`80/TCP, 9090/TCP`; newer versions add the name: `80/TCP (http)`."""
    if line.value in values.NOTHING:
        return []
    found = []
    for part in line.value.split(","):
        match = _PORT.fullmatch(part.strip())
        if match is None:
            return UNTOLD
        port: Fields = {"containerPort": int(match[1]), "protocol": match[2]}
        found.append(port | {"name": match[3]} if match[3] else port)
    return found


_PORT = late(r"(\d{1,5})/(\w+)(?: \(([\w-]+)\))?")


def _host_ports(line: Line) -> Any:
    ports = _ports(line)
    return ports if ports is UNTOLD else [p["containerPort"] or None for p in ports]


_STATE = Table(
    Says("Reason", "reason", values.text, None),
    Says("Message", "message", values.text, None),
    Says("Exit Code", "exitCode", values.number),
    Says("Signal", "signal", values.number, None),
    Says("Started", "startedAt", values.time, None),
    Says("Finished", "finishedAt", values.time, None),
)
_STATES = {"Running": "running", "Waiting": "waiting", "Terminated": "terminated"}


def _state(line: Line) -> Any:
    name = _STATES.get(line.value)
    if name is None:
        return UNTOLD
    told = _STATE.read(line.below, not line.cut, [])
    if name != "terminated":  # kubectl does not print why a container waits in words
        told = {k: v for k, v in told.items() if v is not None}
    return Whole({name: told})


_PROBE = late(
    r"(http-get|tcp-socket|exec|grpc|unknown)\b\s*(.*?)\s*"
    r"delay=(\d+)s timeout=(\d+)s period=(\d+)s #success=(\d+) #failure=(\d+)\Z",
    re.DOTALL,
)
_URL = late(r"(\w*)://(\[[^\]]*\]|[^:/]*)(?::([^/]*))?(/.*)?\Z|([^:/]*):?([^/]*)(/.*)?\Z")


def probe(line: Line) -> Any:
    """`http-get http://:8080/live delay=5s timeout=1s period=5s #success=1 #failure=3` as a probe."""
    match = _PROBE.match(line.value)
    if match is None:
        return UNTOLD
    how, what = match[1], match[2].strip()
    numbers = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    told: Fields = {name: int(match[i]) or None for i, name in enumerate(numbers, 3)}
    handlers: Fields = dict.fromkeys(("httpGet", "tcpSocket", "exec", "grpc"))
    if how == "http-get":
        handlers["httpGet"] = _http_get(what)
    elif how == "tcp-socket":
        host, _, port = what.rpartition(":")
        handlers["tcpSocket"] = {"port": values.port(port), "host": host or None}
    elif how == "exec":
        handlers["exec"] = _command(what)
    elif how == "grpc":
        address, _, service = what.partition(" ")
        handlers["grpc"] = {"port": values.port(address.rpartition(":")[2]), "service": service.strip() or None}
    return told | handlers


def _http_get(url: str) -> Any:
    match = _URL.match(url)
    if match is None:
        return {}
    scheme, host, port, path = match.group(1, 2, 3, 4) if match[1] else (None, *match.group(5, 6, 7))
    told: Fields = {"host": (host or "").strip("[]") or None, "path": unquote(path) if path else "/"}
    if scheme:
        told["scheme"] = scheme.upper()
    if port:
        told["port"] = values.port(port)
    return told


def _command(shown: str) -> Fields:
    """The words of `[sh -c ...]`, where it is certain which they are: kubectl puts blanks between them."""
    inside = shown.removeprefix("[").removesuffix("]")
    shell = _SHELL.match(inside)
    if shell:
        return {"command": [shell[1], "-c", shell[2]]}
    return {} if " " in inside else {"command": [inside]}


_SHELL = late(r"((?:/usr)?(?:/bin/)?(?:ba|a|da)?sh) -c (.+)\Z", re.DOTALL)
_KEY = late(r"<set to the key '(.*)' (in secret|of config map) '(.*)'>(?:\s+Optional: (true|false))?\Z")
_FIELD = late(r".*\((v\d\w*):([\w.\[\]'\"/-]+)\)\Z", re.DOTALL)
_RESOURCE = late(r".*\(((?:requests|limits)\.[\w./-]+)\)\Z", re.DOTALL)
_REFERENCES = {"in secret": "secretKeyRef", "of config map": "configMapKeyRef"}


def _variable(line: Line) -> Any:
    if not line.key:
        return UNTOLD
    if line.cut:
        return {"name": line.key}
    value = "\n".join(line.texts())
    source: Any = None
    if value.startswith("<set to the key "):
        match = _KEY.match(value)
        told = {"name": match[3], "key": match[1], "optional": match[4] == "true"} if match else {}
        source = {_REFERENCES[match[2]]: told} if match else {}
    elif match := _RESOURCE.match(value):
        source = {"resourceFieldRef": {"resource": match[1]}}
    elif match := _FIELD.match(value):
        source = {"fieldRef": Whole(apiVersion=match[1], fieldPath=match[2])}
    if source is None:
        return Whole(name=line.key, value=value)
    return Whole(name=line.key, valueFrom=Whole(source) if source else source)


def _environment(line: Line) -> Any:
    return values.each(line, _variable)


_FROM = late(r"(\S*)\s+(ConfigMap|Secret)(?: with prefix '(.*)')?\s+Optional: (true|false)")


def _environment_source(line: Line) -> Any:
    match = _FROM.match(line.text)
    if match is None:
        return {}
    reference = {"name": match[1], "optional": match[4] == "true"}
    return Whole({"configMapRef" if match[2] == "ConfigMap" else "secretRef": reference, "prefix": match[3]})


def _environment_from(line: Line) -> Any:
    return values.each(line, _environment_source)


_MOUNT = late(r"(.+) from (\S+) \((ro|rw)(?:,.*?)?(?:path=\"(.*?)\")?\)\Z")
_DEVICE = late(r"(.+) from (\S+)\Z")


def _mount(line: Line) -> Any:
    match = _MOUNT.match(line.text)
    if match is None:
        return {}
    return {"mountPath": match[1], "name": match[2], "readOnly": match[3] == "ro" or None, "subPath": match[4]}


def _mounts(line: Line) -> Any:
    return values.each(line, _mount)


def _device(line: Line) -> Any:
    match = _DEVICE.match(line.text)
    return {"devicePath": match[1], "name": match[2]} if match else {}


def _devices(line: Line) -> Any:
    return values.each(line, _device)


CONTAINER = Table(
    Says("Container ID", "status.containerID", values.text),
    Says("Image", "spec.image", values.text),
    Says("Image ID", "status.imageID", values.plain),
    Says("Port|Ports", "spec.ports", _ports),
    Says("Host Port|Host Ports", "hosts", _host_ports),
    passed_over("SeccompProfile|LocalhostProfile"),
    passed_over("Command"),
    passed_over("Args"),
    Says("State", "status.state", _state),
    Says("Last State", "status.lastState", _state, Whole({})),
    Says("Ready", "status.ready", values.flag),
    Says("Restart Count", "status.restartCount", values.number),
    Says("Restart Policy", "spec.restartPolicy", values.text),
    Says("Limits", "spec.resources.limits", values.quantities, None),
    Says("Requests", "spec.resources.requests", values.quantities, None),
    Says("Liveness", "spec.livenessProbe", probe, None),
    Says("Readiness", "spec.readinessProbe", probe, None),
    Says("Startup", "spec.startupProbe", probe, None),
    Says("Environment Variables from", "spec.envFrom", _environment_from, []),
    Says("Environment", "spec.env", _environment),
    Says("Mounts", "spec.volumeMounts", _mounts),
    Says("Devices", "spec.volumeDevices", _devices, []),
)


def containers(line: Line) -> tuple[list[Any], list[Any]]:
    """What the specification and the status have of each container. A container without a State has no status."""
    odd: Lines = []
    specs: list[Any] = []
    statuses: list[Any] = []
    for below in line.below:
        name = below.text.rstrip(":")
        told = CONTAINER.read(below.below, not below.cut, odd)
        spec = {"name": name, **told.get("spec", {})}
        for port, host in zip(spec.get("ports") or (), told.get("hosts") or (), strict=False):
            port["hostPort"] = host
        specs.append(spec)
        status = told.get("status", {})
        if "state" in status:
            statuses.append({"name": name, **_started(spec, status), **status})
    if line.cut:
        specs.append(UNKNOWN)
        statuses.append(UNKNOWN)
    line.unread = odd
    return specs, statuses


def _started(spec: Fields, status: Fields) -> Fields:
    """Without a startup probe a container has started when it runs. Source: isContainerStarted of the kubelet."""
    runs = "running" in status["state"]
    return {"started": runs} if not runs or spec.get("startupProbe", UNKNOWN) is None else {}
