{#- What was bought, and what follows from that before any rule (vars in dbt_project.yml). A rule's own operations are the seed's. -#}

{% macro is_purchase(operation) -%}
    {{ operation }} not in ('{{ var("unpurchased_operations") | join("', '") }}')
{%- endmacro %}

{#- The answer is text, counted in tokens. -#}
{% macro is_text(operation) -%}
    {{ operation }} in ('{{ var("text_operations") | join("', '") }}')
{%- endmacro %}

{#- The record's latency is how long the call took to serve, and not how long a caller or a queue wanted it to last. -#}
{% macro is_timed(operation) -%}
    {{ operation }} not in ('{{ var("untimed_operations") | join("', '") }}')
{%- endmacro %}

{#- A rule, which names operations joined by | or * for every purchase, is for this one. -#}
{% macro covers_operation(rules, operation) -%}
    ({{ rules }}.operations = '*' or contains(concat('|', {{ rules }}.operations, '|'), concat('|', {{ operation }}, '|')))
{%- endmacro %}
