"""The picture of the HTML report in docs/images/: `make picture` takes it anew, with the Chromium of the tests."""

from __future__ import annotations

import base64
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests import shown
from tests.render.browser import Browser, browser

FILE = shown.ROOT / "docs" / "images" / "report.png"
SIZE = (1280, 1172)
"""Width and height in pixels: down to the first cause, with its proof and its fix."""


def taken(page: Browser, html: str) -> bytes:
    """The upper part of a page as a PNG, with a light system."""
    page.open(html, SIZE)
    page.js("document.documentElement.style.scrollbarWidth = 'none'")
    clip = {"x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1], "scale": 1}
    shot = Image.open(BytesIO(base64.b64decode(page.tool("Page.captureScreenshot", format="png", clip=clip)["data"])))
    small = BytesIO()
    shot.convert("RGB").quantize(128).save(small, "png", optimize=True)
    return small.getvalue()


def report(folder: Path) -> str:
    """The HTML report that the README's `diagnose cluster` writes."""
    (cluster,) = [each for each in shown.shown(shown.PAGE.read_text(encoding="utf-8")) if each.name == "cluster"]
    return shown.run(cluster.command, folder).file("report.html")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        html = report(Path(folder))
        with browser(Path(folder)) as page:
            FILE.write_bytes(taken(page, html))
    sys.stdout.write(f"wrote {FILE.relative_to(shown.ROOT)}, {FILE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
