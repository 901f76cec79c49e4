"""Small reports made by hand."""

from __future__ import annotations

from typing import Any

from diagnose.model import (
    Cause,
    Evidence,
    Finding,
    InputWarning,
    NotEvaluated,
    ObjectRef,
    Report,
    Severity,
    SnapshotInfo,
)
from diagnose.values import timestamp

CAPTURED = "2026-11-23T03:28:45Z"


def at(text: str) -> float:
    """UNIX seconds of an RFC 3339 time."""
    seconds = timestamp(text)
    assert seconds is not None
    return seconds


def ref(text: str, group: str = "") -> ObjectRef:
    """The object behind "Deployment shop/api" or "Node worker-b"."""
    kind, _, path = text.partition(" ")
    namespace, _, name = path.rpartition("/")
    return ObjectRef(kind, namespace, name, group)


def finding(rule: str, about: str, message: str = "is broken", severity: str = "error", **more: Any) -> Finding:
    more.setdefault("category", "workload")
    more.setdefault("title", rule.replace("-", " ").capitalize())
    return Finding(rule=rule, severity=Severity[severity], message=message, object=ref(about), **more)


def field(about: str, path: str, value: str) -> Evidence:
    return Evidence("field", ref(about), path, value)


def event(about: str, reason: str, message: str, count: int = 1, last: str | None = None) -> Evidence:
    return Evidence("event", ref(about), reason, message, count, at(last) if last else None)


def log(about: str, name: str, line: str) -> Evidence:
    return Evidence("log", ref(about), name, line)


def snapshot(**more: Any) -> SnapshotInfo:
    values: dict[str, Any] = {
        "sources": (("dumps/faults-a", "cluster-info"),),
        "captured_at": at(CAPTURED),
        "captured_at_from": "newest time in Lease objects",
        "server_version": "v1.36.2",
        "objects": {"Node": 2, "Pod": 37, "Event": 355},
        "coverage": {"Pod": "all", "Secret": "none", "ConfigMap": ["shop", "kube-system"]},
        "warnings": (),
    }
    return SnapshotInfo(**(values | more))


def cause(rank: int, root: Finding, *effects: Finding, affected: int = 1) -> Cause:
    return Cause(rank, root.id, tuple(effect.id for effect in effects), affected)


def report(
    findings: list[Finding] | None = None,
    causes: list[Cause] | None = None,
    not_evaluated: tuple[NotEvaluated, ...] = (),
    **of_snapshot: Any,
) -> Report:
    """A report; without `causes` each finding is one, by rank."""
    findings = findings or []
    if causes is None:
        causes = [cause(rank, each) for rank, each in enumerate(findings, start=1)]
    return Report("1.0", 212, snapshot(**of_snapshot), tuple(causes), tuple(findings), not_evaluated)


def night() -> Report:
    """What someone who is paged at night gets: two causes, a tree of effects, infos, gaps and a warning."""
    kubelet = finding(
        "kubelet-never-posted",
        "Node worker-b",
        "its kubelet never posted status",
        "critical",
        category="node",
        since=at("2026-11-23T03:23:01Z"),
        evidence=(field("Node worker-b", "status.conditions[?(@.type=='Ready')].reason", "NodeStatusNeverUpdated"),),
        fix="Start the kubelet and check that it reaches the API server.",
        commands=("systemctl status kubelet", "journalctl -u kubelet -n 100"),
        docs=("https://kubernetes.io/docs/concepts/architecture/nodes/",),
    )
    rollout = finding("rollout-stuck", "Deployment shop/web", "0 of 3 replicas are available", caused_by=(kubelet.id,))
    endpoints = finding(
        "no-endpoints", "Service shop/web", "Service shop/web has no ready endpoint", caused_by=(kubelet.id, rollout.id)
    )
    ingress = finding("ingress-503", "Ingress shop/web", "answers 503", "warning", caused_by=(endpoints.id,))
    crash = finding(
        "crash-loop/connection-refused",
        "Deployment shop/api",
        "shop/api crashes with exit code 1: container api cannot reach postgres.shop.svc:5432",
        container="api",
        count=4,
        objects=(ref("Pod shop/api-6cff9697b-klnt6"), ref("Pod shop/api-6cff9697b-x2k4p")),
        evidence=(
            log("Pod shop/api-6cff9697b-klnt6", "api, previous run", "FATAL: could not connect to postgres: refused"),
            event(
                "Pod shop/api-6cff9697b-klnt6",
                "BackOff",
                "Back-off restarting failed container",
                12,
                "2026-11-23T03:28:12Z",
            ),
        ),
        fix="Start the database, or correct its address in the Deployment's environment; then watch the pods recover.",
        commands=(
            "kubectl -n shop logs deploy/api --previous",
            "kubectl -n shop get endpointslices -l kubernetes.io/service-name=postgres -o custom-columns=NAME:.x,A:.y",
        ),
        refs=("SRE-12",),
    )
    infos = [
        finding("no-memory-limit", f"Deployment shop/d{n}", "has no memory limit", "info", title="No memory limit")
        for n in range(7)
    ]
    alone = finding("old-version", "Node worker-b", "worker-b runs a kubelet of Kubernetes 1.29.", "info")
    causes = [cause(1, kubelet, rollout, endpoints, ingress, affected=12), cause(2, crash, affected=2)]
    causes += [cause(rank, each) for rank, each in enumerate([*infos, alone], start=3)]
    return report(
        [*infos, alone, ingress, endpoints, crash, rollout, kubelet],
        causes,
        (
            NotEvaluated("pvc-missing-class", "StorageClass was not collected", ("StorageClass",), 2),
            NotEvaluated("pvc-no-default", "StorageClass was not collected", ("StorageClass",), 1),
            NotEvaluated("hpa-no-metrics", "not collected", ("pods.metrics.k8s.io",)),
        ),
        warnings=(InputWarning("not read to its end: malformed JSON at byte 4096", "events.json"),),
        incomplete=True,
        logs=8,
    )
