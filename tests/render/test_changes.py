"""What changed since an earlier run, in every format but text and JSON, which have their own tests."""

from __future__ import annotations

import dataclasses

import pytest

from diagnose.model import Changes, Confidence, Known, Past, Report, Severity, State
from diagnose.render import Options, render
from diagnose.render.html.page import page_of
from diagnose.render.view import view_of

from .builders import at, finding, night, report
from .hostile import TEXTS, worst
from .test_html import Page, harmless
from .test_junit import document
from .test_markdown import TAGS, read

BEFORE = at("2026-11-23T02:28:45Z")


def compared(of: Report, why: str = "its rule was not run") -> Report:
    """A report beside an earlier run: the first finding is new, the second came back, the others are known."""
    states = [State.new, State.back, State.unknown]
    known = {
        each.id: Known(states[n], BEFORE, 2, why=why) if n < 3 else Known(State.still, BEFORE, 9, 1, Severity.info)
        for n, each in enumerate(of.findings)
    }
    gone = Past("1", finding("old", "Pod a/gone"), BEFORE, BEFORE)
    unseen = Past("2", finding("other", "Pod a/hidden"), BEFORE, BEFORE, why=why)
    return dataclasses.replace(of, changes=Changes("run 41", BEFORE, known, (gone,), (unseen,)))


def shown(format: str, of: Report) -> str:
    out = render(of, format, Options(limit=0))
    return out if isinstance(out, str) else out.decode()


def test_html() -> None:
    page = page_of(view_of(compared(night())), Options())
    assert page.changed.startswith("since run 41 (captured 2026-11-23 02:28:45Z): 1 new")
    assert [line.split(" [")[0] for line in page.gone] == ["error Pod a/gone: is broken"]
    assert [(why, len(lines)) for why, lines in page.unseen] == [("its rule was not run", 1)]
    states = {each.card.id: each.card.state for each in (*page.causes, *page.infos)}
    assert states[night().findings[0].id] == "new"
    text = shown("html", compared(night()))
    assert '<b class="new">new</b>' in text and '<b class="new">back again</b>' in text
    assert "there since 02:28:45Z, in 9 runs, gone once in between; was info before" in text


def test_markdown() -> None:
    text = shown("markdown", compared(night()))
    assert "since run 41 (captured 2026-11-23 02:28:45Z): 1 new" in text
    assert "<summary>Gone (1)</summary>\n\n- error Pod a/gone: is broken" in text
    assert "<summary>Not looked for this time (1)</summary>\n\n- its rule was not run: error Pod a/hidden" in text
    assert "**Seen** there since 02:28:45Z, in 9 runs" in text


def test_the_table_of_markdown_marks_what_is_new() -> None:
    of = report([finding("r", f"Pod a/p{n}", "is broken") for n in range(3)])
    assert [line for line in shown("markdown", compared(of)).splitlines() if line.startswith("| ")][1:] == [
        "| 1 | error | Pod a/p0 | **new:** is broken |  |",
        "| 2 | error | Pod a/p1 | **back again:** is broken |  |",
        "| 3 | error | Pod a/p2 | is broken |  |",
    ]


def test_prometheus() -> None:
    text = shown("prometheus", compared(night()))
    for line in ('known{state="new"} 1.0', 'known{state="still"} 10.0', "gone 1.0", "unseen 1.0"):
        assert f"diagnose_findings_{line}\n" in text
    assert "diagnose_findings_gone" not in shown("prometheus", night())


def test_junit() -> None:
    assert "seen: there since 02:28:45Z, in 9 runs" in shown("junit", compared(night()))


@pytest.mark.parametrize("why", TEXTS)
def test_hostile_reasons(why: str) -> None:
    of = compared(worst(), why)
    harmless(Page(shown("html", of)))
    assert read(shown("markdown", of)).tags <= TAGS
    document(of)


def test_how_sure_a_conclusion_is() -> None:
    of = night()
    unsure = dataclasses.replace(of.causes[0], signals=2, confidence=Confidence.medium)
    of = dataclasses.replace(of, causes=(unsure, *of.causes[1:]))
    for format in ("html", "markdown"):
        assert shown(format, of).count("medium: concluded from 2 signs, nothing states it") == 1
    assert "confidence: medium" in shown("policyreport", of)
