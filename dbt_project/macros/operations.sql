{#- Classes of operations, which are variables in dbt_project.yml. The operations that a rule applies to are in the seed compensation_rules. -#}

{% macro is_purchase(operation) -%}
    {{ operation }} not in ('{{ var("unpurchased_operations") | join("', '") }}')
{%- endmacro %}

{#- Whether the answer is text counted in tokens. -#}
{% macro is_text(operation) -%}
    {{ operation }} in ('{{ var("text_operations") | join("', '") }}')
{%- endmacro %}

{#- Whether the latency in the record measures the speed of the service, rather than how long a caller or a queue made the call last. -#}
{% macro is_timed(operation) -%}
    {{ operation }} not in ('{{ var("untimed_operations") | join("', '") }}')
{%- endmacro %}

{#- Whether a rule, whose operations are separated by | or * for every purchase, applies to the operation. -#}
{% macro covers_operation(rules, operation) -%}
    ({{ rules }}.operations = '*' or contains(concat('|', {{ rules }}.operations, '|'), concat('|', {{ operation }}, '|')))
{%- endmacro %}
