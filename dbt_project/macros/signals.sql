{#- The signals that a rule may name, and how each is calculated from an observed request. -#}

{% macro signals() -%} {{ return(var("signals")) }} {%- endmacro %}

{#- The signals whose value is 0 or 1. The description of a rule on such a signal explains it better than its threshold does. -#}
{% macro yes_no_signals() -%} {{ return(var("yes_no_signals")) }} {%- endmacro %}

{#- The signals that a detector's verdict can decide. -#}
{% macro assessed_signals() -%} {{ return(var("assessed_signals")) }} {%- endmacro %}

{#-
    Each signal as two integers, <name>_numerator and <name>_denominator, so that thresholds are compared exactly by cross-multiplication,
    without a rounded division. Null means unknown, and an unknown signal never matches a rule. docs/policy.md has a table of what counts as
    evidence for which signal and operation.
-#}
{% macro signal_columns() -%}
        case
            when error_fault is null or error_fault <> 'undecided'
                then cast(coalesce(error_fault, '') = 'upstream' and not is_cancelled_by_caller as bigint)
        end as upstream_failed_numerator,
        cast(1 as bigint) as upstream_failed_denominator,
        {{ empty_completion() }} as empty_completion_numerator,
        cast(1 as bigint) as empty_completion_denominator,
        {#- An answer that was cut off or filtered might have become valid JSON, so the signal is unknown. #}
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

{#- For an unknown operation it is also unknown what its answer should contain. -#}
{% macro has_known_content() -%}
    operation <> 'other'
{%- endmacro %}

{#-
    1 where the answer is known to be empty, 0 where it is known to have content, null where unknown. An error that was not the upstream's
    and an unknown finish reason make it unknown. Otherwise the first evidence decides: a finish reason that explains missing text, then a
    detector's verdict, then the answer in the record, and last the token count, which is used only for text operations whose answer was not
    withheld.
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
