-- grain: one row per rule of a policy version
{{ config(materialized="view") }}
with compensation_rules as (
    select * from {{ ref('compensation_rules') }}
),

final as (
    select
        policy_version,
        rule_id,
        compensation_type,
        signal,
        comparator,
        threshold,
        operations,
        model_pattern,
        min_output_tokens,
        min_latency_ms,
        payout_rate,
        payout_cap_usd,
        effective_from,
        effective_to,
        description,
    from compensation_rules
)

select * from final
