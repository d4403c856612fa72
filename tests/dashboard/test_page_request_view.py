"""The view of one request in a real browser: its decision, its meta as text, and the link back."""

from __future__ import annotations

import string
from decimal import Decimal
from urllib.parse import urlencode

from browsing import Window, query
from playwright.sync_api import Browser, expect
from running_gateway import Gateway


def test_the_table_links_to_the_request_and_to_its_meta(window: Window, gateway: Gateway) -> None:
    page = window.open("/?sort=cost")
    [(request_id, payout)] = gateway.query(
        "select request_id, payout_usd from fct_compensations order by cost_usd desc limit 1"
    )
    page.get_by_test_id("details-action").first.click()
    window.ready()
    expect(page.locator("h1")).to_have_text(request_id)
    assert Decimal(page.locator(".amount").get_attribute("data-value") or "") == payout
    window.save_screenshot("request")
    page.locator("#back").click()
    window.ready()
    assert query(window) == {"sort": ["cost"]}
    page.get_by_test_id("details-meta").first.click()
    window.ready()
    expect(page.get_by_test_id("meta-tree")).to_contain_text("user-agent: test")
    page.get_by_test_id("meta-raw-view").click()
    expect(page.get_by_test_id("meta-raw")).to_contain_text('"user-agent": "test"')


def test_the_view_of_an_unpaid_request_says_why(window: Window) -> None:
    page = window.open("/request?source=gateway&id=fine00")
    expect(page.get_by_test_id("decision")).to_contain_text("Nothing is paid")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("user-agent: test")


def test_a_script_in_meta_is_shown_as_text(window: Window) -> None:
    page = window.open("/request?source=gateway&id=batch%2F7%3Fx%3D1%26y%3D%C3%BC")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("<script>alert(1)</script>")


def test_values_left_out_of_meta_are_listed_with_the_reason(window: Window) -> None:
    page = window.open("/request?source=gateway&id=batch%2F7%3Fx%3D1%26y%3D%C3%BC")
    expect(page.get_by_test_id("meta-tree")).to_contain_text("authorization: [not kept: credential]")
    expect(page.get_by_test_id("meta-left-out")).to_have_text(
        "Removed before this was stored: texts that are not known to be harmless (1), prompts and answers (1), credentials (1)."
        " To keep more texts of a source, list their paths under keep in sources.yml."
    )


def test_the_view_requests_its_data_once_and_before_its_script_has_loaded(browser: Browser, url: str) -> None:
    window = Window(browser, url)
    params = {"source": "gateway", "id": string.digits + string.punctuation + " ü€", "hour": "2026-11-01T03"}
    page = window.open(f"/request?{urlencode(params)}")
    expect(page.locator("#request .failed")).to_contain_text("no such request")
    assert len([requested_url for requested_url in window.requested_urls if "/api/" in requested_url]) == 1
    [initiator_type] = page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/')).map((one) => one.initiatorType)"
    )
    assert initiator_type == "link"
    window.context.close()
