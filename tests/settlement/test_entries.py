"""Entries that violate an invariant are never posted: each invariant has rows that violate it alone."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from makegood.errors import MakegoodError
from makegood.settlement.due import UNKNOWN_ACCOUNT
from makegood.settlement.entries import check

DAY = date(2026, 1, 5)


def entry(entry_id: str = "e1", **other: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "entry_id": entry_id,
        "compensation_id": "c1",
        "account_id": "acme",
        "entry_type": "payout",
        "amount_usd": Decimal("0.50"),
        "request_date": DAY,
    }
    return made | other


def checked(
    *entries: dict[str, Any], posted_usd: str = "0", cost_usd: str = "1", decided: tuple[str, str] = ("c1", "acme")
) -> None:
    """Check these entries, which are due for one compensation with that posted sum and cost; `decided` is the compensation's key."""
    with duckdb.connect() as con:
        con.execute(
            "create table entries (entry_id varchar, compensation_id varchar, account_id varchar, entry_type varchar,"
            " amount_usd decimal(18, 12), request_date date)"
        )
        con.executemany("insert into entries values (?, ?, ?, ?, ?, ?)", [list(row.values()) for row in entries])
        con.execute(
            "create table due as select distinct compensation_id, account_id, ?::decimal(38, 12) as posted_usd,"
            " ?::decimal(38, 12) as cost_usd from entries",
            [posted_usd, cost_usd],
        )
        con.execute(
            "create table fct_compensations as select ? as compensation_id, ? as account_id, ?::date as request_date",
            [*decided, DAY],
        )
        check(con)


def test_sound_entries_are_posted() -> None:
    checked(entry())
    checked(entry(entry_type="reversal", amount_usd=Decimal("-0.50")), posted_usd="0.50")


UNKNOWN = {"account_id": UNKNOWN_ACCOUNT}
VIOLATIONS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "its account is unknown": ([entry(**UNKNOWN)], {"decided": ("c1", UNKNOWN_ACCOUNT)}),
    "its amount is zero": ([entry(amount_usd=Decimal(0))], {}),
    "the total posted for its key would exceed the cost of its requests": ([entry()], {"posted_usd": "0.51"}),
    "the total posted for its key would be negative": (
        [entry(entry_type="reversal", amount_usd=Decimal("-0.50"))],
        {"posted_usd": "0.49"},
    ),
    "its payout has no decision": ([entry()], {"decided": ("c2", "acme")}),
    "its key has another entry in the batch": ([entry(), entry("e2")], {}),
}


@pytest.mark.parametrize("fault", VIOLATIONS)
def test_an_entry_that_violates_an_invariant_is_refused_by_name(fault: str) -> None:
    entries, facts = VIOLATIONS[fault]
    with pytest.raises(MakegoodError) as refused:
        checked(*entries, **facts)
    assert f"entry e1 violates an invariant ({fault})" in str(refused.value)


def test_of_several_violations_the_first_entry_of_the_first_is_named() -> None:
    with pytest.raises(MakegoodError, match=r"entry e1 violates an invariant \(its amount is zero\)"):
        checked(entry("e2", amount_usd=Decimal(0)), entry(amount_usd=Decimal(0)))
