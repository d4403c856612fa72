{#- Every combination of values of these columns exists in the other relation; dbt's own `relationships` test takes a single column. -#}
{% test foreign_key(model, columns, to) %}
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
