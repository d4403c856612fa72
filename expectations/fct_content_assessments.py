"""Audit of fct_content_assessments: does each detector's share of unsatisfactory verdicts resemble that of the days before?"""

from expectations import thresholds as limit
from expectations.suite import Relation, Suite, within

DETECTORS = Relation(
    name="fct_content_assessments_by_day_and_detector",
    keys=("request_date", "detector"),
    empty_means="no verdicts, or too few",
    expectations=(
        within(
            "unsatisfactory_share_change",
            "each detector finds about as many answers unsatisfactory as in the days before",
            at_least=-limit.UNSATISFACTORY_SHARE_CHANGE_WARN,
            at_most=limit.UNSATISFACTORY_SHARE_CHANGE_WARN,
            severity="warning",
            null_means="no history",
        ),
    ),
    sql=f"""
-- one row per day of the window and detector with verdicts on it
with

days as (
    select distinct request_date from run.request_hours
),

shares as (
    select
        days.request_date,
        verdicts.detector,
        verdicts.request_date = days.request_date as is_day,
        count(*) filter (where verdicts.verdict = 'unsatisfactory') / count(*) as unsatisfactory_share,
    from days
    inner join trailing_fct_content_assessments as verdicts
        on verdicts.request_date <= days.request_date
        and verdicts.request_date >= days.request_date - {limit.HISTORY_DAYS}
    group by days.request_date, verdicts.detector, is_day
    having count(*) >= {limit.MIN_REQUESTS}
),

final as (
    select
        today.request_date,
        today.detector,
        today.unsatisfactory_share - past.unsatisfactory_share as unsatisfactory_share_change,
    from shares as today
    left join shares as past
        on past.request_date = today.request_date and past.detector = today.detector and not past.is_day
    where today.is_day
)

select * from final
""",
)

SUITE = Suite(table="fct_content_assessments", relations=(DETECTORS,), reads=("fct_content_assessments",))
