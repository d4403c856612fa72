-- grain: one row per compensation type
{{ config(materialized="view") }}
with compensation_types as (
    select * from {{ ref('compensation_types') }}
),

final as (
    select
        compensation_type,
        label,
        precedence,
        description,
    from compensation_types
)

select * from final
