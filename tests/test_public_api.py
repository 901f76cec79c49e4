"""What a program may import, what that costs, and the examples of docs/library.md."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import diagnose
from tests.builders import pod, rule_text, waiting

ROOT = Path(__file__).parent.parent
HEAVY = {"click", "msgspec", "yaml", "re2", "jsonpath_ng", "kubernetes", "cryptography", "ryml"}


def test_every_public_name_is_there_and_has_one_home() -> None:
    homes = [name for names in diagnose._HOMES.values() for name in names]
    assert sorted(homes) == sorted(diagnose.__all__)
    assert all(getattr(diagnose, name) is not None for name in diagnose.__all__)
    assert set(diagnose.__all__) <= set(dir(diagnose))


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "diagnose/__init__.py").read_text())
    (block,) = [n for n in tree.body if isinstance(n, ast.If)]
    seen = [a.name for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names]
    assert sorted(seen) == sorted(diagnose.__all__)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'diagnose' has no attribute 'diagnoze'"):
        diagnose.diagnoze  # noqa: B018


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import diagnose", set()),
        ("from diagnose import Report, Severity, InputError", set()),
        ("import diagnose.cli", {"click"}),
    ],
)
def test_an_import_brings_no_more_than_it_needs(code: str, allowed: set[str]) -> None:
    show = "import sys; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", f"{code}; {show}"], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY <= allowed


EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", (ROOT / "docs/library.md").read_text(), re.DOTALL)


@pytest.mark.parametrize(("code", "output"), EXAMPLES, ids=["dump", "memory"])
def test_the_examples_of_the_documentation_run(code: str, output: str, tmp_path: Path) -> None:
    broken = pod("web", "shop", **waiting("ImagePullBackOff", message="x:1: not found"))
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "PodList", "apiVersion": "v1", "items": [broken]}))
    (tmp_path / "rules").mkdir()
    match = "{for: Pod, where: {$.metadata.labels.app: {exists: false}}}"
    message = "{pod.metadata.namespace}/{pod.metadata.name} has no label app."
    (tmp_path / "rules/r.yaml").write_text(rule_text(match, message))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (output, "")
