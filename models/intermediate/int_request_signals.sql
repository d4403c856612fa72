-- grain: one row per request of the run's window; a signal is a quotient of integers, null where it was not observed
with request_logs as (
    select * from {{ ref('stg_request_logs') }}
),

statuses as (
    select
        *,
        try_cast(status_code as integer) as status,
        coalesce(error_code, '') = 'provider_rate_limited' as is_rate_limited_by_provider,
        coalesce(cancelled, false)
            or coalesce(finish_reason, '') = 'cancelled'
            or coalesce(status_code, '') = '499' as is_cancelled_by_caller,
    from request_logs
),

blamed as (
    select
        *,
        coalesce(status between 400 and 499, false)
            and status not in (408, 499)
            and not (status = 429 and is_rate_limited_by_provider) as is_caller_error,
    from statuses
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
        is_cancelled_by_caller,
        is_caller_error,
        cast(
            not is_caller_error
            and (
                coalesce(finish_reason, '') = 'error'
                or coalesce(status in (408, 429) or status between 500 and 599, false)
            ) as bigint
        ) as upstream_failed_numerator,
        cast(1 as bigint) as upstream_failed_denominator,
        cast(
            output_tokens - coalesce(reasoning_tokens, 0) = 0
            and coalesce(finish_reason, '') not in ('tool_calls', 'content_filter') as bigint
        ) as empty_completion_numerator,
        cast(1 as bigint) as empty_completion_denominator,
        output_tokens * 1000 as throughput_tps_numerator,
        generation_ms as throughput_tps_denominator,
        latency_ms as latency_ms_numerator,
        cast(1 as bigint) as latency_ms_denominator,
    from blamed
)

select * from final
