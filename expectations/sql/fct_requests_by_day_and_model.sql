-- One row per day of the window and model requested on it.
with days as (
    select distinct request_date from run.request_hours
),

asked as (
    select
        request_date,
        model,
        sum(request_count) as request_count,
        sum(compensated_count) as compensated_count,
        sum(unpriced_count) as unpriced_count,
        sum(cost_usd) as cost_usd,
    from trailing_fct_requests_hourly
    group by request_date, model
),

paid as (
    select request_date, model, sum(payout_usd) as payout_usd
    from trailing_mart_compensation_hourly
    group by request_date, model
),

compared as (
    select
        days.request_date,
        asked.model,
        asked.request_date = days.request_date as is_day,
        sum(asked.request_count) as request_count,
        sum(asked.compensated_count) as compensated_count,
        sum(asked.unpriced_count) as unpriced_count,
        sum(asked.cost_usd) as cost_usd,
        sum(coalesce(paid.payout_usd, 0)) as payout_usd,
    from days
    inner join asked
        on asked.request_date <= days.request_date
        and asked.request_date >= days.request_date - {HISTORY_DAYS}
    left join paid on paid.request_date = asked.request_date and paid.model = asked.model
    group by days.request_date, asked.model, is_day
    having sum(asked.request_count) >= {MIN_REQUESTS}
),

-- The shares are doubles because they are only compared and are not amounts of money. A payout where nothing was billed is an infinite share.
shares as (
    select
        request_date,
        model,
        is_day,
        compensated_count / request_count as compensated_share,
        case
            when coalesce(cost_usd, 0) <> 0 then payout_usd / cost_usd
            when payout_usd <> 0 then cast('infinity' as double)
        end as payout_share,
        unpriced_count / request_count as unpriced_share,
    from compared
),

final as (
    select
        today.request_date,
        today.model,
        today.compensated_share - past.compensated_share as compensated_share_change,
        today.payout_share - past.payout_share as payout_share_change,
        today.unpriced_share - past.unpriced_share as unpriced_share_change,
    from shares as today
    left join shares as past
        on past.request_date = today.request_date and past.model = today.model and not past.is_day
    where today.is_day
)

select * from final
