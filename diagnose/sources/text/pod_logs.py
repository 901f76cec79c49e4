"""`kubectl logs` as files: recognised by how their lines begin, put under their container when all names are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from diagnose.decode import Record, decode_whole
from diagnose.kinds import KindKey, parse_key
from diagnose.logs import ContainerLog, Log
from diagnose.snapshot import Builder
from diagnose.sources.text import commands, event_rows
from diagnose.sources.text.late import late
from diagnose.values import UNKNOWN, as_map, as_maps

Tables = Mapping[KindKey, Mapping[tuple[str, str], Record]]
_POD = KindKey("", "Pod")
_WORKLOADS = tuple(
    parse_key(kind)
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController")
)
_LINE = late(
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ,_]\d\d:\d\d:\d\d"  # dates
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ "  # klog
    r"|(?:time|ts|level|lvl|t)=\S+ "  # logfmt
    r"|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|PANIC)\b[\]: ]"
    r"|\[(?:debug|info|warn|error|fatal)\]"
    r"|\[\d\d?/\w{3}/\d{4}:\d\d:|\S+ - \S+ \[\d\d?/\w{3}/\d{4}:"  # access logs
    r"|\d+:[XCSM] \d\d? \w{3} \d{4} "  # redis
    r"|\d{2}:\d{2}:\d{2}[.,]\d{3} "
    r"|Traceback \(most recent call last\)|panic: |Exception in thread |goroutine \d+ \["
)
_TABLE = late(r"[^\s,;]+(?:[,;][^\s,;]*){2,}\Z")
_JSON_LINE = late(
    r'\{.*"(?:level|lvl|severity|msg|message|log|error|time|ts|timestamp|@timestamp|logger|thread)"\s*:.*\}\s*\Z'
)
_OBJECT = late(r'"(?:apiVersion|kind|items)"\s*:')
_SUFFIX = late(r"(?:\.(?:txt|log|out|logs|\d{1,2}))+\Z")
_PREVIOUS = late(r"[._-](?:previous|prev)\Z|\A(?:previous|prev)\Z")
_CURRENT = late(r"[._-](?:current|logs?)\Z|\A(?:current|logs?|stdout|output)\Z")
_LOG_FOLDERS = frozenset(("log", "logs", "podlogs", "pod-logs", "pod_logs", "containerlogs", "container-logs"))


def is_log(head: str) -> bool:
    """Whether a text begins as a log: one of its first lines has a time, a level, or is a JSON message."""
    lines = [line for line in head.split("\n", 6)[:6] if line.strip()]
    if not lines or _TABLE.match(lines[0]) or any(event_rows.is_row(line) for line in lines[:4]):
        return False
    return any(_LINE.match(line) for line in lines[:4]) or is_json_log(head)


def is_json_log(head: str) -> bool:
    """Whether the first line of a text is a whole JSON message of a log, and no object."""
    first, newline, rest = head.lstrip().partition("\n")
    if not first.startswith("{") or _OBJECT.search(first[:400]):
        return False
    return bool(_JSON_LINE.match(first)) and (not newline or not rest.strip() or rest.lstrip()[:1] not in ("}", "]"))


def named_as_log(path: str) -> bool:
    """Whether a file's place says that it is a log: `logs/x.txt`, `x.log`."""
    *folders, name = path.lower().split("/")
    return name.endswith((".log", ".logs")) or not _LOG_FOLDERS.isdisjoint(folders)


@dataclass
class LooseLogs:
    """Logs whose container is to be found when all objects are known."""

    found: list[tuple[Log, str, commands.Command]] = field(default_factory=list)

    def add(self, log: Log, path: str, command: commands.Command) -> None:
        self.found.append((log, path, command))

    def settle(self, tables: Tables, into: Builder, *, loud: bool) -> None:
        """Put each log under its container; those that belong to none become one warning when `loud`."""
        names = _Names(tables)
        lost = []
        for log, path, command in self.found:
            key = names.of_command(command) if command.verb == "logs" else names.of_path(path)
            if key is None:
                lost.append(log.name)
            else:
                into.add_log(key, log)
        if lost and loud:
            more = f" and {len(lost) - 1:,} more logs" if len(lost) > 1 else ""
            into.warn(f"not used: no pod is known that this log{more} could be of", lost[0])


class _Names:
    """The names that paths of logs are made of."""

    def __init__(self, tables: Tables) -> None:
        self._workloads: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key in _WORKLOADS:
            for where, name in tables.get(key, {}):
                self._workloads[name].append((key.kind, where))
        self._pods: dict[str, list[Record]] = defaultdict(list)
        for record in tables.get(_POD, {}).values():
            self._pods[record.name].append(record)
        self._namespaces = {record.namespace for records in self._pods.values() for record in records}

    def of_command(self, command: commands.Command) -> ContainerLog | None:
        """The container that `kubectl logs [-n NS] POD|KIND/NAME [-c CONTAINER] [--previous]` is about."""
        if not command.words:
            return None
        previous = any(name in ("-p", "--previous") for name, _ in command.options)
        kind, slash, name = command.words[0].partition("/")
        container = command.option("-c", "--container") or (command.words[1] if len(command.words) > 1 else "")
        name = name if slash else kind
        pod = self._pod(name, command.namespace, previous)
        return self._key(pod, container, name, previous) if pod else None

    def of_path(self, path: str) -> ContainerLog | None:
        """The container that a path names."""
        *folders, name = _SUFFIX.sub("", path).split("/")
        folders = [f for f in folders if f.lower() not in _LOG_FOLDERS]
        previous = bool(_PREVIOUS.search(name))
        stem = _CURRENT.sub("", _PREVIOUS.sub("", name))
        namespace = next((f for f in reversed(folders) if f in self._namespaces), None)
        for at, parts in enumerate(([stem], [*folders[-1:], stem], folders[-2:-1] + folders[-1:])):
            target = parts[0] if parts else ""
            rest = parts[1] if len(parts) > 1 and at == 1 else stem if at == 2 else ""
            if target and (found := self._named(target, rest, namespace, previous)):
                return found
        return None

    def _named(self, text: str, rest: str, namespace: str | None, previous: bool) -> ContainerLog | None:
        for name, container in _splits(text):
            if rest and container:
                continue
            pod = self._pod(name, namespace, previous)
            if pod is not None and self._may_be(pod, container or rest):
                return self._key(pod, container or rest, name, previous)
        for known in sorted(self._namespaces, key=len, reverse=True):
            if namespace is None and known and text.startswith(known) and text[len(known) : len(known) + 1] in "-_.":
                below = text[len(known) + 1 :]
                if below and (found := self._named(below, rest, known, previous)):
                    return found
        return None

    def _may_be(self, pod: Record, container: str) -> bool:
        known = self._containers(pod)
        return not container or not known or container in known

    def _pod(self, name: str, namespace: str | None, previous: bool) -> Record | None:
        """The pod of a name, or the one of a workload's pods that its log is most likely of."""
        direct = [p for p in self._pods.get(name, ()) if namespace in (None, p.namespace)]
        if direct:
            return direct[0]
        pods = self._pods_of(name, namespace)
        return max(pods, key=lambda p: (_restarts(p, previous), p.name), default=None)

    def _pods_of(self, name: str, namespace: str | None) -> list[Record]:
        for kind, where in self._workloads.get(name, ()):
            if namespace in (None, where):
                return self._below(kind, where, name)
        return []

    def _below(self, kind: str, namespace: str, workload: str) -> list[Record]:
        found = []
        shape = _SHAPES.get(kind, _SHAPES["Deployment"])
        for pods in self._pods.values():
            for pod in pods:
                tail = pod.name[len(workload) :]
                if pod.namespace == namespace and pod.name.startswith(workload) and shape.fullmatch(tail):
                    found.append(pod)
        return found

    def _key(self, pod: Record, container: str, hint: str, previous: bool) -> ContainerLog:
        known = self._containers(pod)
        if not container or (known and container not in known):
            container = self._default(pod, known, hint)
        return ContainerLog(pod.namespace, pod.name, container, previous)

    def _default(self, pod: Record, known: Sequence[str], hint: str) -> str:
        """The container that kubectl takes, or the one that is named like the workload."""
        annotations = as_map(as_map(decode_whole(pod.raw).get("metadata")).get("annotations"))
        named = annotations.get("kubectl.kubernetes.io/default-container")
        if isinstance(named, str) and named in known:
            return named
        if hint in known:
            return hint
        return known[0] if known else str(UNKNOWN)

    def _containers(self, pod: Record) -> tuple[str, ...]:
        spec = as_map(decode_whole(pod.raw).get("spec"))
        lists = (as_maps(spec.get(name)) for name in ("containers", "initContainers", "ephemeralContainers"))
        return tuple(str(c["name"]) for containers in lists for c in containers if isinstance(c.get("name"), str))


_HASH = "[bcdfghjklmnpqrstvwxz2456789]"
_SHAPES = {
    "Deployment": late(rf"-[a-z0-9]{{5,12}}-{_HASH}{{5}}"),
    "StatefulSet": late(r"-\d{1,5}"),
    "CronJob": late(r"-\d{4,12}-[a-z0-9]{5}"),
    **dict.fromkeys(("DaemonSet", "ReplicaSet", "Job", "ReplicationController"), late(r"-[a-z0-9]{5}")),
}


def _restarts(pod: Record, previous: bool) -> tuple[int, int]:
    """How likely a log was taken of a pod among its equals: of one that has restarted, or is not ready."""
    statuses = list(as_maps(as_map(decode_whole(pod.raw).get("status")).get("containerStatuses")))
    counts = [s.get("restartCount") for s in statuses]
    restarts = max((c for c in counts if isinstance(c, int)), default=0)
    unready = sum(s.get("ready") is False for s in statuses)
    return (restarts, unready) if previous else (unready, restarts)


def _splits(text: str) -> list[tuple[str, str]]:
    """A name as it is, and as a name with a container behind a dot, an underscore or a hyphen."""
    found = [(text, "")]
    for at in range(len(text) - 1, 0, -1):
        if text[at] in "._-":
            found.append((text[:at], text[at + 1 :]))
    return found[:40]
