"""Unusual amounts must be confirmed: payouts and reversals, in total and per account, are compared with the ledger's recent days."""

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
NEXT_DAY = DAY + timedelta(days=60)


def home_with(path: Path, *days: dict[str, str]) -> Home:
    """A home with a ledger in which each of these days was posted as one batch; a day is USD by account."""
    home = Home(path / "home").prepare()
    for day in days:
        post(home, *day.items())
    return home


def find_surprises(
    home: Home, *postings: tuple[str, str, str], day: date = NEXT_DAY, usual: Usual = USUAL
) -> list[str]:
    """The surprises in these entries, each given as account, USD and type."""
    with connect(extensions=()) as con:
        con.execute(
            "create table entries (account_id varchar, amount_usd decimal(18, 12), entry_type varchar, request_date date)"
        )
        for account, amount, kind in postings:
            con.execute("insert into entries values (?, ?, ?, ?)", [account, Decimal(amount), kind, day])
        return surprises(con, Ledger(home.ledger), usual)


def test_a_day_within_the_usual_range_needs_no_confirmation(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "1"}, {"acme": "1.5"})
    assert find_surprises(home, ("acme", "5.5", "payout"), ("globex", "2.9", "payout")) == []


@pytest.mark.parametrize(
    ("amount", "kind", "direction"),
    [("20", "payout", "paid"), ("-20", "reversal", "taken back"), ("-20", "adjustment", "taken back")],
)
def test_ten_times_the_usual_amount_is_reported_in_total_and_per_account_in_either_direction(
    tmp_path: Path, amount: str, kind: str, direction: str
) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "1"})
    sentences = find_surprises(home, ("acme", amount, kind))
    corrected = (
        [] if kind == "payout" else ["all accounts together would be corrected 20.000000000000 USD by adjustments"]
    )
    assert len(sentences) == 2 + len(corrected)
    for start in (
        f"all accounts together would be {direction} 20.000000000000 USD for {NEXT_DAY}; the largest recent day is 3.000000000000 USD"
        " (limit 9.000000000000 USD)",
        f"account 'acme' would be {direction} 20.000000000000 USD for {NEXT_DAY}; the largest recent day is 2.000000000000 USD"
        " (limit 6.000000000000 USD)",
        *corrected,
    ):
        assert any(sentence.startswith(start) for sentence in sentences), sentences


def test_an_unusual_account_is_reported_even_if_the_total_is_usual(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "20"})
    [sentence] = find_surprises(home, ("acme", "15", "payout"))
    assert sentence.startswith("account 'acme' would be paid 15.000000000000 USD")
    assert find_surprises(home, ("globex", "15", "payout")) == []


def test_a_new_account_is_compared_with_the_largest_account(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2", "globex": "20"})
    assert find_surprises(home, ("new", "59", "payout")) == []
    assert len(find_surprises(home, ("new", "61", "payout"))) == 1


def test_small_amounts_and_small_shares_of_the_usual_total_are_not_reported(tmp_path: Path) -> None:
    assert find_surprises(home_with(tmp_path / "a", {"acme": "0.01"}), ("acme", "1", "payout")) == []
    assert (
        find_surprises(home_with(tmp_path / "b", {"acme": "0.01", "globex": "1000"}), ("acme", "100", "payout")) == []
    )


def test_payouts_and_reversals_are_not_offset_against_each_other(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"acme": "2"})
    sentences = find_surprises(home, ("acme", "50", "payout"), ("acme", "-50", "reversal"))
    assert {"paid" in sentence for sentence in sentences} == {True, False}


def test_corrections_spread_over_many_days_are_summed(tmp_path: Path) -> None:
    home = home_with(tmp_path, *[{"acme": "2"}] * 5)
    sentences = find_surprises(home, *[("acme", "-1.9", "reversal")] * 5)
    assert any("corrected 9.500000000000 USD by adjustments and reversals" in sentence for sentence in sentences)


def test_without_earlier_postings_a_fixed_limit_applies(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    assert find_surprises(home, ("acme", "1000", "payout")) == []
    sentences = find_surprises(home, ("acme", "1000.01", "payout"))
    assert sentences[0].startswith("all accounts together would be paid 1000.010000000000 USD")
    assert "; nothing was posted yet (limit 1000.000000000000 USD)" in sentences[0]


def test_the_limit_is_based_on_recent_days_without_their_reversed_amounts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    post(home, ("acme", "100"), day=DAY)
    for number in range(1, DAYS + 1):
        post(home, ("acme", "2"), day=DAY + timedelta(days=number))
    assert len(find_surprises(home, ("acme", "7", "payout"))) == 2
    post(home, ("acme", "50"), day=DAY + timedelta(days=DAYS + 1))
    assert find_surprises(home, ("acme", "7", "payout")) == []
    post(home, ("acme", "-50"), day=DAY + timedelta(days=DAYS + 1))
    assert len(find_surprises(home, ("acme", "7", "payout"))) == 2


@settings(max_examples=12, deadline=None)
@given(st.decimals(min_value=Decimal("0.01"), max_value=10**4, places=4), st.integers(1, 50))
def test_the_limit_is_exact_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, most: Decimal, times: int
) -> None:
    home = home_with(tmp_path_factory.mktemp("limit"), {"acme": f"{most:f}"})
    usual = Usual(times, Decimal(0), Decimal(0))
    assert find_surprises(home, ("acme", f"{most * times:f}", "payout"), usual=usual) == []
    assert (
        len(find_surprises(home, ("acme", f"{most * times + Decimal('0.000000000001'):f}", "payout"), usual=usual)) == 2
    )


def test_an_unusual_settlement_posts_nothing_until_it_is_confirmed(warehouse: Warehouse) -> None:
    terms = Terms(TERMS.grace, TERMS.most_adjustments, TERMS.most_adjusted_usd, USUAL)
    first = [Decision("a", payout_usd="1"), Decision("b", payout_usd="1", account_id="globex")]
    warehouse.set_decisions(*first)
    warehouse.publish()
    assert warehouse.settle(3, terms=terms).surprises == ()
    warehouse.set_decisions(*first, Decision("c", at=40, payout_usd="10"))
    warehouse.publish()
    dry_run = warehouse.settle(4, terms=terms, is_dry_run=True)
    assert (len(dry_run.surprises), dry_run.amount_usd, dry_run.batch_id) == (2, 10, None)
    with pytest.raises(
        MakegoodError,
        match=r"^not posted: all accounts .* \(and 1 more\); see everything with --dry-run.*--confirm",
    ):
        warehouse.settle(4, terms=terms)
    assert len(warehouse.ledger.batches()) == 1
    assert warehouse.settle(4, terms=terms, is_confirmed=True).batch_id == 2
