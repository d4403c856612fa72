{#- Every relation lives in the one schema of its database, so that analysts write plain names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}
{%- endmacro %}
