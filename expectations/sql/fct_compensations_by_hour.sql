-- One row per request hour of the window, including hours without compensations.
with request_hours as (
    select request_date, request_hour from run.request_hours
),

served as (
    select
        request_date,
        request_hour,
        count(*) as request_count,
        sum(cost_usd) as cost_usd,
    from audited_fct_requests
    group by request_date, request_hour
),

paid as (
    select
        request_date,
        request_hour,
        count(*) as compensation_count,
        sum(payout_usd) as payout_usd,
        max(payout_usd) as largest_payout_usd,
    from audited_fct_compensations
    group by request_date, request_hour
),

-- The shares are doubles because they are only compared with limits and are not amounts of money. A payout where nothing was billed counts
-- as an infinite share: a null from the division by zero would be skipped by the expectation.
final as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        coalesce(paid.compensation_count, 0) as compensation_count,
        coalesce(paid.payout_usd, 0) as payout_usd,
        paid.largest_payout_usd,
        coalesce(paid.compensation_count, 0) / served.request_count as compensated_share,
        case
            when served.request_count is null then null
            when coalesce(served.cost_usd, 0) <> 0 then coalesce(paid.payout_usd, 0) / served.cost_usd
            when coalesce(paid.payout_usd, 0) <> 0 then cast('infinity' as double)
        end as payout_share,
    from request_hours
    left join served
        on served.request_date = request_hours.request_date
        and served.request_hour = request_hours.request_hour
        and served.request_count >= {MIN_REQUESTS}
    left join paid
        on paid.request_date = request_hours.request_date
        and paid.request_hour = request_hours.request_hour
)

select * from final
