"""The HTML report as a person uses it, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from diagnose.model import Finding, Report
from diagnose.render import Options, render

from .browser import NARROW, WIDE, Browser, browser, needs_chromium
from .builders import cause, finding, night, report
from .hostile import worst

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("pages")) as made:
        yield made


def html(of: Report) -> str:
    out = render(of, "html", Options(title="faults-a", generated_at=1795404600.0, duration=1.25))
    assert isinstance(out, str)
    return out


def count(page: Browser) -> str:
    text: str = page.js("document.querySelector('#count').textContent")
    return text


def names(page: Browser) -> list[str]:
    """The fourth column of the table of findings."""
    found: list[str] = page.js(
        "[...document.querySelectorAll('#rows tbody tr')].map((row) => row.cells[3].textContent)"
    )
    return found


def filtered(page: Browser, text: str, expected: str) -> None:
    page.one("#text").clear()
    page.one("#text").send_keys(text)
    page.until(f"document.querySelector('#count').textContent === {json.dumps(expected)}")


# --- what it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "of", [night(), report(), report(objects={}), worst()], ids=["night", "healthy", "empty", "hostile"]
)
def test_nothing_is_loaded_and_the_console_is_silent(chromium: Browser, of: Report) -> None:
    chromium.open(html(of))
    assert chromium.log() == []
    assert chromium.js("performance.getEntriesByType('resource').length") == 0
    assert chromium.js("document.readyState") == "complete"


def test_hostile_text_does_nothing_and_is_shown(chromium: Browser) -> None:
    chromium.open(html(worst()))
    chromium.one("#expand").click()
    chromium.js("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert chromium.js("window.pwned") is None
    assert chromium.js(
        "[document.scripts.length, document.images.length, document.querySelectorAll('style').length]"
    ) == [2, 0, 1]
    assert chromium.js("[...document.links].filter((a) => !/^(https?:|file:)/.test(a.href)).length") == 0
    assert "</script><img src=x onerror='window.pwned = 1'>" in chromium.one("main").text
    assert chromium.log() == []


def test_the_policy_refuses_what_is_not_ours(chromium: Browser) -> None:
    chromium.open(html(night()).replace("</main>", "<script>window.pwned = 1</script><img src='x.png'></main>"))
    assert chromium.js("window.pwned") is None
    assert len([line for line in chromium.log() if "Content Security Policy" in line]) == 2


def test_without_scripts_everything_but_the_table_is_there(chromium: Browser) -> None:
    chromium.tool("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open(html(night()))
        assert len(chromium.shown(".cause")) == 10
        assert chromium.shown("#filter, .copy, #theme, #expand") == []
        assert chromium.shown("#no-script") == [
            "This table needs a script. Every finding stands above, under its cause."
        ]
    finally:
        chromium.tool("Emulation.setScriptExecutionDisabled", value=False)


def test_nothing_that_could_not_be_told_is_left_out(chromium: Browser) -> None:
    chromium.open(html(night()))
    assert chromium.shown(".alert") == [
        "The input was read only in part: objects may be missing. See what was not read."
    ]
    assert [row.split() for row in chromium.shown("#gaps tbody tr")] == [
        ["StorageClass", "was", "not", "collected", "pvc-missing-class", "pvc-no-default", "2", "3"],
        ["not", "collected", "(pods.metrics.k8s.io)", "hpa-no-metrics", "1"],
    ]
    assert chromium.shown("#warnings li") == ["events.json: not read to its end: malformed JSON at byte 4096"]
    assert [row.split() for row in chromium.shown("#kinds tbody tr")][-2:] == [
        ["Pod", "37", "all"],
        ["Secret", "0", "none"],
    ]


# --- what one does with it --------------------------------------------------------------------------------------------


def test_filter(chromium: Browser) -> None:
    chromium.open(html(night()))
    assert count(chromium) == "10 of 10 causes and infos, 13 of 13 findings"
    filtered(chromium, "postgres", "1 of 10 causes and infos, 1 of 13 findings")
    assert len(chromium.shown(".cause")) == 1
    filtered(chromium, "x2k4p", "1 of 10 causes and infos, 1 of 13 findings")
    filtered(chromium, "ingress", "1 of 10 causes and infos, 1 of 13 findings")
    filtered(chromium, "nowhere", "0 of 10 causes and infos, 0 of 13 findings")
    assert chromium.shown("#no-causes") == ["No cause fits the filter."]
    chromium.one("#filter button[type=reset]").click()
    chromium.until("document.querySelector('#count').textContent === '10 of 10 causes and infos, 13 of 13 findings'")
    chromium.one("input[value=info] + span").click()
    chromium.until("document.querySelector('#count').textContent === '2 of 10 causes and infos, 5 of 13 findings'")
    chromium.js("document.querySelector('#namespace').value = ''")
    chromium.js("document.querySelector('#namespace').dispatchEvent(new Event('input', {bubbles: true}))")
    chromium.until("document.querySelector('#count').textContent === '1 of 10 causes and infos, 1 of 13 findings'")
    assert names(chromium) == ["worker-b"]


def test_what_is_worth_knowing_is_counted_beside_the_causes(chromium: Browser) -> None:
    info = finding("old-replicasets", "Deployment shop/web", "keeps 40 old ReplicaSets", "info")
    error = finding("oom-killed", "Deployment shop/api", "needs more memory")
    chromium.open(html(report([error, info], [cause(1, error), cause(2, info)])))
    assert count(chromium) == "2 of 2 causes and infos, 2 of 2 findings"


def test_sort(chromium: Browser) -> None:
    chromium.open(html(night()))
    heads = chromium.all("#rows th button")
    heads[3].click()
    assert names(chromium) == sorted(names(chromium))
    assert chromium.one("#rows th:nth-child(4)").get_attribute("aria-sort") == "ascending"
    heads[3].click()
    assert names(chromium) == sorted(names(chromium), reverse=True)
    heads[0].click()
    heads[0].click()
    assert chromium.shown("#rows tbody td:first-child")[:2] == ["critical", "error"]
    assert chromium.one("#rows th:nth-child(4)").get_attribute("aria-sort") is None
    chromium.all("#kinds th button")[1].click()
    assert [row.split()[1] for row in chromium.shown("#kinds tbody tr")] == ["0", "0", "2", "37", "355"]


@pytest.mark.parametrize("secure", [True, False])
def test_copy(chromium: Browser, secure: bool) -> None:
    chromium.open(html(night()))
    chromium.tool("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    if not secure:
        chromium.js("Object.defineProperty(navigator.clipboard, 'writeText', {value: () => Promise.reject(Error())})")
    button = chromium.all(".copy")[1]
    button.click()
    chromium.until("document.querySelectorAll('.copy')[1].textContent === 'Copied'")
    read = chromium.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert read == "journalctl -u kubelet -n 100"
    assert "Copied: journalctl -u kubelet -n 100" in chromium.js("document.body.textContent")


def test_unfold_and_fold(chromium: Browser) -> None:
    chromium.open(html(report([finding("r", f"Pod a/p{n}", fix=f"Mend {n}.") for n in range(5)])))
    assert chromium.shown(".fix dd") == ["Mend 0.", "Mend 1.", "Mend 2."]
    chromium.one("#expand").click()
    assert len(chromium.shown(".fix dd")) == 5
    chromium.one("#collapse").click()
    assert chromium.shown(".fix dd") == []


def test_a_link_to_a_finding_unfolds_it(chromium: Browser) -> None:
    of = night()
    ingress = next(each for each in of.findings if each.rule == "ingress-503")
    chromium.open(html(of), hash=f"#f-{ingress.id}")
    assert chromium.js("document.querySelector(':target').open") is True
    filtered(chromium, "postgres", "1 of 10 causes and infos, 1 of 13 findings")
    chromium.js("(location.hash = '', 0)")
    chromium.js(f"(location.hash = '#f-{ingress.id}', 0)")
    chromium.until("document.querySelector('#count').textContent === '10 of 10 causes and infos, 13 of 13 findings'")


def test_theme(chromium: Browser) -> None:
    def background() -> str:
        color: str = chromium.js("getComputedStyle(document.body).backgroundColor")
        return color

    chromium.open(html(night()))
    light = background()
    chromium.open(html(night()), dark=True)
    dark = background()
    assert light != dark
    chromium.one("#theme").click()
    assert (background(), chromium.one("#theme").text) == (light, "Theme: light")
    chromium.driver.refresh()
    assert background() == light
    chromium.one("#theme").click()
    assert (background(), chromium.one("#theme").text) == (dark, "Theme: dark")
    chromium.one("#theme").click()


def active(page: Browser) -> Any:
    return page.js("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 20)")


def test_keyboard_alone(chromium: Browser) -> None:
    chromium.open(html(night()))
    press = chromium.one("body").send_keys
    press(Keys.TAB)
    assert active(chromium) == "Skip to the causes"
    chromium.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert active(chromium) == "main"
    chromium.driver.switch_to.active_element.send_keys("/")
    assert active(chromium) == "text"
    chromium.js("document.querySelectorAll('.cause > details > summary')[1].focus()")
    was = chromium.js("document.querySelectorAll('.cause > details')[1].open")
    chromium.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert chromium.js("document.querySelectorAll('.cause > details')[1].open") is not was
    assert chromium.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    head = chromium.one("#rows th:nth-child(4) button")
    head.send_keys(Keys.SPACE)
    assert chromium.one("#rows th:nth-child(4)").get_attribute("aria-sort") == "ascending"


# --- everybody --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("of", "size"), [(night(), WIDE), (night(), NARROW), (report(), WIDE)], ids=["wide", "narrow", "healthy"]
)
def test_axe_finds_nothing(chromium: Browser, of: Report, size: tuple[int, int], dark: bool) -> None:
    chromium.open(html(of), size, dark=dark)
    chromium.js("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    chromium.tool("Runtime.evaluate", expression=axe)
    found = chromium.driver.execute_async_script("axe.run().then(arguments[0])")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


def test_landmarks_and_headings(chromium: Browser) -> None:
    chromium.open(html(night()))
    assert [len(chromium.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    levels = chromium.js("[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_timeline_is_told_in_words_too(chromium: Browser) -> None:
    chromium.open(html(night()))
    assert chromium.js("[...document.querySelectorAll('svg.lane[role=img]')].map((s) => s.ariaLabel)") == [
        "1 moment, the first 5m44s before",
        "1 moment, the first 33s before",
    ]
    chromium.one("#timeline summary").click()
    assert chromium.shown(".told li") == [
        "2026-11-23 03:23:01Z 1 Node worker-b: its kubelet never posted status: since this time",
        "2026-11-23 03:28:12Z 2 Pod shop/api-6cff9697b-klnt6: event BackOff x12",
    ]


@pytest.mark.parametrize("of", [night(), worst()], ids=["night", "hostile"])
def test_a_narrow_screen_does_not_scroll_sideways(chromium: Browser, of: Report) -> None:
    chromium.open(html(of), NARROW)
    chromium.one("#expand").click()
    assert chromium.js("document.documentElement.scrollWidth <= innerWidth")


def test_print(chromium: Browser) -> None:
    chromium.open(html(report([finding("r", f"Pod a/p{n}", fix=f"Mend {n}.") for n in range(5)])))
    chromium.js("dispatchEvent(new Event('beforeprint'))")
    assert len(chromium.shown(".fix dd")) == 5
    chromium.js("dispatchEvent(new Event('afterprint'))")
    assert len(chromium.shown(".fix dd")) == 3
    chromium.tool("Emulation.setEmulatedMedia", media="print")
    assert chromium.shown("#filter, nav, #theme, #findings, .copy") == []
    assert chromium.pdf().startswith(b"%PDF-")
    assert len(chromium.shown(".fix dd")) == 3


# --- much -------------------------------------------------------------------------------------------------------------


def many(number: int) -> Report:
    """So many findings; every fifth cause has two consequences."""
    found: list[Finding] = []
    causes = []
    while len(found) < number:
        n = len(found)
        root = finding(
            "image-pull/not-found", f"Deployment ns-{n % 40}/app-{n:05}", "its image does not exist", fix="Mend it."
        )
        effects = [
            finding(rule, f"Service ns-{n % 40}/app-{n:05}", "has no ready endpoint", "warning", caused_by=(root.id,))
            for rule in ("no-endpoints", "ingress-503")[: 2 if n % 5 == 0 else 0]
        ]
        found += [root, *effects]
        causes.append((root, effects))
    return report(found, [cause(rank, root, *effects) for rank, (root, effects) in enumerate(causes, 1)])


def test_ten_thousand_findings_stay_usable(chromium: Browser) -> None:
    of = many(10_000)
    chromium.open(html(of))
    assert chromium.log() == []
    whole = f"{len(of.causes):,} of {len(of.causes):,} causes, {len(of.findings):,} of {len(of.findings):,} findings"
    assert count(chromium) == whole
    assert len(names(chromium)) == 100
    name = of.findings[7777].object.name
    same = [each for each in of.findings if each.object.name == name]
    filtered(chromium, name, f"1 of {len(of.causes):,} causes, {len(same)} of {len(of.findings):,} findings")
    assert names(chromium) == [name] * len(same)
    chromium.one("#filter button[type=reset]").click()
    chromium.until(f"document.querySelector('#count').textContent === {json.dumps(whole)}")
    chromium.all("#rows th button")[3].click()
    assert names(chromium)[0] == "app-00000"
    chromium.one("#more button").click()
    assert len(names(chromium)) == 600
    last = of.findings[-1].id
    chromium.js(f"(location.hash = '#f-{last}', 0)")
    chromium.until(f"document.getElementById('f-{last}').getBoundingClientRect().top < innerHeight")
