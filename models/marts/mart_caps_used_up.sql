-- grain: one row per cap scope, account and day or month in which the amount posted to the account reached the cap
{{ config(materialized="view") }}
with entries_by_day as (
    select * from {{ ref('fct_ledger_entries') }}
),

entries_by_month as (
    select * from {{ ref('fct_ledger_entries') }}
),

caps as (
    select * from {{ ref('compensation_caps') }}
),

periods as (
    select
        'account_day' as scope,
        account_id,
        request_date as period_from,
        sum(amount_usd) as posted_usd,
    from entries_by_day
    group by account_id, request_date
    union all
    select
        'account_month' as scope,
        account_id,
        cast(date_trunc('month', request_date) as date) as period_from,
        sum(amount_usd) as posted_usd,
    from entries_by_month
    group by account_id, cast(date_trunc('month', request_date) as date)
),

cap_periods as (
    select
        scope,
        cap_usd,
        effective_to,
        cast(date_trunc(case when scope = 'account_day' then 'day' else 'month' end, effective_from) as date) as first_period,
    from caps
),

-- Where a cap changes within a period, the lowest of the caps in force in the period applies.
capped_periods as (
    select
        periods.scope,
        periods.account_id,
        periods.period_from,
        periods.posted_usd,
        min(cap_periods.cap_usd) as cap_usd,
    from periods
    inner join cap_periods
        on periods.scope = cap_periods.scope
        and periods.period_from >= cap_periods.first_period
        and (periods.period_from < cap_periods.effective_to or cap_periods.effective_to is null)
    group by periods.scope, periods.account_id, periods.period_from, periods.posted_usd
),

final as (
    select
        scope,
        account_id,
        period_from,
        cap_usd,
        cast(posted_usd as decimal(38, 12)) as posted_usd,
    from capped_periods
    where posted_usd >= cap_usd
)

select * from final
