{#- When a rule matches and what it alone would pay. Both the derivation and the explanation of a decision use these macros. -#}

{#- The columns of a rule that matching and payout need, as a list. -#}
{% macro rule_columns() -%}
    {{ return([
        "policy_version", "rule_id", "compensation_type", "signal", "comparator", "threshold", "min_output_tokens",
        "min_latency_ms", "payout_rate", "payout_cap_usd",
    ]) }}
{%- endmacro %}

{#- How specific a rule's model pattern is. The most specific rule replaces the others of the same compensation type and signal. -#}
{% macro literal_count(rules) -%}
    length(replace({{ rules }}.model_pattern, '*', ''))
{%- endmacro %}

{#- The numerator or denominator of the signal that a rule names. -#}
{% macro signal_part(part, rules, signals) -%}
    case {{ rules }}.signal
            {%- for signal in var("signals") %}
            when '{{ signal }}' then {{ signals }}.{{ signal }}_{{ part }}
            {%- endfor %}
        end
{%- endmacro %}

{#- Compares signal and threshold by cross-multiplication, so that no division rounds. -#}
{% macro threshold_is_met() -%}
    case comparator
            when '>=' then numerator >= threshold * denominator
            when '>' then numerator > threshold * denominator
            when '<=' then numerator <= threshold * denominator
            when '<' then numerator < threshold * denominator
            when '=' then numerator = threshold * denominator
        end
{%- endmacro %}

{#- The rule's share of the cost, limited to the rule's cap and to the cost itself; null where the cost is unknown. -#}
{% macro rule_payout_usd() -%}
    case
            when cost_usd is not null
                then cast({{ money(
                    "least(cast(cost_usd as decimal(20, 12)) * payout_rate, payout_cap_usd, cost_usd)"
                ) }} as decimal(18, 12))
        end
{%- endmacro %}
