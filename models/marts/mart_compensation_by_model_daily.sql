-- grain: one row per day and model with requests
{{ config(materialized="view") }}
with requests_hourly as (
    select * from {{ ref('fct_requests_hourly') }}
),

compensation_hourly as (
    select * from {{ ref('mart_compensation_hourly') }}
),

requests as (
    select
        request_date,
        model,
        cast(sum(request_count) as bigint) as request_count,
        cast(sum(billed_count) as bigint) as billed_count,
    from requests_hourly
    group by request_date, model
),

compensations as (
    select
        request_date,
        model,
        cast(sum(compensation_count) as bigint) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from compensation_hourly
    group by request_date, model
),

joined as (
    select
        requests.request_date,
        requests.model,
        requests.request_count,
        requests.billed_count,
        coalesce(compensations.compensation_count, 0) as compensation_count,
        cast(coalesce(compensations.payout_usd, 0) as decimal(38, 12)) as payout_usd,
        cast(coalesce(compensations.cost_usd, 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(compensations.net_cost_usd, 0) as decimal(38, 12)) as net_cost_usd,
    from requests
    left join compensations
        on requests.request_date = compensations.request_date
        and requests.model = compensations.model
),

final as (
    select
        request_date,
        model,
        request_count,
        billed_count,
        compensation_count,
        cast({{ ratio("compensation_count", "billed_count") }} as decimal(7, 6)) as compensation_rate,
        {{ wilson_bound("compensation_count", "billed_count", -1) }} as compensation_rate_low,
        {{ wilson_bound("compensation_count", "billed_count", 1) }} as compensation_rate_high,
        payout_usd,
        cost_usd,
        net_cost_usd,
    from joined
)

select * from final
