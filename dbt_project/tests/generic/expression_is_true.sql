{#- The expression is true in every row. Unlike in dbt_utils, null counts as false. -#}
{% test expression_is_true(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
