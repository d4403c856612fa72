"""More than is usual waits to be confirmed: for everybody together and for one account, paid and taken back, against the ledger's own past."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posted_ledger import DAY, post
from settled_home import TERMS, Decision, Warehouse

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.settlement.ledger import Ledger
from makegood.settlement.settling import Terms
from makegood.settlement.usual import DAYS, Usual, surprises
from makegood.storage.connections import connect

USUAL = Usual(times=3, unseen_usd=Decimal(1), first_usd=Decimal(1_000))
NEXT = DAY + timedelta(days=60)


def home_with(path: Path, *days: dict[str, str]) -> Home:
    """Each day's postings, a batch each."""
    home = Home(path / "home").prepare()
    for day in days:
        post(home, *day.items())
    return home


def found(home: Home, *postings: tuple[str, str, str], day: date = NEXT, usual: Usual = USUAL) -> list[str]:
    """What is surprising of these entries: account, USD, type."""
    with connect(extensions=()) as con:
        con.execute(
            "create table entries (account_id varchar, amount_usd decimal(18, 12), entry_type varchar, request_date date)"
        )
        for account, amount, kind in postings:
            con.execute("insert into entries values (?, ?, ?, ?)", [account, Decimal(amount), kind, day])
        return surprises(con, Ledger(home.ledger), usual)


def test_a_day_like_the_days_before_passes(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "1"}, {"acme": "1.5"})
    assert found(home, ("acme", "5.5", "payout"), ("globex", "2.9", "payout")) == []


@pytest.mark.parametrize(
    ("amount", "kind", "direction"),
    [("20", "payout", "paid"), ("-20", "reversal", "taken back"), ("-20", "adjustment", "taken back")],
)
def test_ten_times_as_much_is_seen_for_all_and_for_the_account_in_either_direction(
    tmp_path: Path, amount: str, kind: str, direction: str
) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "1"})
    seen = found(home, ("acme", amount, kind))
    corrected = (
        [] if kind == "payout" else ["all accounts together would be corrected 20.000000000000 USD by adjustments"]
    )
    assert len(seen) == 2 + len(corrected)
    for start in (
        f"all accounts together would be {direction} 20.000000000000 USD for {NEXT}; the largest recent day is 3.000000000000 USD"
        " (limit 9.000000000000 USD)",
        f"account 'acme' would be {direction} 20.000000000000 USD for {NEXT}; the largest recent day is 2.000000000000 USD"
        " (limit 6.000000000000 USD)",
        *corrected,
    ):
        assert any(sentence.startswith(start) for sentence in seen), seen


def test_one_account_is_seen_though_all_together_are_as_usual(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "20"})
    [sentence] = found(home, ("acme", "15", "payout"))
    assert sentence.startswith("account 'acme' would be paid 15.000000000000 USD")
    assert found(home, ("globex", "15", "payout")) == []


def test_an_account_that_is_new_is_compared_with_the_largest(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "20"})
    assert found(home, ("new", "59", "payout")) == []
    assert len(found(home, ("new", "61", "payout"))) == 1


def test_small_amounts_are_never_looked_at_nor_a_small_part_of_everybodys(tmp_path: Path) -> None:
    assert found(home_with(tmp_path / "a", {"acme": "0.01"}), ("acme", "1", "payout")) == []
    assert found(home_with(tmp_path / "b", {"acme": "0.01", "globex": "1000"}), ("acme", "100", "payout")) == []


def test_what_is_paid_is_not_hidden_by_what_is_taken_back(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2"})
    seen = found(home, ("acme", "50", "payout"), ("acme", "-50", "reversal"))
    assert {"paid" in sentence for sentence in seen} == {True, False}


def test_corrections_that_are_spread_over_many_days_are_summed(tmp_path: Path) -> None:
    home = home_with(tmp_path, *[{"acme": "2"}] * 5)
    seen = found(home, *[("acme", "-1.9", "reversal")] * 5)
    assert any("corrected 9.500000000000 USD by adjustments and reversals" in sentence for sentence in seen)


def test_without_a_past_a_day_passes_up_to_a_sum(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    assert found(home, ("acme", "1000", "payout")) == []
    seen = found(home, ("acme", "1000.01", "payout"))
    assert seen[0].startswith("all accounts together would be paid 1000.010000000000 USD")
    assert "; nothing was posted yet (limit 1000.000000000000 USD)" in seen[0]


def test_the_past_is_the_last_days_and_what_was_taken_back_of_them_does_not_count(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    post(home, ("acme", "100"), day=DAY)
    for number in range(1, DAYS + 1):
        post(home, ("acme", "2"), day=DAY + timedelta(days=number))
    assert len(found(home, ("acme", "7", "payout"))) == 2
    post(home, ("acme", "50"), day=DAY + timedelta(days=DAYS + 1))
    assert found(home, ("acme", "7", "payout")) == []
    post(home, ("acme", "-50"), day=DAY + timedelta(days=DAYS + 1))
    assert len(found(home, ("acme", "7", "payout"))) == 2


@settings(max_examples=12, deadline=None)
@given(st.decimals(min_value=Decimal("0.01"), max_value=10**4, places=4), st.integers(1, 50))
def test_the_limit_is_to_the_last_digit(tmp_path_factory: pytest.TempPathFactory, most: Decimal, times: int) -> None:
    home = home_with(tmp_path_factory.mktemp("limit"), {"acme": f"{most:f}"})
    usual = Usual(times, Decimal(0), Decimal(0))
    assert found(home, ("acme", f"{most * times:f}", "payout"), usual=usual) == []
    assert len(found(home, ("acme", f"{most * times + Decimal('0.000000000001'):f}", "payout"), usual=usual)) == 2


def test_a_settlement_stops_before_it_posts_and_goes_on_when_it_is_confirmed(warehouse: Warehouse) -> None:
    terms = Terms(TERMS.grace, TERMS.most_adjustments, TERMS.most_adjusted_usd, USUAL)
    first = [Decision("a", payout_usd="1"), Decision("b", payout_usd="1", account_id="globex")]
    warehouse.decides(*first)
    warehouse.publishes()
    assert warehouse.settles(3, terms=terms).surprises == ()
    warehouse.decides(*first, Decision("c", at=40, payout_usd="10"))
    warehouse.publishes()
    dry = warehouse.settles(4, terms=terms, is_dry_run=True)
    assert (len(dry.surprises), dry.amount_usd, dry.batch_id) == (2, 10, None)
    with pytest.raises(
        MakegoodError, match=r"^not posted: all accounts .* \(and 1 more\); see everything with --dry-run.*--confirm"
    ):
        warehouse.settles(4, terms=terms)
    assert len(warehouse.ledger.batches()) == 1
    assert warehouse.settles(4, terms=terms, is_confirmed=True).batch_id == 2
