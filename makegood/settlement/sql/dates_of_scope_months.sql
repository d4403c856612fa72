-- One row per request date of a posted entry in a month in which an account is compared as a whole.
select distinct request_date
from settled.batch_dates
where date_trunc('month', request_date) in (select month from scope_accounts)
