"""The report as PolicyReport objects, for the tools that show them (Policy Reporter, Headlamp, Kubewarden's UI).

One `PolicyReport` a namespace and a `ClusterPolicyReport` for what has no namespace, as YAML documents. Names stay the
same from run to run; a long list goes on in `kube-diagnose-2` and so on, as an object must fit into etcd (1.5 MiB).

Source of the facts: the types of wgpolicyk8s.io/v1alpha2 in github.com/kubernetes-sigs/wg-policy-prototypes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from math import isfinite
from typing import Any

import msgspec
import yaml

from diagnose.model import Cause, Finding, NotEvaluated, ObjectRef, Severity
from diagnose.render import Options
from diagnose.render.layout import escape
from diagnose.render.phrases import objects, place
from diagnose.render.view import View

NAME = "kube-diagnose"
MOST_RESULTS = 500
MOST_BYTES = 1_000_000

_SEVERITIES = {Severity.critical: "critical", Severity.error: "high", Severity.warning: "medium", Severity.info: "info"}
_OUTCOMES = {Severity.critical: "fail", Severity.error: "fail", Severity.warning: "warn", Severity.info: "warn"}
_SUMMARY = ("pass", "fail", "warn", "error", "skip")
_MOST_NAMES = 20


def render(view: View, options: Options) -> str:
    """The objects as YAML documents, the cluster's first, then by namespace."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump_all(
        _reports(view, options), Dumper=dumper, sort_keys=False, allow_unicode=True, explicit_start=True, width=120
    )
    return text


def _reports(view: View, options: Options) -> Iterator[dict[str, Any]]:
    captured_at = view.report.snapshot.captured_at
    seconds = captured_at if captured_at is not None else options.generated_at
    roots = {cause.finding: cause for cause in view.causes}
    by_namespace: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for id, finding in view.findings.items():
        by_namespace[finding.object.namespace].append(_result(id, finding, view, roots.get(id)) | _timestamp(seconds))
    for each in sorted(view.report.not_evaluated, key=lambda each: (each.rule, each.reason, each.needs)):
        by_namespace[""].append(_undecided(each) | _timestamp(seconds))
    by_namespace.setdefault("", [])
    for namespace, results in sorted(by_namespace.items()):
        for part, fitting in enumerate(_parts(results), start=1):
            yield _report(namespace, part, fitting)


def _parts(results: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The results in parts that each fit into an object; one part when there are none."""
    part: list[dict[str, Any]] = []
    size = 0
    for result in results:
        length = len(msgspec.json.encode(result))
        if part and (len(part) >= MOST_RESULTS or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(result)
        size += length
    yield part


def _report(namespace: str, part: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(result["result"] for result in results)
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport" if namespace else "ClusterPolicyReport",
        "metadata": {
            "name": NAME if part == 1 else f"{NAME}-{part}",
            **({"namespace": escape(namespace)} if namespace else {}),
            "labels": {"app.kubernetes.io/managed-by": NAME},
        },
        "summary": {outcome: counts[outcome] for outcome in _SUMMARY},
        "results": results,
    }


def _result(id: str, finding: Finding, view: View, cause: Cause | None) -> dict[str, Any]:
    rule, _, case = finding.rule.partition("/")
    properties = {
        "id": id,
        "title": finding.title,
        "cause": "true" if cause else "false",
        "rank": str(cause.rank) if cause else "",
        "confidence": cause.confidence.name if cause else "",
        "causedBy": ",".join(sorted(view.findings.keys() & set(finding.caused_by))),
        "container": finding.container,
        "objects": objects(finding.objects, finding.object.namespace, _MOST_NAMES),
        "location": place(finding.location) if finding.location else "",
        "fix": finding.fix.strip(),
        "commands": "\n".join(escape(command.strip()) for command in finding.commands),
        "docs": " ".join(finding.docs),
    }
    return {
        "source": NAME,
        "policy": escape(rule),
        **({"rule": escape(case)} if case else {}),
        "category": escape(finding.category),
        "severity": _SEVERITIES[finding.severity],
        "result": _OUTCOMES[finding.severity],
        "resources": [_resource(finding.object)],
        "message": escape(finding.message.strip() or finding.title),
        "properties": {key: _lines(value) for key, value in properties.items() if value},
    }


def _undecided(each: NotEvaluated) -> dict[str, Any]:
    """A rule that could not be decided: `error` in the words of the CRD, "could not be evaluated"."""
    concerned = {"objects": str(each.objects)} if each.objects else {}
    return {
        "source": NAME,
        "policy": escape(each.rule),
        "result": "error",
        "message": escape(f"not evaluated: {each.reason}"),
        **({"properties": concerned} if concerned else {}),
    }


def _timestamp(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None or not isfinite(seconds) else {"timestamp": {"seconds": int(seconds), "nanos": 0}}


def _resource(ref: ObjectRef) -> dict[str, str]:
    known = {
        "apiVersion": ref.api_version or ("" if ref.group else "v1"),
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "uid": ref.uid,
    }
    return {key: escape(value) for key, value in known.items() if value}


def _lines(text: str) -> str:
    return "\n".join(escape(line) for line in text.splitlines())
