-- grain: one row per day and compensation type with compensation
{{ config(materialized="view") }}
with compensation_hourly as (
    select * from {{ ref('mart_compensation_hourly') }}
),

final as (
    select
        request_date,
        compensation_type,
        cast(sum(compensation_count) as bigint) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from compensation_hourly
    group by request_date, compensation_type
)

select * from final
