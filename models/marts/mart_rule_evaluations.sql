-- grain: one row per request and rule in force for its model at requested_at
{{ config(materialized="view") }}
{% set request = ["request_key", "source", "request_id", "requested_at", "request_date", "request_hour"] -%}
with requests as (
    select * from {{ ref('fct_requests') }}
),

rules as (
    select * from {{ ref('compensation_rules') }}
),

signals as (
    select
        {{ request | join(",\n        ") }},
        operation,
        model,
        output_tokens,
        latency_ms,
        cost_usd,
{{ signal_columns() }}
    from requests
),

applicable as (
    select
        {%- for column in request + ["operation", "output_tokens", "latency_ms", "cost_usd"] %}
        signals.{{ column }},
        {%- endfor %}
        {%- for column in rule_columns() %}
        rules.{{ column }},
        {%- endfor %}
        {%- for part in ["numerator", "denominator"] %}
        {{ signal_part(part, "rules", "signals") }} as {{ part }},
        {%- endfor %}
        rules.operations,
        {{ covers_operation('rules', 'signals.operation') }} as is_for_operation,
        {{ literal_count('rules') }} as literal_count,
        max(case when {{ covers_operation('rules', 'signals.operation') }} then {{ literal_count('rules') }} end) over (
            partition by
                {%- for column in request %}
                signals.{{ column }},
                {%- endfor %}
                rules.compensation_type, rules.signal
        ) as most_literal_count,
    from signals
    inner join rules
        on {{ glob_matches('signals.model', 'rules.model_pattern') }}
        and {{ in_force('rules', 'signals.requested_at') }}
),

final as (
    select
        {{ request | join(",\n        ") }},
        policy_version,
        rule_id,
        compensation_type,
        signal,
        {{ ratio('numerator', 'denominator') }} as observed_value,
        comparator,
        threshold as threshold_value,
        operations,
        min_output_tokens,
        min_latency_ms,
        payout_rate,
        payout_cap_usd,
        {{ rule_payout_usd() }} as rule_payout_usd,
        case
            when not is_for_operation then 'not_for_operation'
            when literal_count < most_literal_count then 'replaced_for_model'
            when numerator is null or not coalesce(denominator > 0, false) then 'not_observed'
            when not {{ threshold_is_met() }} then 'threshold_not_met'
            when min_output_tokens is not null and not coalesce(output_tokens >= min_output_tokens, false) then 'too_little_output'
            when min_latency_ms is not null and not coalesce(latency_ms >= min_latency_ms, false) then 'too_short'
            else 'matched'
        end as outcome,
    from applicable
)

select * from final
