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

-- A request's deliveries are those of its own hour and of the 7 days after it; the same id before or after is another.
deliveries as (
    select
        request_logs.source,
        request_logs.request_id,
        compensated.requested_at,
        request_logs.meta,
        row_number() over (
            partition by request_logs.source, request_logs.request_id, compensated.requested_at
            order by request_logs.landed_hour, request_logs.landing_file, request_logs.landing_line
        ) as delivery_number,
    from request_logs
    inner join compensated
        on request_logs.source = compensated.source
        and request_logs.request_id = compensated.request_id
        and {{ hour_number('request_logs.requested_at') }} - {{ hour_number('compensated.requested_at') }}
            between 0 and {{ merge_hours() }}
),

metas as (
    select
        source,
        request_id,
        requested_at,
        {{ last_reported('meta') }} as meta,
    from deliveries
    group by source, request_id, requested_at
),

final as (
    select
        sha256(concat(compensated.source, '|', compensated.request_id)) as compensation_id,
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
        metas.meta,
    from compensated
    inner join metas
        on compensated.source = metas.source
        and compensated.request_id = metas.request_id
        and compensated.requested_at = metas.requested_at
)

select * from final
