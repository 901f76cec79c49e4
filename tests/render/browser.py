"""A real, headless Chromium for the tests of the HTML report."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="Chromium is not installed: apt-get install chromium chromium-driver"
)
_PATIENCE = 60
WIDE, NARROW = (1280, 900), (390, 844)


class Browser:
    """One page at a time, and what a person does with it."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver, self._folder = driver, folder

    def open(self, html: str, size: tuple[int, int] = WIDE, hash: str = "", *, dark: bool = False) -> None:
        """Show a page as a file, in a window of a size, with a light or dark system."""
        self.screen(size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tool("Emulation.setEmulatedMedia", media="", features=[scheme])
        file = self._folder / "report.html"
        file.write_text(html, encoding="utf-8")
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(f"{file.as_uri()}{hash}")

    def screen(self, size: tuple[int, int]) -> None:
        self.tool(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )

    def tool(self, command: str, **arguments: Any) -> Any:
        """A command of the developer tools."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script: str, *arguments: Any) -> Any:
        """The value of an expression in the page."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def until(self, script: str) -> None:
        """Wait until an expression holds."""
        WebDriverWait(self.driver, _PATIENCE).until(lambda _: self.js(script), script)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def shown(self, selector: str) -> list[str]:
        """The text of the elements that are shown."""
        return [each.text for each in self.all(selector) if each.is_displayed()]

    def log(self) -> list[str]:
        """What the console says."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def pdf(self) -> bytes:
        return base64.b64decode(self.tool("Page.printToPDF")["data"])


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser whose page files lie in a folder."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(_PATIENCE)
    try:
        yield Browser(driver, folder)
    finally:
        driver.quit()
