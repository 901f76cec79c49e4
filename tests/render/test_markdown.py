"""The report as Markdown, read by the parser that GitHub uses."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options as CmarkOptions
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diagnose.model import InputWarning, NotEvaluated, Report, Severity
from diagnose.render import Options, render
from diagnose.render.layout import escape
from diagnose.render.markdown import MOST_CHARACTERS, code, text

from .builders import finding, night, report
from .hostile import TEXTS, reports, worst

TAGS = {"h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "b", "code", "ul", "li",
        "a", "pre", "blockquote", "br"}  # fmt: skip


class Read(HTMLParser):
    """Rendered HTML: its text, its tags, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words, self.tags, self.links = "", set[str](), set[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name == "href"}
        assert {name for name, _ in attrs} <= {"href", "align", "lang"}

    def handle_data(self, data: str) -> None:
        self.words += data


def markdown(of: Report, **options: object) -> str:
    out = render(of, "markdown", Options(**options))  # type: ignore[arg-type]
    assert isinstance(out, str)
    return out


def read(source: str) -> Read:
    return Read(github_flavored_markdown_to_html(source, CmarkOptions.CMARK_OPT_UNSAFE))


NIGHT = """\
### kube-diagnose: faults-a

**2 causes (1 critical, 1 error), 3 consequences, 8 info, 3 rules could not be evaluated**

Kubernetes 1.36.2 · captured 2026-11-23 03:28:45Z · 2 nodes, 37 pods, 355 events · 212 rules

> **The input was read only in part: objects may be missing.**

| # | severity | object | what is wrong | leads to |
|--:|---|---|---|--:|
| 1 | critical | Node worker-b | its kubelet never posted status | 3 |
| 2 | error | Deployment shop/api | crashes with exit code 1: container api cannot reach postgres.shop.svc:5432 |  |

<details>
<summary>1. <b>critical</b> Node worker-b: its kubelet never posted status <code>kubelet-never-posted</code></summary>

**Why**

- `status.conditions[?(@.type=='Ready')].reason = NodeStatusNeverUpdated`

**Since** 03:23:01Z, 5m44s before the capture

**So**

- Deployment shop/web: 0 of 3 replicas are available
  - Service shop/web has no ready endpoint
    - Ingress shop/web: answers 503

**Fix** Start the kubelet and check that it reaches the API server.

```sh
systemctl status kubelet
journalctl -u kubelet -n 100
```

**Docs**

- <https://kubernetes.io/docs/concepts/architecture/nodes/>

</details>
"""


def test_the_beginning_of_a_night() -> None:
    assert markdown(night()).startswith(NIGHT)


def test_nothing_that_could_not_be_told_is_left_out() -> None:
    shown = markdown(night())
    assert "<summary>Could not tell (3 rules)</summary>" in shown
    assert "- StorageClass was not collected: pvc-missing-class, pvc-no-default (3 objects)" in shown
    assert "- events.json: not read to its end: malformed JSON at byte 4096" in shown


def test_it_is_what_it_looks_like() -> None:
    page = read(markdown(night()))
    assert page.tags <= TAGS
    assert page.links == {"https://kubernetes.io/docs/concepts/architecture/nodes/"}
    assert 'Pod api-6cff9697b-klnt6: log "FATAL: could not connect to postgres: refused"' in page.words


def test_healthy() -> None:
    assert markdown(report()) == (
        "### kube-diagnose: faults-a\n\n"
        "**nothing found: 212 rules on 2 nodes, 37 pods, 355 events**\n\n"
        "Kubernetes 1.36.2 · captured 2026-11-23 03:28:45Z · 2 nodes, 37 pods, 355 events · 212 rules\n\n"
    )


def test_nothing_examined_is_not_healthy() -> None:
    assert "**Nothing was examined: no Kubernetes objects in the input.**" in markdown(report(objects={}))


def test_severity_hides_and_says_so() -> None:
    shown = markdown(night(), severity=Severity.critical)
    assert "12 below critical not shown" in shown and "Worth knowing" not in shown


def test_a_long_report_fits_into_a_comment_and_says_what_is_left_out() -> None:
    found = [finding("r", f"Pod a/p{n:03}", "is broken " * 30, fix="Mend it. " * 60) for n in range(300)]
    gaps = tuple(NotEvaluated(f"rule-{n}", f"Kind{n % 40} was not collected") for n in range(2000))
    many = report(found, not_evaluated=gaps, warnings=tuple(InputWarning(f"w{n} " * 50) for n in range(500)))
    shown = markdown(many)
    assert len(shown) < MOST_CHARACTERS + 200
    assert "… and 250 more causes: use `--all`, `-o html` or `-o json`." in shown
    left = 50 + 2 - shown.count("<summary>")
    assert f"Details of {left} causes are left out here: use `--all`, `-o html` or `-o json`.\n" in shown
    assert markdown(many, limit=0).count("<summary>") == 302


@pytest.mark.parametrize("value", [t for t in TEXTS if t.strip()])
def test_hostile_text_stays_text(value: str) -> None:
    shown = escape(value)
    for source in (text(shown), f"- {text(shown)}", f"| a |\n|---|\n| {text(shown)} |"):
        page = read(source)
        assert page.words.split() == ([*"a", *shown.split()] if source.startswith("|") else shown.split())
        assert page.tags <= {"p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("value", [t for t in TEXTS if t.strip()])
def test_hostile_code_stays_code(value: str) -> None:
    shown = escape(value)
    page = read(code(shown))
    assert page.words.strip() == shown.strip()
    assert page.tags == {"p", "code"}


@pytest.mark.parametrize(
    "sign", ["@team", "owner/repo#12", "!34", "https://example.com/x", "www.example.com", "a@b.example"]
)
def test_no_mention_reference_or_link(sign: str) -> None:
    shown = text(f"see {sign} now")
    assert "<!-- -->" in shown
    assert read(shown).tags == {"p"}


printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=40).filter(str.isprintable)


@given(printable)
@example("0@.A")
def test_any_text_stays_text(value: str) -> None:
    page = read(f"x {text(value)}")
    assert page.words.split() == ["x", *value.split()]
    assert page.tags == {"p"}


@given(printable)
def test_any_code_stays_code(value: str) -> None:
    page = read(f"x {code(value)}")
    assert page.words.split() == ["x", *value.split()]


@settings(deadline=None)
@given(of=reports())
def test_no_report_makes_other_markup(of: Report) -> None:
    page = read(markdown(of))
    assert page.tags <= TAGS
    assert all(link.startswith(("https://", "http://")) for link in page.links)


def test_the_worst_report() -> None:
    page = read(markdown(worst(), limit=0))
    assert page.tags <= TAGS
    assert page.words.count("window.pwned") > 20


def test_a_fix_that_ends_with_yaml_keeps_its_indentation() -> None:
    made = finding("r", "Pod a/b", fix="Take it out:\nsecurityContext:\n  privileged: false")
    out = markdown(report([made]))
    assert "**Fix** Take it out:\n\n```yaml\nsecurityContext:\n  privileged: false\n```\n" in out
