"""Several outputs in one run, and files that are whole at any moment."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from diagnose.render import FORMATS

from .command import Command, command

DOCS = Path(__file__).parent.parent.parent / "docs" / "outputs.md"
FIXTURE = Path(__file__).parent.parent.parent / "fixtures" / "broken-shop"


@pytest.fixture
def diagnose(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsysbinary, monkeypatch)


def test_every_format_in_one_run(diagnose: Command, tmp_path: Path) -> None:
    files = {name: tmp_path / f"report.{renderer.extension}" for name, renderer in FORMATS.items()}
    ended = diagnose("dump", FIXTURE, *(f"-o{name}={file}" for name, file in files.items()))
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert sorted(tmp_path.iterdir()) == sorted(files.values())
    assert all("dns-forwarding-loop" in file.read_text() for file in files.values())


def test_the_examples_of_the_documentation_are_real(diagnose: Command, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("markdown", "prometheus", "policyreport", "junit")]
    diagnose("dump", FIXTURE, *(f"-o{file.name}={file}" for file in files))
    written = {line for file in files for line in file.read_text().splitlines()}
    examples = re.findall(r"^```\w+\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for example in examples for line in example.splitlines() if line != "…"]
    assert len(lines) > 20
    assert [line for line in lines if line not in written] == []


def test_one_goes_to_stdout_beside_the_files(diagnose: Command, tmp_path: Path) -> None:
    ended = diagnose("dump", FIXTURE, "-o", "json", "-o", f"html={tmp_path / 'r.html'}")
    assert json.loads(ended.out)["summary"]["critical"] == 3
    assert (tmp_path / "r.html").read_text().endswith("</html>\n")


def test_a_file_that_cannot_be_written_does_not_lose_the_others(diagnose: Command, tmp_path: Path) -> None:
    ended = diagnose("dump", FIXTURE, "-o", "html=/nowhere/r.html", "-o", f"json={tmp_path / 'r.json'}")
    assert (ended.code, ended.err) == (2, "diagnose: /nowhere/r.html: cannot be written: No such file or directory\n")
    assert json.loads((tmp_path / "r.json").read_text())["causes"]


def test_a_file_is_replaced_in_one_step_and_a_link_is_followed(diagnose: Command, tmp_path: Path) -> None:
    old = tmp_path / "old.prom"
    old.write_text("old")
    (tmp_path / "link.prom").symlink_to(old)
    with old.open() as open_before:
        assert diagnose("dump", FIXTURE, "-o", f"prometheus={tmp_path / 'link.prom'}").code == 0
        assert open_before.read() == "old"
    assert "diagnose_finding{" in old.read_text()
    assert (tmp_path / "link.prom").is_symlink()


def test_what_is_no_plain_file_is_written_to(diagnose: Command) -> None:
    assert diagnose("dump", FIXTURE, "-o", "junit=/dev/null").code == 0


def test_the_run_tells_when_it_was_and_how_long_it_took(diagnose: Command) -> None:
    metrics = dict(
        line.rsplit(" ", 1) for line in diagnose("dump", FIXTURE, "-o", "prometheus").out.splitlines() if line[0] != "#"
    )
    assert 0 < float(metrics["diagnose_run_duration_seconds"]) < 600
    assert float(metrics["diagnose_run_timestamp_seconds"]) > 1.7e9


def test_help_names_every_format(diagnose: Command) -> None:
    told = " ".join(diagnose("dump", "--help").out.split())
    assert all(name in told for name in FORMATS)


def test_an_unknown_format(diagnose: Command) -> None:
    ended = diagnose("dump", FIXTURE, "-o", "htlm")
    assert ended.code == 2
    assert ended.err == (
        "diagnose: unknown format 'htlm', did you mean 'html'?; there are: github, gitlab, html, json, junit, "
        "markdown, policyreport, prometheus, sarif, text\n"
    )
