{#- Numbers formatted for sentences; never for calculations. -#}

{#- A decimal without trailing zeros: 0.041216000000 becomes 0.041216, 5.000000 becomes 5. -#}
{% macro plain_number(expression) -%}
    regexp_replace(cast({{ expression }} as varchar), '\.?0+$', '')
{%- endmacro %}
