"""The Dockerfile, as far as it can be judged without building an image."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from .generated import DEPLOY

ROOT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text()).splitlines()


def values(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def test_two_stages_and_no_root() -> None:
    assert len(values("FROM")) == 2 and " AS build" in values("FROM")[0]
    last = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")) :]
    assert "USER 65532:65532" in last and not any(line.startswith("COPY") for line in last)
    assert values("ENTRYPOINT") == ['["diagnose"]']


def test_what_is_copied_exists_and_is_in_the_context() -> None:
    copied = [name for value in values("COPY") for name in value.split()[:-1]]
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert copied and all((ROOT / name).exists() and f"!{name}" in ignored for name in copied)


def test_everything_that_the_build_reads_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    copied = {name for value in values("COPY") for name in value.split()[:-1]}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {project["project"]["readme"], *wheel["packages"], *wheel["force-include"], "pyproject.toml"}
    assert needed <= copied
    extras = set(re.findall(r"\[([\w,]+)\]'", "\n".join(values("RUN"))))
    assert {name for each in extras for name in each.split(",")} <= set(project["project"]["optional-dependencies"])
