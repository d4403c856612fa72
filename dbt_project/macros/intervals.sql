{#- Effective-dated rows: in force in [effective_from, effective_to), where an empty end is open. -#}

{#- The row of `relation` is in force at a moment. -#}
{% macro in_force(relation, moment) -%}
    {{ moment }} >= {{ relation }}.effective_from
    and ({{ moment }} < {{ relation }}.effective_to or {{ relation }}.effective_to is null)
{%- endmacro %}
