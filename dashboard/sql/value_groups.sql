-- grain: one row per group of values of a column, with the group's largest value and the share of rows up to it in millionths; groups have
-- about equally many rows
with sampled as (
    select {column} as value
    from page.compensations
    where rowid % (select 1 + count(*) // $sampled from page.compensations) = 0
),

parted as (
    select
        unnest(quantile_disc(value, list_transform(range(1, $parts), lambda part: part / $parts))) as value,
        unnest(range(1, $parts)) as part,
    from sampled
    union all
    select
        max({column}) as value,
        $parts as part,
    from page.compensations
)

select
    value,
    max(part) * (select count(value) * 1000000 // count(*) from sampled) // $parts as share,
from parted
where value is not null
group by value
order by value
