-- One row per day of the window and detector with verdicts on it.
with days as (
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
        and verdicts.request_date >= days.request_date - {HISTORY_DAYS}
    group by days.request_date, verdicts.detector, is_day
    having count(*) >= {MIN_REQUESTS}
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
