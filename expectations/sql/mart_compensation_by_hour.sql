-- One row per request hour of the window.
with request_hours as (
    select request_date, request_hour from run.request_hours
),

paid as (
    select
        request_date,
        request_hour,
        sum(compensation_count) as compensation_count,
        sum(payout_usd) as payout_usd,
    from trailing_mart_compensation_hourly
    group by request_date, request_hour
),

-- Hours that were derived and paid nothing count as 0 in the history, not as missing.
past as (
    select
        derived.request_date,
        derived.request_hour,
        coalesce(paid.payout_usd, 0) as payout_usd,
    from trailing_fct_request_hours as derived
    left join paid using (request_date, request_hour)
),

history as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        median(past.payout_usd) as typical_payout_usd,
    from request_hours
    inner join past
        on past.request_hour = request_hours.request_hour
        and past.request_date < request_hours.request_date
        and past.request_date >= request_hours.request_date - {HISTORY_DAYS}
    group by request_hours.request_date, request_hours.request_hour
    having
        count(*) >= {MIN_HISTORY_HOURS}
        and median(past.payout_usd) >= {MIN_TYPICAL_PAYOUT_USD}
),

-- The ratio is a double because it is only compared with a limit and is not an amount of money.
final as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        coalesce(paid.compensation_count, 0) as compensation_count,
        coalesce(paid.payout_usd, 0) as payout_usd,
        coalesce(paid.payout_usd, 0) / history.typical_payout_usd as payout_ratio,
    from request_hours
    left join paid using (request_date, request_hour)
    left join history using (request_date, request_hour)
)

select * from final
