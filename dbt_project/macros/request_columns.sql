{#- The columns of a request that staging provides and fct_requests publishes, as a list. -#}
{% macro request_columns() -%}
    {{ return([
        "request_key", "source", "request_id", "trace_id", "gateway_call_id", "account_id", "api_key_ref", "operation",
        "native_operation", "requested_at", "first_requested_at", "completed_at", "request_date", "request_hour", "model", "model_served",
        "provider", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "cost_usd", "cost_source", "list_cost_usd", "discount_usd", "cache_hit", "latency_ms",
        "ttft_ms", "generation_ms", "throughput_tps", "streamed", "cancelled", "finish_reason", "native_finish_reason",
        "has_answer", "is_answer_withheld", "status_code", "error_code", "error_origin", "error_fault",
        "is_cancelled_by_caller", "is_error", "max_output_tokens", "landed_hour", "landing_file", "landing_line",
    ]) }}
{%- endmacro %}

{#- The further columns that a decision uses, as a list: the latency baseline and the detectors' findings. -#}
{% macro observed_columns() -%}
    {% set detected = [] %}
    {%- for signal in assessed_signals() %}{% do detected.append("detected_" ~ signal) %}{% endfor -%}
    {{ return(["latency_baseline_ms"] + detected) }}
{%- endmacro %}
