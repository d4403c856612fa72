"""A real browser for the tests of the page: Debian's chromium, driven by Playwright. Tests are skipped if it is not installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
READY = "body[data-ready=true]"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser. If chromium is missing, skips the test, or fails it under `MAKEGOOD_BROWSER_TESTS=required`."""
    executable = shutil.which("chromium")
    if executable is None:
        reason = "no chromium on this machine: the page's browser tests did not run (apt-get install chromium)"
        if os.environ.get("MAKEGOOD_BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


class Window:
    """A browser window on the page that records its errors and its requests."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": WIDE, "color_scheme": "light", "timezone_id": "UTC", **options}
        )
        self.context.set_default_timeout(15_000)
        self.url = url
        self.faults: list[str] = []
        self.requested_urls: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requested_urls.append(request.url))

    def open(self, path: str = "/") -> Page:
        """Open the path and wait until everything is drawn."""
        self.page.goto(self.url + path)
        return self.ready()

    def ready(self) -> Page:
        """Wait until everything requested is drawn."""
        self.page.wait_for_selector(READY)
        return self.page

    def click(self, testid: str) -> Page:
        """Click and wait until the result is drawn."""
        self.page.get_by_test_id(testid).click()
        return self.ready()

    def value(self, testid: str) -> str:
        """The exact value that a card shows."""
        return self.page.get_by_test_id(testid).locator(".figure").get_attribute("data-value") or ""

    def requests(self) -> list[str]:
        """The request ids of the visible rows."""
        return [str(row.get_attribute("data-request")) for row in self.page.get_by_test_id("details-row").all()]

    def save_screenshot(self, name: str) -> None:
        """Save a screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def query(window: Window) -> dict[str, list[str]]:
    """The parameters in the URL of the page that is open."""
    return parse_qs(urlsplit(window.page.url).query)
