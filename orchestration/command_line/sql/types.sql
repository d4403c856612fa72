-- One row per type of compensation.
select types.label as type, sum(compensation_count) as compensations, sum(payout_usd) as payout_usd
from mart_compensation_hourly
inner join dim_compensation_types as types using (compensation_type)
group by all
order by payout_usd desc, type asc
