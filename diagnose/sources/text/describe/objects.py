"""Where one object of a describe text begins and ends, and of which kind it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from diagnose.kinds import BY_KIND, KindKey, from_resource
from diagnose.sources.text.describe.table import Kind
from diagnose.sources.text.late import late

_NAME = late(r"Name:\s+(\S+)\s*\Z|Name:\s*\Z")
_SECOND = late(
    r"(?:Namespace|Labels|Annotations|Roles|Role|Priority|IsDefaultClass|Value|CreationTimestamp|Selector|Data"
    r"|Min available|Max unavailable|Node|Status|Created on|Resource|Address|StorageClass)\b"
)
_IP = late(r"Address(?: \d+)?:\s+[\da-fA-F:]+[.:]")
"""What `nslookup` prints after a name."""
_DATA = late(r"(?:Binary)?Data\s*\Z")
_LOOKED_AT = 12
_SHORT = {
    "po": "pods",
    "no": "nodes",
    "svc": "services",
    "ep": "endpoints",
    "deploy": "deployments",
    "rs": "replicasets",
    "sts": "statefulsets",
    "ds": "daemonsets",
    "cj": "cronjobs",
    "rc": "replicationcontrollers",
    "pvc": "persistentvolumeclaims",
    "pv": "persistentvolumes",
    "sc": "storageclasses",
    "cm": "configmaps",
    "sa": "serviceaccounts",
    "ing": "ingresses",
    "hpa": "horizontalpodautoscalers",
    "pdb": "poddisruptionbudgets",
    "quota": "resourcequotas",
    "resourcequota": "resourcequotas",
    "limits": "limitranges",
    "ns": "namespaces",
    "netpol": "networkpolicies",
    "csr": "certificatesigningrequests",
    "pc": "priorityclasses",
}
_LOWER = {kind.lower(): info for kind, info in BY_KIND.items()}
_FLAG_WITH_VALUE = ("-n", "--namespace", "--context", "--kubeconfig", "-l", "--selector", "--cluster", "-f", "-s")
_COMMAND_NAMESPACE = late(r"\s(?:-n|--namespace)[= ]\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one object, and the number of the first in the file."""

    name: str
    lines: Sequence[str]
    first: int


def begins(lines: Sequence[str]) -> bool:
    """Whether text is what describe prints: near its begin a name, and what follows one."""
    seen = 0
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        if is_begin(lines, i):
            return True
        seen += 1
        if seen > _LOOKED_AT or line[:1] in ("{", "[", "-", "<"):
            return False
    return False


def is_begin(lines: Sequence[str], at: int) -> bool:
    """Whether the description of an object begins at a line."""
    if not lines[at].startswith("Name:") or not _NAME.match(lines[at]):
        return False
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return bool(_SECOND.match(following) and not _IP.match(following)) or (
        not following.strip() and at + 2 >= len(lines)
    )


def parts(lines: Sequence[str], first: int) -> Iterator[Part]:
    """The objects of a text. In the data of a ConfigMap only two empty lines divide. Before 1.8 kubectl put tabs
    between a key and its value, and between cells."""
    starts: list[int] = []
    in_data = False
    for i, line in enumerate(lines):
        if line.startswith("Name:") and is_begin(lines, i):
            divided = i < 2 or not (lines[i - 1].strip() or lines[i - 2].strip())
            if not in_data or divided:
                starts.append(i)
                in_data = False
        elif starts and line[:1] in ("D", "B") and _DATA.match(line):
            in_data = True
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        own = lines[start:end]
        if "\t" in own[0]:
            own = [line.expandtabs() for line in own]
        yield Part(lines[start][5:].strip(), own, first + start)


def top_keys(lines: Iterable[str]) -> set[str]:
    """The keys at column 0; a line without one stands for itself."""
    found = set()
    for line in lines:
        if line and line[0] not in " \t":
            key, colon, value = line.partition(":")
            found.add(key.rstrip() if colon and value[:1] in ("", " ", "\t") else " ".join(line.split()))
    return found


def hinted(command: str, path: str) -> KindKey | None:
    """The kind that the command line names, or else the path (`describe/pods/web.txt`)."""
    words = command.split()
    if "describe" in words:
        rest = iter(words[words.index("describe") + 1 :])
        for word in rest:
            if word in _FLAG_WITH_VALUE:
                next(rest, None)
            elif not word.startswith("-"):
                return _resource(word.partition("/")[0].partition(",")[0])
    for folder in reversed(path.lower().split("/")[:-1]):
        found = _resource(folder)
        if found is not None:
            return found
    return None


def named_in(command: str) -> tuple[KindKey | None, str]:
    """The kind and the name that a `describe` command asks for, when it asks for one object by name."""
    words = command.partition("|")[0].split()
    if "describe" not in words:
        return None, ""
    asked, rest = [], iter(words[words.index("describe") + 1 :])
    for word in rest:
        if word in _FLAG_WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            asked.append(word)
    if len(asked) == 1 and "/" in asked[0]:
        asked = asked[0].split("/", 1)
    return (_resource(asked[0]), asked[1]) if len(asked) == 2 else (None, "")


def namespace_in(command: str) -> str | None:
    """The namespace that the command line names."""
    match = _COMMAND_NAMESPACE.search(command)
    return match[1] if match else None


def _resource(word: str) -> KindKey | None:
    word = word.lower()
    info = _LOWER.get(word.partition(".")[0])
    if info is not None:
        return KindKey(info.group, info.kind)
    return from_resource(_SHORT.get(word, word))


def choose(kinds: Sequence[Kind], keys: set[str], hint: KindKey | None) -> Kind | None:
    """The kind of an object with these top keys. A hint counts where the keys do not contradict it."""
    for kind in kinds:
        if kind.key == hint and _fits(kind, keys):
            return kind
    return next((kind for kind in kinds if any(mark <= keys for mark in kind.marks)), None)


def _fits(kind: Kind, keys: set[str]) -> bool:
    return any(mark <= keys for mark in kind.marks) or len(keys - kind.table.keys) <= 2
