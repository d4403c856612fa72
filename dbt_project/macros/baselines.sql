{#- What is normal is measured: over which days, from how many requests, at which rank, for which sizes of output (vars in dbt_project.yml). -#}

{#- How many days before a day its baselines look back. -#}
{% macro baseline_days() -%} {{ var('latency_baselines')['days'] }} {%- endmacro %}

{#- Fewest requests that say what is normal. -#}
{% macro baseline_requests() -%} {{ var('latency_baselines')['requests'] }} {%- endmacro %}

{#- Nearest rank of the latency that is normal at the most, in per cent. -#}
{% macro baseline_percent() -%} {{ var('latency_baselines')['percent'] }} {%- endmacro %}

{#- The least output of the bucket that an answer's size falls in. -#}
{% macro output_bucket(output_tokens) -%}
    case
        {%- for least in var('latency_baselines')['output_buckets'] | sort(reverse=true) %}
        when {{ output_tokens }} >= {{ least }} then {{ least }}
        {%- endfor %}
    end
{%- endmacro %}
