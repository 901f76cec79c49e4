"""Where `diagnose check` runs by itself: the hooks of pre-commit, the GitHub Action, the job of GitLab."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from identify import identify

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
JOB = yaml.safe_load((ROOT / "deploy/gitlab/diagnose-check.gitlab-ci.yml").read_text())["diagnose-check"]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx:1.25
    securityContext: {privileged: true}
"""


def takes(hook: dict[str, Any], file: str) -> bool:
    """Whether pre-commit gives a file to a hook: its expression is searched for, and one of the types must fit."""
    tags = identify.tags_from_filename(file)
    return bool(re.search(hook["files"], file)) and bool(tags & set(hook["types_or"]))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@pytest.mark.parametrize(
    ("file", "taken"),
    [
        ("pod.yaml", True),
        ("deploy/base/pod.yml", True),
        ("k8s/set.json", True),
        ("charts/web/templates/pod.yaml", True),
        (".github/workflows/ci.yml", True),
        ("README.md", False),
        ("src/yaml.py", False),
        ("pod.yaml.bak", False),
    ],
)
def test_a_hook_is_given_what_may_be_manifests(hook: dict[str, Any], file: str, taken: bool) -> None:
    assert takes(hook, file) is taken


def run(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path, **environment}
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/pod.yaml").write_text(POD)
    (tmp_path / "values.yaml").write_text("image: nginx\n")
    return tmp_path


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_fails_on_what_it_is_given(hook: dict[str, Any], repository: Path) -> None:
    files = ["deploy/pod.yaml", "values.yaml"] if hook.get("pass_filenames", True) else []
    ended = run([*hook["entry"].split(), *hook["args"], *files], repository)
    assert ended.returncode == 1, ended.stderr
    assert "deploy/pod.yaml:8:23 $.spec.containers[0].securityContext.privileged" in ended.stdout


def test_a_hook_that_is_given_no_manifest_passes(repository: Path) -> None:
    assert run([*HOOKS[0]["entry"].split(), *HOOKS[0]["args"], "values.yaml"], repository).returncode == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_over_other_files_however_they_are_written(hook: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text('{\n  // why\n  "strict": true,\n}\n')
    (tmp_path / "mkdocs.yml").write_text("a: !!python/name:x.y\n")
    (tmp_path / "pod.yaml").write_text(POD.replace("true", "false"))
    files = ["tsconfig.json", "mkdocs.yml", "pod.yaml"] if hook.get("pass_filenames", True) else []
    ended = run([*hook["entry"].split(), *hook["args"], *files], tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_hooks_install_what_the_extra_has() -> None:
    import tomllib

    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["check"]
    assert [hook["additional_dependencies"] for hook in HOOKS] == [extra, extra]


def script() -> tuple[str, dict[str, str]]:
    """The step of the action that checks, and the inputs that its environment shows it."""
    step = ACTION["runs"]["steps"][-1]
    assert "${{" not in step["run"], "an input that is pasted into a script can say anything"
    names = {name: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value) for name, value in step["env"].items()}
    return step["run"], {name: str(ACTION["inputs"][found[1]]["default"]) for name, found in names.items() if found}


def act(repository: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    text, defaults = script()
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("there is no bash")
    environment = {"GITHUB_STEP_SUMMARY": "", **defaults, **inputs}
    return run([shell, "--noprofile", "--norc", "-eo", "pipefail", "-c", text], repository, **environment)


def test_the_action_annotates_the_lines(repository: Path) -> None:
    ended = act(repository)
    assert ended.returncode == 1, ended.stderr
    assert "::error file=deploy/pod.yaml,line=8,col=23,title=A container is privileged" in ended.stdout


def test_the_action_takes_every_input(repository: Path) -> None:
    out = repository / "out.sarif"
    summary = repository / "summary.md"
    inputs = {
        "PATHS": "deploy\nvalues.yaml",
        "PROFILE": "all",
        "KUBERNETES_VERSION": "1.30",
        "FAIL_ON": "never",
        "SARIF": str(out),
        "COMPLETE": "true",
        "ARGUMENTS": "--severity error --only *-container",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    ended = act(repository, **inputs)
    assert ended.returncode == 0, ended.stderr
    results = json.loads(out.read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["privileged-container"]
    assert summary.read_text().startswith("### kube-diagnose: deploy values.yaml\n")


def test_an_input_of_the_action_is_words_and_nothing_else(repository: Path) -> None:
    ended = act(repository, PATHS="$(touch hacked) ; touch hacked")
    assert (ended.returncode, "no such file or folder: $(touch" in ended.stderr) == (2, True)
    assert not (repository / "hacked").exists()


def test_the_job_of_gitlab(repository: Path) -> None:
    command = next(line for line in JOB["script"] if line.startswith("diagnose"))
    ended = run(["sh", "-c", command], repository, **{k: str(v) for k, v in JOB["variables"].items()})
    assert ended.returncode == 1, ended.stderr
    reports = JOB["artifacts"]["reports"]
    found = json.loads((repository / reports["codequality"]).read_text())
    assert ("privileged-container", "deploy/pod.yaml") in [(f["check_name"], f["location"]["path"]) for f in found]
    assert (repository / reports["junit"]).read_text().startswith("<?xml")
