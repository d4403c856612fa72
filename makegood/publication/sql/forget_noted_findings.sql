-- Deletes what the run's audits noted, and what is left of runs that no longer have unaudited hours.
delete from noted_findings
where run_id = :run_id or run_id not in (select run_id from unaudited_hours)
