{#- The condition is true in every row; a condition that is null is not true. -#}
{% test always(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
