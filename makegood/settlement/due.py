"""Computes what is due: the decided payouts after caps, minus what was posted. entries.py and ledger.py post it.

Allowed and posted amounts are compared by key (compensation_id, account_id), with a full outer join. The due amount is negative if a
payout was withdrawn, billed again for less, or capped further. Only a part of history is compared, the *scope*: request dates with a
decision that changed since the last settlement, plus whole months of accounts that a monthly cap or a lifted hold affects. A key of the
scope that also occurs on another date adds that date to the scope, so that each key in the scope is complete.
"""

from collections.abc import Iterable
from datetime import date

import duckdb

from makegood.settlement.caps import capped, read_caps
from makegood.settlement.ledger import Ledger
from makegood.settlement.memory import batches_of

UNKNOWN_ACCOUNT = "unknown"
"""The account id where a log names no account. Its payouts are decided and shown, but never posted."""

CHANGED_DATES = """
with changed_hours as (
    (from closed_hours select hour_at, compensation_digest except from settled.hours)
    union
    (from settled.hours except from closed_hours select hour_at, compensation_digest)
),

changed_caps as (
    (from compensation_caps except from settled.caps)
    union
    (from settled.caps except from compensation_caps)
)

select distinct hour_at::date as request_date
from changed_hours
union
select distinct closed_hours.hour_at::date
from closed_hours
inner join changed_caps
    on closed_hours.hour_at >= date_trunc('month', changed_caps.effective_from)
    and (closed_hours.hour_at < date_trunc('month', changed_caps.effective_to) + interval 1 month or changed_caps.effective_to is null)
"""

DECIDED = """
select
    compensation_id,
    account_id,
    source,
    request_id,
    requested_at,
    request_date,
    cost_usd,
    payout_usd,
    policy_version,
    payout_usd::decimal(38, 12) as amount_usd,
from fct_compensations
where request_date < $closed_until
    and account_id <> $unknown
"""

BOUND_MONTHS = """
create or replace temp table bound_months_now as
with account_months as (
    select account_id, date_trunc('month', request_date)::date as month, sum(amount_usd) as amount_usd
    from (
        from account_days_now
        union all
        from settled.account_days
        where not $is_whole
            and request_date not in (select request_date from scope_dates)
            and date_trunc('month', request_date) in (select month from scope_months)
    )
    group by account_id, month
),

least_caps as (
    select month, min(cap_usd) as cap_usd
    from scope_months
    inner join month_caps on month_caps.starts_at < month + interval 1 month and month_caps.ends_at > month
    group by month
)

select account_id, month
from account_months
inner join least_caps using (month)
where account_months.amount_usd > least_caps.cap_usd
"""

DUE = """
create or replace temp table due as
with allowed_keys as (
    select
        compensation_id,
        account_id,
        sum(amount_usd) as allowed_usd,
        sum(payout_usd) as decided_usd,
        sum(cost_usd) as cost_usd,
        max(request_date) as request_date,
        arg_max(policy_version, requested_at) as policy_version,
    from allowed
    group by compensation_id, account_id
),

posted_keys as (
    select
        compensation_id,
        account_id,
        sum(amount_usd) as posted_usd,
        count(*) as entry_count,
        arg_max(entry_id, batch_id) as last_entry_id,
        arg_max(request_date, batch_id) as request_date,
        arg_max(policy_version, batch_id) as policy_version,
    from posted
    group by compensation_id, account_id
)

select
    compensation_id,
    account_id,
    coalesce(allowed_keys.decided_usd, 0)::decimal(38, 12) as decided_usd,
    coalesce(allowed_keys.allowed_usd, 0)::decimal(38, 12) as allowed_usd,
    coalesce(allowed_keys.cost_usd, 0)::decimal(38, 12) as cost_usd,
    coalesce(posted_keys.posted_usd, 0)::decimal(38, 12) as posted_usd,
    coalesce(posted_keys.entry_count, 0) as entry_count,
    posted_keys.last_entry_id,
    coalesce(allowed_keys.request_date, posted_keys.request_date) as request_date,
    coalesce(allowed_keys.policy_version, posted_keys.policy_version) as policy_version,
    (coalesce(allowed_keys.allowed_usd, 0) - coalesce(posted_keys.posted_usd, 0))::decimal(38, 12) as due_usd,
    account_id in (select account_id from holds) as is_held,
from allowed_keys
full outer join posted_keys using (compensation_id, account_id)
where coalesce(allowed_keys.allowed_usd, 0) <> coalesce(posted_keys.posted_usd, 0)
"""

KEY_HASH = "('0x' || left({id}, 16))::ubigint"


def work_out(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, closed_until: date, held_accounts: Iterable[str], *, is_whole: bool
) -> None:
    """Create the temporary table `due`: one row per key whose posted sum differs from what is allowed, with a flag for accounts on hold.

    It also leaves the tables that a settlement remembers: closed_hours, scope_dates, scope_months, account_days_now, keys_now,
    bound_months_now, waiting_months_now, holds.

    Args:
        con: a connection at the published snapshot, with the memory attached as `settled`.
        ledger: what was posted.
        closed_until: the first request date that is not closed.
        held_accounts: accounts whose entries are held back.
        is_whole: compare all of history rather than only what changed.
    """
    read_caps(con)
    con.execute(
        "create or replace temp table holds as select unnest($accounts)::varchar as account_id",
        {"accounts": sorted(held_accounts)},
    )
    con.execute(
        "create or replace temp table closed_hours as select hour_at, compensation_digest from fct_request_hours where request_date < $closed_until",
        {"closed_until": closed_until},
    )
    dates = _all_dates(con, ledger) if is_whole else _dates(con, CHANGED_DATES)
    while True:
        _set_scope(con, dates)
        _load_decided(con, closed_until, is_whole)
        _load_posted(con, ledger, dates, is_whole)
        more = set() if is_whole else _dates_of_keys_elsewhere(con)
        if not more:
            break
        dates |= more
    con.execute(DUE)
    con.execute("drop table scope_keys")
    con.execute(
        "create or replace temp table waiting_months_now as"
        " select distinct account_id, date_trunc('month', request_date)::date as month from due where is_held"
    )


def _dates(con: duckdb.DuckDBPyConnection, query: str) -> set[date]:
    return {row[0] for row in con.execute(query).fetchall() if row[0] is not None}


def _all_dates(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> set[date]:
    return _dates(
        con,
        f"select distinct hour_at::date from closed_hours union select distinct request_date from {ledger.relation()}",
    )


def _set_scope(con: duckdb.DuckDBPyConnection, dates: set[date]) -> None:
    """Create `scope_dates` and `scope_months`: the months of these dates, and those with amounts held back from accounts since released."""
    con.execute(
        "create or replace temp table scope_dates as select unnest($dates)::date as request_date",
        {"dates": sorted(dates)},
    )
    con.execute(
        "create or replace temp table scope_months as"
        " select date_trunc('month', request_date)::date as month from scope_dates"
        " union select month from settled.waiting_months where account_id not in (select account_id from holds)"
    )


def _load_decided(con: duckdb.DuckDBPyConnection, closed_until: date, is_whole: bool) -> None:
    """Create the table `allowed`: the scope's compensations; `amount_usd` is what the caps leave of each."""
    fixed = {"closed_until": closed_until, "unknown": UNKNOWN_ACCOUNT}
    in_dates = f"and request_date in ({_literals(con, 'select request_date from scope_dates')})"
    con.execute(f"create or replace temp table decided as {DECIDED} {'' if is_whole else in_dates}", fixed)
    con.execute(f"create or replace temp table day_allowed as {capped(con, 'decided', 'day')}")
    con.execute(
        "create or replace temp table account_days_now as"
        " select account_id, request_date, sum(amount_usd)::decimal(38, 12) as amount_usd from day_allowed group by account_id, request_date"
    )
    con.execute(BOUND_MONTHS, {"is_whole": is_whole})
    con.execute(
        "create or replace temp table scope_accounts as"
        " from bound_months_now union (from settled.bound_months where month in (select month from scope_months))"
        " union (from settled.waiting_months where account_id not in (select account_id from holds))"
    )
    if not is_whole:
        in_months = (
            f"and request_date between {_literals(con, 'select min(month) from scope_accounts')}"
            f" and {_literals(con, 'select last_day(max(month)) from scope_accounts')}"
            " and request_date not in (select request_date from scope_dates)"
            " and (account_id, date_trunc('month', request_date)::date) in (select (account_id, month) from scope_accounts)"
        )
        con.execute(f"create or replace temp table decided as {DECIDED} {in_months}", fixed)
        con.execute(f"insert into day_allowed {capped(con, 'decided', 'day')}")
    bound = "(account_id, date_trunc('month', request_date)::date) in (select (account_id, month) from scope_accounts)"
    con.execute(f"create or replace temp table month_decided as from day_allowed where {bound}")
    con.execute(
        f"create or replace temp table allowed as {capped(con, 'month_decided', 'month')}"
        f" union all by name (from day_allowed where not {bound})"
    )
    for table in ("decided", "day_allowed", "month_decided"):
        con.execute(f"drop table {table}")


def _load_posted(con: duckdb.DuckDBPyConnection, ledger: Ledger, dates: set[date], is_whole: bool) -> None:
    """Create the table `posted`, the scope's entries, and `keys_now`, on which dates of the scope each of its keys occurs."""
    if is_whole:
        con.execute(f"create or replace temp table posted as select * from {ledger.relation()}")
    else:
        months = _dates(
            con,
            "select distinct request_date from settled.batch_dates"
            " where date_trunc('month', request_date) in (select month from scope_accounts)",
        )
        numbers = batches_of(con, dates | months)
        batches = [batch for batch in ledger.batches() if batch.sequence in numbers]
        con.execute(
            f"create or replace temp table posted as select * from {ledger.relation(batches)}"
            f" where request_date in ({_literals(con, 'select request_date from scope_dates')})"
            " or (account_id, date_trunc('month', request_date)::date) in (select (account_id, month) from scope_accounts)"
        )
    hashed = KEY_HASH.format(id="compensation_id")
    con.execute(
        f"create or replace temp table scope_keys as select distinct {hashed} as key_hash, account_id, request_date"
        " from (select compensation_id, account_id, request_date from allowed"
        " union all select compensation_id, account_id, request_date from posted)"
    )
    con.execute(
        "create or replace temp table keys_now as select distinct key_hash, request_date from scope_keys"
        " where request_date in (select request_date from scope_dates)"
    )


def _dates_of_keys_elsewhere(con: duckdb.DuckDBPyConnection) -> set[date]:
    """Request dates outside the scope on which a key of the scope occurs."""
    return _dates(
        con,
        "select distinct seen.request_date from settled.keys as seen"
        " inner join scope_keys on seen.key_hash = scope_keys.key_hash and seen.request_date <> scope_keys.request_date"
        " where seen.request_date not in (select request_date from scope_dates)"
        " and (scope_keys.account_id, date_trunc('month', seen.request_date)::date) not in (select (account_id, month) from scope_accounts)",
    )


def _literals(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The dates as SQL literals, so that DuckDB does not open the files of other days."""
    return ", ".join(f"date '{day}'" for day in sorted(_dates(con, query))) or "null"
