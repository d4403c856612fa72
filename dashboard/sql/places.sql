-- grain: one row per compensated request of one page of the details: where it lies
select rowid
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
order by {order}
{page}
