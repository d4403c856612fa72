"""Audit of mart_compensation_hourly: are all values positive, and do the sum and mix of payouts resemble their history?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, within

ROWS = Relation(
    name="audited_mart_compensation_hourly",
    keys=("request_date", "request_hour", "compensation_type", "model"),
    empty_means="no compensations",
    expectations=(
        within("compensation_count", "every row counts a compensation", at_least=1),
        within("payout_usd", "no payout is negative", at_least=0),
        within("cost_usd", "no cost is negative", at_least=0),
    ),
)

HOURS = Relation(
    name="mart_compensation_by_hour",
    keys=("request_date", "request_hour"),
    empty_means="no request hours",
    expectations=(
        within(
            "payout_ratio",
            "an hour pays at most ten times what its history pays",
            at_most=limit.PAYOUT_RATIO_MAX,
            null_means="no history",
        ),
    ),
    sql=f"""
-- one row per request hour of the window
with

request_hours as (
    select request_date, request_hour from run.request_hours
),

paid as (
    select request_date, request_hour, sum(payout_usd) as payout_usd
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
        and past.request_date >= request_hours.request_date - {limit.HISTORY_DAYS}
    group by request_hours.request_date, request_hours.request_hour
    having
        count(*) >= {limit.MIN_HISTORY_HOURS}
        and median(past.payout_usd) >= {limit.MIN_TYPICAL_PAYOUT_USD}
),

-- The ratio is a double because it is only compared with a limit and is not an amount of money.
final as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        coalesce(paid.payout_usd, 0) / history.typical_payout_usd as payout_ratio,
    from request_hours
    left join paid using (request_date, request_hour)
    left join history using (request_date, request_hour)
)

select * from final
""",
)

TYPES = Relation(
    name="mart_compensation_types_by_day",
    keys=("request_date", "compensation_type"),
    empty_means="no compensations",
    expectations=(
        within(
            "share_change",
            "the mix of compensation types resembles its history",
            at_least=-limit.TYPE_SHARE_CHANGE_WARN,
            at_most=limit.TYPE_SHARE_CHANGE_WARN,
            severity="warning",
            null_means="too few compensations, or no history",
        ),
    ),
    sql=f"""
-- one row per day of the window and compensation type that occurs on it or in its history
with

days as (
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
        and counted.request_date >= days.request_date - {limit.HISTORY_DAYS}
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
            when day_total >= {limit.MIN_COMPENSATIONS} and past_total >= {limit.MIN_COMPENSATIONS}
                then day_count / day_total - past_count / past_total
        end as share_change,
    from totalled
)

select * from final
""",
)

SUITE = Suite(
    table="mart_compensation_hourly",
    relations=(ROWS, HOURS, TYPES),
    reads=("fct_request_hours", "mart_compensation_hourly"),
)
