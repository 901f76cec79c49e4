"""Lint of paths: each mistake in a condition, a binding or a template, and what is right beside it."""

from __future__ import annotations

import pytest

from tests.language.linted import FOR_POD, lint, rule_text, told

MISTAKES: list[tuple[str, str, str]] = [
    # path (in the where of a Pod), what must hold of it, what lint says
    (
        "$.status.conatinerStatuses",
        "{exists: true}",
        "unknown-field: '$.status.conatinerStatuses': PodStatus has no field 'conatinerStatuses', did you mean "
        "'containerStatuses'?",
    ),
    (
        "$.spec.containers.image",
        "x",
        "list: '$.spec.containers.image': '$.spec.containers' is a list: write $.spec.containers[*] (any "
        "element) or $.spec.containers[0]",
    ),
    ("$.status[*].phase", "x", "not-a-list: '$.status[*].phase': '$.status' is PodStatus, not a list: leave out [*]"),
    (
        "$.spec.nodeName[0]",
        "x",
        "not-a-list: '$.spec.nodeName[0]': '$.spec.nodeName' is text, not a list: leave out the index",
    ),
    (
        "$.spec.nodeName.name",
        "x",
        "unknown-field: '$.spec.nodeName.name': '$.spec.nodeName' is text; it has no field 'name'",
    ),
    (
        "$.metadata.annotations.example.com",
        "x",
        "dotted-key: '$.metadata.annotations.example.com': '$.metadata.annotations' is a map of text, so "
        "'.com' reads nothing; "
        "a key with dots is quoted: $.metadata.annotations['example.com']",
    ),
    (
        "$.status.conditions[?(@.status==True)].type",
        "Ready",
        "load: '$.status.conditions[?(@.status==True)].type' is no path; quote the word in its filter: 'True'",
    ),
    (
        "$.status.conditions[?(@.typ=='Ready')].status",
        '"True"',
        "unknown-field: '$.status.conditions[?(@.typ=='Ready')].status': in the filter, PodCondition has no "
        "field 'typ', did you mean 'type'?",
    ),
    (
        "$.status.containerStatuses[?(@.ready=='true')].name",
        "x",
        "wrong-type: '$.status.containerStatuses[?(@.ready=='true')].name': in the filter, '@.ready' is true or false: "
        'it never equals "true"; write true or false, without quotes',
    ),
    (
        "$.status.conditions[?(@.type!='Ready')].status",
        '"True"',
        "not-equal: '$.status.conditions[?(@.type!='Ready')].status': != also selects elements without that "
        "field; go through the "
        "elements with a clause (`each: ...[*]`) and say `{not: ...}` in its where",
    ),
    (
        "$..image",
        "x",
        "interpreted: '$..image': only jsonpath-ng can read this, slowly, from '..image' on; "
        "use keys, [*], [0] and [?(@.key=='value')], or a clause of its own",
    ),
    (
        "$.status.conditions[*].status",
        "true",
        "wrong-type: '$.status.conditions[*].status' is text: text never equals true; "
        'quote it: "True" (as conditions write it) or "true"',
    ),
    ("$.status.hostIP", "10", "wrong-type: '$.status.hostIP' is text: text never equals 10; quote it: \"10\""),
    (
        "$.status.containerStatuses[*].restartCount",
        '"3"',
        "wrong-type: '$.status.containerStatuses[*].restartCount' is a number: a number never equals \"3\"; "
        "write 3 without quotes",
    ),
    (
        "$.spec.hostNetwork",
        '"true"',
        "wrong-type: '$.spec.hostNetwork' is true or false: it never equals \"true\"; write true or false, "
        "without quotes",
    ),
    (
        "$.spec.containers",
        "x",
        "wrong-type: '$.spec.containers' is a list: it never equals \"x\"; name a value inside it",
    ),
    ("$.spec.nodeName", "null", "wrong-type: '$.spec.nodeName' is text: null is no value; write {exists: false}"),
    ("$.spec.nodeName", "{in: [a, 1]}", "wrong-type: '$.spec.nodeName' is text: text never equals 1; quote it: \"1\""),
    (
        "$.spec.containers",
        "{matches: x}",
        "wrong-type: '$.spec.containers' is a list: 'matches' reads text; write [*] for its elements",
    ),
    ("$.spec.priority", "{starts_with: x}", "wrong-type: '$.spec.priority' is a number: 'starts_with' reads text"),
    (
        "$.spec.hostNetwork",
        "{ge: 1}",
        "wrong-type: '$.spec.hostNetwork' is true or false: 'ge' compares numbers and quantities",
    ),
    ("$.spec.priority", "{older_than: 1h}", "wrong-type: '$.spec.priority' is a number: 'older_than' reads times"),
    ("$.spec.nodeName", "{has_key: a}", "wrong-type: '$.spec.nodeName' is text: 'has_key' reads maps"),
    ("$.spec.priority", "{contains: a}", "wrong-type: '$.spec.priority' is a number: 'contains' reads text or a list"),
    (
        "$.spec.priority",
        "{not: high}",
        "wrong-type: '$.spec.priority' is a number: a number never equals \"high\"; write a number",
    ),
    (
        "$.status.phase",
        "Runing",
        "unknown-word: PodStatus.phase is never 'Runing', did you mean 'Running'?; it is one of: Pending, "
        "Running, Succeeded, Failed, Unknown",
    ),
    (
        "$.status.conditions[*].status",
        '{in: ["True", Maybe]}',
        "unknown-word: PodCondition.status is never 'Maybe'; it is one of: True, False, Unknown",
    ),
    (
        "$.status.containerStatuses[*].state.waiting.reason",
        "CrashLoopBackoff",
        "unknown-word: Kubernetes writes 'CrashLoopBackOff', not 'CrashLoopBackoff'",
    ),
    (
        "$.spec.priority",
        "{is: {ref: pod.spec.nodeName}}",
        "wrong-type: '$.spec.priority' is a number and 'pod.spec.nodeName' is text: they are never equal",
    ),
    (
        "$.spec.nodeName",
        "{is: {ref: pod.metadata.finalizers}}",
        "wrong-type: '$.spec.nodeName' is text and 'pod.metadata.finalizers' is a list: they are never equal; "
        "write [*] for the elements of a list",
    ),
    (
        "$.metadata.name",
        "{matches: 'x*'}",
        "empty-pattern: the pattern 'x*' matches the empty text, so it holds for every text; say what must be there",
    ),
    (
        "$.metadata.name",
        "{not: {matches: '(?P<a>x)'}}",
        "lost-capture: under 'not', the named group a captures nothing; write (?:...)",
    ),
]


@pytest.mark.parametrize(("path", "test", "message"), MISTAKES, ids=[f"{p} {t}" for p, t, _ in MISTAKES])
def test_a_mistake_in_a_condition(path: str, test: str, message: str) -> None:
    quoted = path.replace('"', '\\"')
    assert told(rule_text(f'- for: Pod\n  where: {{$.status.reason: Evicted, "{quoted}": {test}}}')) == [message]


RIGHT = [
    ("$.status.containerStatuses[*].state.waiting.reason", "CrashLoopBackOff"),
    ("$.metadata.labels['app.kubernetes.io/name']", "web"),
    ("$.status.conditions[?(@.type=='Ready')].status", '"True"'),
    ("$.spec.containers[*].resources.limits.memory", "{lt: 1Gi}"),
    ("$.spec.containers[*].resources.limits", "{has_key: memory}"),
    ("$.spec.containers[*].ports[*].hostPort", "{ge: 1}"),
    ("$.spec.containers[*].livenessProbe.httpGet.port", "http"),
    ("$.metadata.finalizers", "{contains: a}"),
    ("$.metadata.deletionTimestamp", "{older_than: 5m}"),
    ("$.metadata.annotations['a']", "{younger_than: 5m}"),
    ("$.spec.overhead[*]", "{gt: 1}"),
    ("$.status.containerStatuses[*].lastState.terminated.reason", "Strange"),
    ("$.spec.volumes[*].persistentVolumeClaim.claimName", "{is: {ref: 'pod.spec.containers[*].name'}}"),
    ("$.metadata.name", "{matches: '^(?P<base>.*)'}"),
]


@pytest.mark.parametrize(("path", "test"), RIGHT, ids=[f"{p} {t}" for p, t in RIGHT])
def test_a_condition_that_is_right(path: str, test: str) -> None:
    message = "found {base}" if "base" in test else "found"
    assert told(rule_text(f'- for: Pod\n  where: {{$.status.reason: Evicted, "{path}": {test}}}', message)) == []


def test_problems_have_file_line_and_column() -> None:
    (problem,) = lint(
        rule_text("- for: Pod\n  where:\n    $.status.reason: Evicted\n    $.spec.nodename: {exists: true}")
    )
    assert str(problem) == (
        "<r>:8:5: error: '$.spec.nodename': PodSpec has no field 'nodename', did you mean 'nodeName'? [unknown-field]"
    )


@pytest.mark.parametrize(
    ("clauses", "message", "expected"),
    [
        (
            "- each: pod.spec.containers\n  as: c",
            "x",
            ["list: 'pod.spec.containers' is one list; write pod.spec.containers[*] to go through its elements"],
        ),
        (
            "- each: pod.spec.containers[*]\n  as: c",
            "{c.nme}",
            ["unknown-field: 'c.nme': Container has no field 'nme', did you mean 'name'?"],
        ),
        ("- {each: pod -> containers, as: c}", "{c.role} {c.status.restartCount} {c.spec.image}", []),
        (
            "- {each: pod -> containers, as: c}",
            "{c.roll}",
            ["unknown-field: 'c.roll': an element of the view 'containers' has no field 'roll', did you mean 'role'?"],
        ),
        (
            "- each: pod -> containers\n  where: {$.role: sidcar}",
            "x",
            [
                "unknown-word: an element of the view 'containers'.role is never 'sidcar', did you mean "
                "'sidecar'?; it is one of: init, sidecar, app, ephemeral"
            ],
        ),
        ("- each: pod -> containers\n  where: {$.log: {matches: 'x'}, '$.logs[*]': {contains: y}}", "x", []),
        (
            "- each: pod -> containers\n  where: {$.log: {ge: 3}}",
            "x",
            ["wrong-type: '$.log' is a log: 'ge' compares numbers and quantities"],
        ),
        (
            "- each: pod -> containers\n  as: c\n- each: c.spec.env[*]\n  as: env",
            "{env.valueFrom.secretKeyRef.key}",
            [],
        ),
        (
            "- each: pod -> containers\n  as: c\n- each: c.spec.env[*]\n  as: env",
            "{env.valueFrom.key}",
            [
                "unknown-field: 'env.valueFrom.key': EnvVarSource has no field 'key'; it has: configMapKeyRef, "
                "fieldRef, fileKeyRef, resourceFieldRef, secretKeyRef"
            ],
        ),
        ("- {maybe: pod -> owner, as: owner}", "{owner.spec.replicas} {owner.metadata.name}", []),
        (
            "- {maybe: pod -> owner, as: owner}",
            "{owner.metadata.nam}",
            ["unknown-field: 'owner.metadata.nam': ObjectMeta has no field 'nam', did you mean 'name'?"],
        ),
        ("- {some: ClusterOperator.config.openshift.io, as: o}", "{o.status.anything[*].x}", []),
        ("- {some: Node.config.openshift.io, as: o}", "{o.spec.cgroupMode}", []),
        ("- {some: HorizontalPodAutoscaler, as: h}", "{h.spec.metrics[*].type}", []),
        ("- {some: pod -> events, as: e}", "{e.lastTimestamp|age} {e.count}", []),
        ("- let: {n: {length: 'pod.spec.containers[*]'}}\n- when: {n: {ge: 2}}", "x", []),
        (
            "- let: {n: {length: 'pod.spec.containers[*]'}}\n- when: {n: '2'}",
            "x",
            ["wrong-type: 'n' is a number: a number never equals \"2\"; write 2 without quotes"],
        ),
        ("- let: {i: {image: 'pod.spec.containers[0].image'}}", "{i.tag}", []),
        (
            "- let: {i: {image: 'pod.spec.containers[0].image'}}",
            "{i.tags}",
            ["unknown-field: 'i.tags': what 'image' gives has no field 'tags', did you mean 'tag'?"],
        ),
        (
            "- let: {i: {image: 'pod.spec.containers'}}",
            "{i.tag}",
            ["wrong-type: 'image' (of 'i') reads text; 'pod.spec.containers' is a list"],
        ),
        ("- let: {i: {requests: pod.spec}}", "{i.cpu}", []),
        ("- let: {i: {requests: pod}}", "{i.cpu}", ["wrong-type: 'requests' (of 'i') reads PodSpec; 'pod' is Pod"]),
        (
            "- let: {i: {sum: pod.spec.hostNetwork}}",
            "{i}",
            ["wrong-type: 'sum' (of 'i') reads numbers and quantities; 'pod.spec.hostNetwork' is true or false"],
        ),
        (
            "- let: {s: {first: ['pod.status.containerStatuses[0].state.waiting', "
            "'pod.status.containerStatuses[1].state.waiting']}}",
            "{s.raison}",
            ["unknown-field: 's.raison': ContainerStateWaiting has no field 'raison', did you mean 'reason'?"],
        ),
        ("- let: {s: {first: [pod.spec.nodeName, pod.spec.priority]}}", "{s.anything}", []),
        ("- let: {s: {values: [pod.spec.nodeName]}}", "{s}", []),
        (
            "- let: {s: {values: ['pod.spec.containers[*].ports[*]']}}\n- each: s[*]\n  as: port",
            "{port.hostPort} {port.hostIp}",
            ["unknown-field: 'port.hostIp': ContainerPort has no field 'hostIp', did you mean 'hostIP'?"],
        ),
        ("- {count: Node, as: n, is: {ge: 1}}", "{n}", []),
        (
            "- {count: Node, as: n, is: {ge: 1}}",
            "{n.x}",
            ["unknown-field: 'n.x': 'n' is a number; it has no field 'x'"],
        ),
        (
            "- when: {pod.status.message: {matches: 'for (?P<what>x)'}}",
            "{what.x}",
            ["unknown-field: 'what.x': 'what' is text; it has no field 'x'"],
        ),
        (
            "- every: Node\n  where: {'$.spec.taints[*]': {untolerated_by: {ref: pod.spec.tolerations}}}",
            "x",
            ["wrong-type: 'pod.spec.tolerations' is a list: name the tolerations, as pod.spec.tolerations[*]"],
        ),
        ("- some: Node\n  where: {$.metadata.name: {is: {ref: pod.spec.nodeName}}}", "{snapshot.server}", []),
    ],
)
def test_types_of_bindings(clauses: str, message: str, expected: list[str]) -> None:
    assert told(rule_text(FOR_POD + clauses, message)) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("{pod.spec}", ["'{pod.spec}' shows all of PodSpec as JSON; name a field of it"]),
        ("{pod.metadata.creationTimestamp|age}", []),
        ("{pod.spec.priority|age}", ["'{pod.spec.priority|age}': age reads a time; this is a number"]),
        ("{pod.spec.nodeName|labels}", ["'{pod.spec.nodeName|labels}': labels reads a map; this is text"]),
        ("{pod.metadata.labels|labels}", []),
        ("{pod.spec.tolerations|bytes}", ["'{pod.spec.tolerations|bytes}': bytes reads a quantity; this is a list"]),
        ("{pod.spec.containers[*].resources.limits.memory|bytes}", []),
    ],
)
def test_templates(message: str, expected: list[str]) -> None:
    assert told(rule_text(FOR_POD, message)) == [f"template: {e}" for e in expected]
