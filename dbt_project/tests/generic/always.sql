{#- The condition is true in every row; null counts as false. -#}
{% test always(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
