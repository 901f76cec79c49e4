"""The least ClusterRole with which all loaded rules can be evaluated on a live cluster."""

from __future__ import annotations

from diagnose.kinds import KindKey, info
from diagnose.language.compiler import RuleSet
from diagnose.language.needs import kinds_read, readers_of_logs

NAME = "kube-diagnose"
_HEAD = f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {NAME}
  labels:
    app.kubernetes.io/name: {NAME}
rules:
"""


def cluster_role(rules: RuleSet) -> str:
    """A ClusterRole as YAML: `list` on each resource that some rule reads, `get` on logs if a rule reads them."""
    by_group: dict[str, list[str]] = {}
    for key in kinds_read(rules):
        by_group.setdefault(key.group, []).append(resource_of(key))
    parts = [_rule(group, sorted(names), "list") for group, names in sorted(by_group.items())]
    if readers_of_logs(rules):
        parts.append(_rule("", ["pods/log"], "get"))
    return _HEAD + "".join(parts)


def resource_of(key: KindKey) -> str:
    """The resource of a kind: as the table says, or as the API machinery guesses it (UnsafeGuessKindToResource)."""
    known = info(key)
    if known is not None:
        return known.resource
    name = key.kind.lower()
    if name.endswith("s"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _rule(group: str, names: list[str], verb: str) -> str:
    resources = "".join(f"\n  - {name}" for name in names)
    return f'- apiGroups: ["{group}"]\n  resources:{resources}\n  verbs: ["{verb}"]\n'
