-- grain: one row per day from the first derived hour to the last, including days without compensation or without requests
{{ config(materialized="view") }}
with request_hours as (
    select * from {{ ref('fct_request_hours') }}
),

compensation_hourly as (
    select * from {{ ref('mart_compensation_hourly') }}
),

covered as (
    select
        min(hour_at) as first_hour_at,
        max(hour_at) + interval 1 hour as end_at,
    from request_hours
),

days as (
    select
        cast(day_at as date) as request_date,
        {{ hour_number('least(day_at + interval 1 day, end_at)') }}
        - {{ hour_number('greatest(day_at, first_hour_at)') }} as hour_count,
    from (
        select
            unnest(generate_series(date_trunc('day', first_hour_at), end_at - interval 1 hour, interval 1 day)) as day_at,
            first_hour_at,
            end_at,
        from covered
    ) as spine
),

requests as (
    select
        request_date,
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
        cast(coalesce(requests.request_count, 0) as bigint) as request_count,
        cast(coalesce(compensations.compensation_count, 0) as bigint) as compensation_count,
        cast(coalesce(compensations.payout_usd, 0) as decimal(38, 12)) as payout_usd,
        cast(coalesce(compensations.cost_usd, 0) as decimal(38, 12)) as cost_usd,
        cast(coalesce(compensations.net_cost_usd, 0) as decimal(38, 12)) as net_cost_usd,
    from days
    left join requests on days.request_date = requests.request_date
    left join compensations on days.request_date = compensations.request_date
)

select * from final
