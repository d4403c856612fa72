-- grain: one row per compensation type, for one range and the range before it
select
    compensation_type,
    coalesce(sum(compensation_count) filter (where hour_at >= $start), 0)::bigint as compensation_count,
    coalesce(sum(payout_usd) filter (where hour_at >= $start), 0)::decimal(38, 12) as payout_usd,
    coalesce(sum(compensation_count) filter (where hour_at < $start), 0)::bigint as compensation_count_before,
    coalesce(sum(payout_usd) filter (where hour_at < $start), 0)::decimal(38, 12) as payout_usd_before,
from {sums}
where hour_at >= $start_before
    and hour_at < $end
    {conditions}
group by compensation_type
