-- grain: one row per request of the run's window; a signal is a quotient of integers, null where it was not observed
{{ config(materialized="view") }}
with request_logs as (
    select * from {{ ref('stg_request_logs') }}
),

final as (
    select
        source,
        request_id,
        requested_at,
        model,
        output_tokens,
        latency_ms,
        cost_usd,
        case
            when not is_undecided_error
                then cast(is_error and not is_caller_error and not is_cancelled_by_caller as bigint)
        end as upstream_failed_numerator,
        cast(1 as bigint) as upstream_failed_denominator,
        case
            when not is_undecided_error
                then cast(
                    output_tokens - coalesce(reasoning_tokens, 0) = 0
                    and coalesce(finish_reason, '') not in ('tool_calls', 'content_filter') as bigint
                )
        end as empty_completion_numerator,
        cast(1 as bigint) as empty_completion_denominator,
        cast(output_tokens as hugeint) * 1000 as throughput_tps_numerator,
        generation_ms as throughput_tps_denominator,
        latency_ms as latency_ms_numerator,
        cast(1 as bigint) as latency_ms_denominator,
    from request_logs
)

select * from final
