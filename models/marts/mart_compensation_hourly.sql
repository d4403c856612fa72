-- grain: one row per request hour, compensation type and model
{{ config(partitioned_by=["request_date"]) }}
with compensations as (
    select * from {{ ref('fct_compensations') }}
    where {{ in_window() }}
),

final as (
    select
        request_date,
        request_hour,
        date_trunc('hour', min(requested_at)) as hour_at,
        compensation_type,
        model,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from compensations
    group by request_date, request_hour, compensation_type, model
)

select * from final
