-- One row per row of the relation, with its `amount_usd` reduced to what the cap of the day or month leaves of it.
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
