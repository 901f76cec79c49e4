"""Command lines that a text shows, and what they say about their output: the kind, the namespace, the choice."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import lru_cache

from diagnose.kinds import TABLE, KindKey, from_resource, is_observed, parse_key
from diagnose.sources.text.late import late

CLIENTS = ("kubectl", "oc", "k", "kc", "kubecolor", "microk8s.kubectl")
_WRAPPERS = ("sudo", "time", "watch", "microk8s", "k3s", "rke2", "minikube")
_SHORT = {
    "cj": "CronJob",
    "cm": "ConfigMap",
    "cs": "ComponentStatus",
    "csr": "CertificateSigningRequest",
    "crd": "CustomResourceDefinition",
    "crds": "CustomResourceDefinition",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "ep": "Endpoints",
    "endpoint": "Endpoints",
    "ev": "Event",
    "hpa": "HorizontalPodAutoscaler",
    "ing": "Ingress",
    "limits": "LimitRange",
    "netpol": "NetworkPolicy",
    "no": "Node",
    "ns": "Namespace",
    "pc": "PriorityClass",
    "pdb": "PodDisruptionBudget",
    "po": "Pod",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "quota": "ResourceQuota",
    "quotas": "ResourceQuota",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sa": "ServiceAccount",
    "sc": "StorageClass",
    "sts": "StatefulSet",
    "svc": "Service",
}
_SINGULAR = {i.kind.lower(): KindKey(i.group, i.kind) for i in reversed(TABLE) if i.group != "metrics.k8s.io"}
_WITH_VALUE = frozenset(
    [
        "-n",
        "--namespace",
        "-o",
        "--output",
        "-l",
        "--selector",
        "-L",
        "--label-columns",
        "--sort-by",
        "--context",
        "--kubeconfig",
        "--cluster",
        "--user",
        "-s",
        "--server",
        "--field-selector",
        "--template",
        "--chunk-size",
        "--request-timeout",
        "-c",
        "--container",
        "--tail",
        "--since",
        "--since-time",
        "--limit-bytes",
        "-u",
        "--unit",
        "-f",
        "--filename",
        "--as",
        "--token",
        "--cache-dir",
        "--subresource",
        "-H",
        "--host",
    ]
)
_UNIT_LAST = late(r"-[aefklmqrx]+u")
"""Options of journalctl in one word, of which the last has a value: `-xeu kubelet`."""
_WORD = late(r"[a-z0-9]+")


@lru_cache(maxsize=512)
def resource_key(word: str) -> KindKey | None:
    """The kind that kubectl means by `po`, `pod`, `pods`, `deployment.apps` or `Deployment`; None for none known."""
    word = word.lower()
    if word in _SHORT:
        return parse_key(_SHORT[word])
    singular, _, group = word.partition(".")
    known = _SINGULAR.get(singular)
    if known is not None and not is_observed(known) and (not group or group in (known.group, "v1")):
        return known
    found = from_resource(word)
    return None if found is None or is_observed(found) else found


@dataclass(frozen=True, slots=True)
class Command:
    """What a command line asks for.

    `verb` is kubectl's (`get`, `describe`, `logs`, `top`) or the name of another program. `namespace` is "*" for all,
    None where it does not say one. `chosen` means that it asks for some objects only, or that its output was
    filtered.
    """

    verb: str = ""
    words: tuple[str, ...] = ()
    namespace: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    chosen: bool = False

    def option(self, *names: str) -> str:
        """The value of an option, under any of its names; empty when it is not there."""
        return next((value for name, value in self.options if name in names), "")

    @property
    def kinds(self) -> tuple[KindKey | None, ...]:
        """The kinds that are asked for, in order; None for one that is not known."""
        if not self.words:
            return ()
        asked = (part.partition("/")[0] for part in self.words[0].split(","))
        return tuple(resource_key(word) for word in asked)


_NOTHING = Command()
_FILTERS = frozenset(("grep", "egrep", "head", "tail", "awk", "sed", "sort", "cut", "less", "uniq"))


@lru_cache(maxsize=256)
def parse(line: str) -> Command:
    """A command line as kubectl, systemctl and the like read it; an odd one says nothing."""
    if not line:
        return _NOTHING
    line, _, rest = line.partition("|")
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        words = line.split()
    while words and (words[0] in _WRAPPERS or "=" in words[0].split("/")[0]):
        words = words[1:]
    if not words:
        return _NOTHING
    program = words[0].rpartition("/")[2].removesuffix(".sh").removesuffix(".exe")
    plain, options = _split(words[1:])
    verb, plain = (plain[0], plain[1:]) if program in CLIENTS and plain else (program, plain)
    namespace = next((value for name, value in options if name in ("-n", "--namespace")), None)
    if any(name in ("-A", "--all-namespaces") for name, _ in options):
        namespace = "*"
    selected = any(name in ("-l", "--selector", "--field-selector") for name, _ in options)
    filtered = any(part.split()[0] in _FILTERS for part in rest.split("|") if part.split())
    named = verb == "get" and (len(plain) > 1 or (bool(plain) and "/" in plain[0]))
    return Command(verb, tuple(plain), namespace, tuple(options), selected or filtered or named)


def _split(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    plain: list[str] = []
    options: list[tuple[str, str]] = []
    queue = iter(words)
    for word in queue:
        if not word.startswith("-") or word == "-":
            plain.append(word)
        elif "=" in word:
            name, _, value = word.partition("=")
            options.append((name, value))
        elif word in _WITH_VALUE:
            options.append((word, next(queue, "")))
        elif _UNIT_LAST.fullmatch(word):
            options.append(("-u", next(queue, "")))
        elif word.startswith("-o") and len(word) > 2:
            options.append(("-o", word[2:]))
        elif word.startswith("-n") and len(word) > 2 and not word.startswith("--"):
            options.append(("-n", word[2:]))
        else:
            options.append((word, ""))
    return plain, options


@lru_cache(maxsize=4096)
def key_in_path(path: str) -> KindKey | None:
    """The kind that a path names: `get/pods.txt`, `services-show-labels.txt`, `kubectl-get-po.txt`, `pods/shop.txt`."""
    parts = path.lower().split("/")
    stem = parts[-1].partition(".")[0] if not parts[-1].startswith(".") else ""
    for part in (stem, *reversed(parts[:-1])):
        for word in _WORD.findall(part):
            if (
                len(word) > 1
                and word not in ("all", "get", "kubectl", "k", "cs", "no", "limits")
                and (found := resource_key(word))
            ):
                return found
    return None
