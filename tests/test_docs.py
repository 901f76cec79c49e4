"""The pages of docs/: found from the README, with links that lead somewhere, and a picture that can be taken again."""

from __future__ import annotations

import re
import struct
from collections import Counter
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import diagnose
from tests import picture
from tests.render.browser import browser, needs_chromium

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCED = re.compile(r"^(\s*)(```+|~~~+).*?^\1\2$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_page_is_found_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in links(ROOT / "README.md")}
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"docs/{page.name}" not in linked] == []
    index = {target.partition("#")[0] for target in links(DOCS / "rules" / "README.md")}
    pages = {page.name for page in (DOCS / "rules").glob("*.md")} - {"README.md"}
    assert (pages - index, "docs/rules/README.md" in linked) == (set(), True)


@pytest.mark.parametrize(
    "page",
    PAGES,
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            lost.append(target)
    assert lost == []


def test_links_stay_within_the_project() -> None:
    for page in PAGES:
        for target in links(page):
            assert (page.parent / target.partition("#")[0]).resolve().is_relative_to(ROOT), f"{page.name}: {target}"


def test_anchors_are_those_that_github_makes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b-c` & d/e: [f](x.md), _g_\n## Twice\n## Twice\n```\n# none\n```\n")
    assert anchors(page) == {"a-b-c--de-f-g", "twice", "twice-1"}


def test_every_module_is_in_the_page_about_architecture() -> None:
    named = set(re.findall(r"`([\w*/]+?(?:\.py|/))`", (DOCS / "architecture.md").read_text(encoding="utf-8")))
    package = ROOT / "diagnose"
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    unnamed = {each for each in modules | folders if not any(fnmatch(each, pattern) for pattern in named)}
    assert unnamed == set()


def test_every_module_that_the_page_about_architecture_names_is_there() -> None:
    table = re.findall(r"^\|.*\|(.*)\|$", (DOCS / "architecture.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"`([\w*/.<>]+)`", "\n".join(table))
    places = (ROOT / "diagnose", ROOT / "diagnose" / "sources", ROOT / "diagnose" / "sources" / "text", ROOT)
    gone = [each for each in named if "<" not in each and not any(any(place.rglob(each)) for place in places)]
    assert (len(named) > 60, gone) == (True, [])


def test_the_page_about_python_names_what_there_is() -> None:
    page = (DOCS / "library.md").read_text(encoding="utf-8")
    assert [name for name in diagnose.__all__ if not re.search(rf"`{name}\b", page)] == []


def test_the_picture_fits_a_page() -> None:
    data = picture.FILE.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == picture.SIZE
    assert len(data) < 200_000


@needs_chromium
def test_the_picture_can_be_taken_again(tmp_path: Path) -> None:
    html = picture.report(tmp_path)
    with browser(tmp_path) as page:
        data = picture.taken(page, html)
        title = page.one("h1").text
    assert (struct.unpack(">II", data[16:24]), title) == (picture.SIZE, picture.shown.HOST)
    assert "127.0.0.1:4" not in html


def links(page: Path) -> list[str]:
    """Where the relative links of a page lead."""
    text = _CODE.sub("", _FENCED.sub("", page.read_text(encoding="utf-8")))
    return [target for target in _LINK.findall(text) if not re.match(r"[a-z]+:", target)]


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page."""
    times: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        words = re.sub(r"(?<!\w)_(.+?)_(?!\w)", r"\1", words)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{slug}-{times[slug]}" if times[slug] else slug)
        times[slug] += 1
    return frozenset(found)
