-- For each day of the window, the compensation counts and payouts by account add up to those in fct_compensations.
{{ config(meta={"dagster": {"ref": {"name": "mart_compensation_by_account_daily"}}}) }}
with compensations as (
    select
        request_date,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
    from {{ ref('fct_compensations') }}
    where {{ in_window("day") }}
    group by request_date
),

accounts as (
    select
        request_date,
        sum(compensation_count) as compensation_count,
        sum(payout_usd) as payout_usd,
    from {{ ref('mart_compensation_by_account_daily') }}
    where {{ in_window("day") }}
    group by request_date
)

select coalesce(compensations.request_date, accounts.request_date) as request_date
from compensations
full outer join accounts on compensations.request_date = accounts.request_date
where compensations.compensation_count is distinct from accounts.compensation_count
    or compensations.payout_usd is distinct from accounts.payout_usd
