-- One row per hold that the run noted, with the time at which the same value was first found.
select
    noted.check_name,
    noted.severity,
    noted.request_hour,
    noted.measured,
    noted.allowed,
    noted.sentence,
    noted.rows,
    noted.compensation_count,
    noted.payout_usd,
    coalesce(
        (
            select min(earlier.found_at)
            from findings as earlier
            where earlier.check_name = noted.check_name
                and earlier.request_hour = noted.request_hour
                and earlier.measured = noted.measured
                and earlier.compensation_count = noted.compensation_count
                and earlier.payout_usd = noted.payout_usd
        ),
        noted.found_at
    ) as found_at
from noted_findings as noted
where noted.run_id = :run_id
    and noted.severity = 'hold'
    and noted.request_hour in (select request_hour from unaudited_hours where run_id = :run_id)
