{#- Every reason that fct_requests may give, in the order in which they apply. -#}
{% macro reason_codes() -%}
    {{ return([
        "not_a_purchase", "not_covered", "cancelled_by_caller", "caller_error", "not_billed", "within_normal_range", "cost_unknown",
        "zero_payout", "compensated",
    ]) }}
{%- endmacro %}
