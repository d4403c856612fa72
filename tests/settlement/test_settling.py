"""Settlement: what is due of closed days is posted exactly once, and corrections are posted as entries of their own."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from settled_home import DAY, Decision, Warehouse


def test_a_closed_date_is_posted_and_posted_once(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a", payout_usd="0.000000000001"), Decision("b", account_id="globex"))
    warehouse.publishes()
    done = warehouse.settles()
    assert (done.batch_id, done.entry_count, done.amount_usd) == (1, 2, Decimal("1.000000000001"))
    assert warehouse.entries("entry_type, account_id, amount_usd, settled_date, policy_version, adjusts_entry_id") == [
        ("payout", "acme", Decimal("0.000000000001"), date(2026, 11, 4), "1", None),
        ("payout", "globex", Decimal(1), date(2026, 11, 4), "1", None),
    ]
    again = warehouse.settles()
    assert (again.batch_id, again.entry_count) == (None, 0)
    assert len(warehouse.ledger.batches()) == 1


@pytest.mark.parametrize(("published_days", "is_posted"), [(1 + 5 / 24, False), (1 + 6 / 24, True)])
def test_a_date_is_closed_when_the_hours_up_to_the_grace_after_its_end_are_published(
    warehouse: Warehouse, published_days: float, is_posted: bool
) -> None:
    warehouse.decides(Decision("a", at=23.99))
    warehouse.publishes(published_days)
    assert (warehouse.settles().entry_count == 1) == is_posted


def test_a_gap_in_the_published_hours_closes_nothing_behind_it(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"), Decision("b", at=34))
    warehouse.publishes(2.5)
    warehouse.publishes(9, start=3)
    assert warehouse.settles().closed_until == DAY + timedelta(days=2)
    warehouse.publishes(3, start=2.5)
    assert warehouse.settles().closed_until == DAY + timedelta(days=8)


def test_a_correction_is_an_entry_in_the_open_period_that_names_what_it_adjusts(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"), Decision("b"))
    warehouse.publishes()
    warehouse.settles(3)
    warehouse.decides(Decision("a", payout_usd="0.25", policy_version="2"))
    warehouse.publishes()
    warehouse.settles(9)
    warehouse.decides(Decision("b", payout_usd="3"))
    warehouse.publishes()
    warehouse.settles(9)
    columns = "entry_type, amount_usd, reason, policy_version, settled_date, entry_id, adjusts_entry_id"
    by_key = {name: warehouse_entries(warehouse, Decision(name).compensation_id, columns) for name in ("a", "b")}
    first, second, third = by_key["a"]
    assert first[:5] == ("payout", Decimal(1), "decided", "1", date(2026, 11, 4))
    assert second[:5] == ("adjustment", Decimal("-0.75"), "decided_anew", "2", date(2026, 11, 10))
    assert third[:5] == ("reversal", Decimal("-0.25"), "withdrawn", "2", date(2026, 11, 10))
    assert (first[6], second[6], third[6]) == (None, first[5], second[5])
    assert [row[:3] for row in by_key["b"]] == [
        ("payout", Decimal(1), "decided"),
        ("reversal", Decimal(-1), "withdrawn"),
        ("payout", Decimal(3), "decided_anew"),
    ]
    assert by_key["b"][2][6] is None
    assert len({row[5] for rows in by_key.values() for row in rows}) == 6


def warehouse_entries(warehouse: Warehouse, key: str, columns: str) -> list[tuple[object, ...]]:
    return [row[1:] for row in warehouse.entries(f"compensation_id, {columns}") if row[0] == key]


def test_an_account_that_was_wrong_is_taken_back_and_the_right_one_paid(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles()
    warehouse.decides(Decision("a", account_id="globex"))
    warehouse.publishes()
    warehouse.settles()
    assert warehouse.entries("account_id, entry_type, amount_usd") == [
        ("acme", "payout", Decimal(1)),
        ("acme", "reversal", Decimal(-1)),
        ("globex", "payout", Decimal(1)),
    ]


def test_a_request_that_moves_between_dates_is_neither_paid_twice_nor_lost(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a", at=30))
    warehouse.publishes()
    warehouse.settles()
    warehouse.decides(Decision("a", at=10))
    warehouse.publishes()
    assert warehouse.settles().entry_count == 0
    for other in ("b", "c"):
        warehouse.decides(Decision("a", at=10), Decision(other, at=11))
        warehouse.publishes()
        warehouse.settles()
        warehouse.decides(Decision("a", at=10), Decision(other, at=31))
        warehouse.publishes()
        warehouse.settles()
    assert warehouse.posted() == {
        (Decision("a").compensation_id, "acme"): Decimal(1),
        (Decision("c").compensation_id, "acme"): Decimal(1),
    }


def test_an_id_used_again_weeks_later_sums_under_one_key(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles()
    warehouse.decides(Decision("a"), Decision("a", at=500, payout_usd="0.5"))
    warehouse.publishes()
    warehouse.settles()
    assert warehouse.entries() == [
        ("payout", Decimal(1), "decided"),
        ("adjustment", Decimal("0.5"), "decided_anew"),
    ]
    warehouse.decides(Decision("a", at=500, payout_usd="0.5"))
    warehouse.publishes()
    warehouse.settles()
    assert warehouse.posted() == {(Decision("a").compensation_id, "acme"): Decimal("0.5")}


def test_unknown_accounts_are_never_posted(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a", account_id="unknown"))
    warehouse.publishes()
    assert warehouse.settles().entry_count == 0


def test_the_periods_caps_are_consumed_in_order_of_request_and_a_late_request_moves_what_they_leave(
    warehouse: Warehouse,
) -> None:
    warehouse.caps(("account_day", "1.5", "2020-01-01", None), ("account_month", "2", "2020-01-01", None))
    warehouse.decides(Decision("a", at=1), Decision("b", at=2), Decision("c", at=30))
    warehouse.publishes()
    warehouse.settles()
    keys = {name: (Decision(name).compensation_id, "acme") for name in "abcd"}
    assert warehouse.posted() == {keys["a"]: Decimal(1), keys["b"]: Decimal("0.5"), keys["c"]: Decimal("0.5")}
    assert {row[2] for row in warehouse.entries()} == {"decided", "capped"}
    warehouse.decides(Decision("a", at=1), Decision("d", at=1.5), Decision("b", at=2), Decision("c", at=30))
    warehouse.publishes()
    warehouse.settles()
    assert warehouse.posted() == {keys["a"]: Decimal(1), keys["d"]: Decimal("0.5"), keys["c"]: Decimal("0.5")}
    warehouse.decides(Decision("c", at=30))
    warehouse.publishes()
    warehouse.settles()
    assert warehouse.posted() == {keys["c"]: Decimal(1)}
    warehouse.caps()
    warehouse.publishes()
    assert warehouse.settles().entry_count == 0


def test_a_cap_that_is_lifted_posts_what_it_kept(warehouse: Warehouse) -> None:
    warehouse.caps(("account_month", "1", "2020-01-01", "2030-01-01"))
    warehouse.decides(Decision("a", at=1), Decision("b", at=30))
    warehouse.publishes()
    assert warehouse.settles().amount_usd == 1
    warehouse.caps(("account_month", "1", "2020-01-01", "2026-11-02"))
    warehouse.publishes()
    assert warehouse.settles().amount_usd == 1
