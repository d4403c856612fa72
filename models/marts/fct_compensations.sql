-- grain: one row per compensated request
{{ config(partitioned_by=["request_date"]) }}
with compensated as (
    select * from {{ ref('fct_requests') }}
    where reason_code = 'compensated'
        and {{ in_window() }}
),

request_logs as (
    select * from {{ source('run', 'request_logs') }}
),

repeated_deliveries as (
    select * from {{ ref('stg_repeated_deliveries') }}
),

-- A key can belong to several requests: deliveries with the same home (and so the same first_requested_at) are one request.
deliveries as (
    select
        request_logs.request_key,
        coalesce(repeated_deliveries.first_requested_at, request_logs.requested_at) as first_requested_at,
        request_logs.meta,
        coalesce(repeated_deliveries.delivery_number, 1) as delivery_number,
    from request_logs
    left join repeated_deliveries
        on request_logs.request_key = repeated_deliveries.request_key
        and request_logs.landed_hour = repeated_deliveries.landed_hour
        and request_logs.landing_file = repeated_deliveries.landing_file
        and request_logs.landing_line = repeated_deliveries.landing_line
        and request_logs.requested_at = repeated_deliveries.requested_at
    where request_logs.request_key in (select request_key from compensated)
        and coalesce(repeated_deliveries.place_ms - repeated_deliveries.home_ms <= {{ merge_ms() }}, true)
),

meta_documents as (
    select
        request_key,
        first_requested_at,
        {{ last_reported('meta') }} as meta,
    from deliveries
    group by request_key, first_requested_at
),

final as (
    select
        sha256(concat(compensated.request_key, ' ', epoch_ms(compensated.first_requested_at))) as compensation_id,
        compensated.request_key,
        compensated.source,
        compensated.request_id,
        compensated.account_id,
        compensated.requested_at,
        compensated.request_date,
        compensated.request_hour,
        compensated.model,
        compensated.provider,
        compensated.compensation_type,
        compensated.rule_id,
        compensated.policy_version,
        compensated.matched_rule_ids,
        compensated.input_tokens,
        compensated.output_tokens,
        compensated.cost_usd,
        compensated.latency_ms,
        compensated.ttft_ms,
        compensated.throughput_tps,
        compensated.finish_reason,
        compensated.observed_value,
        compensated.threshold_value,
        compensated.payout_rate,
        compensated.payout_usd,
        cast(compensated.cost_usd - compensated.payout_usd as decimal(18, 12)) as net_cost_usd,
        meta_documents.meta,
    from compensated
    inner join meta_documents
        on compensated.request_key = meta_documents.request_key
        and compensated.first_requested_at = meta_documents.first_requested_at
)

select * from final
