-- One row per day of the window and compensation type that occurs on it or in its history.
with days as (
    select distinct request_date from run.request_hours
),

counted as (
    select request_date, compensation_type, sum(compensation_count) as compensation_count
    from trailing_mart_compensation_hourly
    group by request_date, compensation_type
),

compared as (
    select
        days.request_date,
        counted.compensation_type,
        sum(counted.compensation_count) filter (where counted.request_date = days.request_date) as day_count,
        sum(counted.compensation_count) filter (where counted.request_date < days.request_date) as past_count,
    from days
    inner join counted
        on counted.request_date <= days.request_date
        and counted.request_date >= days.request_date - {HISTORY_DAYS}
    group by days.request_date, counted.compensation_type
),

totalled as (
    select
        request_date,
        compensation_type,
        coalesce(day_count, 0) as day_count,
        coalesce(past_count, 0) as past_count,
        sum(day_count) over (partition by request_date) as day_total,
        sum(past_count) over (partition by request_date) as past_total,
    from compared
),

final as (
    select
        request_date,
        compensation_type,
        case
            when day_total >= {MIN_COMPENSATIONS} and past_total >= {MIN_COMPENSATIONS}
                then day_count / day_total - past_count / past_total
        end as share_change,
    from totalled
)

select * from final
