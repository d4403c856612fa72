-- One row per request hour of the window's days and of the history before them; outdated_count is 0 or 1.
with policies as (
    select start_at, policy_digest from run.policies
),

final as (
    select
        hours.request_date,
        hours.request_hour,
        case when hours.policy_digest = policies.policy_digest then 0 else 1 end as outdated_count,
    from trailing_fct_request_hours as hours
    asof left join policies on hours.hour_at >= policies.start_at
)

select * from final
