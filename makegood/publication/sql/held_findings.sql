-- One row per hold that is valid at the snapshot, with its seal.
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
    found_at,
    seal
from findings
where from_snapshot <= :snapshot_id
    and (until_snapshot is null or until_snapshot > :snapshot_id)
order by request_hour, check_name
