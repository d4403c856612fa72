-- grain: one row per request of the run's window; each signal is a quotient of two integers, null where it was not observed
{{ config(materialized="view") }}
with observations as (
    select * from {{ ref('int_request_observations') }}
),

final as (
    select
        request_key,
        source,
        request_id,
        requested_at,
        operation,
        model,
        output_tokens,
        latency_ms,
        cost_usd,
{{ signal_columns() }}
    from observations
)

select * from final
