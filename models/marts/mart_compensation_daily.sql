-- grain: one row per day that has a derived hour, days without compensation included
{{ config(materialized="view") }}
with request_hours as (
    select * from {{ ref('fct_request_hours') }}
),

compensation_hourly as (
    select * from {{ ref('mart_compensation_hourly') }}
),

days as (
    select
        request_date,
        count(*) as hour_count,
        sum(current_count) as request_count,
    from request_hours
    group by request_date
),

compensations as (
    select
        request_date,
        sum(compensation_count) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from compensation_hourly
    group by request_date
),

final as (
    select
        days.request_date,
        cast(days.hour_count as bigint) as hour_count,
        cast(days.request_count as bigint) as request_count,
        cast(coalesce(compensations.compensation_count, 0) as bigint) as compensation_count,
        cast(coalesce(compensations.payout_usd, 0) as decimal(38, 12)) as payout_usd,
        cast(coalesce(compensations.cost_usd, 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(compensations.net_cost_usd, 0) as decimal(38, 12)) as net_cost_usd,
    from days
    left join compensations on days.request_date = compensations.request_date
)

select * from final
