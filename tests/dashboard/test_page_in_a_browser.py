"""Every control of the overview does what it says, in a real browser: what is seen is what the API and SQL say."""

from __future__ import annotations

import csv
import string
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from browsing import NARROW, READY, Window
from page_home import DAY, HOSTILE_MODEL
from playwright.sync_api import Browser, expect
from running_gateway import Gateway

THIRD_DAY = "/?from=2026-11-03T00&to=2026-11-04T00"


def query(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.page.url).query)


def test_page_and_sql_show_the_same_figures(window: Window, gateway: Gateway) -> None:
    [(total, count)] = gateway.sees("select sum(payout_usd), count(*) from fct_compensations")
    page = window.open()
    assert (Decimal(window.value("kpi-total")), int(window.value("kpi-count"))) == (total, count)
    expect(page.get_by_test_id("kpi-count").locator(".figure")).to_have_text(str(count))
    expect(page.get_by_test_id("kpi-total").locator(".figure")).to_have_text(f"${total:,.2f}")
    expect(page.locator("#through")).to_have_text("Data through Nov 5, 2026 00:00 UTC")
    window.keep("overview")


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


def test_a_range_of_ones_own_is_typed_and_refused_with_a_reason(window: Window, gateway: Gateway) -> None:
    page = window.open()
    page.get_by_test_id("filter-range").get_by_label("Custom").check()
    page.get_by_test_id("filter-from").fill("2026-11-02T05:00")
    page.get_by_test_id("filter-to").fill("2026-11-02T04:00")
    page.get_by_test_id("filter-apply").click()
    expect(page.locator("#custom-wrong")).to_have_text("The end must be later than the start.")
    page.get_by_test_id("filter-to").fill("2026-11-02T15:00")
    window.click("filter-apply")
    [(count,)] = gateway.sees(
        "select count(*) from fct_compensations where requested_at >= '2026-11-02 05:00' and requested_at < '2026-11-02 15:00'"
    )
    assert int(window.value("kpi-count")) == count > 0


def test_models_are_searched_and_chosen_and_a_hostile_name_is_text(window: Window, gateway: Gateway) -> None:
    page = window.open()
    picker = page.get_by_test_id("filter-model")
    picker.get_by_role("button", name="All models").click()
    picker.get_by_label("Search models").fill("<img")
    assert picker.locator("li:visible").all_text_contents() == [HOSTILE_MODEL]
    picker.get_by_label(HOSTILE_MODEL).check()
    window.ready()
    page.keyboard.press("Escape")
    [(count,)] = gateway.sees("select count(*) from fct_compensations where model like '<img%'")
    assert int(window.value("kpi-count")) == count > 0
    assert query(window)["model"] == [HOSTILE_MODEL]
    expect(page.get_by_test_id("details-row").first.locator(".model")).to_have_text(HOSTILE_MODEL)
    assert page.locator("img").count() == 0


def test_types_and_an_account_narrow_everything(window: Window, gateway: Gateway) -> None:
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
    [(count,)] = gateway.sees(
        "select count(*) from fct_compensations where account_id = 'acme' and compensation_type = 'high_latency'"
    )
    assert int(window.value("kpi-count")) == count > 0
    expect(page.get_by_test_id("page-range")).to_have_text(f"1\u2013{count} of {count}")


def test_both_tabs_and_both_views_of_both_charts(window: Window, gateway: Gateway) -> None:
    page = window.open("/?range=7d")
    window.click("tab-times")
    expect(page.get_by_test_id("tab-times")).to_have_attribute("aria-selected", "true")
    for kind, column in (("type", "compensation_type"), ("model", "model")):
        window.click(f"chart-{kind}-ranking")
        window.click(f"chart-{kind}-as-table")
        drawn = page.get_by_test_id(f"chart-{kind}").locator("td").all()
        counts = gateway.sees(f"select count(*) as n from fct_compensations group by {column} order by n desc")
        assert [cell.get_attribute("data-value") for cell in drawn] == [str(count) for (count,) in counts]
        window.click(f"chart-{kind}-trend")
        assert page.get_by_test_id(f"chart-{kind}").locator("tbody tr").count() == 7
        window.click(f"chart-{kind}-as-table")
        expect(page.get_by_test_id(f"chart-{kind}").locator("canvas")).to_be_visible()
    assert query(window) == {"range": ["7d"], "tab": ["times"]}


def test_the_table_behind_a_chart_has_every_digit(window: Window, gateway: Gateway) -> None:
    page = window.open("/?type_table=1&type_view=ranking")
    cells = page.get_by_test_id("chart-type").locator("td").all()
    totals = gateway.sees(
        "select sum(payout_usd) as paid from fct_compensations group by compensation_type order by paid desc"
    )
    assert [Decimal(cell.get_attribute("data-value") or "") for cell in cells] == [paid for (paid,) in totals]


def test_a_legend_shows_one_alone(window: Window) -> None:
    page = window.open()
    page.get_by_test_id("chart-type").get_by_role("button", name="Service Failure").click()
    window.ready()
    assert query(window) == {"type": ["service_failure"]}


def test_categories_columns_and_sorting(window: Window, gateway: Gateway) -> None:
    page = window.open()
    window.click("details-tab-high_latency")
    page.get_by_test_id("details-table").get_by_role("button", name="Payout").click()
    window.ready()
    expect(page.get_by_role("columnheader", name="Payout")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("columnheader", name="Timestamp")).to_have_attribute("aria-sort", "none")
    expected = gateway.sees(
        "select request_id from fct_compensations where compensation_type = 'high_latency'"
        " order by payout_usd desc, requested_at desc, source, request_id limit 25"
    )
    assert window.requests() == [request_id for (request_id,) in expected]
    page.get_by_test_id("details-table").get_by_role("button", name="Payout").click()
    window.ready()
    expect(page.get_by_role("columnheader", name="Payout")).to_have_attribute("aria-sort", "ascending")


def test_a_filter_on_each_kind_of_column(window: Window, gateway: Gateway) -> None:
    page = window.open()
    page.get_by_test_id("column-filters").click()
    page.get_by_test_id("column-min_cost").fill("$0.03")
    page.get_by_test_id("column-model_contains").fill("GPT")
    page.keyboard.press("Enter")
    page.get_by_test_id("column-finish").select_option("stop")
    page.wait_for_url("**finish=stop**")
    window.ready()
    [(count,)] = gateway.sees(
        "select count(*) from fct_compensations where cost_usd >= 0.03 and model like '%gpt%' and finish_reason = 'stop'"
    )
    expect(page.get_by_test_id("page-range")).to_contain_text(f"of {count}")
    assert count > 0
    window.click("clear-columns")
    assert query(window) == {}


def test_a_filter_on_the_time_of_the_rows(window: Window, gateway: Gateway) -> None:
    page = window.open()
    page.get_by_test_id("column-filters").click()
    page.get_by_test_id("column-min_timestamp").fill("2026-11-02T05:30")
    page.get_by_test_id("column-max_timestamp").fill("2026-11-02T15:00")
    page.wait_for_url("**max_timestamp=**")
    window.ready()
    [(count,)] = gateway.sees(
        "select count(*) from fct_compensations where requested_at between '2026-11-02 05:30' and '2026-11-02 15:00'"
    )
    expect(page.get_by_test_id("page-range")).to_have_text(f"1\u2013{count} of {count}")
    assert count > 0


def test_a_filter_that_is_no_number_is_refused_in_its_card_and_mended(browser: Browser, url: str) -> None:
    window = Window(browser, url)
    page = window.open("/?min_cost=cheap")
    expect(page.locator("#details .failed")).to_contain_text("min_cost")
    assert window.value("kpi-count") != ""
    window.click("clear-columns")
    expect(page.locator("#details .failed")).to_have_count(0)
    window.context.close()


def test_turning_pages_by_every_way(window: Window) -> None:
    page = window.open()
    first = window.requests()
    window.click("page-next")
    second = window.requests()
    assert not set(first) & set(second)
    window.click("page-last")
    assert query(window)["page"] == ["5"]
    window.click("page-previous")
    window.click("page-first")
    assert window.requests() == first
    page.get_by_test_id("page-number").fill("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**page=2**")
    window.ready()
    assert window.requests() == second
    page.get_by_test_id("page-size").select_option("50")
    page.wait_for_url("**page_size=50**")
    window.ready()
    assert window.requests()[:25] == first


def test_exports_are_of_what_is_filtered(window: Window, tmp_path: Path) -> None:
    page = window.open("/?category=high_latency&min_cost=0.05")
    with page.expect_download() as started:
        page.get_by_test_id("export-csv").click()
    file = tmp_path / "export.csv"
    started.value.save_as(file)
    with file.open(newline="") as lines:
        assert [row["request_id"] for row in csv.DictReader(lines)] == window.requests()
    with page.expect_download() as started:
        page.get_by_test_id("export-parquet").click()
    assert started.value.suggested_filename.endswith(".parquet")


def test_times_are_utc_and_the_browsers_own_on_a_switch(browser: Browser, url: str) -> None:
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


def test_the_theme_follows_the_system_until_it_is_switched_and_stays_so(browser: Browser, url: str) -> None:
    window = Window(browser, url, color_scheme="dark")
    page = window.open()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    window.keep("overview-dark")
    page.get_by_test_id("switch-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    window.context.close()


def test_an_empty_range_says_so_and_can_be_cleared(window: Window) -> None:
    page = window.open(THIRD_DAY)
    expect(page.get_by_test_id("note-empty")).to_contain_text("No compensation in this range.")
    expect(page.get_by_test_id("kpi-average").locator(".figure")).to_have_text("—")
    expect(page.get_by_test_id("kpi-per-day").locator(".figure")).to_have_text("—")
    page.get_by_test_id("note-empty").get_by_role("button", name="Clear filters").click()
    window.ready()
    assert query(window) == {}
    assert int(window.value("kpi-count")) > 0


def test_a_card_that_fails_says_so_keeps_what_it_had_and_can_be_tried_again(browser: Browser, url: str) -> None:
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


def test_old_content_stays_and_is_dimmed_while_new_is_on_its_way(window: Window) -> None:
    page = window.open()
    held: list[object] = []
    page.route("**/api/details**", lambda route: held.append(route))
    page.get_by_test_id("page-next").click()
    expect(page.locator("#details")).to_have_attribute("aria-busy", "true")
    expect(page.locator("body")).to_have_attribute("data-ready", "false")
    assert len(window.requests()) == 25
    for route in held:
        route.continue_()  # type: ignore[attr-defined]
    window.ready()
    expect(page.locator("#details")).not_to_have_attribute("aria-busy", "true")


def test_a_stale_publication_is_noted(window: Window) -> None:
    expect(window.open().get_by_test_id("note-stale")).to_contain_text("3 hours ago")


def test_details_leads_to_the_request_and_meta_to_its_meta(window: Window, gateway: Gateway) -> None:
    page = window.open("/?sort=cost")
    [(request_id, payout)] = gateway.sees(
        "select request_id, payout_usd from fct_compensations order by cost_usd desc limit 1"
    )
    page.get_by_test_id("details-action").first.click()
    window.ready()
    expect(page.locator("h1")).to_have_text(request_id)
    assert Decimal(page.locator(".amount").get_attribute("data-value") or "") == payout
    window.keep("request")
    page.locator("#back").click()
    window.ready()
    assert query(window) == {"sort": ["cost"]}
    page.get_by_test_id("details-meta").first.click()
    window.ready()
    expect(page.get_by_test_id("meta-tree")).to_contain_text("user-agent: test")
    page.get_by_test_id("meta-raw-view").click()
    expect(page.get_by_test_id("meta-raw")).to_contain_text('"user-agent": "test"')


def test_a_request_that_was_not_paid_has_a_page_that_says_why(window: Window) -> None:
    page = window.open("/request?source=gateway&id=fine00")
    expect(page.get_by_test_id("decision")).to_contain_text("Nothing is paid")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("user-agent: test")


def test_a_script_in_the_meta_is_text(window: Window) -> None:
    page = window.open("/request?source=gateway&id=batch%2F7%3Fx%3D1%26y%3D%C3%BC")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("<script>alert(1)</script>")


def test_what_was_left_out_of_the_meta_is_said_with_its_reason(window: Window) -> None:
    page = window.open("/request?source=gateway&id=batch%2F7%3Fx%3D1%26y%3D%C3%BC")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("authorization: [not kept: credential]")
    expect(page.get_by_test_id("meta-left-out")).to_have_text(
        "Removed before this was stored: texts that are not known to be harmless (1), prompts and answers (1), credentials (1)."
        " To keep more texts of a source, list their paths under keep in sources.yml."
    )


def test_the_page_of_a_request_asks_once_and_before_its_code_is_there(browser: Browser, url: str) -> None:
    window = Window(browser, url)
    named = {"source": "gateway", "id": string.digits + string.punctuation + " ü€", "hour": "2026-11-01T03"}
    page = window.open(f"/request?{urlencode(named)}")
    expect(page.locator("#request .failed")).to_contain_text("no such request")
    assert len([asked for asked in window.asked if "/api/" in asked]) == 1
    [asker] = page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/')).map((one) => one.initiatorType)"
    )
    assert asker == "link"
    window.context.close()


def test_nothing_scrolls_sideways_on_a_phone(browser: Browser, url: str) -> None:
    for name, path in (("overview", "/?min_cost=0.01"), ("request", "/request?source=gateway&id=r000")):
        window = Window(browser, url, viewport=NARROW)
        page = window.open(path)
        widest = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        window.keep(f"{name}-phone")
        window.context.close()
        assert widest[0] <= widest[1], name


def test_signing_in_with_the_token(browser: Browser, gateway: Gateway) -> None:
    from page_home import serving
    from pydantic import SecretStr

    with serving(gateway.settings.model_copy(update={"page_token": SecretStr("a-token-of-some-length")})) as guarded:
        window = Window(browser, guarded)
        page = window.page
        page.goto(guarded)
        page.get_by_label("Token").fill("a-token-of-some-length")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(READY)
        assert int(window.value("kpi-count")) > 0
        window.context.close()


def test_the_third_day_is_the_empty_one(gateway: Gateway) -> None:
    assert gateway.sees("select count(*) from fct_compensations where request_date = '2026-11-03'") == [(0,)]
    assert DAY.isoformat() == "2026-11-01T00:00:00"
