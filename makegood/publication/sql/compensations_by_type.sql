-- One row per compensation type with a compensation in these hours.
select compensation_type, sum(compensation_count) as compensation_count, sum(payout_usd) as payout_usd
from mart_compensation_hourly
where request_date in (select unnest($hours)::date) and hour_at in (select unnest($hours))
group by compensation_type
