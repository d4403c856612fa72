{#- Numbers formatted for sentences; never for calculations. -#}

{#- A decimal without trailing zeros: 0.041216000000 becomes 0.041216, 5.000000 becomes 5, and 100 stays 100. Explanations in Python write
    numbers the same way, with plain_number in makegood/publication/explaining.py. -#}
{% macro plain_number(expression) -%}
    regexp_replace(cast({{ expression }} as varchar), '\.0+$|(\.\d*[1-9])0+$', '\1')
{%- endmacro %}
