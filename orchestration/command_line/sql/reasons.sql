-- One row per reason of a decision.
select reason_code, count(*) as requests
from fct_requests
group by reason_code
order by requests desc, reason_code asc
