-- Creates `of_hour`: one row per verdict on a request of this hour, or per further one, with the key of its request.
create or replace table of_hour as
select distinct on (identity, ranked.request_key)
    verdicts.* replace (ranked.request_key as request_key, ('0x' || left(ranked.request_key, 16))::ubigint as key_hash),
from verdicts
inner join ranked using (identity)
where ranked.request_hour = $hour and ranked.is_further = $is_further
    and coalesce(verdicts.request_key = ranked.request_key, true)
