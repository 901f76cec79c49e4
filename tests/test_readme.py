"""What the README shows is what the program prints, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diagnose import sources
from tests import golden, shown
from tests.shown import ROOT, Ran, Shown

README = shown.PAGE.read_text(encoding="utf-8")
USES = {"dump": 0, "cluster": 1, "check": 1}
"""The three uses, and how their commands end."""


@pytest.fixture(scope="module", params=shown.shown(README), ids=lambda each: each.name)
def use(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shown, Ran]:
    each: Shown = request.param
    return each, shown.run(each.command, tmp_path_factory.mktemp(each.name))


def test_each_use_is_one_command_with_its_output() -> None:
    assert [each.name for each in shown.shown(README)] == list(USES)
    assert README.count("```text\n") == len(USES)
    assert all(each.pieces for each in shown.shown(README))


def test_the_output_shown_is_the_real_one(use: tuple[Shown, Ran]) -> None:
    each, ran = use
    assert (ran.code, ran.err) == (USES[each.name], "")
    rest = ran.out
    for piece in each.pieces:
        assert piece in rest, "if this is better, `make golden` writes the numbers; the words are for you to change"
        rest = rest.partition(piece)[2]
    assert ran.out.startswith(each.pieces[0])


def test_what_is_left_out_is_marked(use: tuple[Shown, Ran]) -> None:
    each, ran = use
    assert (each.text == ran.out) == (shown.LEFT_OUT not in each.text)
    assert f"\n{shown.LEFT_OUT}\n{shown.LEFT_OUT}\n" not in each.text
    assert each.text.endswith(f"\n{shown.LEFT_OUT}\n") or ran.out.endswith(each.pieces[-1])


def test_the_files_named_are_written(use: tuple[Shown, Ran]) -> None:
    each, ran = use
    named = re.findall(r"-o \w+=(\S+)", each.command)
    assert len(named) == (2 if each.name == "cluster" else 0)
    assert all(ran.file(name) for name in named)


def test_a_healthy_dump_is_as_short_as_it_says() -> None:
    (said,) = re.findall(r"A healthy dump is (\w+) lines", README)
    lines = (golden.FIXTURES / "healthy" / golden.EXPECTED).read_text(encoding="utf-8").splitlines()
    assert ("none", "one", "two", "three", "four").index(said) == len(lines)


def test_numbers_are_written_anew_and_words_are_not() -> None:
    page = "    $ diagnose dump x\n\n```text\n3 pods\n…\n2 causes of it\nthe end\n```\n"
    now = page.replace("3 pods", "14 pods")
    assert shown.freshened(page, lambda _: "14 pods\nmore\n2 reasons for it\nthe end\n") == now
    assert shown.freshened(README, lambda _: "") == README


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^    make (\w+)", README, re.MULTILINE)
    assert targets == ["demo", "test"]
    assert [each for each in targets if f"\n{each}:" not in makefile] == []


def test_what_it_says_to_install_is_there() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = re.findall(r"pip install '\.\[([\w,]+)\]'", README)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


@pytest.mark.parametrize("folder", golden.folders(), ids=lambda path: path.name)
def test_fixtures_are_read_in_full(folder: Path) -> None:
    with sources.read([str(folder)]) as snapshot:
        assert not snapshot.incomplete
