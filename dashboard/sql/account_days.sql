-- grain: one row per account, request date, compensation type and model; hour_at is the first hour of the date
select
    account_id,
    request_date::timestamp as hour_at,
    compensation_type,
    model,
    compensation_count,
    payout_usd,
from mart_compensation_by_account_daily
