-- grain: one row per hour with compensations that match the column filters
select
    date_trunc('hour', requested_at) as hour_at,
    count(*) as compensation_count,
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
group by hour_at
order by hour_at
