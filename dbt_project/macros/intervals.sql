{#- Effective-dated rows are in force in [effective_from, effective_to); an empty effective_to means open-ended. -#}

{#- Whether the row of `relation` is in force at `moment`. -#}
{% macro in_force(relation, moment) -%}
    {{ moment }} >= {{ relation }}.effective_from
    and ({{ moment }} < {{ relation }}.effective_to or {{ relation }}.effective_to is null)
{%- endmacro %}
