-- grain: one row with the number of compensated requests
select count(*) as row_count
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
