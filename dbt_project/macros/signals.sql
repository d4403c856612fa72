{#- The signals that a rule may name, and the one place where each is measured of an observed request. -#}

{% macro signals() -%} {{ return(var("signals")) }} {%- endmacro %}

{#- Those of them that are 0 or 1: a rule about one says all in its description. -#}
{% macro yes_no_signals() -%} {{ return(var("yes_no_signals")) }} {%- endmacro %}

{#- Those of them that a detector's verdict may speak for. -#}
{% macro assessed_signals() -%} {{ return(var("assessed_signals")) }} {%- endmacro %}

{#-
    Each signal as two integers, <name>_numerator / <name>_denominator, so that thresholds compare by
    cross-multiplication and never by a rounded division. Null is "not known": only what was seen pays. What is
    evidence of what, for which operation, is a table in docs/policy.md.
-#}
{% macro signal_columns() -%}
        case
            when error_fault is null or error_fault <> 'undecided'
                then cast(coalesce(error_fault, '') = 'upstream' and not is_cancelled_by_caller as bigint)
        end as upstream_failed_numerator,
        cast(1 as bigint) as upstream_failed_denominator,
        {{ empty_completion() }} as empty_completion_numerator,
        cast(1 as bigint) as empty_completion_denominator,
        {#- Where an answer was cut or filtered, nobody knows what it would have become. #}
        case
            when {{ has_known_content() }} and coalesce(finish_reason, '') not in ('length', 'content_filter')
                then cast(detected_invalid_json as bigint)
        end as invalid_json_numerator,
        cast(1 as bigint) as invalid_json_denominator,
        case when {{ has_known_content() }} then cast(detected_repetition_loop as bigint) end as repetition_loop_numerator,
        cast(1 as bigint) as repetition_loop_denominator,
        case
            when not {{ has_known_content() }} then null
            when finish_reason = 'content_filter' then 0
            when detected_truncated is not null then cast(detected_truncated as bigint)
            when finish_reason = 'length' then cast(output_tokens < max_output_tokens as bigint)
            when finish_reason <> 'other' then 0
        end as truncated_numerator,
        cast(1 as bigint) as truncated_denominator,
        case when {{ has_known_content() }} then cast(detected_assessment_score * 10000 as bigint) end as assessment_score_numerator,
        cast(10000 as bigint) as assessment_score_denominator,
        case when {{ is_timed('operation') }} then latency_ms end as latency_ratio_numerator,
        latency_baseline_ms as latency_ratio_denominator,
        cast(output_tokens as hugeint) * 1000 as throughput_tps_numerator,
        case when {{ is_timed('operation') }} then generation_ms end as throughput_tps_denominator,
        case when {{ is_timed('operation') }} then latency_ms end as latency_ms_numerator,
        cast(1 as bigint) as latency_ms_denominator,
{%- endmacro %}

{#- Of an operation that nobody knows, nobody knows what an answer is either. -#}
{% macro has_known_content() -%}
    operation <> 'other'
{%- endmacro %}

{#-
    1 where the answer was seen to hold nothing, 0 where it was seen to hold something. An ending that says why there is no text
    decides first; an ending in an unknown word, and an error that the upstream is not to blame for, leave it open. Then
    whoever looked at the answer counts, then the record's own answer, and the count of tokens last: where it is text that is
    bought, and the record has no place for an answer.
-#}
{% macro empty_completion() -%}
    case
            when not {{ has_known_content() }} then null
            when error_fault <> 'upstream' or finish_reason = 'other' then null
            when finish_reason in ('tool_calls', 'content_filter') then 0
            when detected_empty_completion is not null then cast(detected_empty_completion as bigint)
            when has_answer is not null then cast(not has_answer as bigint)
            when {{ is_text('operation') }} and not is_answer_withheld
                then cast(output_tokens - coalesce(reasoning_tokens, 0) = 0 as bigint)
        end
{%- endmacro %}
