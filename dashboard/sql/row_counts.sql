-- grain: one row per hour with a compensation that the column filters let through
select
    date_trunc('hour', requested_at) as hour_at,
    count(*) as compensation_count,
from fct_compensations
where request_date >= $start::date
    and request_date <= $end::date
    and requested_at >= $start
    and requested_at < $end
    {conditions}
group by hour_at
order by hour_at
