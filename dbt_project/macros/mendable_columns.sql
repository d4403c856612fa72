{#- The canonical columns that a later delivery may mend, as a list; the others identify a delivery or place it in time. -#}
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
    What was bought, as several deliveries tell it: a delivery that names a purchase in the log's own word counts before one that
    names none, which may be taken for chat, and a purchase before a read of it, in whatever order they arrived.
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

{#- How a call itself went: a read says so of itself, and not of what it read. -#}
{% macro outcome_columns() -%}
    {{ return(["cancelled", "finish_reason", "native_finish_reason", "status_code", "error_code", "error_origin"]) }}
{%- endmacro %}

{#-
    How a purchase went, as several deliveries tell it. A read of it has a status, an error and a cancellation of its own, which
    count where nothing but reads was delivered. Why the answer ended is also told by a read that went well, where the purchase
    itself says nothing or no ending (`queued`).
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
