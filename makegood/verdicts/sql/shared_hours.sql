-- Inserts into `found` one row per verdict and further hour in which its request was delivered.
insert into found
select distinct verdicts.identity, verdicts.request_key, date_trunc('hour', delivered.requested_at) as request_hour
from verdicts
inner join ({delivered}) as delivered
    on verdicts.request_key = delivered.request_key
    and speaks_at(verdicts.landed_hour, verdicts.assessed_at, verdicts.requested_at, delivered.landed_hour, delivered.requested_at)
    and abs(date_diff('hour', verdicts.placed_hour, delivered.requested_at)) <= {reach_hours}
where (verdicts.identity, verdicts.request_key, date_trunc('hour', delivered.requested_at))
    not in (select (identity, request_key, placed_hour) from verdicts)
