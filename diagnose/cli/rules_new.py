"""The rule that `rules new` writes: small, whole, and passing lint and its own tests."""

from __future__ import annotations

import re
from pathlib import Path

from diagnose.errors import UsageError
from diagnose.library import TEST_SUFFIX

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")

RULE = """\
# docs/writing-rules.md says how to write rules; `diagnose rules schema` helps editors with the keys.
id: {id}
title: A rollout is paused                 # what is wrong, in a few words
severity: warning                          # critical, error, warning or info
about: A paused Deployment keeps its old pods, whatever its template says.
match:                                     # read from top to bottom, as a join
- for: Deployment                          # the subject; `deployment` is its name below
  where:
    $.spec.paused: true                    # $ is the object of this clause
- each: deployment.spec.template.spec.containers[*]
  as: container
report:
  message: "the rollout is paused, so the image {{container.image}} may never run"
evidence: [deployment.spec.paused, deployment.metadata.generation]
fix: Resume the rollout, or undo the change that waits.
commands:
- kubectl -n {{deployment.metadata.namespace}} rollout resume deployment/{{deployment.metadata.name}}
docs: [https://kubernetes.io/docs/concepts/workloads/controllers/deployment/]
"""

TEST = """\
rule: {id}
at: "2026-01-01T12:00:00Z"                 # the capture time; ages count back from it
given:
- kind: Deployment
  metadata: {{namespace: shop, name: api}}
  spec: {{paused: true, template: {{spec: {{containers: [{{name: api, image: "api:2"}}]}}}}}}
cases:
- name: a paused rollout
  expect:
  - subject: Deployment/shop/api
    message: the rollout is paused, so the image api:2 may never run
- {{name: not paused, change: {{Deployment/shop/api: {{$.spec.paused: false}}}}, expect: []}}
- {{name: deployments were not collected, collected: [Pod], expect: not evaluated}}
"""


def write_rule(rule_id: str, category: str, folder: Path) -> list[Path]:
    """Write the rule and its test; nothing is overwritten. Raises UsageError."""
    for word, name in ((rule_id, "an id"), (category, "a category")):
        if not _ID.match(word):
            raise UsageError(f"{name} is kebab-case, as image-pull; this is '{word}'")
    rule = folder / category / f"{rule_id}.yaml"
    written = {rule: RULE, rule.with_name(rule_id + TEST_SUFFIX): TEST}
    for path in written:
        if path.exists():
            raise UsageError(f"{path} is there already")
    try:
        rule.parent.mkdir(parents=True, exist_ok=True)
        for path, text in written.items():
            path.write_text(text.format(id=rule_id), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{rule.parent}: cannot be written: {error.strerror or error}") from None
    return list(written)
