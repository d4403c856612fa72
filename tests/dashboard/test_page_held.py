"""Surprising money on the page: it is shown and marked, and the mark goes when somebody has accepted it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from browsing import Window
from page_home import serving
from playwright.sync_api import Browser, expect
from running_gateway import FIRST, Gateway
from surprised_home import surprised_home

from makegood.home import Home
from makegood.hours import HOUR, HourRange
from makegood.settlement.acceptances import accept


@pytest.fixture
def surprised(tmp_path: Path) -> Gateway:
    return surprised_home(tmp_path)


def test_surprising_money_is_marked_until_it_is_accepted(browser: Browser, surprised: Gateway) -> None:
    with serving(surprised.settings) as url:
        window = Window(browser, url)
        note = window.open().get_by_test_id("note-held")
        expect(note).to_contain_text(
            "is far more than usual. Nothing more is posted for its day until somebody has accepted it."
        )
        hours, paid = HourRange(FIRST, FIRST + HOUR), Decimal("150.010000000001")
        accept(
            Home(surprised.root), "fct_compensations.largest_payout_usd", hours, paid, "the provider was down", "ada"
        )
        expect(window.open().get_by_test_id("note-held")).to_have_count(0)
        window.context.close()


def test_a_visitor_of_one_account_is_not_told_about_the_money_of_all(browser: Browser, surprised: Gateway) -> None:
    with serving(surprised.settings.model_copy(update={"page_account": "acme"})) as url:
        window = Window(browser, url)
        expect(window.open().get_by_test_id("note-held")).to_have_count(0)
        assert window.page.request.get(f"{url}/api/publication").json()["held_hours"] == []
        window.context.close()
