-- grain: one row per compensation of one request date. They are ordered by time, and within a millisecond by their names in descending
-- order, so that reading them by rowid in descending order gives the page's order of equal values.
select
    requested_at,
    model,
    input_tokens,
    output_tokens,
    cost_usd,
    latency_ms,
    throughput_tps,
    finish_reason,
    payout_usd,
    compensation_type,
    request_id,
    source,
    account_id,
    request_key,
from fct_compensations
where request_date = $day
order by requested_at asc, source desc, request_id desc, request_key desc
