"""The table of compensations in a real browser: sorting, column filters, paging and exports."""

from __future__ import annotations

import csv
from pathlib import Path

from browsing import Window, query
from playwright.sync_api import Browser, expect
from running_gateway import Gateway


def test_the_table_has_categories_columns_and_sorting(window: Window, gateway: Gateway) -> None:
    page = window.open()
    window.click("details-tab-high_latency")
    page.get_by_test_id("details-table").get_by_role("button", name="Payout").click()
    window.ready()
    expect(page.get_by_role("columnheader", name="Payout")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("columnheader", name="Timestamp")).to_have_attribute("aria-sort", "none")
    expected = gateway.query(
        "select request_id from fct_compensations where compensation_type = 'high_latency'"
        " order by payout_usd desc, requested_at desc, source, request_id limit 25"
    )
    assert window.requests() == [request_id for (request_id,) in expected]
    page.get_by_test_id("details-table").get_by_role("button", name="Payout").click()
    window.ready()
    expect(page.get_by_role("columnheader", name="Payout")).to_have_attribute("aria-sort", "ascending")


def test_each_kind_of_column_can_be_filtered(window: Window, gateway: Gateway) -> None:
    page = window.open()
    page.get_by_test_id("column-filters").click()
    page.get_by_test_id("column-min_cost").fill("$0.03")
    page.get_by_test_id("column-model_contains").fill("GPT")
    page.keyboard.press("Enter")
    page.get_by_test_id("column-finish").select_option("stop")
    page.wait_for_url("**finish=stop**")
    window.ready()
    [(count,)] = gateway.query(
        "select count(*) from fct_compensations where cost_usd >= 0.03 and model like '%gpt%' and finish_reason = 'stop'"
    )
    expect(page.get_by_test_id("page-range")).to_contain_text(f"of {count}")
    assert count > 0
    window.click("clear-columns")
    assert query(window) == {}


def test_rows_can_be_filtered_by_time(window: Window, gateway: Gateway) -> None:
    page = window.open()
    page.get_by_test_id("column-filters").click()
    page.get_by_test_id("column-min_timestamp").fill("2026-11-02T05:30")
    page.get_by_test_id("column-max_timestamp").fill("2026-11-02T15:00")
    page.wait_for_url("**max_timestamp=**")
    window.ready()
    [(count,)] = gateway.query(
        "select count(*) from fct_compensations where requested_at between '2026-11-02 05:30' and '2026-11-02 15:00'"
    )
    expect(page.get_by_test_id("page-range")).to_have_text(f"1\u2013{count} of {count}")
    assert count > 0


def test_an_invalid_number_in_a_filter_shows_an_error_and_can_be_corrected(browser: Browser, url: str) -> None:
    window = Window(browser, url)
    page = window.open("/?min_cost=cheap")
    expect(page.locator("#details .failed")).to_contain_text("min_cost")
    assert window.value("kpi-count") != ""
    window.click("clear-columns")
    expect(page.locator("#details .failed")).to_have_count(0)
    window.context.close()


def test_every_paging_control_works(window: Window) -> None:
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


def test_exports_hold_the_filtered_rows(window: Window, tmp_path: Path) -> None:
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
