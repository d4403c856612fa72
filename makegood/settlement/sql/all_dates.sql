-- One row per request date that is closed or was posted for.
select distinct hour_at::date as request_date
from closed_hours
union
select distinct request_date
from {entries}
