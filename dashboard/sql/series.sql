-- grain: one row per bucket (an hour or a day) and compensation type or model
select
    date_trunc($bucket, hour_at) as bucket_at,
    {grouping} as name,
    sum(compensation_count)::bigint as compensation_count,
    sum(payout_usd)::decimal(38, 12) as payout_usd,
from {sums}
where hour_at >= $start
    and hour_at < $end
    {conditions}
group by bucket_at, name
order by bucket_at, name
