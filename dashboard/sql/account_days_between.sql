-- grain: one row per day, compensation type and model, of one account
select
    hour_at,
    compensation_type,
    model,
    compensation_count,
    payout_usd,
from {account_days}
where account_id = $account
    and hour_at >= $from_{number}
    and hour_at < $to_{number}
