"""Computes what is due: the decided payouts after caps, minus what was posted. entries.py and ledger.py post it.

Allowed and posted amounts are compared by key (compensation_id, account_id), with a full outer join. The due amount is negative if a
payout was withdrawn, billed again for less, or capped further. Only a part of history is compared, the *scope*: request dates with a
decision that changed since the last settlement, plus whole months of accounts that a monthly cap or a lifted hold affects. A key of the
scope that also occurs on another date adds that date to the scope, so that each key in the scope is complete.
"""

from datetime import date

import duckdb

from makegood.settlement.caps import capped, read_caps
from makegood.settlement.holds import Holds
from makegood.settlement.ledger import Ledger
from makegood.settlement.memory import batches_of
from makegood.storage.queries import sql_beside

UNKNOWN_ACCOUNT = "unknown"
"""The account id where a log names no account. Its payouts are decided and shown, but never posted."""

IN_SCOPE_ACCOUNTS = (
    "(account_id, date_trunc('month', request_date)::date) in (select (account_id, month) from scope_accounts)"
)
"""SQL: whether a row is of an account and month that are compared as a whole."""


def work_out(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, closed_until: date, held: Holds, *, is_whole: bool
) -> None:
    """Create the temporary table `due`: one row per key whose posted sum differs from what is allowed, with a flag for what is held back.

    It also leaves the tables that a settlement remembers: closed_hours, scope_dates, scope_months, account_days_now, keys_now,
    bound_months_now, waiting_months_now, holds. The hours of dates that are held back are left out of closed_hours, so that the next
    settlement takes them for changed and looks at them again.

    Args:
        con: a connection at the published snapshot, with the memory attached as `settled`.
        ledger: what was posted.
        closed_until: the first request date that is not closed.
        held: the accounts and request dates whose entries are held back.
        is_whole: compare all of history rather than only what changed.
    """
    read_caps(con)
    con.execute(
        "create or replace temp table holds as select unnest($accounts)::varchar as account_id",
        {"accounts": sorted(held.accounts)},
    )
    con.execute(
        "create or replace temp table held_dates as select unnest($dates)::date as request_date",
        {"dates": sorted(held.dates)},
    )
    con.execute(
        "create or replace temp table closed_hours as select hour_at, compensation_digest from fct_request_hours where request_date < $closed_until",
        {"closed_until": closed_until},
    )
    dates = _all_dates(con, ledger) if is_whole else _dates(con, sql_beside(__file__, "changed_dates"))
    while True:
        _set_scope(con, dates)
        _load_decided(con, closed_until, is_whole)
        _load_posted(con, ledger, dates, is_whole)
        more = set() if is_whole else _dates_of_keys_elsewhere(con)
        if not more:
            break
        dates |= more
    con.execute(sql_beside(__file__, "due"))
    con.execute("drop table scope_keys")
    con.execute(sql_beside(__file__, "waiting_months"))
    con.execute("delete from closed_hours where hour_at::date in (select request_date from held_dates)")


def _dates(con: duckdb.DuckDBPyConnection, query: str) -> set[date]:
    return {day for (day,) in con.execute(query).fetchall() if day is not None}


def _all_dates(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> set[date]:
    return _dates(con, sql_beside(__file__, "all_dates").format(entries=ledger.relation()))


def _set_scope(con: duckdb.DuckDBPyConnection, dates: set[date]) -> None:
    """Create `scope_dates` and `scope_months`: the months of these dates, and those with amounts held back from accounts since released."""
    con.execute(
        "create or replace temp table scope_dates as select unnest($dates)::date as request_date",
        {"dates": sorted(dates)},
    )
    con.execute(sql_beside(__file__, "scope_months"))


def _load_decided(con: duckdb.DuckDBPyConnection, closed_until: date, is_whole: bool) -> None:
    """Create the table `allowed`: the scope's compensations; `amount_usd` is what the caps leave of each."""
    fixed = {"closed_until": closed_until, "unknown": UNKNOWN_ACCOUNT}
    decided = sql_beside(__file__, "decided")
    in_dates = "true" if is_whole else f"request_date in ({_literals(con, 'select request_date from scope_dates')})"
    con.execute(decided.format(condition=in_dates), fixed)
    con.execute(f"create or replace temp table day_allowed as {capped(con, 'decided', 'day')}")
    con.execute(sql_beside(__file__, "account_days"))
    con.execute(sql_beside(__file__, "bound_months"), {"is_whole": is_whole})
    con.execute(sql_beside(__file__, "scope_accounts"))
    if not is_whole:
        first = _literals(con, "select min(month) from scope_accounts")
        last = _literals(con, "select last_day(max(month)) from scope_accounts")
        other_dates = (
            f"request_date between {first} and {last} and request_date not in (select request_date from scope_dates)"
        )
        con.execute(decided.format(condition=f"{other_dates} and {IN_SCOPE_ACCOUNTS}"), fixed)
        con.execute(f"insert into day_allowed {capped(con, 'decided', 'day')}")
    con.execute(f"create or replace temp table month_decided as from day_allowed where {IN_SCOPE_ACCOUNTS}")
    con.execute(
        f"create or replace temp table allowed as {capped(con, 'month_decided', 'month')}"
        f" union all by name (from day_allowed where not {IN_SCOPE_ACCOUNTS})"
    )
    for table in ("decided", "day_allowed", "month_decided"):
        con.execute(f"drop table {table}")


def _load_posted(con: duckdb.DuckDBPyConnection, ledger: Ledger, dates: set[date], is_whole: bool) -> None:
    """Create the table `posted`, the scope's entries, and `keys_now`, on which dates of the scope each of its keys occurs."""
    if is_whole:
        con.execute(f"create or replace temp table posted as select * from {ledger.relation()}")
    else:
        months = _dates(con, sql_beside(__file__, "dates_of_scope_months"))
        numbers = batches_of(con, dates | months)
        batches = [batch for batch in ledger.batches() if batch.sequence in numbers]
        in_dates = f"request_date in ({_literals(con, 'select request_date from scope_dates')})"
        con.execute(
            f"create or replace temp table posted as select * from {ledger.relation(batches)} where {in_dates} or {IN_SCOPE_ACCOUNTS}"
        )
    con.execute(sql_beside(__file__, "scope_keys"))


def _dates_of_keys_elsewhere(con: duckdb.DuckDBPyConnection) -> set[date]:
    """Request dates outside the scope on which a key of the scope occurs."""
    return _dates(con, sql_beside(__file__, "dates_elsewhere"))


def _literals(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The dates as SQL literals, so that DuckDB does not open the files of other days."""
    return ", ".join(f"date '{day}'" for day in sorted(_dates(con, query))) or "null"
