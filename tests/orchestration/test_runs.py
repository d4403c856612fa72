"""Whole runs: landing files in, published numbers out."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HOUR
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import read_sources
from makegood.publication.upkeep import maintain
from makegood.settings import PROJECT


def test_every_request_of_an_hour_is_decided_and_the_payouts_are_exact(gateway: Gateway) -> None:
    at = FIRST + timedelta(minutes=5)
    gateway.land(
        FIRST,
        [
            record("fine", at),
            record("failed", at, finish_reason="error", status_code="503", cost_usd="0.020000000001"),
            record("empty", at, output_tokens=0, cost_usd="0.000000000003"),
            record("crawling", at, 40_000, output_tokens=100, cost_usd="0.041216"),
            record("endless", at, 600_000, output_tokens=10_000, cost_usd="0.3"),
            record("free", at, cache_hit=True, cost_usd="0", finish_reason="error", status_code="503"),
            record("left", at, cancelled=True, status_code="499", output_tokens=0),
            record("wrong", at, status_code="400", finish_reason="error", output_tokens=None),
            record("unpriced", at, cost_usd=None, output_tokens=0, model="house/model"),
            record("dust", at, 600_000, output_tokens=10_000, cost_usd="0.000000000001"),
            "{not json",
        ],
    )
    report = gateway.run(FIRST)
    assert report.landed["records read"] == 11
    assert report.landed["records quarantined"] == 1
    decided = {
        row[0]: row[1:]
        for row in gateway.query("select request_id, reason_code, rule_id, payout_usd from fct_requests")
    }
    assert decided == {
        "fine": ("within_normal_range", None, Decimal("0")),
        "failed": ("compensated", "SF-1", Decimal("0.020000000001")),
        "empty": ("compensated", "UC-1", Decimal("0.000000000003")),
        "crawling": ("compensated", "HL-4", Decimal("0.0041216")),
        "endless": ("compensated", "HL-5", Decimal("0.15")),
        "free": ("not_billed", None, Decimal("0")),
        "left": ("cancelled_by_caller", None, Decimal("0")),
        "wrong": ("caller_error", None, Decimal("0")),
        "unpriced": ("cost_unknown", "UC-1", Decimal("0")),
        "dust": ("zero_payout", "HL-5", Decimal("0")),
    }
    assert gateway.query("select sum(payout_usd) from mart_compensation_hourly") == [(Decimal("0.174121600004"),)]
    assert report.publication.payout_usd == Decimal("0.174121600004")


def test_hours_in_any_order_a_range_and_a_rebuilt_warehouse_give_the_same_marts(tmp_path: Path) -> None:
    marts = []
    for number, runs in enumerate([[(0, 1), (1, 1), (2, 1)], [(2, 1), (0, 2)], [(0, 3)]]):
        home = tmp_path / str(number)
        home.mkdir()
        gateway = Gateway(home)
        _life_of_three_hours(gateway)
        for start, hours in runs:
            gateway.run(FIRST + HOUR * start, hours)
        marts.append(gateway.marts())
    assert marts[0] == marts[1] == marts[2]
    shutil.rmtree(gateway.root / "warehouse")
    gateway.run(FIRST, 3)
    assert gateway.marts() == marts[0]


def _life_of_three_hours(gateway: Gateway) -> None:
    """Redeliveries that change the cost and move the hour, a file with a late request, and a broken line."""
    at = FIRST + timedelta(minutes=50)
    gateway.land(FIRST, [record("a", at, status_code="503"), record("moved", at, 40_000, output_tokens=100)])
    gateway.land(
        FIRST + HOUR, [record("a", at, status_code="503", cost_usd="0.02"), record("b", at + HOUR, output_tokens=0)]
    )
    gateway.land(
        FIRST + 2 * HOUR,
        [
            record("moved", at + HOUR, 40_000, output_tokens=100, cost_usd="0.5"),
            record("late", at, output_tokens=0),
            "[]",
        ],
    )


def test_failed_audit_leaves_readers_on_the_last_publication_until_a_run_makes_it_good_late_hours_included(
    started: Gateway,
) -> None:
    published = started.marts()
    started.land(FIRST, [record("late", FIRST, status_code="503")], name="late.jsonl")
    bad = started.land(FIRST + HOUR, [record("whole", FIRST + HOUR), *["{no record"] * 299])
    with closing(Inventory(started.root / "lake" / "inventory.sqlite")) as inventory:
        sources = read_sources(started.settings.sources, started.root)
        land(find_files(sources, [FIRST], started.root), started.root / "lake", inventory)
    with pytest.raises(MakegoodError, match="not published, checks failed"):
        started.run(FIRST + HOUR)
    assert started.marts() == published

    started.land(FIRST + 2 * HOUR, [record("later", FIRST + 2 * HOUR)])
    with pytest.raises(MakegoodError, match="2 request hours from 2026-11-01T00"):
        started.run(FIRST + 2 * HOUR)
    assert started.marts() == published

    bad.write_text("")
    started.run(FIRST + HOUR)
    assert started.query("select request_id from fct_requests order by 1") == [("first",), ("late",), ("later",)]


def test_failed_dbt_test_leaves_readers_on_the_last_publication(started: Gateway) -> None:
    published = started.marts()
    inventory = Inventory(started.root / "lake" / "inventory.sqlite")
    inventory._db.execute("update landing_files set records_read = records_read + 1")
    inventory.close()
    with pytest.raises(
        MakegoodError,
        match=r"read_is_landed_plus_ignored_plus_quarantined: landing_file landing/gateway/2026-11-01/00/part\.jsonl",
    ):
        started.run(FIRST)
    assert started.marts() == published


def test_killed_run_changes_nothing_for_readers_and_the_next_run_makes_good(started: Gateway) -> None:
    published = started.marts()
    started.land(FIRST + HOUR, [record(f"r{n}", FIRST + HOUR, status_code="503") for n in range(150)])
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--from", "2026-11-01T01", "--to", "2026-11-01T02"],
        cwd=PROJECT,
        env={**os.environ, "MAKEGOOD_HOME": str(started.root), "MAKEGOOD_SOURCES": str(started.root / "sources.yml")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait_for_writes(started.root / "warehouse" / "data", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert started.marts() == published
    started.run(FIRST + HOUR)
    assert started.query("select count(*), sum(payout_usd) from fct_compensations") == [(151, Decimal("1.51"))]


def _wait_for_writes(data: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until the run has written its first file into the warehouse."""
    before = len(list(data.rglob("*.parquet")))
    while len(list(data.rglob("*.parquet"))) == before:
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.01)


def test_running_an_hour_again_gives_the_same_marts_and_a_vanished_landing_file_takes_nothing_away(
    gateway: Gateway,
) -> None:
    file = gateway.land(FIRST, [record(f"r{n}", FIRST + timedelta(minutes=n), 40_000 + n) for n in range(30)])
    gateway.run(FIRST)
    before = gateway.marts()
    gateway.run(FIRST)
    assert gateway.marts() == before
    file.unlink()
    gateway.run(FIRST)
    assert gateway.marts() == before


def test_a_home_that_was_moved_is_read_and_run_on(started: Gateway, tmp_path: Path) -> None:
    published = started.marts()
    started.root.rename(tmp_path / "moved")
    after = Gateway(tmp_path / "moved")
    assert after.marts() == published
    after.land(FIRST + HOUR, [record("next", FIRST + HOUR, status_code="503")])
    after.run(FIRST + HOUR)
    maintain(Home(after.root))
    assert after.query("select request_id from fct_requests order by 1") == [("first",), ("next",)]


def test_file_changed_into_other_hours_empties_the_hours_that_it_left(gateway: Gateway) -> None:
    gateway.land(FIRST + 5 * HOUR, [record("x", FIRST + 3 * HOUR, status_code="503")])
    gateway.run(FIRST + 5 * HOUR)
    gateway.land(FIRST + 5 * HOUR, [record("x", FIRST + 4 * HOUR, status_code="503")])
    gateway.run(FIRST + 5 * HOUR)
    assert gateway.query("select request_id, request_hour from fct_requests") == [("x", 4)]
    assert gateway.query("select request_hour, compensation_count from mart_compensation_hourly") == [(4, 1)]
