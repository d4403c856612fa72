-- One row: the sums of the four KPIs over everything that is published.
select
    sum(payout_usd) as payout_usd,
    sum(compensation_count) as compensation_count,
    sum(hour_count) as hour_count
from mart_compensation_daily
