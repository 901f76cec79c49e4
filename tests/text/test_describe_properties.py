"""Objects rendered as kubectl prints them and read back agree; broken text never raises."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnose.snapshot import Builder
from diagnose.sources.text.describe import DESCRIBE
from diagnose.sources.text.describe.outline import rows
from diagnose.sources.text.describe.table import UNTOLD
from diagnose.sources.text.describe.values import label_selector
from diagnose.told import Whole
from tests.text.agreement import differences
from tests.text.described import describe
from tests.text.describing import selector
from tests.text.reading import block, fields, read, sample, tellings
from tests.text.tabs import aligned

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
KEYS = st.from_regex(r"([a-z]{1,6}\.io/)?[a-z]([a-z0-9._-]{0,10}[a-z0-9])?", fullmatch=True)
VALUES = st.from_regex(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?)?", fullmatch=True)
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)
AMOUNTS = st.dictionaries(st.sampled_from(["cpu", "memory", "example.com/gpu"]), st.sampled_from(["1", "100m", "2Gi"]))
NUMBERS = st.integers(0, 65535)
PORTS = NUMBERS.filter(bool) | NAMES
TIMES = st.datetimes(datetime(1000, 1, 1)).map(lambda t: t.replace(microsecond=0).isoformat() + "Z")
WORDS = st.from_regex(r"[A-Z][A-Za-z]{2,12}", fullmatch=True)
SENTENCES = st.from_regex(r"[a-z]([a-z:,/ \"]{0,30}[a-z.])?", fullmatch=True).map(lambda s: " ".join(s.split()))
MESSAGES = st.lists(SENTENCES, min_size=1, max_size=3).map("\n".join)


def some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


HANDLERS = st.one_of(
    st.fixed_dictionaries(
        {
            "httpGet": st.fixed_dictionaries(
                {"port": PORTS, "path": VALUES.map("/{}".format), "scheme": st.sampled_from(["HTTP", "HTTPS"])}
            )
        }
    ),
    st.fixed_dictionaries({"tcpSocket": st.fixed_dictionaries({"port": PORTS})}),
    st.fixed_dictionaries({"grpc": st.fixed_dictionaries({"port": NUMBERS})}),
    st.fixed_dictionaries({"exec": st.fixed_dictionaries({"command": MESSAGES.map(lambda m: ["sh", "-c", m])})}),
)
PROBE_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
PROBES = st.tuples(
    HANDLERS,
    st.fixed_dictionaries(dict.fromkeys(PROBE_NUMBERS, NUMBERS)),
).map(lambda both: both[0] | both[1])
REFERENCES = st.fixed_dictionaries(
    {"name": NAMES, "key": KEYS.filter(lambda k: "/" not in k), "optional": st.booleans()}
)
VARIABLES = st.one_of(
    st.fixed_dictionaries({"value": SENTENCES}),
    st.fixed_dictionaries({"valueFrom": st.fixed_dictionaries({"secretKeyRef": REFERENCES})}),
    st.fixed_dictionaries({"valueFrom": st.fixed_dictionaries({"configMapKeyRef": REFERENCES})}),
    st.just({"valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}),
)
ENVIRONMENTS = st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,12}", fullmatch=True), VARIABLES, max_size=3).map(
    lambda found: [{"name": name} | value for name, value in found.items()]
)
CONTAINERS = st.tuples(
    st.fixed_dictionaries({"name": NAMES, "image": NAMES.map("reg.io:5000/{}:1".format)}),
    some(
        ports=st.lists(
            st.fixed_dictionaries({"containerPort": NUMBERS, "protocol": st.sampled_from(["TCP", "UDP"])}), max_size=3
        ),
        resources=some(limits=AMOUNTS, requests=AMOUNTS),
        livenessProbe=PROBES,
        readinessProbe=PROBES,
        startupProbe=PROBES,
        args=st.lists(MESSAGES, max_size=2),
        env=ENVIRONMENTS,
        envFrom=st.lists(
            st.fixed_dictionaries({"secretRef": st.fixed_dictionaries({"name": NAMES})})
            | st.fixed_dictionaries({"configMapRef": st.fixed_dictionaries({"name": NAMES})}),
            max_size=2,
        ),
        volumeMounts=st.lists(
            st.fixed_dictionaries({"name": NAMES, "mountPath": NAMES.map("/{}".format), "readOnly": st.booleans()}),
            max_size=2,
            unique_by=lambda m: m["mountPath"],
        ),
    ),
).map(lambda both: both[0] | both[1])
TERMINATED = st.fixed_dictionaries(
    {"exitCode": st.integers(0, 255), "startedAt": TIMES, "finishedAt": TIMES},
    optional={"reason": WORDS, "message": MESSAGES, "signal": st.integers(1, 64)},
).map(lambda t: {"terminated": t})
STATES = st.one_of(
    TIMES.map(lambda t: {"running": {"startedAt": t}}), WORDS.map(lambda w: {"waiting": {"reason": w}}), TERMINATED
)
VOLUMES = st.one_of(
    st.fixed_dictionaries({"emptyDir": st.just({})}),
    NAMES.map(lambda n: {"configMap": {"name": n}}),
    NAMES.map(lambda n: {"secret": {"secretName": n, "optional": True}}),
    NAMES.map(lambda n: {"persistentVolumeClaim": {"claimName": n}}),
    NAMES.map(lambda n: {"projected": {"sources": [{"configMap": {"name": n}}, {"downwardAPI": {}}]}}),
)


@st.composite
def pods(draw: st.DrawFn) -> dict[str, Any]:
    specs = draw(st.lists(CONTAINERS, min_size=1, max_size=3, unique_by=lambda c: c["name"]))
    statuses = [
        {
            "name": c["name"],
            "state": draw(STATES),
            "lastState": draw(st.just({}) | TERMINATED),
            "ready": draw(st.booleans()),
            "restartCount": draw(NUMBERS),
        }
        for c in specs
    ]
    for spec, status in zip(specs, statuses, strict=True):  # as the kubelet does
        status["started"] = "running" in status["state"] and ("startupProbe" not in spec or draw(st.booleans()))
    found = draw(st.dictionaries(NAMES, VOLUMES, max_size=3))
    of_pod = {"phase": "Running", "podIP": "10.1.0.7", "hostIP": "10.0.0.5", "podIPs": [{"ip": "10.1.0.7"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": draw(NAMES),
            "namespace": draw(NAMES),
            "labels": draw(LABELS),
            "annotations": draw(st.dictionaries(KEYS, MESSAGES, max_size=2)),
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": draw(NAMES), "controller": True}],
        },
        "spec": {
            "nodeName": draw(NAMES),
            "serviceAccountName": "default",
            "containers": specs,
            "volumes": [{"name": name} | source for name, source in found.items()],
            "nodeSelector": draw(LABELS),
        },
        "status": of_pod | draw(some(message=MESSAGES, reason=WORDS, containerStatuses=st.just(statuses))),
    }


@given(pods())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_told_of_a_pod_is_true(pod: dict[str, Any]) -> None:
    text = describe(pod)
    told = fields(text, "Pod")
    assert list(differences(told, pod)) == [], text


@given(pods(), st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_of_a_pod_cut_off_anywhere_only_what_is_true_is_told(pod: dict[str, Any], data: st.DataObject) -> None:
    text = describe(pod)
    cut = text[: data.draw(st.integers(text.index("Labels"), text.index("Events:")))]
    into = read(cut, "describe/pods/a.txt")
    for telling in tellings(into):
        assert list(differences(telling.fields, pod)) == [], cut


EVENTS = st.lists(st.tuples(st.sampled_from(["Normal", "Warning"]), WORDS, NAMES, MESSAGES), min_size=1, max_size=5)


@given(EVENTS)
@settings(deadline=None)
def test_events_are_told_with_all_lines_of_their_messages(events: list[tuple[str, str, str, str]]) -> None:
    lines = [
        "Name:\ta",
        "Namespace:\tb",
        "Labels:\t<none>",
        "Subsets:",
        "Events:",
        "  Type\tReason\tAge\tFrom\tMessage",
    ]
    lines.append("  ----\t------\t----\t----\t-------")
    lines += [f"  {kind}\t{reason}\t5m (x3 over 1h)\t{source}\t{message}" for kind, reason, source, message in events]
    found = [t.fields for t in tellings(read(aligned("\n".join(lines)) + "\n")) if t.key.kind == "Event"]
    assert [(e["type"], e["reason"], e["source"]["component"], e["message"]) for e in found] == events
    assert {e["count"] for e in found} == {3}


EXPRESSIONS = st.one_of(
    st.builds(
        lambda k, o, v: Whole(key=k, operator=o, values=sorted(v)),
        KEYS,
        st.sampled_from(["In", "NotIn"]),
        st.sets(VALUES.filter(bool), min_size=1, max_size=3),
    ),
    st.builds(lambda k, o: Whole(key=k, operator=o), KEYS, st.sampled_from(["Exists", "DoesNotExist"])),
)


@given(LABELS, st.lists(EXPRESSIONS, max_size=3))
def test_selectors_are_read_back(labels: dict[str, str], expressions: list[Any]) -> None:
    written = selector({"matchLabels": labels, "matchExpressions": expressions})
    expected = ({"matchLabels": labels} if labels else {}) | ({"matchExpressions": expressions} if expressions else {})
    assert label_selector(written) == expected


@given(st.text())
def test_any_text_is_a_selector_or_none(text: str) -> None:
    told = label_selector(text)
    assert told is None or told is UNTOLD or isinstance(told, Whole)


SAMPLES = [sample(name) for name in ("pod", "node", "service", "certificate")]


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300, deadline=None)
def test_broken_text_never_raises(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        action = data.draw(st.sampled_from(["drop", "cut", "repeat", "indent", "junk", "swap"]))
        if action == "drop" and len(lines) > 1:
            del lines[at]
        elif action == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, 80))]
        elif action == "repeat":
            lines.insert(at, lines[at])
        elif action == "indent":
            lines[at] = " " * data.draw(st.integers(0, 12)) + lines[at].lstrip()
        elif action == "junk":
            lines.insert(at, data.draw(st.text(max_size=40)))
        else:
            lines[at], lines[0] = lines[0], lines[at]
    made = block("\n".join(lines), data.draw(st.sampled_from(["a.txt", "describe/pods/a.txt", "describe/nodes/a.txt"])))
    into = Builder()
    DESCRIBE.recognises(made)
    DESCRIBE.read(made, into)
    into.build()
    assert len(into.warnings) <= 3
    assert "was not read" not in "".join(w.message for w in into.warnings)


def test_very_long_and_very_deep_text_is_read_quickly() -> None:
    deep = "\n".join(" " * i + "a:" for i in range(3000))
    for text in (
        "Name:  a\nNamespace:  b\nLabels:  " + "x=y" * 500_000 + "\nSubsets:\nEvents:  <none>",
        "Name:  a\nNamespace:  b\nLabels:  c\nSubsets:\n" + deep + "\nEvents:  <none>",
        "Name:  a\nNamespace:  b\nLabels:  c\nSelector:  " + "a in (" * 100_000 + "\nType:  x\nIP:  1\nEvents:  <none>",
        "Name:  a\nNamespace:  b\nLabels:  c\nStatus:  x\nNode:  n\nContainers:\n  c:\n    Liveness:  exec ["
        + "delay= " * 100_000
        + "\nEvents:  <none>",
    ):
        made = block(text)
        DESCRIBE.read(made, Builder())


def test_a_table_without_rows() -> None:
    assert list(rows([])) == []
