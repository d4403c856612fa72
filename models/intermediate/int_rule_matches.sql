-- grain: one row per request of the run's window and rule that it matches
{% set rule_columns = rule_columns() -%}
with signals as (
    select * from {{ ref('int_request_signals') }}
),

rules as (
    select * from {{ ref('compensation_rules') }}
),

-- The loosest threshold of each signal over all rules. Most requests meet none of them and are filtered out before the rules are joined.
loosest as (
    select
        {%- for signal in signals() %}
        min(threshold) filter (where signal = '{{ signal }}' and comparator in ('>=', '>', '=')) as {{ signal }}_least,
        max(threshold) filter (where signal = '{{ signal }}' and comparator in ('<=', '<', '=')) as {{ signal }}_most,
        {%- endfor %}
    from rules
),

suspects as (
    select
        {%- for column in ["request_key", "source", "request_id", "requested_at", "operation", "model", "output_tokens", "latency_ms", "cost_usd"] %}
        signals.{{ column }},
        {%- endfor %}
        {%- for signal in signals() %}
        signals.{{ signal }}_numerator,
        signals.{{ signal }}_denominator,
        {%- endfor %}
    from signals
    cross join loosest
    where false
        {%- for signal in signals() %}
        or signals.{{ signal }}_numerator >= loosest.{{ signal }}_least * signals.{{ signal }}_denominator
        or signals.{{ signal }}_numerator <= loosest.{{ signal }}_most * signals.{{ signal }}_denominator
        {%- endfor %}
),

-- The rules in force are looked up once per operation and model, not once per request.
bought as (
    select
        operation,
        model,
        min(requested_at) as first_requested_at,
        max(requested_at) as last_requested_at,
    from suspects
    group by operation, model
),

possible_rules as (
    select
        bought.operation,
        bought.model,
        {%- for column in rule_columns + ["effective_from", "effective_to"] %}
        rules.{{ column }},
        {%- endfor %}
        {{ literal_count('rules') }} as literal_count,
    from bought
    inner join rules
        on {{ glob_matches('bought.model', 'rules.model_pattern') }}
        and {{ covers_operation('rules', 'bought.operation') }}
        and bought.last_requested_at >= rules.effective_from
        and (bought.first_requested_at < rules.effective_to or rules.effective_to is null)
),

-- Between two adjacent bounds the set of rules in force is constant.
bounds as (
    select operation, model, effective_from as bound_at from possible_rules
    union
    select operation, model, effective_to as bound_at from possible_rules where effective_to is not null
),

periods as (
    select
        operation,
        model,
        bound_at as period_from,
        lead(bound_at) over (partition by operation, model order by bound_at) as period_to,
    from bounds
),

candidates as (
    select
        periods.operation,
        periods.model,
        periods.period_from,
        periods.period_to,
        {%- for column in rule_columns + ["literal_count"] %}
        possible_rules.{{ column }},
        {%- endfor %}
        max(possible_rules.literal_count) over (
            partition by
                periods.operation, periods.model, periods.period_from, possible_rules.compensation_type, possible_rules.signal
        ) as most_literal_count,
    from periods
    inner join possible_rules
        on periods.operation = possible_rules.operation
        and periods.model = possible_rules.model
        and {{ in_force('possible_rules', 'periods.period_from') }}
),

-- The most specific model pattern replaces the other rules of the same compensation type and signal.
rules_in_force as (
    select
        operation,
        model,
        period_from,
        period_to,
        {{ rule_columns | join(",\n        ") }},
    from candidates
    where literal_count = most_literal_count
),

observed as (
    select
        suspects.request_key,
        suspects.source,
        suspects.request_id,
        suspects.requested_at,
        suspects.cost_usd,
        {%- for column in rule_columns %}
        rules_in_force.{{ column }},
        {%- endfor %}
        {%- for part in ["numerator", "denominator"] %}
        {{ signal_part(part, "rules_in_force", "suspects") }} as {{ part }},
        {%- endfor %}
    from suspects
    inner join rules_in_force
        on suspects.operation = rules_in_force.operation
        and suspects.model = rules_in_force.model
        and suspects.requested_at >= rules_in_force.period_from
        and (suspects.requested_at < rules_in_force.period_to or rules_in_force.period_to is null)
    where (rules_in_force.min_output_tokens is null or suspects.output_tokens >= rules_in_force.min_output_tokens)
        and (rules_in_force.min_latency_ms is null or suspects.latency_ms >= rules_in_force.min_latency_ms)
),

final as (
    select
        request_key,
        source,
        request_id,
        requested_at,
        policy_version,
        rule_id,
        compensation_type,
        signal,
        {{ ratio('numerator', 'denominator') }} as observed_value,
        threshold as threshold_value,
        payout_rate,
        payout_cap_usd,
        {{ rule_payout_usd() }} as payout_usd,
    from observed
    where denominator > 0
        and {{ threshold_is_met() }}
)

select * from final
