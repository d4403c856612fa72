"""Settling: what is due is posted once, corrections as entries of their own, and nothing is posted that must not be."""

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from settled_home import DAY, TERMS, Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.home import publications_file
from makegood.publication.publications import Contents, Publications
from makegood.settlement.entries import FAULTS, check, make_entries
from makegood.settlement.holds import held_accounts
from makegood.settlement.settling import Terms, session
from makegood.storage.rows import csv_text


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


def test_a_hold_keeps_an_accounts_entries_back_until_it_is_lifted(warehouse: Warehouse) -> None:
    warehouse.hold("acme")
    warehouse.decides(Decision("a"), Decision("b", account_id="globex"))
    warehouse.publishes()
    done = warehouse.settles()
    assert (done.entry_count, done.held_count, done.held_usd) == (1, 1, Decimal(1))
    warehouse.settles()
    warehouse.hold()
    done = warehouse.settles()
    assert (done.entry_count, done.held_count) == (1, 0)
    assert [row[0] for row in warehouse.entries("account_id")] == ["globex", "acme"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"acme,disputed\n", "must begin with the line account_id,reason"),
        (b"", "must begin with the line account_id,reason"),
        (b'account_id,reason\n"acme,disputed\nglobex,disputed\n', "cannot read .*holds.csv: line 3: unexpected end"),
        (b"account_id,reason\nacme\xff,disputed\n", "cannot read .*holds.csv: .*can't decode"),
        (b"account_id,reason\nacme,disputed\n ,disputed\n", "names no account on line 3"),
    ],
)
def test_a_hold_list_that_is_not_as_it_must_be_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "holds.csv").write_bytes(content)
    with pytest.raises(MakegoodError, match=fault):
        held_accounts(tmp_path)


def test_a_hold_list_names_any_account_exactly(tmp_path: Path) -> None:
    assert held_accounts(tmp_path) == set()
    accounts = ["acme", "a,b", 'a"b', "a\r\nb", "a\u2028b", "-acme", "'-acme", " acme"]
    (tmp_path / "holds.csv").write_bytes(
        b"\xef\xbb\xbf" + csv_text(["account_id", "reason"], [[one, "x"] for one in accounts]).encode()
    )
    assert held_accounts(tmp_path) == set(accounts)


def test_a_blank_beside_a_name_on_the_hold_list_lets_no_money_go(tmp_path: Path) -> None:
    (tmp_path / "holds.csv").write_text("account_id,reason\nacme ,disputed\n\u00a0globex,\n")
    assert {"acme", "globex"} <= held_accounts(tmp_path)


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


def test_periods_never_go_back(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles(9)
    with pytest.raises(MakegoodError, match="the period 2026-11-09 is over: 2026-11-10 was settled already"):
        warehouse.settles(8)


def test_large_corrections_wait_to_be_confirmed_and_a_dry_run_shows_them(warehouse: Warehouse) -> None:
    terms = Terms(TERMS.grace, most_adjustments=1, most_adjusted_usd=Decimal("1.5"))
    warehouse.decides(*[Decision(f"r{n}") for n in range(5)])
    warehouse.publishes()
    warehouse.settles(terms=terms)
    warehouse.decides(*[Decision(f"r{n}") for n in range(4)])
    warehouse.publishes()
    assert warehouse.settles(terms=terms).amount_usd == -1
    warehouse.decides(Decision("r0"), Decision("r1"))
    warehouse.publishes()
    dry = warehouse.settles(terms=terms, is_dry_run=True)
    assert (dry.entry_count, dry.amount_usd, dry.batch_id) == (2, Decimal(-2), None)
    with pytest.raises(MakegoodError, match=r"not posted: 2 adjustments and reversals of 2\.000000000000 USD"):
        warehouse.settles(terms=terms)
    assert len(warehouse.ledger.batches()) == 2
    assert warehouse.settles(terms=terms, is_confirmed=True).amount_usd == -2


def test_a_snapshot_older_than_the_last_settled_is_refused(warehouse: Warehouse) -> None:
    warehouse.decides(Decision("a"))
    old = warehouse.publishes()
    warehouse.decides(Decision("a"), Decision("b"))
    new = warehouse.publishes()
    warehouse.settles()
    record = Publications(publications_file(warehouse.home.warehouse))
    record.publish(old, "rollback", Contents(None, 0, 0, Decimal(0)), None)
    record.close()
    with pytest.raises(MakegoodError, match=f"the published snapshot {old} is older than {new}, which was settled"):
        warehouse.settles()


def test_a_rebuilt_warehouse_posts_nothing_and_one_that_is_rebuilt_in_part_is_refused(warehouse: Warehouse) -> None:
    decisions = [Decision("a"), Decision("b", at=40)]
    warehouse.decides(*decisions)
    warehouse.publishes(10)
    warehouse.settles()
    shutil.rmtree(warehouse.home.warehouse)
    rebuilt = Warehouse(warehouse.path)
    rebuilt.decides(decisions[1])
    rebuilt.publishes(10, start=1)
    with pytest.raises(MakegoodError, match="run those that are missing first"):
        rebuilt.settles()
    rebuilt.decides(*decisions)
    rebuilt.publishes(10)
    assert rebuilt.settles().entry_count == 0
    assert len(rebuilt.ledger.batches()) == 1


def test_two_settlements_at_once_are_one_and_a_sentence(warehouse: Warehouse) -> None:
    from filelock import FileLock

    warehouse.decides(Decision("a"))
    warehouse.publishes()
    with (
        FileLock(warehouse.ledger.root / "settlement.lock"),
        pytest.raises(MakegoodError, match="another settlement is at work"),
    ):
        warehouse.settles()
    assert warehouse.settles().entry_count == 1


def test_nothing_published_is_one_sentence(warehouse: Warehouse) -> None:
    with pytest.raises(MakegoodError, match="nothing is published yet"):
        warehouse.settles()


SPOILED = {
    "its account is unknown": "update entries set account_id = 'unknown'",
    "its amount is zero": "update entries set amount_usd = 0",
    "the total posted for its key would exceed the cost of its requests": "update entries set amount_usd = 100.000000000001",
    "the total posted for its key would be negative": "update entries set amount_usd = -0.000000000001",
    "its payout has no decision": "update entries set compensation_id = 'another'",
    "its key has another entry in the batch": "insert into entries from entries",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_entry_that_must_not_be_is_not_posted(warehouse: Warehouse, fault: str) -> None:
    warehouse.decides(Decision("a"))
    warehouse.publishes()
    warehouse.settles(is_dry_run=True)
    from datetime import datetime

    from makegood.settlement.due import work_out

    with session(warehouse.home, is_read_only=True) as (con, _):
        work_out(con, warehouse.ledger, date(2027, 1, 1), [], is_whole=True)
        make_entries(con, 1, DAY, datetime(2026, 12, 1))
        check(con)
        con.execute(SPOILED[fault])
        with pytest.raises(MakegoodError) as refused:
            check(con)
        assert fault in str(refused.value)
