"""The overview's filters in a real browser: each applies to the whole page, matches SQL, and is stored in the URL."""

from __future__ import annotations

from decimal import Decimal

from browsing import Window, query
from page_home import HOSTILE_MODEL
from playwright.sync_api import expect
from running_gateway import Gateway


def test_page_and_sql_show_the_same_figures(window: Window, gateway: Gateway) -> None:
    [(total, count)] = gateway.query("select sum(payout_usd), count(*) from fct_compensations")
    page = window.open()
    assert (Decimal(window.value("kpi-total")), int(window.value("kpi-count"))) == (total, count)
    expect(page.get_by_test_id("kpi-count").locator(".figure")).to_have_text(str(count))
    expect(page.get_by_test_id("kpi-total").locator(".figure")).to_have_text(f"${total:,.2f}")
    expect(page.locator("#through")).to_have_text("Data through Nov 5, 2026 00:00 UTC")
    window.save_screenshot("overview")


def test_a_time_range_is_chosen_and_stays_in_the_url_and_after_a_reload(window: Window) -> None:
    page = window.open()
    page.get_by_test_id("filter-range").get_by_label("24h").check()
    window.ready()
    count = window.value("kpi-count")
    assert query(window) == {"range": ["24h"]}
    page.reload()
    window.ready()
    assert window.value("kpi-count") == count
    page.go_back()
    window.ready()
    assert query(window) == {}


def test_a_custom_range_can_be_typed_and_an_invalid_one_is_refused_with_a_reason(
    window: Window, gateway: Gateway
) -> None:
    page = window.open()
    page.get_by_test_id("filter-range").get_by_label("Custom").check()
    page.get_by_test_id("filter-from").fill("2026-11-02T05:00")
    page.get_by_test_id("filter-to").fill("2026-11-02T04:00")
    page.get_by_test_id("filter-apply").click()
    expect(page.locator("#custom-wrong")).to_have_text("The end must be later than the start.")
    page.get_by_test_id("filter-to").fill("2026-11-02T15:00")
    window.click("filter-apply")
    [(count,)] = gateway.query(
        "select count(*) from fct_compensations where requested_at >= '2026-11-02 05:00' and requested_at < '2026-11-02 15:00'"
    )
    assert int(window.value("kpi-count")) == count > 0


def test_models_can_be_searched_and_a_hostile_name_is_shown_as_text(window: Window, gateway: Gateway) -> None:
    page = window.open()
    picker = page.get_by_test_id("filter-model")
    picker.get_by_role("button", name="All models").click()
    picker.get_by_label("Search models").fill("<img")
    assert picker.locator("li:visible").all_text_contents() == [HOSTILE_MODEL]
    picker.get_by_label(HOSTILE_MODEL).check()
    window.ready()
    page.keyboard.press("Escape")
    [(count,)] = gateway.query("select count(*) from fct_compensations where model like '<img%'")
    assert int(window.value("kpi-count")) == count > 0
    assert query(window)["model"] == [HOSTILE_MODEL]
    expect(page.get_by_test_id("details-row").first.locator(".model")).to_have_text(HOSTILE_MODEL)
    assert page.locator("img").count() == 0


def test_types_and_an_account_filter_the_whole_page(window: Window, gateway: Gateway) -> None:
    page = window.open()
    picker = page.get_by_test_id("filter-type")
    picker.get_by_role("button").first.click()
    picker.get_by_label("High Latency").check()
    window.ready()
    picker.get_by_role("button", name="Done").click()
    page.get_by_test_id("filter-account").fill("acme")
    page.keyboard.press("Enter")
    page.wait_for_url("**account=acme**")
    window.ready()
    [(count,)] = gateway.query(
        "select count(*) from fct_compensations where account_id = 'acme' and compensation_type = 'high_latency'"
    )
    assert int(window.value("kpi-count")) == count > 0
    expect(page.get_by_test_id("page-range")).to_have_text(f"1\u2013{count} of {count}")
