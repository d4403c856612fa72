-- grain: one row per compensated request of one page of the details, with its rowid
select rowid
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
order by {order}
{page}
