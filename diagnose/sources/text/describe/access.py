"""Roles, their bindings, certificate signing requests."""

from __future__ import annotations

from typing import Any

from diagnose.kinds import parse_key
from diagnose.sources.text.describe import values
from diagnose.sources.text.describe.outline import Line, rows
from diagnose.sources.text.describe.table import UNTOLD, Fields, Kind, Reading, Says, Table, marked, passed_over
from diagnose.told import Whole

_META = (
    passed_over("Name|Namespace"),
    Says("Labels", "metadata.labels", values.labels),
    Says("Annotations", "metadata.annotations", values.annotation_map),
)
_RBAC = "rbac.authorization.k8s.io"


def _role_ref(line: Line) -> Any:
    found = {below.key: below.value for below in line.below}
    if line.cut or "Name" not in found:
        return UNTOLD
    return Whole(kind=found.get("Kind"), name=found["Name"], apiGroup=_RBAC)


def _subjects(line: Line) -> Any:
    found = [
        {"kind": row.get("Kind"), "name": row.get("Name"), "namespace": row.get("Namespace") or None}
        for row in rows(line.below)
    ]
    return values.opened(found, line)


def _brackets(cell: str) -> list[str]:
    return cell.strip("[]").split()


def _rules(line: Line) -> Any:
    """One row a resource. What the API has in one rule stands in several rows, which mean the same."""
    found = []
    for row in rows(line.below):
        resource, _, group = row.get("Resources", "").partition("/")[0].partition(".")
        sub = row.get("Resources", "").partition("/")[2]
        told: Fields = {"verbs": _brackets(row.get("Verbs", "")), "apiGroups": [group]}
        told["resources"] = [f"{resource}/{sub}" if sub else resource] if resource else None
        told["resourceNames"] = _brackets(row.get("Resource Names", "")) or None
        told["nonResourceURLs"] = _brackets(row.get("Non-Resource URLs", "")) or None
        found.append(Whole(told))
    return values.opened(found, line)


_BINDING = Table(*_META, Says("Role", "roleRef", _role_ref), Says("Subjects", "subjects", _subjects))
_ROLE = Table(*_META, Says("PolicyRule", "rules", _rules))


def _issued(reading: Reading, fields: Fields) -> None:
    """`Approved,Issued`: the state, made of the conditions and whether there is a certificate."""
    line = reading.find("Status")
    words = set(line.value.split(",")) if line else set()
    known = words & {"Approved", "Denied", "Failed"}
    if words:
        status = fields.setdefault("status", {})
        status["conditions"] = [{"type": word, "status": "True"} for word in sorted(known)]
        if "Issued" not in words:
            status["certificate"] = None


def _binds_role(reading: Reading) -> bool:
    """Only a RoleBinding binds a Role; both bind a ClusterRole."""
    line = reading.find("Role")
    kind = line.find("Kind") if line else None
    return kind is not None and kind.value == "Role"


KINDS = (
    Kind(parse_key("RoleBinding"), _BINDING, marked("Role|Subjects"), ends=False, told_apart=_binds_role),
    Kind(parse_key("ClusterRoleBinding"), _BINDING, (), ends=False),
    Kind(parse_key("Role"), _ROLE, marked("PolicyRule"), ends=False, told_apart=lambda reading: False),
    Kind(parse_key("ClusterRole"), _ROLE, (), ends=False),
    Kind(
        parse_key("CertificateSigningRequest"),
        Table(
            passed_over("Name"),
            Says("Labels", "metadata.labels", values.joined),
            passed_over("Annotations"),
            Says("CreationTimestamp", "metadata.creationTimestamp", values.time),
            Says("Requesting User", "spec.username", values.text),
            Says("Signer", "spec.signerName", values.text),
            passed_over("Requested Duration|Status|Subject|Subject Alternative Names|Events"),
        ),
        marked("Requesting User"),
        _issued,
    ),
)
