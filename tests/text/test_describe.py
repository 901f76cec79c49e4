"""`kubectl describe`: what lines tell, what their absence tells, and what stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from diagnose.sources.text.base import Block
from diagnose.sources.text.describe import DESCRIBE
from diagnose.told import Ago, Whole
from diagnose.values import UNKNOWN
from tests.text.reading import block, fields, read, sample, tellings, told

POD = sample("pod")


def test_a_pod() -> None:
    pod = fields(POD, "Pod")
    spec, status = pod["spec"], pod["status"]
    assert pod["metadata"]["labels"] == Whole(app="web", tier="front")
    assert pod["metadata"]["annotations"]["example.com/long"] == "first line\nsecond line"
    assert pod["metadata"]["annotations"]["example.com/short"] == "yes"
    assert pod["metadata"]["deletionTimestamp"] is None
    assert pod["metadata"]["ownerReferences"] == [
        {"kind": "ReplicaSet", "name": "web-5d8", "controller": True, "apiVersion": "apps/v1"}
    ]
    assert (spec["nodeName"], status["hostIP"], spec["hostNetwork"]) == ("worker-a", "10.0.0.5", None)
    assert status["startTime"] == "2026-11-23T02:20:00Z"
    assert spec["priorityClassName"] is None and spec["runtimeClassName"] is None
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert spec["topologySpreadConstraints"] == []
    assert spec["initContainers"][0]["restartPolicy"] == "Always"
    assert [t["operator"] for t in spec["tolerations"]] == ["Exists", "Equal", "Exists"]
    assert spec["tolerations"][0]["tolerationSeconds"] == 300
    assert [c["type"] for c in status["conditions"]] == ["Initialized", "Ready", "PodScheduled"]


def test_a_container() -> None:
    pod = fields(POD, "Pod")
    web = pod["spec"]["containers"][0]
    assert web["ports"] == [
        {"containerPort": 8080, "protocol": "TCP", "hostPort": None},
        {"containerPort": 9090, "protocol": "UDP", "name": "metrics", "hostPort": 9090},
    ]
    assert web["resources"] == {"limits": {"memory": "64Mi"}, "requests": {"cpu": "100m", "memory": "64Mi"}}
    assert web["livenessProbe"]["httpGet"] == {"host": None, "path": "/a?b", "scheme": "HTTPS", "port": "health"}
    assert web["readinessProbe"]["exec"] == {"command": ["sh", "-c", "test -f /ready\n&& echo ok"]}
    assert web["readinessProbe"]["initialDelaySeconds"] is None
    assert web["startupProbe"]["tcpSocket"] == {"port": 8080, "host": None}
    assert web["startupProbe"]["failureThreshold"] == 30
    assert web["envFrom"] == [
        {"configMapRef": {"name": "settings", "optional": True}, "prefix": "S_"},
        {"secretRef": {"name": "passwords", "optional": False}, "prefix": None},
    ]
    env = {e["name"]: e.get("valueFrom") or e.get("value") for e in web["env"]}
    assert env == {
        "URL": "http://db:5432",
        "TOKEN": {"secretKeyRef": {"name": "api", "key": "token", "optional": False}},
        "MODE": {"configMapKeyRef": {"name": "modes", "key": "mode", "optional": True}},
        "NODE": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}},
        "CPUS": {"resourceFieldRef": {"resource": "limits.cpu"}},
        "SCRIPT": "a\nb",
        "EMPTY": "",
    }
    assert web["volumeMounts"] == [
        {"mountPath": "/data", "name": "data", "readOnly": None, "subPath": "web"},
        {"mountPath": "/etc/tls", "name": "tls", "readOnly": True, "subPath": None},
    ]
    status = pod["status"]["containerStatuses"][0]
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff"}}
    assert status["lastState"]["terminated"] == {
        "reason": "Error",
        "message": "panic: no database\ngoroutine 1 [running]:\nmain.main()",
        "exitCode": 2,
        "signal": None,
        "startedAt": "2026-11-23T02:25:00Z",
        "finishedAt": "2026-11-23T02:25:01Z",
    }
    assert (status["ready"], status["restartCount"]) == (False, 7)
    assert "message" not in status["state"]["waiting"]


def test_what_a_pod_text_does_not_say_stays_unknown() -> None:
    pod = fields(POD, "Pod")
    for name in ("affinity", "schedulerName", "imagePullSecrets", "dnsPolicy"):
        assert name not in pod["spec"]
    assert "lifecycle" not in pod["spec"]["containers"][0]
    assert "finalizers" not in pod["metadata"]


_PROBED = """Name:       a
Namespace:  b
Node:       n/1.1.1.1
Labels:     <none>
Status:     Running
IP:         10.0.0.1
Init Containers:
  setup:
    Image:          tools:1
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
    Ready:          True
Containers:
  web:
    Image:          web:1
    State:          Running
    Ready:          False
    Liveness:       tcp-socket :8080 delay=0s timeout=1s period=10s #success=1 #failure=3
    Startup:        tcp-socket :8080 delay=0s timeout=1s period=10s #success=1 #failure=3
  proxy:
    Image:          proxy:1
    State:          Running
    Ready:          True
Events:
  Type     Reason     Age   From     Message
  ----     ------     ----  ----     -------
  Normal   Pulled     9s    kubelet  Container image "proxy:1" already present on machine
  Normal   Started    9s    kubelet  Started container setup
  Normal   Killing    8s    kubelet  Container web failed liveness probe, will be restarted
  Warning  BackOff    7s    kubelet  Back-off restarting failed container web in pod a_b(1-2)
  Warning  Unhealthy  6s    kubelet  Liveness probe failed: dial tcp 10.0.0.1:8080: connect: connection refused
  Warning  Unhealthy  5s    kubelet  Readiness probe failed: no master
  Warning  Failed     4s    kubelet  Error: secret "s" not found
  Warning  Failed     3s    sched    Started container web
  Normal   Scheduled  3s    sched    Successfully assigned b/a to n
"""


def test_an_event_tells_its_container_where_the_text_decides_it() -> None:
    found = [t.fields for t in tellings(read(_PROBED)) if t.key.kind == "Event"]
    assert [t["involvedObject"].get("fieldPath") for t in found] == [
        "spec.containers{proxy}",
        "spec.initContainers{setup}",
        "spec.containers{web}",
        "spec.containers{web}",
        "spec.containers{web}",
        None,
        None,
        "spec.containers{web}",
        None,
    ]


def test_an_event_about_the_only_container() -> None:
    one = _PROBED.partition("  proxy:\n")
    text = one[0].replace(one[0][one[0].index("Init Containers") : one[0].index("Containers:\n  web")], "")
    found = [t.fields for t in tellings(read(text + one[2][one[2].index("Events:") :])) if t.key.kind == "Event"]
    named = {t["message"][:9]: t["involvedObject"].get("fieldPath") for t in found}
    assert named["Error: se"] == "spec.containers{web}"
    assert named["Readiness"] is None, "it has no such probe"
    assert named["Successfu"] is None


def test_a_container_without_startup_probe_has_started_when_it_runs() -> None:
    statuses = fields(_PROBED, "Pod")["status"]
    web, proxy = statuses["containerStatuses"]
    assert "started" not in web
    assert proxy["started"] is True
    assert statuses["initContainerStatuses"][0]["started"] is False


def test_pods_of_a_replica_set_restart_always() -> None:
    assert fields(POD, "Pod")["spec"]["restartPolicy"] == "Always"
    assert "restartPolicy" not in fields(POD.replace("ReplicaSet/", "Job/"), "Pod")["spec"]


def test_when_a_pod_was_created_at_the_latest() -> None:
    other = next(t for t in tellings(read(POD)) if t.key.kind == "Pod" and t.rank == 0)
    assert other.fields == {"metadata": {"creationTimestamp": "2026-11-23T02:20:00Z"}}


@pytest.mark.parametrize(
    ("reason", "event", "message", "expected"),
    [
        ("CreateContainerConfigError", "Failed", 'Error: secret "a" not found', 'secret "a" not found'),
        ("ErrImageNeverPull", "ErrImageNeverPull", "Container image is not present", "Container image is not present"),
        ("CreateContainerConfigError", "Failed", "Error: ErrImagePull", None),
        ("ImagePullBackOff", "Failed", "Error: ImagePullBackOff", None),
    ],
)
def test_why_a_container_waits(reason: str, event: str, message: str, expected: str | None) -> None:
    text = (
        "Name:  a\nNamespace:  b\nNode:  n/1.1.1.1\nLabels:  <none>\nStatus:  Pending\nContainers:\n  c:\n"
        f"    Image:  i\n    State:  Waiting\n      Reason:  {reason}\n    Ready:  False\n    Restart Count:  0\n"
        "    Environment:  <none>\nEvents:\n  Type     Reason  Age  From     Message\n"
        f"  Warning  {event}  9s  kubelet  {message}\n"
    )
    (status,) = fields(text, "Pod")["status"]["containerStatuses"]
    assert status["state"]["waiting"].get("message") == expected


def test_events() -> None:
    into = read(POD)
    found = [t for t in tellings(into) if t.key.kind == "Event"]
    assert [t.fields["reason"] for t in found] == ["Scheduled", "Pulled", "BackOff"]
    scheduled, _, back_off = (t.fields for t in found)
    assert scheduled["message"].endswith("to worker-a")
    assert "lastTimestamp" not in scheduled and "source" not in scheduled
    assert back_off["involvedObject"] == {"kind": "Pod", "name": "web-5d8-x2x", "apiVersion": "v1", "namespace": "shop"}
    assert (back_off["count"], back_off["firstTimestamp"], back_off["lastTimestamp"]) == (12, Ago(242), Ago(10))
    assert back_off["source"] == {"component": "kubelet", "host": "worker-a"}
    assert back_off["message"] == "Back-off restarting failed container\nwith a second line"


def test_the_newest_time_is_a_capture_time_of_last_resort() -> None:
    into = read(POD)
    assert into.build().captured_at_from == "newest time in a.txt"


def test_no_events_is_told_of_that_object_only() -> None:
    into = read("Name:         a\nNamespace:    shop\nLabels:       <none>\nSubsets:\nEvents:  <none>\n")
    coverage = into.build().coverage
    key = next(t.key for t in tellings(into))
    assert coverage.events_of(key, "shop", "a")
    assert not coverage.events_of(key, "shop", "b")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Running", {"phase": "Running"}),
        ("Pending", {"phase": "Pending"}),
        ("Terminating (lasts 5m)", {}),
    ],
)
def test_status_of_a_pod(status: str, expected: dict[str, Any]) -> None:
    text = f"Name:       a\nNamespace:  b\nNode:       <none>\nLabels:     <none>\nStatus:     {status}\nIP:         \n"
    pod = fields(text + "IPs:        <none>\nEvents:     <none>\n", "Pod")
    assert {k: v for k, v in pod["status"].items() if k == "phase"} == expected
    assert pod["metadata"]["deletionTimestamp"] == (Ago(300) if "lasts" in status else None)
    assert pod["spec"]["nodeName"] is None
    assert pod["metadata"]["ownerReferences"] == []


def test_of_a_failed_pod_deletion_is_not_told() -> None:
    text = "Name:  a\nNamespace:  b\nNode:  n/1.1.1.1\nLabels:  <none>\nStatus:  Failed\nReason:  Evicted\n"
    text += "IP:  \nEvents:  <none>"
    pod = fields(text, "Pod")
    assert pod["status"]["reason"] == "Evicted"
    assert "deletionTimestamp" not in pod["metadata"]


def test_why_a_pod_is_pending_is_told_by_the_scheduler() -> None:
    message = "0/3 nodes are available: 3 Insufficient cpu."
    text = (
        "Name:       a\nNamespace:  b\nNode:       <none>\nLabels:     <none>\nStatus:     Pending\nIP:\n"
        "Conditions:\n  Type           Status\n  PodScheduled   False \nVolumes:      <none>\nEvents:\n"
        "  Type     Reason            Age   From               Message\n"
        "  ----     ------            ----  ----               -------\n"
        f"  Warning  FailedScheduling  9s    default-scheduler  {message}\n"
    )
    (condition,) = fields(text, "Pod")["status"]["conditions"]
    assert condition == {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


def test_a_text_that_was_cut_off_leaves_what_was_open_unknown() -> None:
    lines = POD.split("\n")
    at = next(i for i, line in enumerate(lines) if "Requests:" in line)
    pod = fields("\n".join(lines[: at + 2]), "Pod")
    web = pod["spec"]["containers"][0]
    assert pod["spec"]["containers"][-1] is UNKNOWN
    assert web["resources"]["limits"] == Whole(memory="64Mi")
    assert web["resources"].get("requests") in (None, {}) and not isinstance(web["resources"].get("requests"), Whole)
    assert "livenessProbe" not in web
    assert "volumes" not in pod["spec"] and "conditions" not in pod["status"]
    assert pod["metadata"]["ownerReferences"][0]["name"] == "web-5d8"


def test_several_objects_in_one_text() -> None:
    one = (
        "Name:         {}\nNamespace:    shop\nLabels:       <none>\nAnnotations:  <none>\nSubsets:\nEvents:  <none>\n"
    )
    into = read("\n\n".join(one.format(name) for name in "abc") + one.format("d"))
    assert [t.name for t in tellings(into)] == ["a", "b", "c", "d"]


def test_the_data_of_a_config_map_is_no_object() -> None:
    text = (
        "Name:         a\nNamespace:    shop\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\nx.yaml:\n----\n"
        "Name:   inside\nNamespace: none\nEvents:  none\n\nb:\n----\n1\n\n\n"
        "BinaryData\n====\nk: 12 bytes\n\nEvents:  <none>\n"
    )
    into = read(text)
    (only,) = tellings(into)
    assert only.fields["data"] == Whole({"x.yaml": "Name:   inside\nNamespace: none\nEvents:  none", "b": "1"})
    assert only.fields["binaryData"] == Whole(k=UNKNOWN)
    assert not into.warnings


def test_values_of_a_secret_are_never_told() -> None:
    text = (
        "Name:         a\nNamespace:    b\nLabels:       <none>\nAnnotations:  <none>\n\n"
        "Type:  kubernetes.io/service-account-token\n\nData\n====\nca.crt:     1107 bytes\nempty:      0 bytes\n"
        "token:      eyJhbGciOiJSUzI1NiIsImtpZCI6\n"
    )
    secret = fields(text, "Secret")
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["data"] == Whole({"ca.crt": UNKNOWN, "empty": "", "token": UNKNOWN})


def test_a_service_and_what_is_behind_it() -> None:
    text = sample("service")
    into = read(text)
    service, endpoints = tellings(into)
    assert service.fields["spec"]["selector"] == Whole(app="web", tier="front")
    assert service.fields["spec"]["ports"] == [
        {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web", "nodePort": 30080},
        {"name": None, "port": 53, "protocol": "UDP", "targetPort": 5353, "nodePort": None},
    ]
    assert "ipFamilies" not in service.fields["spec"]
    assert endpoints.fields["subsets"] == [
        {
            "addresses": [{"ip": "10.1.0.7"}, {"ip": "10.1.0.8"}, {"ip": "10.1.0.9"}, UNKNOWN],
            "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
        },
        {"addresses": [{"ip": "fd00::1"}], "ports": [{"name": None, "protocol": "UDP", "port": 5353}]},
    ]


@pytest.mark.parametrize(("shown", "subsets"), [("<none>", []), ("", [{"addresses": [], "ports": [UNKNOWN]}])])
def test_a_service_without_ready_endpoints(shown: str, subsets: list[Any]) -> None:
    text = "Name:  a\nNamespace:  b\nLabels:  <none>\nSelector:  x=y\nType:  ClusterIP\nIP:  1.1.1.1\nPort:  p  1/TCP\n"
    endpoints = fields(
        f"{text}TargetPort:  1/TCP\nEndpoints:  {shown}\nSession Affinity:  None\nEvents:  <none>", "Endpoints"
    )
    assert [s["addresses"] for s in endpoints["subsets"]] == [s["addresses"] for s in subsets]


def test_a_node_tells_its_lease_and_pods() -> None:
    text = sample("node")
    node, lease, pod = tellings(read(text))
    assert node.fields["spec"]["taints"][1] == {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
    assert node.fields["spec"]["unschedulable"] is True
    (ready,) = node.fields["status"]["conditions"]
    assert (ready["status"], ready["lastTransitionTime"]) == ("Unknown", "2026-11-23T02:59:00Z")
    assert node.fields["allocated"] == {"requests": Whole({"cpu": "100m", "example.com/gpu": "1"}), "pods": 1}
    assert (lease.namespace, lease.name) == ("kube-node-lease", "worker-a")
    assert lease.fields["spec"]["renewTime"] == "2026-11-23T03:00:00Z"
    assert (pod.namespace, pod.name, pod.fields["spec"]) == ("shop", "web-1", {"nodeName": "worker-a"})
    assert pod.fields["metadata"] == {"creationTimestamp": Ago(11400)}


def test_the_quotas_in_a_namespace() -> None:
    text = (
        "Name:         shop\nLabels:       <none>\nAnnotations:  <none>\nStatus:       Active\n\nResource Quotas\n"
        "  Name:     cpu\n  Resource  Used  Hard\n  --------  ---   ---\n  pods      3     3\n"
        "  Name:     mem\n  Resource  Used  Hard\n  --------  ---   ---\n  memory    1Gi   2Gi\n\n"
        "No LimitRange resource.\n"
    )
    quotas = [t for t in tellings(read(text)) if t.key.kind == "ResourceQuota"]
    assert [(t.namespace, t.name, t.fields["status"]) for t in quotas] == [
        ("shop", "cpu", {"hard": {"pods": "3"}, "used": {"pods": "3"}}),
        ("shop", "mem", {"hard": {"memory": "2Gi"}, "used": {"memory": "1Gi"}}),
    ]


@pytest.mark.parametrize("path", ["describe/clusterroles/a.txt", "a.txt"])
def test_two_kinds_with_the_same_text_need_a_hint(path: str) -> None:
    text = "Name:  a\nLabels:  <none>\nAnnotations:  <none>\nPolicyRule:\n"
    text += "  Resources  Verbs\n  ---------  -----\n  pods  [get]\n"
    into = read(text, path)
    kinds = [t.key.kind for t in tellings(into)]
    if "clusterroles" in path:
        assert kinds == ["ClusterRole"] and not into.warnings
    else:
        expected = "line 1: not read: a may be a Role or a ClusterRole; name the folder after the kind"
        assert not kinds and [w.message for w in into.warnings] == [expected]


def test_the_command_line_tells_kind_and_namespace() -> None:
    text = "Name:  a\nLabels:  <none>\nAnnotations:  <none>\nPolicyRule:\n  Resources  Verbs\n  ---------  -----\n"
    role = told(text, "Role", command="kubectl -n shop describe role/a")
    assert role.namespace == "shop"


def test_a_line_that_is_not_known_is_one_warning() -> None:
    into = read("Name:  a\nNamespace:  b\nLabels:  <none>\nBrand New:  1\nOther New:  2\nSubsets:\nEvents:  <none>\n")
    assert [(w.message, w.file) for w in into.warnings] == [
        ("line 4: not understood: Brand New:  1 (and 1 more)", "a.txt")
    ]
    assert tellings(into)[0].fields["subsets"] == []


def test_a_kind_without_a_describer_is_read_by_its_words() -> None:
    text = sample("certificate")
    certificate = told(text, "Certificate")
    assert str(certificate.key) == "Certificate.cert-manager.io"
    assert certificate.fields["apiVersion"] == "cert-manager.io/v1"
    assert certificate.fields["metadata"]["creationTimestamp"] == "2026-11-23T02:00:00Z"
    assert certificate.fields["spec"] == {"issuerRef": {"kind": "Issuer", "name": "ca"}, "secretName": "web-tls"}
    conditions = certificate.fields["status"]["conditions"]
    assert [(c["type"], c["status"]) for c in conditions] == [("Ready", "False"), ("Issuing", "True")]


def test_of_a_pod_that_is_gone_the_events_are_told() -> None:
    text = (
        "Pod 'web-1': error 'pods \"web-1\" not found', but found events.\nEvents:\n"
        "  Type    Reason   Age   From     Message\n  ----    ------   ----  ----     -------\n"
        "  Normal  Killing  19s   kubelet  Stopping container web\n"
    )
    (event,) = tellings(read(text, command="kubectl describe pod web-1 -n shop"))
    assert event.fields["involvedObject"]["name"] == "web-1"
    assert (event.namespace, event.fields["reason"]) == ("shop", "Killing")


@pytest.mark.parametrize(
    "text",
    ["", "hello\nworld\n", '{"Name": "x"}', "Name: x", "NAME   READY\nweb    1/1\n", "---\nName: a\nAge: 3\n"],
)
def test_other_text_is_not_recognised(text: str) -> None:
    assert not DESCRIBE.recognises(block(text)) or text == "Name: x"


def test_words_before_the_first_object_do_not_matter() -> None:
    text = "Warning: v1 Endpoints is deprecated in v1.33+\n\n" + POD
    assert fields(text, "Pod")["status"]["phase"] == "Running"


@pytest.mark.parametrize("width", [80, 100, 132])
def test_lines_that_a_terminal_has_broken_are_joined(width: int) -> None:
    long = POD.replace("web:1", "registry.example.com:5000/" + "team/" * 24 + "web:1")
    wrapped = "\n".join(line[i : i + width] for line in long.split("\n") for i in range(0, len(line) or 1, width))
    assert max(map(len, wrapped.split("\n"))) == width
    assert fields(wrapped, "Pod") == fields(long, "Pod")


def test_an_empty_block_is_nothing() -> None:
    assert not DESCRIBE.recognises(Block((), "a", "a"))
