"""The overview's charts in a real browser: what they draw and their data tables equal the results of SQL."""

from __future__ import annotations

from decimal import Decimal

from browsing import Window, query
from playwright.sync_api import expect
from running_gateway import Gateway


def test_both_charts_show_the_numbers_of_sql_in_both_tabs_and_views(window: Window, gateway: Gateway) -> None:
    page = window.open("/?range=7d")
    window.click("tab-times")
    expect(page.get_by_test_id("tab-times")).to_have_attribute("aria-selected", "true")
    for kind, column in (("type", "compensation_type"), ("model", "model")):
        window.click(f"chart-{kind}-ranking")
        window.click(f"chart-{kind}-as-table")
        cells = page.get_by_test_id(f"chart-{kind}").locator("td").all()
        counts = gateway.query(f"select count(*) as n from fct_compensations group by {column} order by n desc")
        assert [cell.get_attribute("data-value") for cell in cells] == [str(count) for (count,) in counts]
        window.click(f"chart-{kind}-trend")
        assert page.get_by_test_id(f"chart-{kind}").locator("tbody tr").count() == 7
        window.click(f"chart-{kind}-as-table")
        expect(page.get_by_test_id(f"chart-{kind}").locator("canvas")).to_be_visible()
    assert query(window) == {"range": ["7d"], "tab": ["times"]}


def test_the_data_table_of_a_chart_shows_every_digit(window: Window, gateway: Gateway) -> None:
    page = window.open("/?type_table=1&type_view=ranking")
    cells = page.get_by_test_id("chart-type").locator("td").all()
    totals = gateway.query(
        "select sum(payout_usd) as paid from fct_compensations group by compensation_type order by paid desc"
    )
    assert [Decimal(cell.get_attribute("data-value") or "") for cell in cells] == [paid for (paid,) in totals]


def test_a_click_in_the_legend_shows_only_that_series(window: Window) -> None:
    page = window.open()
    page.get_by_test_id("chart-type").get_by_role("button", name="Service Failure").click()
    window.ready()
    assert query(window) == {"type": ["service_failure"]}
