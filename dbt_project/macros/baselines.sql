{#- The parameters of the latency baselines, which are variables in dbt_project.yml. -#}

{#- Number of days before a day that its baselines are measured on. -#}
{% macro baseline_days() -%} {{ var('latency_baselines')['days'] }} {%- endmacro %}

{#- Minimum number of requests for a baseline. -#}
{% macro baseline_requests() -%} {{ var('latency_baselines')['requests'] }} {%- endmacro %}

{#- The nearest-rank percentile that is the baseline. -#}
{% macro baseline_percent() -%} {{ var('latency_baselines')['percent'] }} {%- endmacro %}

{#- Lower bound of the output-size bucket that the token count falls into. -#}
{% macro output_bucket(output_tokens) -%}
    case
        {%- for least in var('latency_baselines')['output_buckets'] | sort(reverse=true) %}
        when {{ output_tokens }} >= {{ least }} then {{ least }}
        {%- endfor %}
    end
{%- endmacro %}
