{#- All values of reason_code in fct_requests. -#}
{% macro reason_codes() -%}
    {{ return([
        "not_a_purchase", "not_covered", "cancelled_by_caller", "caller_error", "not_billed", "within_normal_range", "cost_unknown",
        "zero_payout", "compensated",
    ]) }}
{%- endmacro %}
