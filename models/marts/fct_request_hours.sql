-- grain: one row per request hour; landed = current + superseded
{{ config(partitioned_by=["request_date"]) }}
with request_hours as (
    select * from {{ source('run', 'request_hours') }}
),

requests as (
    select * from {{ ref('fct_requests') }}
    where {{ in_window() }}
),

repeated_deliveries as (
    select * from {{ ref('stg_repeated_deliveries') }}
),

current_requests as (
    select
        request_date,
        request_hour,
        count(*) as current_count,
        {{ rows_digest([
            "request_key", "first_requested_at", "account_id", "requested_at", "cost_usd", "payout_usd", "policy_version",
        ]) }} filter (where reason_code = 'compensated') as compensation_digest,
    from requests
    group by request_date, request_hour
),

superseded_deliveries as (
    select
        request_date,
        request_hour,
        count(*) as superseded_count,
    from repeated_deliveries
    where not is_current
    group by request_date, request_hour
),

final as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        request_hours.request_date + request_hours.request_hour * interval 1 hour as hour_at,
        request_hours.landed_count,
        coalesce(current_requests.current_count, 0) as current_count,
        coalesce(superseded_deliveries.superseded_count, 0) as superseded_count,
        request_hours.input_digest,
        request_hours.policy_digest,
        request_hours.baseline_digest,
        coalesce(cast(current_requests.compensation_digest as varchar), '') as compensation_digest,
    from request_hours
    left join current_requests
        on request_hours.request_date = current_requests.request_date
        and request_hours.request_hour = current_requests.request_hour
    left join superseded_deliveries
        on request_hours.request_date = superseded_deliveries.request_date
        and request_hours.request_hour = superseded_deliveries.request_hour
)

select * from final
