-- One row per fault that a run's audits found, while hours that the run wrote are not audited.
select
    check_name,
    severity,
    request_hour,
    measured,
    allowed,
    sentence,
    rows,
    compensation_count,
    payout_usd,
    found_at
from noted_findings
where severity = 'critical'
    and run_id in (select run_id from unaudited_hours)
order by found_at, check_name
