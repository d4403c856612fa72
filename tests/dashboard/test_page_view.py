"""Appearance of the page in a real browser: time zone, theme, empty, failed and stale cards, narrow screens, signing in."""

from __future__ import annotations

from browsing import NARROW, READY, Window, query
from page_home import DAY
from playwright.sync_api import Browser, expect
from running_gateway import Gateway

THIRD_DAY = "/?from=2026-11-03T00&to=2026-11-04T00"


def test_times_can_be_switched_between_utc_and_local_time(browser: Browser, url: str) -> None:
    window = Window(browser, url, timezone_id="Asia/Tokyo")
    page = window.open()
    utc = page.get_by_test_id("details-row").first.locator(".timestamp").inner_text()
    window.click("switch-zone")
    expect(page.locator("#through")).to_contain_text("Nov 5, 2026 09:00")
    local = page.get_by_test_id("details-row").first.locator(".timestamp").inner_text()
    assert (int(utc[11:13]) + 9) % 24 == int(local[11:13])
    assert utc[13:] == local[13:]
    window.context.close()
    assert window.faults == []


def test_the_theme_follows_the_system_until_it_is_switched(browser: Browser, url: str) -> None:
    window = Window(browser, url, color_scheme="dark")
    page = window.open()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    window.save_screenshot("overview-dark")
    page.get_by_test_id("switch-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    window.context.close()


def test_an_empty_range_shows_a_message_and_can_be_cleared(window: Window) -> None:
    page = window.open(THIRD_DAY)
    expect(page.get_by_test_id("note-empty")).to_contain_text("No compensation in this range.")
    expect(page.get_by_test_id("kpi-average").locator(".figure")).to_have_text("—")
    expect(page.get_by_test_id("kpi-per-day").locator(".figure")).to_have_text("—")
    page.get_by_test_id("note-empty").get_by_role("button", name="Clear filters").click()
    window.ready()
    assert query(window) == {}
    assert int(window.value("kpi-count")) > 0


def test_a_failed_card_shows_an_error_keeps_its_content_and_can_be_retried(browser: Browser, url: str) -> None:
    window = Window(browser, url)
    page = window.open()
    page.route("**/api/series**", lambda route: route.abort())
    window.click("tab-times")
    failed = page.locator("#charts .failed")
    expect(failed).to_contain_text("The server cannot be reached.")
    expect(page.get_by_test_id("chart-type").locator("canvas")).to_be_visible()
    page.unroute("**/api/series**")
    failed.get_by_role("button", name="Retry").click()
    expect(failed).to_have_count(0)
    window.context.close()


def test_old_content_is_dimmed_while_new_content_loads(window: Window) -> None:
    page = window.open()
    held_routes: list[object] = []
    page.route("**/api/details**", lambda route: held_routes.append(route))
    page.get_by_test_id("page-next").click()
    expect(page.locator("#details")).to_have_attribute("aria-busy", "true")
    expect(page.locator("body")).to_have_attribute("data-ready", "false")
    assert len(window.requests()) == 25
    for route in held_routes:
        route.continue_()  # type: ignore[attr-defined]
    window.ready()
    expect(page.locator("#details")).not_to_have_attribute("aria-busy", "true")


def test_a_stale_publication_is_marked(window: Window) -> None:
    expect(window.open().get_by_test_id("note-stale")).to_contain_text("3 hours ago")


def test_nothing_scrolls_horizontally_on_a_phone(browser: Browser, url: str) -> None:
    for name, path in (("overview", "/?min_cost=0.01"), ("request", "/request?source=gateway&id=r000")):
        window = Window(browser, url, viewport=NARROW)
        page = window.open(path)
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        window.save_screenshot(f"{name}-phone")
        window.context.close()
        assert widths[0] <= widths[1], name


def test_a_visitor_can_sign_in_with_the_token(browser: Browser, gateway: Gateway) -> None:
    from page_home import serving
    from pydantic import SecretStr

    with serving(
        gateway.settings.model_copy(update={"page_token": SecretStr("a-token-of-some-length")})
    ) as protected_url:
        window = Window(browser, protected_url)
        page = window.page
        page.goto(protected_url)
        page.get_by_label("Token").fill("a-token-of-some-length")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(READY)
        assert int(window.value("kpi-count")) > 0
        window.context.close()


def test_the_third_day_is_the_empty_one(gateway: Gateway) -> None:
    assert gateway.query("select count(*) from fct_compensations where request_date = '2026-11-03'") == [(0,)]
    assert DAY.isoformat() == "2026-11-01T00:00:00"
