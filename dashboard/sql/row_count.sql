-- grain: one row: how many compensated requests there are
select count(*) as row_count
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
