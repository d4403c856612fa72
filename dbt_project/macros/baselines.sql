{#- What is normal is measured: over which days, from how many requests, at which rank, for which sizes of output. -#}

{#- How many days before a day its baselines look back. -#}
{% macro baseline_days() -%} 7 {%- endmacro %}

{#- Fewest requests that say what is normal. -#}
{% macro baseline_requests() -%} 50 {%- endmacro %}

{#- Nearest rank of the latency that is normal at the most, in per cent. -#}
{% macro baseline_percent() -%} 95 {%- endmacro %}

{#- The least output of the bucket that an answer's size falls in: 0–63, 64–255, 256–1,023, 1,024–4,095, 4,096 and more. -#}
{% macro output_bucket(output_tokens) -%}
    case
        {%- for least in [4096, 1024, 256, 64, 0] %}
        when {{ output_tokens }} >= {{ least }} then {{ least }}
        {%- endfor %}
    end
{%- endmacro %}
