{#- Every relation is created in the target schema, without a prefix, so that analysts can use unqualified names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}
{%- endmacro %}
