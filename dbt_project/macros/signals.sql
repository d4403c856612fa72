{#- The signals that a rule may name, and the one place where each is measured of an observed request. -#}

{% macro signals() -%} {{ return(var("signals")) }} {%- endmacro %}

{#- Those of them that are 0 or 1: a rule about one says all in its description. -#}
{% macro yes_no_signals() -%} {{ return(var("yes_no_signals")) }} {%- endmacro %}

{#- Those of them that a detector's verdict may speak for. -#}
{% macro assessed_signals() -%} {{ return(var("assessed_signals")) }} {%- endmacro %}

{#-
    Each signal as two integers, <name>_numerator / <name>_denominator, so that thresholds compare by
    cross-multiplication and never by a rounded division. Null is "not observed".
-#}
{% macro signal_columns() -%}
        case
            when not is_undecided_error
                then cast(is_error and not is_caller_error and not is_cancelled_by_caller as bigint)
        end as upstream_failed_numerator,
        cast(1 as bigint) as upstream_failed_denominator,
        case
            when not is_undecided_error
                then coalesce(
                    cast(detected_empty_completion as bigint),
                    cast(
                        output_tokens - coalesce(reasoning_tokens, 0) = 0
                        and coalesce(finish_reason, '') not in ('tool_calls', 'content_filter') as bigint
                    )
                )
        end as empty_completion_numerator,
        cast(1 as bigint) as empty_completion_denominator,
        cast(detected_invalid_json as bigint) as invalid_json_numerator,
        cast(1 as bigint) as invalid_json_denominator,
        cast(detected_repetition_loop as bigint) as repetition_loop_numerator,
        cast(1 as bigint) as repetition_loop_denominator,
        coalesce(
            cast(detected_truncated as bigint),
            case
                when coalesce(finish_reason, '') <> 'length' then 0
                else cast(output_tokens < max_output_tokens as bigint)
            end
        ) as truncated_numerator,
        cast(1 as bigint) as truncated_denominator,
        cast(detected_assessment_score * 10000 as bigint) as assessment_score_numerator,
        cast(10000 as bigint) as assessment_score_denominator,
        latency_ms as latency_ratio_numerator,
        latency_baseline_ms as latency_ratio_denominator,
        cast(output_tokens as hugeint) * 1000 as throughput_tps_numerator,
        generation_ms as throughput_tps_denominator,
        latency_ms as latency_ms_numerator,
        cast(1 as bigint) as latency_ms_denominator,
{%- endmacro %}
