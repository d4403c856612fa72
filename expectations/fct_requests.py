"""Audit of fct_requests: are the number, cost, latency and completeness of the requests plausible?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, within

NO_LATENCY = "no latency was reported"
NO_COUNT = "no tokens were reported"
NO_COST = "no cost is known"
TOO_FEW = "too few requests"

ROWS = Relation(
    name="audited_fct_requests",
    keys=("source", "request_id"),
    empty_means="no requests",
    expectations=(
        within("latency_ms", "no request ends before it begins", at_least=0, null_means=NO_LATENCY),
        within("input_tokens", "no prompt has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        within("output_tokens", "no completion has a negative number of tokens", at_least=0, null_means=NO_COUNT),
        within("cost_usd", "no request has a negative cost", at_least=0, null_means=NO_COST),
        within(
            "latency_ms",
            "no request lasts longer than a day",
            at_most=limit.LATENCY_MS_MAX,
            severity="warning",
            null_means=NO_LATENCY,
        ),
        within(
            "input_tokens",
            "no prompt exceeds any context window",
            at_most=limit.INPUT_TOKENS_MAX,
            severity="warning",
            null_means=NO_COUNT,
        ),
        within(
            "output_tokens",
            "no completion exceeds any model",
            at_most=limit.OUTPUT_TOKENS_MAX,
            severity="warning",
            null_means=NO_COUNT,
        ),
        within(
            "cost_usd",
            "no request costs more than any call can",
            at_most=limit.COST_USD_MAX,
            severity="warning",
            null_means=NO_COST,
        ),
    ),
)

HOURS = Relation(
    name="fct_requests_by_hour",
    keys=("request_date", "request_hour"),
    expectations=(
        within(
            "volume_ratio",
            "an hour has at most ten times the requests that its history has",
            at_most=limit.VOLUME_RATIO_MAX,
            null_means="no history",
        ),
        within(
            "settled_volume_ratio",
            "an hour that is complete has at least a tenth of the requests that its history has",
            at_least=limit.VOLUME_RATIO_MIN,
            null_means="no history, or no complete hour",
        ),
        within(
            "error_share",
            "few requests end in an error",
            at_most=limit.ERROR_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "unpriced_share",
            "nearly every request has a cost",
            at_most=limit.UNPRICED_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within("unpriced_share", "most requests have a cost", at_most=limit.UNPRICED_SHARE_BLOCK, null_means=TOO_FEW),
        within(
            "unknown_account_share",
            "nearly every request has an account",
            at_most=limit.UNKNOWN_ACCOUNT_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "missing_latency_share",
            "nearly every request has a latency",
            at_most=limit.MISSING_LATENCY_SHARE_WARN,
            null_means=TOO_FEW,
            severity="warning",
        ),
        within(
            "missing_latency_share",
            "most requests have a latency",
            at_most=limit.MISSING_LATENCY_SHARE_BLOCK,
            null_means=TOO_FEW,
        ),
        within(
            "absurd_share",
            "hardly any request lasts longer, says more or costs more than a call can",
            at_most=limit.ABSURD_SHARE_BLOCK,
            null_means=TOO_FEW,
        ),
    ),
    sql=f"""
-- one row per request hour of the window, including hours without requests
with

request_hours as (
    select request_date, request_hour from run.request_hours
),

newest_landing as (
    select max(landed_hour) as landed_hour from run.landing_files
),

measured as (
    select
        request_date,
        request_hour,
        count(*) as request_count,
        count(*) filter (where finish_reason = 'error') as error_count,
        count(*) filter (where cost_source = 'unpriced') as unpriced_count,
        count(*) filter (where account_id = 'unknown') as unknown_account_count,
        count(*) filter (where latency_ms is null) as missing_latency_count,
        count(*) filter (
            where latency_ms > {limit.LATENCY_MS_MAX}
                or input_tokens > {limit.INPUT_TOKENS_MAX}
                or output_tokens > {limit.OUTPUT_TOKENS_MAX}
                or cost_usd > {limit.COST_USD_MAX}
        ) as absurd_count,
    from audited_fct_requests
    group by request_date, request_hour
),

history as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        median(past.current_count) as typical_count,
    from request_hours
    inner join trailing_fct_request_hours as past
        on past.request_hour = request_hours.request_hour
        and past.request_date < request_hours.request_date
        and past.request_date >= request_hours.request_date - {limit.HISTORY_DAYS}
    group by request_hours.request_date, request_hours.request_hour
    having
        count(*) >= {limit.MIN_HISTORY_HOURS}
        and median(past.current_count) >= {limit.MIN_REQUESTS}
),

compared as (
    select
        request_hours.request_date,
        request_hours.request_hour,
        coalesce(measured.request_count, 0) as request_count,
        history.typical_count,
        coalesce(measured.request_count, 0) / history.typical_count as volume_ratio,
        request_hours.request_date + to_hours(request_hours.request_hour)
            <= newest_landing.landed_hour - to_hours({limit.SETTLED_AFTER_HOURS}) as is_settled,
        case
            when measured.request_count >= {limit.MIN_REQUESTS} then measured.request_count
        end as judged_count,
        measured.error_count,
        measured.unpriced_count,
        measured.unknown_account_count,
        measured.missing_latency_count,
        measured.absurd_count,
    from request_hours
    cross join newest_landing
    left join measured using (request_date, request_hour)
    left join history using (request_date, request_hour)
),

final as (
    select
        request_date,
        request_hour,
        request_count,
        typical_count,
        volume_ratio,
        case when is_settled then volume_ratio end as settled_volume_ratio,
        error_count / judged_count as error_share,
        unpriced_count / judged_count as unpriced_share,
        unknown_account_count / judged_count as unknown_account_share,
        missing_latency_count / judged_count as missing_latency_share,
        absurd_count / judged_count as absurd_share,
    from compared
)

select * from final
""",
)

SUITE = Suite(table="fct_requests", relations=(ROWS, HOURS), reads=("fct_requests", "fct_request_hours"))
