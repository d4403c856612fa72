-- grain: one row per day, account, compensation type and model with compensation
{{ config(partitioned_by=["request_date"], replaces="day") }}
with compensations as (
    select * from {{ ref('fct_compensations') }}
    where {{ in_window("day") }}
),

final as (
    select
        request_date,
        account_id,
        compensation_type,
        model,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
        sum(cost_usd) as cost_usd,
        sum(net_cost_usd) as net_cost_usd,
    from compensations
    group by request_date, account_id, compensation_type, model
)

select * from final
