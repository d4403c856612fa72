"""Open pages during publications: no errors, no answer that mixes two snapshots, and new numbers without a restart."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from browsing import Window
from page_home import fill, serving
from playwright.sync_api import Browser, expect
from running_gateway import Gateway

from makegood.home import publications_file
from makegood.publication.publications import Publications
from makegood.publication.reading import contents, current_publication
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach, head_snapshot

USERS = 10
EVERY_S = 5
SECONDS = int(os.environ.get("MAKEGOOD_LIVE_SECONDS", "0"))
"""How long to publish every 5 seconds. 0 means a few publications, each as soon as the previous one was seen."""
PUBLICATIONS = SECONDS // EVERY_S or 6
QUESTIONS = (
    "summary?range=90d",
    "series?range=90d&measure=times",
    "details?range=90d&page_size=1",
    "details?min_cost=0&page_size=1",
)
ADDED_FACTS = """
insert into fct_compensations
select * replace (request_id || '-again-' || ? as request_id) from fct_compensations where request_id = 'r000'
"""
ADDED_HOURS = """
insert into mart_compensation_hourly by name
select * replace (1 as compensation_count, payout_usd / compensation_count as payout_usd) from mart_compensation_hourly
where hour_at = '2026-11-01' limit 1
"""


class Publisher:
    """Adds one compensation to facts and marts and publishes them. Remembers the number of compensations of each publication."""

    def __init__(self, gateway: Gateway) -> None:
        self.warehouse: Path = gateway.root / "warehouse"
        self.counts: dict[int, int] = {}
        self._note()

    def publish(self) -> int:
        """Publish one more compensation, and return the id of the publication."""
        with connect() as con:
            attach(con, self.warehouse, read_only=False)
            con.execute("begin")
            con.execute(ADDED_FACTS, [str(len(self.counts))])
            con.execute(ADDED_HOURS)
            con.execute("commit")
            record = Publications(publications_file(self.warehouse))
            try:
                # The count is recorded before a reader can see the publication.
                published = contents(con)
                self.counts[max(self.counts) + 1] = published.compensation_count
                record.publish(head_snapshot(con), "live", published, None)
            finally:
                record.close()
        return current_publication(self.warehouse).publication_id

    def _note(self) -> None:
        now = current_publication(self.warehouse)
        self.counts[now.publication_id] = now.compensation_count


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher(Gateway.copied("page", fill, tmp_path_factory.mktemp("live")))


@pytest.fixture(scope="module")
def live(publisher: Publisher) -> Iterator[str]:
    settings = Gateway(publisher.warehouse.parent).settings
    with serving(settings) as url:
        yield url


def count_in(question: str, answer: dict[str, object]) -> int:
    """The number of compensations in an answer."""
    if question.startswith("summary"):
        return int(answer["kpis"]["compensation_count"])  # type: ignore[index]
    if question.startswith("series"):
        return sum(int(value) for group in answer["by_type"] for value in group["values"])  # type: ignore[attr-defined]
    return int(answer["total"])  # type: ignore[call-overload]


def test_ten_users_see_only_consistent_publications_while_new_ones_are_made(publisher: Publisher, live: str) -> None:
    seen: set[int] = set()
    publication_seen = threading.Condition()
    last = max(publisher.counts) + PUBLICATIONS

    def use(number: int) -> int:
        answers = 0
        with httpx.Client(base_url=live, timeout=30) as client:
            publication_id = 0
            while publication_id < last:
                question = QUESTIONS[(answers + number) % len(QUESTIONS)]
                answer = client.get(f"/api/{question}")
                assert answer.status_code == 200, answer.text
                body = answer.json()
                assert body["publication_id"] >= publication_id
                publication_id = body["publication_id"]
                assert count_in(question, body) == publisher.counts[publication_id], question
                answers += 1
                with publication_seen:
                    seen.add(publication_id)
                    publication_seen.notify_all()
        return answers

    with ThreadPoolExecutor(USERS) as users:
        futures = [users.submit(use, number) for number in range(USERS)]
        started = time.monotonic()
        for number in range(PUBLICATIONS):
            published = publisher.publish()
            with publication_seen:
                assert publication_seen.wait_for(
                    lambda at=published: at in seen or any(future.done() for future in futures), timeout=60
                )
                if SECONDS and number + 1 < PUBLICATIONS:
                    wait_s = started + EVERY_S * (number + 1) - time.monotonic()
                    publication_seen.wait_for(lambda: any(future.done() for future in futures), timeout=max(0, wait_s))
        assert all(future.result() > PUBLICATIONS for future in futures)
    print(
        f"{USERS} users, {sum(future.result() for future in futures):,} answers of {PUBLICATIONS} publications in {time.monotonic() - started:.0f} s"
    )
    assert seen >= set(range(last - PUBLICATIONS + 1, last + 1))


def test_an_open_page_picks_up_a_new_publication(publisher: Publisher, live: str, browser: Browser) -> None:
    window = Window(browser, live)
    page = window.open("/?range=90d")
    published = publisher.publish()
    count = publisher.counts[published]
    with page.expect_response(
        lambda answer: "/api/summary" in answer.url and answer.json()["publication_id"] == published
    ):
        page.wait_for_function(
            "id => fetch('/api/publication').then(answer => answer.json()).then(answer => answer.publication_id === id)",
            arg=published,
        )
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("kpi-count").locator(".figure")).to_have_text(str(count))
    window.context.close()
    assert window.faults == []


def test_the_page_says_if_nothing_is_published_yet(tmp_path: Path, browser: Browser) -> None:
    with serving(Gateway(tmp_path).settings) as url:
        answer = httpx.get(f"{url}/api/summary")
        assert (answer.status_code, "nothing is published" in answer.json()["detail"]) == (503, True)
        assert httpx.get(f"{url}/healthz").json() == {"is_published": False}
        window = Window(browser, url)
        window.page.goto(url)
        expect(window.page.locator("#notes [role=alert]")).to_contain_text("nothing is published yet")
        window.context.close()
