-- grain: one row per compensated request, with the column names of mart_compensation_details
select
    requested_at as "timestamp",
    model,
    input_tokens,
    output_tokens,
    cost_usd as cost,
    latency_ms as latency,
    throughput_tps as throughput,
    finish_reason as finish,
    payout_usd as payout,
    compensation_type,
    request_id,
    source,
    account_id,
    request_key,
from {facts}
where requested_at >= $start
    and requested_at < $end
    {conditions}
order by {order}
{page}
