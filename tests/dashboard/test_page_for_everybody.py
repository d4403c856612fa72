"""Accessibility of the page: axe finds no violation in either theme, and every control works with the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import NARROW, WIDE, Window
from playwright.sync_api import Browser, expect

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
VIEWS = {
    "overview": "/",
    "with tables and column filters": "/?type_table=1&model_table=1&model_view=ranking&min_cost=0.01",
    "empty": "/?from=2026-11-03T00&to=2026-11-04T00",
    "request": "/request?source=gateway&id=r000",
    "request not paid": "/request?source=gateway&id=fine00&meta=raw",
}


def violations(window: Window) -> list[Any]:
    found = Axe().run(window.page, options=RULES).response["violations"]
    return [
        (violation["id"], violation["help"], [node["html"] for node in violation["nodes"]][:3]) for violation in found
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "phone"])
@pytest.mark.parametrize("path", VIEWS.values(), ids=VIEWS.keys())
def test_axe_finds_no_violation(browser: Browser, url: str, path: str, theme: str, viewport: dict[str, int]) -> None:
    window = Window(browser, url, color_scheme=theme, viewport=viewport, reduced_motion="reduce", bypass_csp=True)
    window.open(path)
    found = violations(window)
    window.context.close()
    assert found == []


def test_axe_finds_no_violation_in_an_open_picker_a_failed_card_and_the_sign_in(browser: Browser, url: str) -> None:
    window = Window(browser, url, reduced_motion="reduce", bypass_csp=True)
    page = window.open("/?min_cost=cheap")
    page.get_by_test_id("filter-model").get_by_role("button").first.click()
    assert violations(window) == []
    page.goto(f"{url}/login")
    assert violations(window) == []
    window.context.close()


def test_axe_reports_a_button_without_a_name(browser: Browser, url: str) -> None:
    window = Window(browser, url, bypass_csp=True)
    page = window.open()
    page.get_by_test_id("switch-theme").evaluate(
        "button => { button.textContent = ''; button.removeAttribute('aria-label'); }"
    )
    found = [rule for rule, _, _ in violations(window)]
    window.context.close()
    assert found == ["button-name"]


def focused(window: Window) -> str:
    return str(
        window.page.evaluate(
            "(() => { const at = document.activeElement; return at.dataset.testid ?? at.id ?? ''; })()"
        )
    )


def tab_to(window: Window, testid: str) -> None:
    """Press Tab until the control has the focus. Fails if Tab does not reach it."""
    for _ in range(120):
        window.page.keyboard.press("Tab")
        if focused(window) == testid:
            return
    raise AssertionError(f"Tab does not reach {testid}")


def test_every_control_works_with_the_keyboard(window: Window) -> None:
    page, keys = window.open(), window.page.keyboard
    keys.press("Tab")
    expect(page.locator(".skip")).to_be_focused()

    keys.press("Tab")
    keys.press("ArrowLeft")
    window.ready()
    assert "range=7d" in page.url

    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_label("Search models")).to_be_focused()
    keys.type("mini")
    keys.press("Tab")
    keys.press("Space")
    window.ready()
    keys.press("Escape")
    expect(page.get_by_test_id("filter-model").get_by_role("button").first).to_be_focused()
    assert "model=openai%2Fgpt-4o-mini" in page.url

    tab_to(window, "tab-credits")
    keys.press("ArrowRight")
    window.ready()
    assert "tab=times" in page.url
    tab_to(window, "chart-type-ranking")
    keys.press("Enter")
    assert "type_view=ranking" in page.url
    tab_to(window, "column-filters")
    keys.press("Space")
    tab_to(window, "details-tab-all")
    keys.press("End")
    window.ready()
    assert "category=high_latency" in page.url
    tab_to(window, "column-max_payout")
    keys.type("1")
    keys.press("Enter")
    page.wait_for_url("**max_payout=1**")
    window.ready()
    tab_to(window, "details-action")
    keys.press("Enter")
    expect(page.get_by_test_id("decision")).to_be_visible()
    window.ready()
    tab_to(window, "meta-raw-view")
    keys.press("Enter")
    expect(page.get_by_test_id("meta-raw-view")).to_be_focused()


def test_the_focused_control_is_visibly_marked(window: Window) -> None:
    page = window.open()
    for testid in ("tab-credits", "column-filters", "export-csv", "details-action", "page-next"):
        tab_to(window, testid)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", testid
