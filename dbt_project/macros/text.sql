{#- Numbers in sentences. Nothing that computes uses these. -#}

{#- A decimal without the zeros that pad its scale: 0.041216000000 is 0.041216, 5.000000 is 5. -#}
{% macro plain_number(expression) -%}
    regexp_replace(cast({{ expression }} as varchar), '\.?0+$', '')
{%- endmacro %}
