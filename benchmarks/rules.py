"""Synthetic rules: many alike but for a literal, to see what the number of rules costs."""

from __future__ import annotations

from pathlib import Path

_SHAPES: tuple[tuple[str, str, str], ...] = (
    (
        "waiting",
        "Pod",
        """\
- for: Pod
- each: pod.status.containerStatuses[*]
  as: container
  where: {$.state.waiting.reason: VALUE}
""",
    ),
    (
        "terminated",
        "Pod",
        """\
- for: Pod
- each: pod.status.containerStatuses[*]
  as: container
  where: {$.lastState.terminated.reason: VALUE}
""",
    ),
    ("pod-phase", "Pod", "- for: Pod\n  where: {$.status.phase: VALUE}\n"),
    ("pod-reason", "Pod", "- for: Pod\n  where: {$.status.reason: VALUE}\n"),
    (
        "pod-condition",
        "Pod",
        """\
- for: Pod
- each: pod.status.conditions[*]
  as: condition
  where: {$.reason: VALUE, $.status: "False"}
""",
    ),
    (
        "deployment-condition",
        "Deployment",
        """\
- for: Deployment
- each: deployment.status.conditions[*]
  as: condition
  where: {$.reason: VALUE}
""",
    ),
    (
        "node-condition",
        "Node",
        """\
- for: Node
- each: node.status.conditions[*]
  as: condition
  where: {$.reason: VALUE}
""",
    ),
    ("event", "Event", "- for: Event\n  where: {$.reason: VALUE, $.type: Warning}\n"),
    ("service-type", "Service", "- for: Service\n  where: {$.spec.type: VALUE}\n"),
    ("namespace-phase", "Namespace", "- for: Namespace\n  where: {$.status.phase: VALUE}\n"),
)

_RULE = """\
id: {id}
title: {kind} shows {value}
category: synthetic
severity: error
scope: state
match:
{match}report:
  message: "{{{binding}.metadata.name}} shows {value}."
  fix: None is needed, this rule is synthetic.
"""


def write_rules(folder: Path, count: int) -> Path:
    """Write `count` rules, no two with the same literal, one file each as the language wants it."""
    category = folder / "synthetic"
    category.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        shape, kind, match = _SHAPES[number % len(_SHAPES)]
        value = f"Synthetic{number:05d}"
        rule = _RULE.format(
            id=f"synthetic-{shape}-{number:05d}",
            kind=kind,
            value=value,
            match=match.replace("VALUE", value),
            binding=kind.lower(),
        )
        (category / f"synthetic-{shape}-{number:05d}.yaml").write_text(rule, encoding="utf-8")
    return folder
