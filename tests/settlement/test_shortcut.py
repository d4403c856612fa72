"""Incremental settlement: it examines only what changed, and posts the same as a settlement that examines everything."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from damaging import flip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posting_rules import Cap, Key, allowed
from settled_home import DAY, TERMS, Decision, Warehouse, midnight

from makegood.home import settlement_memory_file
from makegood.settlement.due import work_out
from makegood.settlement.holds import Holds
from makegood.settlement.settling import Terms, session
from makegood.settlement.verifying import verify
from makegood.storage.connections import connect

NO_LIMITS = Terms(grace=timedelta(hours=6), most_adjustments=10**6, most_adjusted_usd=Decimal(10**6))
HOURS = (-30, -20, 0.5, 1.5, 23, 26, 200, 719, 721, 730)
"""Hours around the boundaries of days and months. A request may move from any of them to any other."""

decisions = st.lists(
    st.builds(
        Decision,
        request_id=st.sampled_from("abcdef"),
        at=st.sampled_from(HOURS),
        payout_usd=st.sampled_from(["0.000000000001", "1", "1.5", "4"]),
        account_id=st.sampled_from(["acme", "acme", "globex", "unknown"]),
    ),
    max_size=7,
    unique_by=(lambda row: (row.request_id, row.at)),
)
CAPS: list[list[Cap]] = [
    [],
    [("account_day", "2", "2020-01-01", None)],
    [("account_month", "3", "2020-01-01", None)],
    [("account_day", "1.2", "2020-01-01", None), ("account_month", "2.4", "2020-01-01", None)],
    [("account_month", "2", "2020-01-01", "2026-11-01T01:00:00"), ("account_month", "1", "2026-11-02", None)],
    [
        ("account_day", "1", "2026-11-01T00:45:00", "2026-11-01T12:00:00"),
        ("account_day", "3", "2026-11-01T12:00:00", None),
    ],
]


@dataclass(frozen=True)
class Step:
    """What changes before a settlement. None means no change."""

    decisions: list[Decision] | None
    caps: list[Cap] | None
    held: tuple[str, ...]
    awaited: tuple[date, ...]
    closes_more_dates: bool
    loses_memory: bool


steps = st.lists(
    st.builds(
        Step,
        decisions=st.none() | decisions,
        caps=st.none() | st.sampled_from(CAPS),
        held=st.sampled_from([(), (), ("acme",), ("globex",)]),
        awaited=st.sampled_from([(), (), (DAY,), (DAY + timedelta(days=1),), (DAY - timedelta(days=1), DAY)]),
        closes_more_dates=st.booleans(),
        loses_memory=st.sampled_from([False, False, False, True]),
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
@given(steps=steps)
def test_after_any_changes_a_settlement_posts_what_the_reference_rules_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    warehouse = Warehouse(tmp_path_factory.mktemp("life"))
    caps: list[Cap] = []
    days = 1.3
    posted: dict[Key, Decimal] = {}
    for step in steps:
        if step.decisions is not None:
            warehouse.set_decisions(*step.decisions)
        if step.caps is not None:
            caps = step.caps
            warehouse.set_caps(*caps)
        days = 60.0 if step.closes_more_dates else days
        if step.loses_memory:
            (warehouse.home.warehouse / "settlement.duckdb").unlink(missing_ok=True)
        warehouse.set_holds(*step.held)
        warehouse.set_awaited(*step.awaited)
        warehouse.publish(days, start=-3)
        settlement = warehouse.settle(terms=NO_LIMITS)
        expected = allowed(warehouse.decisions, caps, settlement.closed_until)
        waiting = _waiting(warehouse, caps, expected, posted, settlement.closed_until, step)
        posted = {key: amount for key, amount in posted.items() if key in waiting} | {
            key: amount for key, amount in expected.items() if key not in waiting
        }
        assert warehouse.posted() == posted
        assert warehouse.settle(terms=NO_LIMITS).entry_count == 0
        assert _due_of_everything(warehouse, settlement.closed_until, step) == []


def _waiting(
    warehouse: Warehouse,
    caps: list[Cap],
    expected: dict[Key, Decimal],
    posted: dict[Key, Decimal],
    closed_until: date,
    step: Step,
) -> set[Key]:
    """The keys of which nothing is posted: of accounts on hold, and of dates (with a monthly cap, of months) with surprising money."""
    decided = sorted(
        (row.requested_at.date(), row.compensation_id, row.account_id)
        for row in warehouse.decisions
        if row.requested_at.date() < closed_until and row.account_id != "unknown"
    )
    entries = warehouse.entries("request_date, compensation_id, account_id")
    rows = [*entries, *decided]
    date_of: dict[Key, date] = {(name, account): day for day, name, account in rows}
    months = {
        (account, day.replace(day=1)) for day, _, account in rows if day in step.awaited and _has_monthly_cap(caps, day)
    }
    due = {key for key in expected.keys() | posted.keys() if expected.get(key) != posted.get(key)}
    decisions_that_wait = {
        key[0] for key in due if date_of[key] in step.awaited or (key[1], date_of[key].replace(day=1)) in months
    }
    return {
        key
        for key in expected.keys() | posted.keys()
        if key[1] in step.held or (key in due and key[0] in decisions_that_wait)
    }


def _has_monthly_cap(caps: list[Cap], day: date) -> bool:
    start = day.replace(day=1)
    end = (start + timedelta(days=32)).replace(day=1)
    return any(
        scope == "account_month"
        and first[:10] < f"{end}"
        and (last is None or datetime.fromisoformat(last) > midnight(start))
        for scope, _, first, last in caps
    )


def _due_of_everything(warehouse: Warehouse, closed_until: date, step: Step) -> list[object]:
    with session(warehouse.home, is_read_only=True) as (con, _):
        held = Holds(frozenset(step.held), frozenset(step.awaited))
        work_out(con, warehouse.ledger, closed_until, held, is_whole=True)
        return con.execute("from due where not is_held").fetchall()


def test_only_dates_that_changed_are_examined(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.set_decisions(*[Decision(f"r{day}", at=24 * day) for day in range(5)])
    warehouse.publish()
    warehouse.settle()
    warehouse.set_decisions(
        *[Decision(f"r{day}", at=24 * day, payout_usd="2" if day == 3 else "1") for day in range(5)]
    )
    warehouse.publish()
    with session(warehouse.home, is_read_only=True) as (con, _):
        work_out(con, warehouse.ledger, warehouse.settle(is_dry_run=True).closed_until, Holds(), is_whole=False)
        assert [str(day) for (day,) in con.execute("from scope_dates").fetchall()] == ["2026-11-04"]
        assert con.execute("select count(*) from allowed").fetchone() == (1,)
        assert con.execute("select count(*) from posted").fetchone() == (1,)


DAMAGED_MEMORIES: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "not a database": lambda file: file.write_bytes(b"nothing that DuckDB knows" * 1000),
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "flipped bytes in the middle": lambda file: flip(file, *range(4096 * 3, file.stat().st_size, 97), mask=0xFF),
    "other tables": lambda file: _replace_tables(file),
}


def _replace_tables(file: Path) -> None:
    file.unlink()
    with connect(file, extensions=()) as con:
        con.execute("create table settlement (another integer); create table hours (other integer)")


@pytest.mark.parametrize("damage", DAMAGED_MEMORIES)
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_damaged_settlement_memory_is_rebuilt_silently(tmp_path: Path, damage: str, is_dry_run: bool) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    warehouse.settle()
    warehouse.set_decisions(Decision("a"), Decision("b", at=30))
    warehouse.publish()
    DAMAGED_MEMORIES[damage](settlement_memory_file(warehouse.home.warehouse))
    if is_dry_run:
        assert verify(warehouse.home, TERMS.grace).problems == ()
        settlement_memory_file(warehouse.home.warehouse).touch()
    assert warehouse.settle(is_dry_run=is_dry_run).entry_count == 1
    assert warehouse.settle().entry_count == int(is_dry_run)
    assert warehouse.posted() == {(Decision(name).compensation_id, "acme"): Decimal(1) for name in "ab"}
