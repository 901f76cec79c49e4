"""`diagnose dump`: options, exit codes, and what goes where."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW, event, obj, pod, rule_text
from tests.cli.command import Command, command

DUMPS = Path(__file__).parent.parent.parent.parent / "shared" / "dumps" / "real-1.36"
real = pytest.mark.skipif(not DUMPS.is_dir(), reason="../shared/dumps is not there")

LOUD = rule_text("{for: Pod, where: {$.status.phase: Failed}}", "{pod.metadata.name} failed.", rule="loud")
QUIET = rule_text("for: Pod", "{pod.metadata.name} is there.", rule="quiet").replace("error", "info", 1)


@pytest.fixture
def diagnose(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command in an empty folder with `dump.json` (one failed pod) and `rules/`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    Path("rules").mkdir()
    for name, text in (("loud", LOUD), ("quiet", QUIET)):
        Path("rules", f"{name}.yaml").write_text(text)
    Path("dump.json").write_text(json.dumps(pod_list(pod(status={"phase": "Failed"}))))
    run = command(capsysbinary, monkeypatch)
    return lambda *args, **more: run("dump", *args, "--no-default-rules", "--rules", "rules", **more)


def pod_list(*pods: dict[str, Any]) -> dict[str, Any]:
    for number, made in enumerate(pods):
        made["metadata"]["uid"] = str(number)
    return {"kind": "PodList", "apiVersion": "v1", "items": list(pods)}


def findings(text: str) -> list[str]:
    return [f["message"] for f in json.loads(text)["findings"]]


BOTH = ["p failed.", "p is there."]


def test_text_is_the_default_and_the_only_thing_on_stdout(diagnose: Command) -> None:
    done = diagnose("dump.json")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("dump.json")
    assert "p failed." in done.out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "never"], 0),
        (["--fail-on", "critical"], 0),
        (["--fail-on", "error"], 1),
        (["--fail-on", "info"], 1),
        (["--fail-on", "error", "--skip", "loud"], 0),
        (["--fail-on", "info", "--severity", "critical"], 1),
    ],
)
def test_exit_codes_for_findings(diagnose: Command, options: list[str], code: int) -> None:
    assert diagnose("dump.json", *options).code == code


def test_several_outputs(diagnose: Command, tmp_path: Path) -> None:
    done = diagnose("dump.json", "-o", "json=one.json", "-o", "json=two.json", "-o", "text")
    assert (done.code, done.err) == (0, "")
    assert "p failed." in done.out
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    assert findings(Path("one.json").read_text()) == BOTH
    assert diagnose("dump.json", "-o", "json").out == Path("one.json").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "jsn"], "unknown format 'jsn', did you mean 'json'?"),
        (["-o", "json="], "-o json= names no file; write -o json=FILE, or -o json for stdout"),
        (
            ["-o", "json", "-o", "text"],
            "only one output can go to stdout; give the others a file, as -o json=report.json",
        ),
        (["-o", "json=none/x.json"], "none/x.json: cannot be written: No such file or directory"),
        (["--at", "yesterday"], "--at takes a time as 2026-01-31T12:00:00Z, not 'yesterday'"),
        (["--only", "lod"], "--only lod fits no rule, did you mean 'loud'?"),
        (["--skip", "lod"], "--skip lod fits no rule, did you mean 'loud'?"),
        (["--config", "none.yaml"], "none.yaml: cannot be read: [Errno 2] No such file or directory: 'none.yaml'"),
        (["--rules", "none"], "no such file or folder: none (given with --rules)"),
        (["-n", "aa"], "there is no namespace 'aa' in the dump, did you mean 'a'?"),
        (["-n", "shop"], "there is no namespace 'shop' in the dump; it has: a"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(diagnose: Command, options: list[str], message: str) -> None:
    done = diagnose("dump.json", *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"diagnose: {message}")
    assert done.err.count("\n") == 1


def test_an_option_that_there_is_not(diagnose: Command) -> None:
    done = diagnose("dump.json", "--fail-on", "always")
    assert (done.code, done.out) == (2, "")
    assert "'always' is not one of" in done.err
    assert "No such option" in diagnose("dump.json", "--nope").err


def test_without_a_path(diagnose: Command) -> None:
    done = diagnose()
    assert (done.code, done.out) == (2, "")
    assert "Missing argument 'PATH...|-'" in done.err


def test_severity_chooses_what_is_shown(diagnose: Command) -> None:
    assert findings(diagnose("dump.json", "-o", "json").out) == BOTH
    assert findings(diagnose("dump.json", "-o", "json", "--severity", "error").out) == BOTH[:1]
    assert findings(diagnose("dump.json", "-o", "json", "--only", "q*").out) == BOTH[1:]


def test_a_namespace_and_the_causes_of_its_findings_elsewhere(diagnose: Command) -> None:
    Path("dump.json").write_text(json.dumps(pod_list(pod("p", "a"), pod("q", "b"))))
    assert findings(diagnose("dump.json", "-o", "json", "-n", "b").out) == ["q is there."]
    assert findings(diagnose("dump.json", "-o", "json", "-n", "a", "-n", "b").out) == ["p is there.", "q is there."]
    cause = rule_text("for: Node", "node", rule="cause", tail="explains: [{symptom: pod-not-ready, via: node -> pods}]")
    effect = rule_text("for: Pod", "{pod.metadata.name}", rule="effect", tail="symptom: pod-not-ready")
    for name, text in (("cause", cause), ("effect", effect)):
        Path("rules", f"{name}.yaml").write_text(text)
    pods = [pod("p", "a", spec={"nodeName": "n"}), pod("q", "b", spec={"nodeName": "n"})]
    Path("dump.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": [obj("Node", "n"), *pods]}))
    told = json.loads(diagnose("dump.json", "-o", "json", "-n", "b", "--skip", "quiet").out)
    assert [f["message"] for f in told["findings"]] == ["node", "q"]
    assert [len(c["effects"]) for c in told["causes"]] == [1]


def test_the_capture_time_may_be_given(diagnose: Command) -> None:
    told = json.loads(diagnose("dump.json", "-o", "json", "--at", NOW).out)
    assert (told["snapshot"]["captured_at"], told["snapshot"]["captured_at_from"]) == (NOW, "--at")


def test_stdin(diagnose: Command) -> None:
    data = Path("dump.json").read_bytes()
    assert findings(diagnose("-", "-o", "json", stdin=data).out) == BOTH
    assert diagnose("-", stdin=data).out.startswith("stdin")
    done = diagnose("-", stdin=b"")
    assert (done.code, done.out) == (3, "")
    assert done.err.count("\n") == 1


def test_several_paths_are_one_cluster(diagnose: Command) -> None:
    Path("more.json").write_text(json.dumps(pod_list(pod("q"), pod("p", status={"phase": "Failed"}))))
    assert findings(diagnose("dump.json", "more.json", "-o", "json", "--only", "quiet").out) == [
        "p is there.",
        "q is there.",
    ]


def test_a_configuration_beside_and_options_over_it(diagnose: Command) -> None:
    Path("diagnose.yaml").write_text("skip: [quiet]\nfail_on: error\nrules: {loud: {severity: critical}}\n")
    done = diagnose("dump.json", "-o", "json")
    assert (done.code, findings(done.out)) == (1, BOTH[:1])
    assert [f["severity"] for f in json.loads(done.out)["findings"]] == ["critical"]
    assert diagnose("dump.json", "--fail-on", "never").code == 0
    Path("other.yaml").write_text("rules: {lod: {enabled: false}}\nonly: x\n")
    done = diagnose("dump.json", "--config", "other.yaml")
    assert (done.code, done.err) == (2, "diagnose: other.yaml:2:7: 'only' is a list of texts\n")
    Path("other.yaml").write_text("rules: {lod: {enabled: false}}\n")
    done = diagnose("dump.json", "--config", "other.yaml")
    assert (done.code, done.err) == (2, "diagnose: configuration: there is no rule 'lod', did you mean 'loud'?\n")


def test_input_that_is_incomplete_is_exit_code_3_with_a_report(diagnose: Command) -> None:
    Path("dump.json").write_text(json.dumps(pod_list(pod(status={"phase": "Failed"}), pod("q")))[:-30])
    done = diagnose("dump.json", "-o", "json", "--fail-on", "error")
    told = json.loads(done.out)
    assert done.code == 3
    assert [f["message"] for f in told["findings"]] == BOTH
    assert told["snapshot"]["incomplete"] is True
    assert [w["message"] for w in told["snapshot"]["warnings"]] == [
        "not read to its end: broken or cut off after 1 items"
    ]


def test_a_reader_that_leaves_early(diagnose: Command) -> None:
    many = pod_list(*(pod(f"p{i}", status={"phase": "Failed", "message": "x" * 50}) for i in range(3000)))
    Path("dump.json").write_text(json.dumps(many))
    call = [
        sys.executable,
        "-m",
        "diagnose",
        "dump",
        "dump.json",
        "--no-default-rules",
        "--rules",
        "rules",
        "-o",
        "json",
    ]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


def test_colour_only_when_it_is_asked_for(diagnose: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in diagnose("dump.json").out
    assert "\x1b[" in diagnose("dump.json", "--color", "always").out
    assert "\x1b" not in diagnose("dump.json", "--color", "never").out


def test_the_report_is_the_same_every_time(diagnose: Command) -> None:
    call = [sys.executable, "-m", "diagnose", "dump", "dump.json", "-o", "json"]
    runs = [
        subprocess.run(call, capture_output=True, env={"PYTHONHASHSEED": seed, "PATH": ""}, check=True).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


# --- real dumps


@real
@pytest.mark.parametrize(("name", "code"), [("healthy", 0), ("faults-a", 1), ("kubelet-down", 1), ("sandbox-fail", 1)])
def test_real_dumps(name: str, code: int, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    run = command(capsysbinary, monkeypatch)
    done = run("dump", DUMPS / name, "--fail-on", "error", "-o", "json=r.json", "-o", "text")
    assert (done.code, done.err) == (code, "")
    assert done.out.startswith(name)
    told = json.loads(Path("r.json").read_text())
    assert told["snapshot"]["server_version"].startswith("v1.36") and not told["snapshot"]["incomplete"]


def secret_values(root: Path) -> set[str]:
    """Every value of every Secret in a dump, encoded and decoded, as far as it is long enough to be found by chance."""
    found: set[str] = set()
    for path in root.rglob("*.json"):
        for item in json.loads(path.read_text()).get("items") or []:
            if item.get("kind") == "Secret" or path.stem == "secrets":
                for key, text in (item.get("data") or {}).items():
                    if key not in ("ca.crt", "namespace"):
                        plain = base64.b64decode(text).decode("utf-8", "replace")
                        found |= {text, plain, *plain.split("\n")}
    return {v for v in found if len(v) >= 6}


@real
def test_no_secret_of_a_real_dump_is_in_its_report(
    capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    values = secret_values(DUMPS / "faults-a")
    assert values
    reveal = rule_text(
        "for: Secret", "{secret.data} {secret.metadata.annotations}", rule="reveal", tail="evidence: [secret]"
    )
    envs = rule_text("for: Pod", "{pod.spec}", rule="envs", tail='evidence: ["pod.spec.containers[*].env[*]"]')
    Path("rules").mkdir()
    for name, text in (("reveal", reveal), ("envs", envs)):
        Path("rules", f"{name}.yaml").write_text(text)
    run = command(capsysbinary, monkeypatch)
    done = run("dump", DUMPS / "faults-a", "--rules", "rules", "--all", "-o", "json=r.json", "-o", "text")
    whole = done.out + Path("r.json").read_text()
    assert done.code == 0 and "[redacted]" in whole
    assert {v for v in values if v in whole} == set()


def test_what_looks_like_a_secret_in_events_and_logs_is_hidden(diagnose: Command) -> None:
    said = "pull failed: https://robot:hunter2hunter2@registry/v2 Bearer abcdefghij0123456789"
    told = rule_text("for: Pod\n{some: pod -> events, as: e}", "{e.message}", rule="told")
    Path("rules/told.yaml").write_text(told)
    Path("dump.json").write_text(
        json.dumps({"kind": "List", "apiVersion": "v1", "items": [pod(), event(pod(), "Failed", said)]})
    )
    done = diagnose("dump.json", "--only", "told", "-o", "json")
    assert findings(done.out) == ["pull failed: https://robot:[redacted]@registry/v2 Bearer [redacted]"]


def test_a_fault_of_the_program_is_one_line(diagnose: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("diagnose.run.diagnose", broken)
    ended = diagnose("dump.json")
    assert (ended.code, ended.out) == (70, "")
    assert ended.err == (
        "diagnose: a fault of the program itself: ZeroDivisionError: oops\n"
        "diagnose: please report it; DIAGNOSE_DEBUG=1 shows where it happened\n"
    )
