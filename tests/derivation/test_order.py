"""What must always hold: hours run twice, alone, as ranges and in any order give the same marts, value for value."""

import shutil
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dbt_here import dbt, emptied, failures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running_gateway import FIRST, MARTS, Gateway, Record, record

from makegood.derivation import window
from makegood.derivation.planning import hours_of_other_baselines, unmeasured_days
from makegood.home import Home
from makegood.hours import HOUR, HourRange
from makegood.ingestion.finding import find_files
from makegood.ingestion.inventory import Inventory
from makegood.ingestion.landing import land
from makegood.ingestion.sources import read_sources
from makegood.policy.digests import PolicyDigests
from makegood.policy.signals import baseline_terms
from makegood.settlement.batches import Head
from makegood.settlement.loading import write_run_inputs
from makegood.storage.connections import connect
from makegood.storage.warehouse import attach

LANDING_HOURS = 3
POLICY = PolicyDigests((datetime(1, 1, 1),), ("policy",), baseline_terms())
KEYS = [f"key-{n}" for n in range(6)]


@st.composite
def deliveries(draw: st.DrawFn) -> Record:
    """A delivery of one of a few keys, at any of a few hours on either side of the seven days within which they are one, that may or may not be owed anything."""
    at = (
        FIRST
        - timedelta(hours=draw(st.sampled_from([0, 1, 2, 166, 167, 168, 169])))
        + timedelta(minutes=draw(st.integers(0, 59)))
    )
    return record(
        draw(st.sampled_from(KEYS)),
        at,
        draw(st.sampled_from([10, 40_000, 600_000])),
        cost_usd=draw(st.sampled_from([None, "0", "0.01", "0.000000000005", "12.3"])),
        output_tokens=draw(st.sampled_from([None, 0, 100])),
        status_code=draw(st.sampled_from(["200", "503", "400"])),
        account_id=draw(st.sampled_from([None, "acme", "globex"])),
        model=draw(st.sampled_from(["openai/gpt-4o", "house/model"])),
    )


landings = st.lists(st.lists(deliveries(), max_size=5), min_size=LANDING_HOURS, max_size=LANDING_HOURS)
"""For each landing hour what lands in it."""

orders = st.permutations(range(LANDING_HOURS)).flatmap(
    lambda hours: st.lists(st.sampled_from(range(LANDING_HOURS)), max_size=1).map(lambda again: [*hours, *again])
)
"""Every hour once, in any order, and perhaps one of them again."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    return Gateway(tmp_path_factory.mktemp("order"))


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
@given(landing=landings, order=orders)
def test_any_order_of_hours_gives_the_marts_of_one_range(
    gateway: Gateway, landing: list[list[Record]], order: list[int]
) -> None:
    for number, records in enumerate(landing):
        gateway.land(FIRST + HOUR * number, records)
    _start_over(gateway)
    _derive(gateway, 0, LANDING_HOURS)
    as_range = _head(gateway)
    _start_over(gateway)
    for number in order:
        _derive(gateway, number, 1)
    assert _head(gateway) == as_range


DAYS_BEFORE = {
    FIRST - timedelta(days=6, hours=3): [
        record(f"early-{n}", FIRST - timedelta(days=6, hours=3, minutes=n), 8_000 if n in (41, 42) else 7_000 + n)
        for n in range(45)
    ],
    FIRST - HOUR: [
        # Redelivered: what landed last before the day counts, and a key counts once.
        record("early-44", FIRST - timedelta(days=6, hours=3, minutes=44), 8_000),
        record("early-43", FIRST - timedelta(days=6, hours=2), 60_000, finish_reason="error", status_code="503"),
        *(record(f"late-{n}", FIRST - timedelta(minutes=1 + n), 500) for n in range(6)),
    ],
    FIRST + 3 * HOUR: [
        record("early-0", FIRST - timedelta(days=6, hours=3), 90_000),
        record("slow", FIRST + timedelta(hours=2), 26_000, cost_usd="0.041216"),
        record("not_so_slow", FIRST + timedelta(hours=2), 15_999),
    ],
}
"""By landing hour: 50 normal requests of the seven days before FIRST, and the requests that are judged by them."""
LANDED = sorted(DAYS_BEFORE)


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0)])
def test_what_is_normal_is_the_same_in_any_order_of_hours_and_when_the_warehouse_is_rebuilt(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    gateway = Gateway(tmp_path)
    for hour, records in DAYS_BEFORE.items():
        gateway.land(hour, records)
    _start_over(gateway)
    for number in order:
        _run(gateway.root, HourRange(LANDED[number], LANDED[number] + HOUR))
    derived = _head(gateway)
    with connect() as con:
        attach(con, gateway.root / "warehouse")
        normal = "select baseline_latency_ms, request_count from int_latency_baselines where baseline_date = date '2026-11-01'"
        assert con.execute(normal).fetchall() == [(8_000, 50)]
        paid = "select request_id, rule_id, payout_usd, observed_value from fct_requests where requested_at >= '2026-11-01'"
        assert sorted(con.execute(paid).fetchall()) == [
            ("not_so_slow", None, Decimal(0), None),
            ("slow", "HL-2", Decimal("0.010304"), Decimal("3.25")),
        ]
    _empty_warehouse(gateway.root)
    _run(gateway.root, HourRange(LANDED[0], LANDED[-1] + HOUR))
    assert _head(gateway) == derived


def _start_over(gateway: Gateway) -> None:
    _empty_warehouse(emptied(gateway.root))


def _empty_warehouse(root: Path) -> None:
    shutil.rmtree(root / "warehouse", ignore_errors=True)
    (root / "warehouse").mkdir()
    with connect() as con:
        attach(con, root / "warehouse", read_only=False)


def _derive(gateway: Gateway, start: int, hours: int) -> None:
    """What a run does between its landing files and its audits, for so many landing hours from FIRST on."""
    _run(gateway.root, HourRange(FIRST + HOUR * start, FIRST + HOUR * (start + hours)))


def _run(root: Path, hours: HourRange) -> None:
    landing_hours = list(hours)
    inventory = Inventory(root / "lake" / "inventory.sqlite")
    try:
        land(find_files(read_sources(root / "sources.yml", root), landing_hours, root), root / "lake", inventory)
        with connect() as con:
            attach(con, root / "warehouse")
            others = hours_of_other_baselines(hours, inventory, con, 0, baseline_terms())
        for piece in window.chunks(
            window.plan(landing_hours, root / "lake", inventory, others), inventory, most_rows=3
        ):
            target = root / "warehouse" / "run.duckdb"
            with connect() as con:
                attach(con, root / "warehouse")
                days = unmeasured_days(piece, inventory, con, baseline_terms())
            window.write(piece, root / "lake", inventory, POLICY, target, baseline_days=days)
            write_run_inputs(Home(root), Head(), target)
            result = dbt(
                root,
                "build",
                "--exclude-resource-type",
                "unit_test",
                "--exclude-resource-type",
                "test",
                target=_target(root),
            )
            assert result.success, failures(result)
    finally:
        inventory.close()


def _target(root: Path) -> Path:
    return root / "target"


def _head(gateway: Gateway) -> dict[str, list[tuple[Any, ...]]]:
    """Every table at the head, in an order that does not depend on how it was written."""
    with connect() as con:
        attach(con, gateway.root / "warehouse")
        return {table: sorted(con.execute(f"from {table}").fetchall(), key=repr) for table in MARTS}
