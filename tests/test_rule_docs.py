"""docs/rules/ is what the rules say, and docs/coverage.md what its table says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from diagnose import library
from diagnose.language.rule_docs import coverage_page, pages, read_coverage
from diagnose.language.ruleset import load_rules
from diagnose.language.syntax import ASKED, Rule
from tests.cli.command import Command, command

DOCS = Path(__file__).parent.parent / "docs"
STALE = "run `make reference`"


@pytest.fixture
def call(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsysbinary, monkeypatch)


@cache
def every_rule() -> tuple[Rule, ...]:
    return library.load(library.Selection(profiles=ASKED["all"])).rules


@cache
def made() -> dict[str, str]:
    return pages(every_rule())


def test_the_pages_are_those_of_the_rules() -> None:
    written = {p.name: p.read_text(encoding="utf-8") for p in (DOCS / "rules").glob("*")}
    assert sorted(written) == sorted(made()), STALE
    assert [name for name, text in made().items() if written[name] != text] == [], STALE


def test_every_rule_has_an_anchor() -> None:
    for rule in every_rule():
        page = made()[f"{rule.category}.md"]
        assert page.count(f"\n## {rule.id}\n") == 1
        assert f"({rule.category}.md#{rule.id})" in made()["README.md"]
        for case in rule.cases:
            assert not case.id or f"\n### {rule.id}/{case.id}" in page


def test_the_pages_are_whole_markdown() -> None:
    for name, text in made().items():
        assert text.count("```") % 2 == 0, name
        assert text.endswith("\n") and not text.endswith("\n\n"), name
        assert "\n\n\n" not in text, name


def test_a_page_shows_what_a_rule_says() -> None:
    text = """
id: r
title: A thing <b>is</b> wrong
severity: error
about: Of interest.
params: {patience: 5m}
match:
- for: Pod
- some: pod -> events
  as: event
- none: ConfigMap
cases:
- {id: one, severity: info, when: {event.reason: A}, message: "has {event.reason|age} {{so}}", fix: Mend it.}
- {id: two, message: is odd, title: Another thing}
evidence: [event.message]
fix: Look.
commands: ["kubectl get pods -o jsonpath='{{.status}}'"]
docs: [https://kubernetes.io/docs/]
explains: [{symptom: pod-not-ready, via: pod}]
"""
    page = pages(load_rules(text, "x/r.yaml"))["x.md"]
    assert page.partition("## r\n\n")[2] == (
        "**A thing \\<b\\>is\\</b\\> wrong** (error, info)\n\nOf interest.\n\n"
        "- Looks at: `Pod`, events, `ConfigMap`\n- Parameters: `patience: 5m`\n- Explains: `pod-not-ready`\n\n"
        "### r/one\n\nSeverity: info.\n\n> has `{event.reason|age}` {so}\n\nFix: Mend it.\n\n"
        "### r/two\n\nAnother thing.\n\n> is odd\n\n"
        "Fix: Look.\n\n```sh\nkubectl get pods -o jsonpath='{.status}'\n```\n\nSee: <https://kubernetes.io/docs/>\n"
    )


def test_the_command_writes_them_and_takes_old_pages_away(tmp_path: Path, call: Command) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "gone.md").write_text("# gone\n\nMade by `diagnose rules docs` from the rules; do not edit it.\n")
    (folder / "mine.md").write_text("my own\n")
    table = tmp_path / "table.tsv"
    table.write_text("A01\ta thing\toom-killed\n", encoding="utf-8")
    done = call("rules", "docs", folder, "--coverage", table)
    assert done.code == 0, done
    assert sorted(p.name for p in folder.iterdir()) == sorted([*made(), "mine.md"])
    assert {n: (folder / n).read_text(encoding="utf-8") for n in made()} == made()
    assert "| A01 | a thing | [oom-killed](rules/containers.md#oom-killed) |" in table.with_suffix(".md").read_text()


@pytest.mark.parametrize("text", ["A01\tonly\n", "A01\ta\tb\tc\td\n"])
def test_a_broken_table_is_refused(tmp_path: Path, call: Command, text: str) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(text, encoding="utf-8")
    done = call("rules", "docs", tmp_path / "rules", "--coverage", table)
    assert done.code == 2
    assert "line 1" in done.err


def test_the_coverage_page_is_that_of_its_table() -> None:
    conditions = read_coverage((DOCS / "coverage.tsv").read_text(encoding="utf-8"))
    assert (DOCS / "coverage.md").read_text(encoding="utf-8") == coverage_page(conditions, every_rule()), STALE


def test_the_links_of_the_coverage_page_lead_somewhere() -> None:
    text = (DOCS / "coverage.md").read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(rules/([a-z-]+\.md)#([a-z0-9-]+)\)", text))
    assert len(links) > 100
    for page, anchor in links:
        headings = re.findall(r"^#+ (\S+)", made()[page], re.M)
        assert anchor in {h.replace("/", "") for h in headings}, (page, anchor)
