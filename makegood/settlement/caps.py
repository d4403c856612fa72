"""Applies the caps: how much of each payout they leave.

Payouts consume a cap in the order of (requested_at, source, request_id, compensation_id). The daily cap applies first, the monthly cap to
what it left. A request counts against the cap in force at its requested_at; if a cap changes within a period, earlier consumption counts.
"""

import duckdb

PERIODS = ("day", "month")

TIMELINE = """
create or replace temp table {period}_caps as
with caps as (
    select cap_usd, effective_from, effective_to
    from compensation_caps
    where scope = 'account_{period}'
),

changes as (
    select timestamp '0001-01-01' as starts_at
    union
    select effective_from from caps
    union
    select effective_to from caps where effective_to is not null
)

select
    changes.starts_at,
    coalesce(lead(changes.starts_at) over (order by changes.starts_at), timestamp '9999-12-31') as ends_at,
    caps.cap_usd,
from changes
left join caps
    on changes.starts_at >= caps.effective_from
    and (changes.starts_at < caps.effective_to or caps.effective_to is null)
"""

CONSUMED = """
with recursive requests as (
    select
        rows.*,
        date_trunc('{period}', rows.request_date) as period,
        caps.starts_at,
        caps.cap_usd,
    from {rows} as rows
    asof join {period}_caps as caps on rows.requested_at >= caps.starts_at
),

-- An account's requests of one period under one cap.
stretches as (
    select
        account_id,
        period,
        starts_at,
        cap_usd,
        sum(amount_usd) as amount_usd,
        row_number() over (partition by account_id, period order by starts_at) as number,
    from requests
    group by account_id, period, starts_at, cap_usd
),

-- What the account has consumed of the period before each stretch, and after it: never less, and up to the cap.
consumed as (
    select
        account_id,
        period,
        starts_at,
        number,
        0::decimal(38, 12) as before_usd,
        least(amount_usd, coalesce(cap_usd, amount_usd))::decimal(38, 12) as after_usd,
    from stretches
    where number = 1
    union all
    select
        stretches.account_id,
        stretches.period,
        stretches.starts_at,
        stretches.number,
        consumed.after_usd as before_usd,
        greatest(
            consumed.after_usd,
            least(
                consumed.after_usd + stretches.amount_usd,
                coalesce(stretches.cap_usd, consumed.after_usd + stretches.amount_usd)
            )
        )::decimal(38, 12) as after_usd,
    from consumed
    inner join stretches
        on consumed.account_id = stretches.account_id
        and consumed.period = stretches.period
        and consumed.number + 1 = stretches.number
),

running as (
    select
        requests.*,
        consumed.before_usd,
        consumed.before_usd + sum(requests.amount_usd) over (
            partition by requests.account_id, requests.period, requests.starts_at
            order by requests.requested_at, requests.source, requests.request_id, requests.compensation_id
            rows unbounded preceding
        ) as wanted_usd,
    from requests
    inner join consumed using (account_id, period, starts_at)
)

select
    * exclude (amount_usd, period, starts_at, cap_usd, before_usd, wanted_usd),
    (
        greatest(before_usd, least(wanted_usd, coalesce(cap_usd, wanted_usd)))
        - greatest(before_usd, least(wanted_usd - amount_usd, coalesce(cap_usd, wanted_usd - amount_usd)))
    )::decimal(38, 12) as amount_usd,
from running
"""


def read_caps(con: duckdb.DuckDBPyConnection) -> None:
    """Create `day_caps` and `month_caps` from `compensation_caps`: (starts_at, ends_at, cap_usd), without gaps; null means no cap."""
    for period in PERIODS:
        con.execute(TIMELINE.format(period=period))


def capped(con: duckdb.DuckDBPyConnection, rows: str, period: str) -> str:
    """SQL of the rows, with their `amount_usd` reduced to what the period's cap leaves of it.

    Args:
        con: a connection on which `read_caps` was called.
        rows: a relation with compensation_id, account_id, request_date, requested_at, source, request_id, amount_usd, and any others. It
            must contain all requests of every account and period that occurs in it.
        period: `day` or `month`.
    """
    found = con.execute(f"select count(cap_usd) from {period}_caps").fetchone()
    if found is None or found[0] == 0:
        return f"from {rows}"
    return CONSUMED.format(period=period, rows=rows)
