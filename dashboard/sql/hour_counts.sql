-- grain: one row per hour with compensations; for a single account, one row per whole day where the range contains it
select
    hour_at,
    sum(compensation_count)::bigint as compensation_count,
from {sums}
where hour_at >= $start
    and hour_at < $end
    {conditions}
group by hour_at
order by hour_at
