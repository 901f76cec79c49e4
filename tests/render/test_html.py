"""The HTML report as text: what stands in it, and that nothing of a dump becomes markup."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from diagnose.model import Evidence, Report, Severity
from diagnose.render import Options, render
from diagnose.render.html.cards import Card
from diagnose.render.html.page import page_of
from diagnose.render.html.timeline import timeline_of
from diagnose.render.view import view_of

from .builders import at, cause, event, field, finding, night, ref, report
from .hostile import reports, worst

OPTIONS = Options(title="faults-a", generated_at=1795404600.0, duration=1.25)
TAGS = {
    "a", "article", "b", "body", "button", "caption", "circle", "code", "dd", "details", "div", "dl", "dt", "fieldset",
    "footer", "form", "h1", "h2", "h3", "h4", "head", "header", "html", "input", "label", "legend", "li", "line",
    "link", "main", "meta", "nav", "ol", "option", "output", "p", "path", "q", "script", "section", "select", "small",
    "span", "style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes, scripts and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = set[str]()
        self.attributes: list[tuple[str, str, str]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.append("/" + tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.inside:
            self.inside[self._open[-1]].append(data)
        else:
            self.words += data

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]


def html(of: Report, options: Options = OPTIONS) -> str:
    out = render(of, "html", options)
    assert isinstance(out, str)
    return out


def rows(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(page.inside["script"][0])
    return found


def harmless(page: Page) -> None:
    """Only our tags, no handler, no style, no address but the web's and the page's own."""
    assert page.tags <= TAGS
    names = {name for _, name, _ in page.attributes}
    assert not {
        name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "srcdoc", "action")
    }
    for link in page.values("href"):
        assert re.match(r"https?://|#|data:,$", link)
    assert len(page.inside["script"]) == 2 and len(page.inside["style"]) == 1


def test_the_page_says_what_the_terminal_says() -> None:
    words = " ".join(Page(html(night())).words.split())
    for said in (
        "2 causes (1 critical, 1 error), 3 consequences, 8 info, 3 rules could not be evaluated",
        "The input was read only in part: objects may be missing.",
        "Node worker-b: its kubelet never posted status",
        "status.conditions[?(@.type=='Ready')].reason = NodeStatusNeverUpdated",
        "log FATAL: could not connect to postgres: refused api, previous run",
        "event BackOff Back-off restarting failed container x12, last 03:28:12Z, 33s before the capture",
        "2 Pods: api-6cff9697b-klnt6, api-6cff9697b-x2k4p",
        "Service shop/web has no ready endpoint",
        "Start the kubelet and check that it reaches the API server.",
        "kubectl -n shop logs deploy/api --previous",
        "SRE-12",
        "StorageClass was not collected",
        "hpa-no-metrics",
        "events.json: not read to its end: malformed JSON at byte 4096",
        "kube-diagnose 1.0, made 2026-11-23 03:30:00Z in 1.2 s.",
    ):
        assert said in words


def test_healthy_and_empty_are_told_apart() -> None:
    assert "nothing found: 212 rules on 2 nodes" in html(report()) and "✓" in html(report())
    empty = html(report(objects={}))
    assert "Nothing was examined" in empty and "✓" not in empty


def test_the_policy_names_the_hashes_of_our_style_and_script() -> None:
    page = Page(html(night()))
    policy = next(value for value in page.values("content") if value.startswith("default-src 'none'"))
    for kind, text in (("style", page.inside["style"][0]), ("script", page.inside["script"][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "http" not in policy


def test_only_web_addresses_become_links() -> None:
    odd = (
        "javascript:alert(1)",
        "https://x.io/'onclick=",
        "data:text/html,x",
        "see docs",
        "https://kubernetes.io/a?b=c&d",
    )
    page = Page(html(report([finding("r", "Pod a/p", docs=odd)])))
    assert [link for link in page.values("href") if not link.startswith("#")] == [
        "data:,",
        "https://kubernetes.io/a?b=c&d",
    ]
    assert all(each in page.words for each in odd)


def test_the_table_has_every_finding() -> None:
    found = rows(Page(html(night())))
    assert len(found) == len(night().findings)
    crash = next(row for row in found if row[5] == "crash-loop/connection-refused")
    assert crash[:9] == [
        "error", "shop", "Deployment", "api",
        "crashes with exit code 1: container api cannot reach postgres.shop.svc:5432",
        "crash-loop/connection-refused", "workload", [2], True,
    ]  # fmt: skip
    assert crash[11] == "api-6cff9697b-klnt6 api-6cff9697b-x2k4p"


@pytest.mark.parametrize("of", [night(), worst(), report()], ids=["night", "hostile", "healthy"])
def test_nothing_of_a_dump_becomes_markup(of: Report) -> None:
    harmless(Page(html(of)))


@settings(deadline=None)
@given(of=reports())
def test_no_report_becomes_markup(of: Report) -> None:
    page = Page(html(of))
    harmless(page)
    assert len(rows(page)) == len(of.findings)
    assert page.words.replace("\n", "").isprintable()
    html(of).encode()


# --- cards ------------------------------------------------------------------------------------------------------------


def told(cards: tuple[Card, ...]) -> list[tuple[str, bool]]:
    """Each finding of a tree, and whether it is told in full."""
    return [pair for card in cards for pair in ((card.id, not card.elsewhere), *told(card.effects))]


@settings(deadline=None)
@given(of=reports())
def test_every_finding_is_told_in_full_once(of: Report) -> None:
    page = page_of(view_of(of), OPTIONS)
    full = [id for each in (*page.causes, *page.infos) for id, whole in told((each.card,)) if whole]
    assert sorted(full) == sorted(each.id for each in of.findings)


def test_an_effect_of_two_causes_is_told_under_the_first() -> None:
    a, b = finding("a", "Pod x/a"), finding("b", "Pod x/b")
    c = finding("c", "Service x/c", caused_by=(a.id, b.id))
    shown = html(report([a, b, c], [cause(1, a, c), cause(2, b, c)]))
    assert f'<a href="#f-{c.id}">also because of 1</a>' in shown
    assert shown.count(f'id="f-{c.id}"') == 1


def test_many_effects_of_two_causes_are_counted() -> None:
    a, b = finding("a", "Node x"), finding("b", "Node y")
    both = [finding("c", f"Service x/{n:03}", caused_by=(a.id, b.id)) for n in range(80)]
    page = page_of(view_of(report([a, b, *both], [cause(1, a, *both), cause(2, b, *both)])), OPTIONS)
    assert [(len(each.card.effects), each.repeated) for each in page.causes] == [(80, 0), (50, 30)]


def test_a_deep_chain_is_nested_only_so_far() -> None:
    chain = [finding("r0", "Node n")]
    for n in range(1, 700):
        chain.append(finding(f"r{n}", f"Pod a/{n}", caused_by=(chain[-1].id,)))
    of = report(chain, [cause(1, *chain)])
    page = page_of(view_of(of), OPTIONS)
    assert len(told((page.causes[0].card,))) == 700
    assert html(of).count("<details") < 710


def test_severity_hides_and_says_so() -> None:
    shown = html(night(), dataclasses.replace(OPTIONS, severity=Severity.critical))
    assert "12 below critical not shown" in shown and "shop/api" not in shown


# --- timeline ---------------------------------------------------------------------------------------------------------


def timeline(of: Report) -> Any:
    return timeline_of(view_of(of))


def test_marks_are_placed_by_their_distance_from_the_capture() -> None:
    pod = finding(
        "r",
        "Pod a/p",
        since=at("2026-11-23T03:18:45Z"),
        evidence=(
            Evidence(
                "event", ref("Pod a/p"), "BackOff", "m", 9, at("2026-11-23T03:28:45Z"), at("2026-11-23T03:23:45Z")
            ),
            field("Pod a/p", "last.finishedAt", "2026-11-23T03:27:45Z"),
            field("Pod a/p", "x", "no time"),
            field("Pod a/p", "notAfter", "2027-01-01T00:00:00Z"),
        ),
    )
    (lane,) = timeline(report([pod])).lanes
    since, seen, moment = lane.marks
    assert (since.kind, seen.kind, moment.kind) == ("since", "event", "field")
    assert (seen.x2, moment.text) == ("100.00%", "Pod a/p: last.finishedAt")
    places = [float(each.x1.rstrip("%")) for each in (since, seen, moment)]
    assert 0 < places[0] < places[1] < places[2] < 100
    assert seen.text == "Pod a/p: event BackOff x9, until 03:28:45Z"


def test_consequences_are_told_apart() -> None:
    root = finding("a", "Node n", since=at("2026-11-23T03:20:00Z"))
    effect = finding("b", "Pod a/p", since=at("2026-11-23T03:21:00Z"), caused_by=(root.id,))
    (lane,) = timeline(report([root, effect], [cause(1, root, effect)])).lanes
    assert [mark.effect for mark in lane.marks] == [False, True]


def test_no_time_no_timeline() -> None:
    assert timeline(report([finding("r", "Pod a/p")])) is None
    assert 'id="timeline"' not in html(report([finding("r", "Pod a/p")]))


def test_without_a_capture_time_the_newest_time_is_the_end() -> None:
    seen = finding("r", "Pod a/p", evidence=(event("Pod a/p", "BackOff", "m", 2, "2026-11-23T03:00:00Z"),))
    made = timeline(report([seen], captured_at=None))
    assert (made.end, made.at_capture) == ("2026-11-23 03:00:00Z", False)
    assert "newest time" in html(report([seen], captured_at=None))


def test_many_causes_with_times_are_counted() -> None:
    many = [finding("r", f"Pod a/p{n:02}", since=at("2026-11-23T03:00:00Z")) for n in range(30)]
    made = timeline(report(many))
    assert (len(made.lanes), made.more, made.timeless) == (10, 20, 0)


def test_a_cause_without_times_takes_no_lane() -> None:
    timeless = [finding("r", f"Node n{n:02}") for n in range(12)]
    timed = finding("r", "Pod a/p", since=at("2026-11-23T03:00:00Z"))
    of = report([*timeless, timed])
    made = timeline(of)
    assert ([lane.id for lane in made.lanes], made.more, made.timeless) == ([timed.id], 0, 12)
    assert "12 causes tell no time." in html(of)


def test_kinds_of_which_there_are_none_take_no_row() -> None:
    coverage = {"Pod": "all", "Job.batch": "all", "Secret": "none"}
    shown = html(report(objects={"Pod": 3, "Job.batch": 0, "Secret": 0}, coverage=coverage))
    assert re.findall(r"<tr><td>([^<]*)</td><td class=\"number\">", shown) == ["Pod", "Secret"]
    assert "Collected, and there are none: Job.batch." in shown


@pytest.mark.parametrize("since", ["2026-11-23T03:28:40Z", "2026-11-22T03:28:45Z", "2024-11-23T03:28:45Z"])
def test_ticks_have_room(since: str) -> None:
    made = timeline(report([finding("r", "Pod a/p", since=at(since))]))
    places = [float(tick.x.rstrip("%")) for tick in made.ticks]
    assert places == sorted(places, reverse=True)
    assert all(a - b >= 9 for a, b in pairwise([100.0, *places]))
    assert all(0 <= x <= 100 for x in places)
