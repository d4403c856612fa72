-- One row per model, the five with the highest payouts.
select model, sum(compensation_count) as compensations, sum(payout_usd) as payout_usd
from mart_compensation_hourly
group by model
order by payout_usd desc, model asc
limit 5
