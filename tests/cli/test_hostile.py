"""Hostile input through the whole program: a clear line, the right exit code, no traceback, in bounded time."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import event, pod, rule_text

RULE = rule_text("for: Pod", "{pod.metadata.name}: {pod.spec.x}", tail='evidence: ["pod.spec.x"]')
LIMIT = 30


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "r.yaml").write_text(RULE)
    return folder


def run(folder: Path, *args: object, rules: Path | None, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `diagnose dump ARG...` in a process of its own."""
    call = [sys.executable, "-m", "diagnose", "dump", *map(str, args)]
    call += ["--no-default-rules", "--rules", str(rules)] if rules else []
    done = subprocess.run(call, cwd=folder, input=stdin, capture_output=True, timeout=LIMIT)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in out + err
    return done.returncode, out, err


def pods(*specs: Any) -> bytes:
    items = [pod(f"p{i}", spec={"x": x}, meta={"uid": str(i)}) for i, x in enumerate(specs)]
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "items": items}).encode()


def deep(levels: int) -> bytes:
    return pods("MARK").replace(b'"MARK"', b"[" * levels + b"]" * levels)


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("none", 2, "diagnose: no such file or folder: none\n"),
        ("empty", 3, "diagnose: empty holds no files\n"),
        ("zero", 3, "diagnose: zero is empty\n"),
        ("notes.txt", 3, None),
        ("image.png", 3, None),
        ("broken.tar.gz", 3, None),
        ("deep.json", 3, None),
        ("deep.yaml", 3, None),
        ("cut.json", 3, None),
    ],
)
def test_input_that_is_no_dump(path: str, code: int, message: str | None, tmp_path: Path, rules: Path) -> None:
    (tmp_path / "empty").mkdir()
    files = {
        "zero": b"",
        "notes.txt": b"just some notes\n",
        "image.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        "broken.tar.gz": gzip.compress(b"x" * 5000)[:100],
        "deep.json": deep(10_000),
        "deep.yaml": b"a: " + b"[" * 10_000 + b"]" * 10_000,
        "cut.json": b'{"kind": "PodList", "apiVersion": "v1", "items": [{"kind": "Pod"',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    ended, out, err = run(tmp_path, path, rules=rules)
    assert (ended, out) == (code, "")
    assert err == message if message else (err.startswith("diagnose: ") and err.count("\n") == 1 and path[:8] in err), (
        err
    )


@pytest.mark.parametrize("levels", [150, 900, 950, 985])
def test_an_object_that_is_almost_too_deep_is_read_or_told(levels: int, tmp_path: Path, rules: Path) -> None:
    (tmp_path / "d.json").write_bytes(deep(levels))
    code, out, err = run(tmp_path, "d.json", "-o", "json", rules=rules)
    if out:
        told = json.loads(out)
        assert (code, err) == (3 if told["snapshot"]["incomplete"] else 0, "")
        assert bool(told["findings"]) != told["snapshot"]["incomplete"]
    else:
        assert (code, err.count("\n")) == (3, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "d.json").write_bytes(pods(1))
    (tmp_path / "d.json").chmod(0)
    code, out, err = run(tmp_path, "d.json", rules=rules)
    assert (code, out) == (3, "")
    assert "Permission denied" in err


ESCAPES = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202egnp.exe\x00\r\n\x9b31m"


def test_names_and_messages_cannot_act_on_the_terminal(tmp_path: Path, rules: Path) -> None:
    evil = pod(ESCAPES, namespace=ESCAPES, spec={"x": ESCAPES, "containers": [{"name": ESCAPES}]}, meta={"uid": "1"})
    listed = {"kind": "List", "apiVersion": "v1", "items": [evil, event(evil, ESCAPES, ESCAPES)]}
    (tmp_path / "d.json").write_text(json.dumps(listed))
    code, out, _ = run(tmp_path, "d.json", "--color", "never", rules=rules)
    assert code == 0
    assert [c for c in out if not c.isprintable() and c != "\n"] == []
    code, out, _ = run(tmp_path, "d.json", "-o", "json", rules=rules)
    assert [c for c in out if not c.isprintable() and c != "\n"] == []
    assert json.loads(out)["findings"][0]["object"]["name"] == ESCAPES


def test_file_names_cannot_act_on_the_terminal(tmp_path: Path, rules: Path) -> None:
    name = "x\x1b[2J\u202e.json"
    (tmp_path / name).write_bytes(b'{"kind": "PodList", "apiVersion": "v1", "items": [')
    for args in ([name], [f"missing{name}"], ["."]):
        _, out, err = run(tmp_path, *args, rules=rules)
        assert [c for c in out + err if not c.isprintable() and c != "\n"] == []


def test_a_truncated_list_is_read_as_far_as_it_goes(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "d.json").write_bytes(pods(*range(50))[:-100])
    code, out, err = run(tmp_path, "d.json", "-o", "json", rules=rules)
    told = json.loads(out)
    assert (code, err, len(told["findings"])) == (3, "", 49)
    assert [w["message"] for w in told["snapshot"]["warnings"]] == [
        "not read to its end: broken or cut off after 49 items"
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"1e999",
        b"-1e-999",
        b"9" * 3000,
        b'"\\ud800"',
        b'"\xff"',
        b'{"": null}',
        b'"' + b"x" * 2_000_000 + b'"',
        b"[[[[[]]]]]",
    ],
    ids=["inf", "tiny", "long", "surrogate", "bytes", "nameless", "huge", "nested"],
)
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_odd_values(value: bytes, suffix: str, tmp_path: Path, rules: Path) -> None:
    (tmp_path / f"d.{suffix}").write_bytes(pods("MARK", "good").replace(b'"MARK"', value))
    code, out, _ = run(tmp_path, f"d.{suffix}", "-o", "json", rules=rules)
    if code == 3 and not out:
        return
    told = json.loads(out)
    assert code in (0, 3)
    assert len(out) < 100_000
    assert "p1: good" in [f["message"] for f in told["findings"]] or told["snapshot"]["incomplete"]


def bomb() -> bytes:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" if i else "a0: &a0 [x]" for i in range(12))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  y: 1\n{levels}\n".encode()


def traversal() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name in ("../../evil.json", "/etc/evil.json", "pods.json"):
            member = tarfile.TarInfo(name)
            data = pods("x")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("bomb.yaml", bomb),
        ("evil.tar.gz", traversal),
        ("zeros.json.gz", lambda: gzip.compress(b"[" + b" " * 200_000_000)),
    ],
)
def test_bombs_end(name: str, make: Callable[[], bytes], tmp_path: Path, rules: Path) -> None:
    (tmp_path / name).write_bytes(make())
    begin = time.monotonic()
    code, _, err = run(tmp_path, name, rules=rules)
    assert code in (0, 3) and err.count("\n") <= 1
    assert time.monotonic() - begin < LIMIT
    assert not (tmp_path.parent.parent / "evil.json").exists()


# --- rules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.replace("for:", "fro:"), "r.yaml:6:3: unknown clause 'fro', did you mean 'for'?"),
        (
            rule_text("{for: Pod, where: {$.x: {matchs: y}}}"),
            "r.yaml:6:28: unknown operator 'matchs', did you mean 'matches'?",
        ),
        (rule_text("for: Pood"), "r.yaml:6:8: unknown kind 'Pood', did you mean 'Pod'?"),
        (
            rule_text("for: Pod", "{pid.x}"),
            "r.yaml:7:19: unknown binding 'pid', did you mean 'pod'? In scope: pod, snapshot",
        ),
        (rule_text("{for: Pod, where: {$.x: {matches: '(a'}}}"), None),
        (rule_text("{for: Pod, where: {$.x: {matches: '(?=a)'}}}"), None),
        (rule_text("{for: Pod, where: {$.x: {matches: '(a){1000}{1000}'}}}"), None),
        ("id: [", None),
        ("a: &a [*a]\n", None),
        ("[" * 5000, None),
        ("\x00", None),
        ("id: r\nid: r\n", "r.yaml:2:1: duplicate key 'id'; it is first given in line 1"),
        ("!!python/object/apply:os.system [id]", None),
    ],
)
def test_a_rule_that_is_wrong(text: str, message: str | None, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(text)
    (tmp_path / "d.json").write_bytes(pods(1))
    code, out, err = run(tmp_path, "d.json", rules=tmp_path / "r.yaml")
    assert (code, out) == (2, "")
    assert all(line.startswith("diagnose: ") for line in err.splitlines())
    assert "r.yaml:" in err
    assert message is None or f"diagnose: {tmp_path}/{message}\n" in err


def test_a_catastrophic_pattern_takes_linear_time(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(rule_text("{for: Pod, where: {$.spec.x: {matches: '^(a+)+(a|aa)+$'}}}"))
    (tmp_path / "d.json").write_bytes(pods("a" * 100_000 + "b"))
    begin = time.monotonic()
    assert run(tmp_path, "d.json", rules=tmp_path / "r.yaml")[0] == 0
    assert time.monotonic() - begin < LIMIT / 2


def test_a_template_runs_no_code(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(rule_text("for: Pod", "{pod.__class__.__mro__} {pod.spec.x}"))
    (tmp_path / "d.json").write_bytes(pods("{pod.metadata.name} {{7*7}} %(x)s $(id) `id`"))
    _, out, _ = run(tmp_path, "d.json", "-o", "json", rules=tmp_path / "r.yaml")
    assert json.loads(out)["findings"][0]["message"] == "none {pod.metadata.name} {{7*7}} %(x)s $(id) `id`"
