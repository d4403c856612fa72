-- One row per word in the logs that was normalised to `other` on one of the last published days, the most frequent first.
select coalesce({column}, 'none') as word, count(*) as request_count
from fct_requests
where {normalised} = 'other' and request_date > (select max(request_date) from fct_request_hours) - {DAYS}
group by word
order by request_count desc, word asc
