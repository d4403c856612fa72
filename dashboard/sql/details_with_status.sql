-- grain: one row per compensated request of the details, in their order, with its payout status
select
    details.* exclude (place),
    statuses.payout_status,
from (
    select
        *,
        row_number() over () as place,
    from ({details})
) as details
left join (
    select
        "timestamp",
        request_key,
        payout_status,
    from mart_compensation_details
    where "timestamp" >= $start
        and "timestamp" < $end
) as statuses using ("timestamp", request_key)
order by place
