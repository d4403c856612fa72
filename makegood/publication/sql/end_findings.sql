-- Ends, with this snapshot, what earlier runs found in the hours that this run wrote.
update findings
set until_snapshot = :snapshot_id
where until_snapshot is null
    and request_hour in (select request_hour from unaudited_hours where run_id = :run_id)
