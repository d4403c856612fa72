"""Checks whether a settlement would post unusual amounts, compared with the past days in the ledger.

A day needs confirmation if it comes to several times the largest of the recently posted days. This is checked for all accounts together and
for each account, separately for amounts paid and taken back. Adjustments and reversals are also checked in total, because they may be
spread over many days.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from makegood.settlement.ledger import Ledger
from makegood.storage.queries import sql_beside

DAYS = 28
"""How many of the latest request dates in the ledger count as the past."""

SHARE = Decimal("0.1")
"""An account whose day comes to less than this share of the largest day of all accounts needs no confirmation."""


@dataclass(frozen=True)
class Usual:
    """What a day may come to without confirmation, USD.

    Attributes:
        times: how many times the largest of the past days.
        unseen_usd: a day of up to this amount never needs confirmation.
        first_usd: what a day may come to if nothing has been posted yet.
    """

    times: int
    unseen_usd: Decimal
    first_usd: Decimal


def surprises(con: duckdb.DuckDBPyConnection, ledger: Ledger, usual: Usual) -> list[str]:
    """The unusual amounts in the table `entries`, each as part of a sentence; those of all accounts together come first."""
    batches = ledger.batches()
    dates = sorted({day for batch in batches for day in batch.request_dates})[-DAYS:]
    told = [batch for batch in batches if not dates or set(dates) & set(batch.request_dates)]
    con.execute(sql_beside(__file__, "past").format(entries=ledger.relation(told)), {"dates": dates})
    rows = con.execute(
        sql_beside(__file__, "surprises"),
        {"times": usual.times, "unseen_usd": usual.unseen_usd, "first_usd": usual.first_usd, "share": SHARE},
    ).fetchall()
    con.execute("drop table past")
    return [_sentence(*row) for row in rows]


def _sentence(
    request_date: date | None,
    account_id: str | None,
    direction: str,
    amount: Decimal,
    most: Decimal | None,
    limit: Decimal,
) -> str:
    who = "all accounts together" if account_id is None else f"account {account_id!r}"
    day = f" for {request_date}" if request_date else " by adjustments and reversals"
    past = f"the largest recent day is {most:f} USD" if most is not None else "nothing was posted yet"
    return f"{who} would be {direction} {amount:f} USD{day}; {past} (limit {limit:f} USD)"
