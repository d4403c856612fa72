-- grain: one row per bucket (hour or day) and compensation type or model; all but the largest are combined into one with a null name
with amounts as (
    select
        date_trunc($bucket, hour_at) as bucket_at,
        {grouping} as name,
        sum({measure}) as amount,
    from {sums}
    where hour_at >= $start
        and hour_at < $end
        {conditions}
    group by bucket_at, name
),

ranked as (
    select
        name,
        row_number() over (order by sum(amount) desc, name) as place,
        count(*) over () as name_count,
    from amounts
    group by name
),

final as (
    select
        bucket_at,
        case when $drawn is null or place <= $drawn then name end as name,
        name_count,
        sum(amount) as amount,
    from amounts
    inner join ranked using (name)
    group by all
)

select
    bucket_at,
    name,
    name_count,
    amount,
from final
