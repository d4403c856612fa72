"""Audit of fct_request_hours: are few deliveries superseded, and was recent history decided under the current policy?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, within

HOURS = Relation(
    name="fct_request_hours_in_window",
    keys=("request_date", "request_hour"),
    empty_means="no request hours",
    expectations=(
        within(
            "superseded_share",
            "most deliveries are not repeats of others",
            at_most=limit.SUPERSEDED_SHARE_WARN,
            null_means="too few deliveries",
            severity="warning",
        ),
    ),
    sql=f"""
-- one row per request hour of the window
with

final as (
    select
        request_date,
        request_hour,
        case
            when landed_count >= {limit.MIN_REQUESTS} then superseded_count / landed_count
        end as superseded_share,
    from audited_fct_request_hours
)

select * from final
""",
)

HISTORY = Relation(
    name="fct_request_hours_before",
    keys=("request_date", "request_hour"),
    empty_means="no history",
    expectations=(
        within(
            "outdated_count",
            "the days before were decided under today's policy",
            at_most=0,
            severity="warning",
        ),
    ),
    sql="""
-- one row per request hour of the window's days and of the history before them; outdated_count is 0 or 1
with

policies as (
    select start_at, policy_digest from run.policies
),

final as (
    select
        hours.request_date,
        hours.request_hour,
        case when hours.policy_digest = policies.policy_digest then 0 else 1 end as outdated_count,
    from trailing_fct_request_hours as hours
    asof left join policies on hours.hour_at >= policies.start_at
)

select * from final
""",
)

SUITE = Suite(table="fct_request_hours", relations=(HOURS, HISTORY), reads=("fct_request_hours",))
