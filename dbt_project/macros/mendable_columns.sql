{#- The canonical columns that a later delivery may mend, as a list; the others identify a delivery or place it in time. -#}
{% macro mendable_columns() -%}
    {{ return([
        "trace_id", "gateway_call_id", "account_id", "api_key_ref", "completed_at", "model", "model_served", "provider",
        "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_usd", "cache_hit", "latency_ms",
        "ttft_ms", "streamed", "cancelled", "finish_reason", "native_finish_reason", "status_code", "error_code",
        "max_output_tokens", "landed_hour", "landing_file", "landing_line",
    ]) }}
{%- endmacro %}
