"""Settlement: what is due for closed dates is posted exactly once, and corrections are posted as separate entries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from settled_home import DAY, Decision, Warehouse


def test_a_closed_date_is_posted_exactly_once(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a", payout_usd="0.000000000001"), Decision("b", account_id="globex"))
    warehouse.publish()
    settlement = warehouse.settle()
    assert (settlement.batch_id, settlement.entry_count, settlement.amount_usd) == (1, 2, Decimal("1.000000000001"))
    assert warehouse.entries("entry_type, account_id, amount_usd, settled_date, policy_version, adjusts_entry_id") == [
        ("payout", "acme", Decimal("0.000000000001"), date(2026, 11, 4), "1", None),
        ("payout", "globex", Decimal(1), date(2026, 11, 4), "1", None),
    ]
    repeated = warehouse.settle()
    assert (repeated.batch_id, repeated.entry_count) == (None, 0)
    assert len(warehouse.ledger.batches()) == 1


@pytest.mark.parametrize(("published_days", "is_posted"), [(1 + 5 / 24, False), (1 + 6 / 24, True)])
def test_a_date_is_closed_once_all_hours_up_to_its_end_plus_the_grace_are_published(
    warehouse: Warehouse, published_days: float, is_posted: bool
) -> None:
    warehouse.set_decisions(Decision("a", at=23.99))
    warehouse.publish(published_days)
    assert (warehouse.settle().entry_count == 1) == is_posted


def test_dates_after_a_gap_in_the_published_hours_are_not_closed(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a"), Decision("b", at=34))
    warehouse.publish(2.5)
    warehouse.publish(9, start=3)
    assert warehouse.settle().closed_until == DAY + timedelta(days=2)
    warehouse.publish(3, start=2.5)
    assert warehouse.settle().closed_until == DAY + timedelta(days=8)


def test_a_correction_is_posted_to_the_current_period_and_references_the_entry_that_it_adjusts(
    warehouse: Warehouse,
) -> None:
    warehouse.set_decisions(Decision("a"), Decision("b"))
    warehouse.publish()
    warehouse.settle(3)
    warehouse.set_decisions(Decision("a", payout_usd="0.25", policy_version="2"))
    warehouse.publish()
    warehouse.settle(9)
    warehouse.set_decisions(Decision("b", payout_usd="3"))
    warehouse.publish()
    warehouse.settle(9)
    columns = "entry_type, amount_usd, reason, policy_version, settled_date, entry_id, adjusts_entry_id"
    by_key = {name: entries_of_key(warehouse, Decision(name).compensation_id, columns) for name in ("a", "b")}
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


def entries_of_key(warehouse: Warehouse, key: str, columns: str) -> list[tuple[object, ...]]:
    return [row[1:] for row in warehouse.entries(f"compensation_id, {columns}") if row[0] == key]


def test_a_payout_to_a_wrong_account_is_reversed_and_the_right_account_is_paid(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    warehouse.settle()
    warehouse.set_decisions(Decision("a", account_id="globex"))
    warehouse.publish()
    warehouse.settle()
    assert warehouse.entries("account_id, entry_type, amount_usd") == [
        ("acme", "payout", Decimal(1)),
        ("acme", "reversal", Decimal(-1)),
        ("globex", "payout", Decimal(1)),
    ]


def test_a_request_that_moves_between_dates_is_neither_paid_twice_nor_lost(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a", at=30))
    warehouse.publish()
    warehouse.settle()
    warehouse.set_decisions(Decision("a", at=10))
    warehouse.publish()
    assert warehouse.settle().entry_count == 0
    for other in ("b", "c"):
        warehouse.set_decisions(Decision("a", at=10), Decision(other, at=11))
        warehouse.publish()
        warehouse.settle()
        warehouse.set_decisions(Decision("a", at=10), Decision(other, at=31))
        warehouse.publish()
        warehouse.settle()
    assert warehouse.posted() == {
        (Decision("a").compensation_id, "acme"): Decimal(1),
        (Decision("c").compensation_id, "acme"): Decimal(1),
    }


def test_payouts_of_a_request_id_reused_weeks_later_are_summed_under_one_key(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a"))
    warehouse.publish()
    warehouse.settle()
    warehouse.set_decisions(Decision("a"), Decision("a", at=500, payout_usd="0.5"))
    warehouse.publish()
    warehouse.settle()
    assert warehouse.entries() == [
        ("payout", Decimal(1), "decided"),
        ("adjustment", Decimal("0.5"), "decided_anew"),
    ]
    warehouse.set_decisions(Decision("a", at=500, payout_usd="0.5"))
    warehouse.publish()
    warehouse.settle()
    assert warehouse.posted() == {(Decision("a").compensation_id, "acme"): Decimal("0.5")}


def test_payouts_of_the_unknown_account_are_never_posted(warehouse: Warehouse) -> None:
    warehouse.set_decisions(Decision("a", account_id="unknown"))
    warehouse.publish()
    assert warehouse.settle().entry_count == 0


def test_caps_are_consumed_in_request_order_and_applied_again_when_a_late_request_arrives(
    warehouse: Warehouse,
) -> None:
    warehouse.set_caps(("account_day", "1.5", "2020-01-01", None), ("account_month", "2", "2020-01-01", None))
    warehouse.set_decisions(Decision("a", at=1), Decision("b", at=2), Decision("c", at=30))
    warehouse.publish()
    warehouse.settle()
    keys = {name: (Decision(name).compensation_id, "acme") for name in "abcd"}
    assert warehouse.posted() == {keys["a"]: Decimal(1), keys["b"]: Decimal("0.5"), keys["c"]: Decimal("0.5")}
    assert {row[2] for row in warehouse.entries()} == {"decided", "capped"}
    warehouse.set_decisions(Decision("a", at=1), Decision("d", at=1.5), Decision("b", at=2), Decision("c", at=30))
    warehouse.publish()
    warehouse.settle()
    assert warehouse.posted() == {keys["a"]: Decimal(1), keys["d"]: Decimal("0.5"), keys["c"]: Decimal("0.5")}
    warehouse.set_decisions(Decision("c", at=30))
    warehouse.publish()
    warehouse.settle()
    assert warehouse.posted() == {keys["c"]: Decimal(1)}
    warehouse.set_caps()
    warehouse.publish()
    assert warehouse.settle().entry_count == 0


def test_when_a_cap_is_lifted_the_amount_that_it_withheld_is_posted(warehouse: Warehouse) -> None:
    warehouse.set_caps(("account_month", "1", "2020-01-01", "2030-01-01"))
    warehouse.set_decisions(Decision("a", at=1), Decision("b", at=30))
    warehouse.publish()
    assert warehouse.settle().amount_usd == 1
    warehouse.set_caps(("account_month", "1", "2020-01-01", "2026-11-02"))
    warehouse.publish()
    assert warehouse.settle().amount_usd == 1
