-- grain: one row per request date and account with a payout decided or posted
{{ config(materialized="view") }}
with compensations as (
    select * from {{ ref('mart_compensation_by_account_daily') }}
),

entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

batches as (
    select * from {{ ref('fct_ledger_batches') }}
),

settled as (
    select max(closed_until) as closed_until from batches
),

decided as (
    select
        request_date,
        account_id,
        sum(payout_usd) as decided_usd,
    from compensations
    group by request_date, account_id
),

posted as (
    select
        request_date,
        account_id,
        sum(amount_usd) as posted_usd,
    from entries
    group by request_date, account_id
),

both_sides as (
    select
        coalesce(decided.request_date, posted.request_date) as request_date,
        coalesce(decided.account_id, posted.account_id) as account_id,
        coalesce(decided.decided_usd, 0) as decided_usd,
        coalesce(posted.posted_usd, 0) as posted_usd,
    from decided
    full outer join posted
        on decided.request_date = posted.request_date
        and decided.account_id = posted.account_id
),

final as (
    select
        both_sides.request_date,
        both_sides.account_id,
        cast(both_sides.decided_usd as decimal(38, 12)) as decided_usd,
        cast(both_sides.posted_usd as decimal(38, 12)) as posted_usd,
        cast(both_sides.decided_usd - both_sides.posted_usd as decimal(38, 12)) as unsettled_usd,
        coalesce(both_sides.request_date < settled.closed_until, false) as is_settled_through,
    from both_sides
    cross join settled
)

select * from final
