{#- Effective-dated rows: in force in [effective_from, effective_to), where an empty end is open. -#}

{#- The row of `relation` is in force at a moment. -#}
{% macro in_force(relation, moment) -%}
    {{ moment }} >= {{ relation }}.effective_from
    and ({{ moment }} < {{ relation }}.effective_to or {{ relation }}.effective_to is null)
{%- endmacro %}

{#- The rows of two relations are in force together at some moment. -#}
{% macro overlap(left, right) -%}
    {{ left }}.effective_from < coalesce({{ right }}.effective_to, timestamp '9999-12-31')
    and {{ right }}.effective_from < coalesce({{ left }}.effective_to, timestamp '9999-12-31')
{%- endmacro %}
