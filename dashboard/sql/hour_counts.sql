-- grain: one row per hour with a compensation, or per whole day of one account
select
    hour_at,
    sum(compensation_count)::bigint as compensation_count,
from {sums}
where hour_at >= $start
    and hour_at < $end
    {conditions}
group by hour_at
order by hour_at
