{#- The canonical columns that a later delivery can correct, as a list; the others identify a delivery or place it in time. -#}
{% macro mendable_columns() -%}
    {{ return([
        "trace_id", "gateway_call_id", "account_id", "api_key_ref", "operation", "native_operation", "completed_at", "model",
        "model_served", "provider", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
        "cache_write_tokens", "cache_write_1h_tokens", "cost_usd", "cost_basis", "list_cost_usd", "discount_usd",
        "cache_hit", "latency_ms", "ttft_ms", "streamed", "cancelled", "finish_reason", "native_finish_reason", "has_answer",
        "is_answer_withheld", "status_code", "error_code", "error_origin", "max_output_tokens", "landed_hour",
        "landing_file", "landing_line",
    ]) }}
{%- endmacro %}

{#-
    The operation of a request that was delivered more than once. In whatever order the deliveries arrived, a purchase takes precedence over
    a read of it, and a delivery whose log names the operation over one whose log does not, because the latter may be chat by default.
-#}
{% macro merged_operation() -%}
    {%- set known = "operation <> 'other'" -%}
    {%- set bought = is_purchase("operation") ~ " and " ~ known -%}
    coalesce(
            {{ last_reported("case when " ~ bought ~ " and native_operation is not null then operation end") }},
            {{ last_reported("case when " ~ known ~ " and native_operation is not null then operation end") }},
            {{ last_reported("case when " ~ known ~ " then operation end") }},
            'other'
        )
{%- endmacro %}

{#- The columns that describe the outcome of a call. In the record of a read they describe the read, not the purchase that was read. -#}
{% macro outcome_columns() -%}
    {{ return(["cancelled", "finish_reason", "native_finish_reason", "status_code", "error_code", "error_origin"]) }}
{%- endmacro %}

{#-
    An outcome column of a request that was delivered more than once. The status, error and cancellation of a read count only where nothing
    but reads was delivered. The finish reason is also taken from a successful read, where the purchase itself has none or one that is not
    final (such as `queued`).
-#}
{% macro merged_outcome(column) -%}
    {%- set is_read = "operation is not distinct from 'retrieval'" -%}
    {%- set of_purchase = last_reported("case when not (" ~ is_read ~ ") then " ~ column ~ " end") -%}
    case
            when bool_and({{ is_read }}) then {{ last_reported(column) }}
            {%- if column in ["finish_reason", "native_finish_reason"] %}
            {%- set went_well = "not (coalesce(" ~ http_status() ~ ", 0) >= 400 or error_origin is not null or coalesce(cancelled, false))" %}
            {%- set has_ended = is_read ~ " and finish_reason <> 'other' and " ~ went_well %}
            when bool_or({{ has_ended }})
                and coalesce({{ last_reported("case when not (" ~ is_read ~ ") then finish_reason end") }}, 'other') = 'other'
                then {{ last_reported("case when " ~ has_ended ~ " then " ~ column ~ " end") }}
            {%- endif %}
            else {{ of_purchase }}
        end
{%- endmacro %}
