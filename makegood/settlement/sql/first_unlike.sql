-- The keys of the first row that a table has and should not have, or lacks.
with expected as (
    select {columns} from ({expected})
),

found as (
    select {columns} from {table} where {scope}
),

unlike as (
    (
        from expected
        except all
        from found
    )
    union all
    (
        from found
        except all
        from expected
    )
)

select {keys} from unlike order by {keys} limit 1
