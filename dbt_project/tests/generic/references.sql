{#- Every combination of values of these columns exists in the other relation. -#}
{% test references(model, columns, to) %}
with children as (
    select * from {{ model }}
),

parents as (
    select * from {{ to }}
)

select {{ columns | join(", ") }}
from children
where ({{ columns | join(", ") }}) not in (select ({{ columns | join(", ") }}) from parents)
{% endtest %}
