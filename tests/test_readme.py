"""What the README shows is what the program prints, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

from diagnose import library, sources
from tests import golden

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_output_shown_is_the_real_one() -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown in golden.report(golden.FIXTURES / "broken-shop", library.load().compiled())


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_fixtures_are_read_in_full() -> None:
    for folder in golden.folders():
        with sources.read([str(folder)]) as snapshot:
            assert not snapshot.incomplete
