"""Text as people paste it into tickets: markdown, quotes, frames, prose around it, parts cut out of it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import InputError
from diagnose.snapshot import Snapshot
from diagnose.sources.text import blocks, pasted
from tests.text.texts import objects, table
from tests.text.texts import pasted as dumped

POD = """\
Name:           web-7d9c5b8f6-x2x9k
Namespace:      shop
Priority:       0
Node:           n1/10.0.0.1
Start Time:     Tue, 04 Feb 2025 15:25:04 +0000
Labels:         app=web
Annotations:    <none>
Status:         Pending
IP:
Controlled By:  ReplicaSet/web-7d9c5b8f6
Containers:
  web:
    Container ID:
    Image:          shop/web:9
    Image ID:
    Port:           <none>
    Host Port:      <none>
    State:          Waiting
      Reason:       ImagePullBackOff
    Ready:          False
    Restart Count:  0
    Environment:    <none>
    Mounts:         <none>
Conditions:
  Type              Status
  Initialized       True
  Ready             False
  ContainersReady   False
  PodScheduled      True
Volumes:            <none>
QoS Class:          BestEffort
Node-Selectors:     <none>
Tolerations:        <none>
Events:
  Type     Reason     Age                  From               Message
  ----     ------     ----                 ----               -------
  Normal   Scheduled  3m2s                 default-scheduler  Successfully assigned shop/web-7d9c5b8f6-x2x9k to n1
  Warning  Failed     81s (x4 over 2m57s)  kubelet            Error: ErrImagePull
"""
PODS = table(
    ("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
    ("web-0", "1/1", "Running", "0", "3d"),
    ("web-1", "0/1", "CrashLoopBackOff", "7", "3d"),
)
KUBELET = """\
\u25cf kubelet.service - kubelet: The Kubernetes Node Agent
     Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; vendor preset: enabled)
     Active: failed (Result: exit-code) since Sat 2025-01-11 03:53:04 UTC; 2s ago
   Main PID: 1066 (code=exited, status=255/EXCEPTION)
"""


def _lines(text: str, before: str, after: str = "") -> str:
    return "\n".join(before + line + after for line in text.split("\n"))


def _framed(text: str) -> str:
    width = max(map(len, text.split("\n")))
    rows = [f"\u2502 {line.ljust(width)} \u2502" for line in text.split("\n")]
    return "\n".join(
        ["\u250c" + "\u2500" * (width + 2) + "\u2510", *rows, "\u2514" + "\u2500" * (width + 2) + "\u2518"]
    )


WAYS = {
    "fenced": "Hi, it hangs:\n\n```console\n" + POD + "```\n\nAny idea?\n",
    "fenced with more backticks": "````\n" + POD + "````",
    "quoted": _lines(POD, "> "),
    "quoted twice": _lines(POD, "> > "),
    "indented": _lines(POD, "    "),
    "indented below prose": "Hi, it hangs:\n\n" + _lines(POD, "    ") + "\nAny idea?\n",
    "fenced and indented, in a list": "1. it hangs\n\n   ```\n" + _lines(POD, "   ") + "\n   ```\n2. again\n",
    "a quote in a fence": "```\n" + _lines(POD, "> ") + "\n```",
    "an empty line after each": POD.replace("\n", "\n\n"),
    "framed": _framed(POD),
    "prose before and after": "It hangs since monday.\n\n" + POD + "\nAny idea? We use kubeadm.\nVersion: 1.30\n",
    "a command without a prompt": "```\nkubectl describe pod web-7d9c5b8f6-x2x9k -n shop\n" + POD + "```",
    "a table before it": PODS + "\n" + POD,
    "carriage returns": ("```\n" + POD + "```\n").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_pod_is_the_same_however_it_was_pasted(way: str) -> None:
    plain, found = dumped(POD), dumped(WAYS[way])
    name = "shop/web-7d9c5b8f6-x2x9k"
    assert objects(found, "Pod")[name] == objects(plain, "Pod")[name]
    assert _messages(found) == _messages(plain)
    assert [w.message for w in found.warnings] == []


def _messages(snapshot: Snapshot) -> list[str]:
    return sorted(event["message"] for event in objects(snapshot, "Event").values())


@pytest.mark.parametrize(
    "shown",
    [
        "```\n$ kubectl get pods -n shop\n%s```",
        "**$ kubectl get pods -n shop**\n%s",
        "`kubectl get pods -n shop`\n\n```\n%s```\n",
        "**kubectl get pods -n shop**\n%s",
        "linux-x2:~ # kubectl get pods -n shop\n%s",
        "[me@host some-long-folder]$  kubectl get pods -n shop\n%s",
        "[12:54:41] $ ./cluster/kubectl.sh get pods -n shop\n%s",
        "> $ kubectl get pods -n shop\n%s",
        "It hangs:\n$ kc get pods -nshop\n%s",
        "@you, look:\n[me@host ~]# k -n shop get pods\n%s",
        "    kubectl get pods -n shop\n\n%s\n    Some more text.\n",
    ],
)
def test_the_command_before_a_table_is_known(shown: str) -> None:
    rows = PODS
    if shown.startswith("> "):
        rows = _lines(PODS, "> ")
    if shown.startswith("    "):
        rows = _lines(PODS, "    ")
    assert sorted(objects(dumped(shown % rows), "Pod")) == ["shop/web-0", "shop/web-1"]


def test_italics_around_rows_are_no_part_of_a_name() -> None:
    text = (
        "**kubectl get pods -A**\nNAMESPACE   NAME   READY   STATUS    RESTARTS   AGE\n"
        "_**shop        a-0    0/1     Pending   0          2m**_\n"
    )
    assert list(objects(dumped(text), "Pod")) == ["shop/a-0"]


def test_the_answer_of_curl_is_no_quote() -> None:
    text = "> GET / HTTP/1.1\n> Host: web\n> \n< HTTP/1.1 200 OK"
    assert pasted.bare(text) == (text, text.split("\n"))


def test_a_config_map_may_hold_markdown() -> None:
    text = (
        "Name:         notes\nNamespace:    shop\nLabels:       <none>\nAnnotations:  <none>\n\n"
        "Data\n====\nreadme.md:\n----\n```\n"
        "kubectl get pods\n```\n\n\nBinaryData\n====\n\nEvents:  <none>\n"
    )
    data = objects(dumped(text), "ConfigMap")["shop/notes"]["data"]
    assert data["readme.md"].strip() == "```\nkubectl get pods\n```"


def test_what_nslookup_prints_is_no_description() -> None:
    text = (
        "$ kubectl exec -it a -- nslookup web\nServer:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n"
        "Name:\tweb.shop.svc.cluster.local\nAddress: 10.96.0.77\n\n$ kubectl get pods\n"
    )
    assert [w.message for w in dumped(text + PODS).warnings] == []


# --- cut out, cut off, repeated ---------------------------------------------------------------------------------------


def test_a_row_that_was_cut_off_is_told_and_is_no_pod() -> None:
    found = dumped(PODS + "web-2   0/1")
    assert sorted(objects(found, "Pod")) == ["web-0", "web-1"]
    assert [w.message for w in found.warnings] == ["a line of a table not understood, first line 4"]


def test_of_a_watch_the_last_row_counts() -> None:
    rows = (("NAME", "READY", "STATUS", "RESTARTS", "AGE"), ("a-0", "0/1", "ImagePullBackOff", "0", "1m"))
    found = dumped("$ kubectl get pods -w\n" + table(*rows, ("a-0", "1/1", "Running", "0", "2m")))
    assert objects(found, "Pod")["a-0"]["status"]["phase"] == "Running"


def test_rows_between_elisions() -> None:
    rows = table(("a-0", "0/1", "Terminating", "0", "20h"), ("a-1", "0/1", "Terminating", "0", "20h"))
    assert sorted(objects(dumped("They stay:\n```\n...\n" + rows + "...\n```\n"), "Pod")) == ["a-0", "a-1"]


EVENTS = "Events:\n" + POD.partition("Events:\n")[2]


def test_the_events_of_a_description_alone_belong_to_what_the_command_names() -> None:
    found = dumped("$ kubectl describe hpa web -n shop\n" + EVENTS)
    about = {(e["involvedObject"]["kind"], e["involvedObject"]["name"]) for e in objects(found, "Event").values()}
    assert about == {("HorizontalPodAutoscaler", "web")}
    assert list(objects(found, "HorizontalPodAutoscaler")) == ["shop/web"]


def test_or_to_the_pod_that_the_scheduler_names() -> None:
    found = dumped("The last events:\n```\n" + EVENTS + "```\n")
    assert list(objects(found, "Pod")) == ["shop/web-7d9c5b8f6-x2x9k"]
    assert len(objects(found, "Event")) == 2


def test_or_to_the_node_that_its_kubelet_names() -> None:
    message = "Node n1 status is now: NodeHasDiskPressure"
    head = "\n".join(EVENTS.splitlines()[:3])
    found = dumped(f"...\n{head}\n  Normal   NodeHasDiskPressure   4m23s   kubelet   {message}\n")
    assert list(objects(found, "Node")) == ["n1"]
    assert _messages(found) == [message]


def test_or_to_nobody() -> None:
    rows = "".join(line + "\n" for line in EVENTS.splitlines() if "Scheduled" not in line)
    with pytest.raises(InputError, match="line 2: events were not read: the text does not name their object"):
        dumped("```\n" + rows + "```\n")


def test_rows_after_tail() -> None:
    found = dumped("$ kubectl describe pod web-0 -n shop | tail -n2\n" + "\n".join(EVENTS.splitlines()[-2:]) + "\n")
    events = objects(found, "Event").values()
    assert {e["involvedObject"]["name"] for e in events} == {"web-0"}
    assert sorted((e["reason"], e.get("count")) for e in events) == [("Failed", 4), ("Scheduled", 1)]


def test_the_container_before_a_message_is_its_field() -> None:
    text = EVENTS.replace("Error: ErrImagePull", "spec.containers{web}: Error: ErrImagePull")
    event = next(e for e in objects(dumped(text), "Event").values() if e["reason"] == "Failed")
    assert (event["message"], event["involvedObject"]["fieldPath"]) == ("Error: ErrImagePull", "spec.containers{web}")


def test_events_of_old_kubectl() -> None:
    row = "59m  6d  124  web-1.1576a87b365ab1e4  ReplicaSet  Warning  FailedCreate  replicaset-controller  Error: no"
    text = (
        "2018-06-26 16:44:02 -0700 PDT   2018-06-26 16:41:17 -0700 PDT   12        data-0.153bda428c5eccff   "
        "PersistentVolumeClaim             Warning   ProvisioningFailed   persistentvolume-controller   no quota"
    )
    event = next(iter(objects(dumped(f"See:\n\n{row}\n"), "Event").values()))
    assert (event["count"], event["involvedObject"]["name"]) == (124, "web-1")
    found = dumped(f"See:\n\n{text}\n")
    event = next(iter(objects(found, "Event").values()))
    assert event["firstTimestamp"] == "2018-06-26T23:41:17Z"
    assert found.captured_at == 1530056642


def test_a_unit_without_indentation_below_prose() -> None:
    text = "\n".join(line.strip() for line in KUBELET.splitlines())
    units = objects(dumped("Same here.\n\n[root@m1 ~]# service kubelet status\nRedirecting.\n" + text + "\n"), "Unit")
    assert [u["activeState"] for u in units.values()] == ["failed"]


# --- what old and new texts say ---------------------------------------------------------------------------------------


def test_a_node_in_tabs() -> None:
    text = (
        "Name:\t\t\tn1\nRole:\t\t\t\nLabels:\t\t\ta=b\n\t\t\tc=d\nTaints:\t\t\t<none>\n"
        "CreationTimestamp:\tSat, 04 Mar 2017 07:12:57 +0000\nConditions:\n"
        "  Type\t\t\tStatus\t\tLastHeartbeatTime\t\t\tLastTransitionTime\t\t\tReason\t\t\tMessage\n"
        "  ----\t\t\t------\t\t-----------------\t\t\t------------------\t\t\t------\t\t\t-------\n"
        "  Ready \t\tUnknown \tSat, 04 Mar 2017 07:13:28 +0000 \tSat, 04 Mar 2017 07:14:12 +0000 \t"
        "NodeStatusUnknown \tIt stopped.\n"
        "Addresses:\t\t10.20.104.54,n1\nCapacity:\n cpu:\t\t2\nEvents:\t<none>\n"
    )
    node = objects(dumped(text), "Node")["n1"]
    assert node["metadata"]["labels"] == {"a": "b", "c": "d"}
    assert [(c["type"], c["status"]) for c in node["status"]["conditions"]] == [("Ready", "Unknown")]
    assert node["status"].get("addresses") != []


def test_several_kinds_of_one_command_without_prefixes() -> None:
    services = table(
        ("NAME", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"), ("web", "10.0.0.9", "<none>", "80/TCP", "1m")
    )
    controllers = table(("NAME", "DESIRED", "CURRENT", "AGE"), ("web", "2", "2", "1m"))
    found = dumped("$ kubectl get pods,svc,rc\n" + PODS + services + controllers)
    assert (len(objects(found, "Pod")), list(objects(found, "Service"))) == (2, ["web"])
    assert objects(found, "StatefulSet") == {}
    assert ["kind cannot be told" in w.message for w in found.warnings] == [True]


def test_a_job_that_its_controller_gave_up() -> None:
    text = (
        "Name:           once\nNamespace:      shop\nSelector:       job-name=once\nLabels:         job-name=once\n"
        "Annotations:    <none>\nParallelism:    1\nCompletions:    1\n"
        "Start Time:     Fri, 05 Mar 2021 02:32:52 +0700\nPods Statuses:  0 Running / 0 Succeeded / 1 Failed\n"
        "Pod Template:\n  Labels:  job-name=once\n  Containers:\n   it:\n    Image:        shop/it:1\n"
        "    Port:         <none>\n    Environment:  <none>\n    Mounts:       <none>\n  Volumes:        <none>\n"
        "Events:\n  Type     Reason                Age    From            Message\n"
        "  ----     ------                ----   ----            -------\n"
        "  Warning  BackoffLimitExceeded  34s    job-controller  Job has reached the specified backoff limit\n"
    )
    job = next(iter(objects(dumped(text), "Job").values()))
    assert job["status"]["conditions"][0]["reason"] == "BackoffLimitExceeded"


def test_a_text_is_younger_than_what_happened_to_its_objects() -> None:
    assert dumped(POD).captured_at == 1738682704 + 177


# --- hostile ----------------------------------------------------------------------------------------------------------

PIECES = [
    "> ",
    "```\n",
    "~~~\n",
    "    ",
    "**",
    "_",
    "\u2502 ",
    "\f",
    "\n\n",
    "Events:\n",
    "...\n",
    "$ ",
    "\t",
    POD,
    PODS,
    KUBELET,
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, *POD.splitlines(keepends=True)]), max_size=30))
def test_any_mixture_is_read_without_a_fault(parts: list[str]) -> None:
    text = blocks.plain("".join(parts).encode())
    assert all(block.first >= 1 for block in blocks.split(text, "f", "f"))
    with suppress(InputError):
        dumped("".join(parts))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="> \t`*_|\u2502kubectl\nNAME:0", max_size=200))
def test_no_line_is_lost_that_is_not_a_mark(text: str) -> None:
    kept, _ = pasted.bare(text)
    assert kept.count("\n") <= text.count("\n")
    assert {*"".join(kept.split())} <= {*text}
