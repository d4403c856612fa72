-- One row per request date, account, compensation type and model, from the compensations.
select request_date, account_id, compensation_type, model, count(*) as compensation_count, sum(payout_usd) as payout_usd
from fct_compensations
group by request_date, account_id, compensation_type, model
