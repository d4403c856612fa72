-- grain: one row per hour, compensation type and model, of one account
select
    date_trunc('hour', requested_at) as hour_at,
    compensation_type,
    model,
    count(*) as compensation_count,
    sum(payout_usd) as payout_usd,
from {facts}
where account_id = $account
    and requested_at >= $from_{number}
    and requested_at < $to_{number}
group by all
