-- Creates `verdicts`: one row per verdict in these files; `found`, for the hours of their requests, still empty; and what depends on both.
create table verdicts as
select {columns}, lake_part, version, placed_hour, struct_pack({identity}) as identity
from read_parquet({files}, hive_partitioning = false, filename = true)
inner join known using (filename, landing_file);

create table found as
select identity, request_key, placed_hour as request_hour
from verdicts
limit 0;

create view missing as
from verdicts anti join found using (identity);

create view sought as
from verdicts
where identity not in (select identity from found)
    or (account_id is null and requested_at is null);

-- Whether a verdict may judge a delivery by their times. It depends on these two rows only, so landing order is irrelevant.
create macro speaks_at(verdict_landed, assessed_at, hint, delivery_landed, requested_at) as
    delivery_landed <= verdict_landed + interval {patience} day
    and (
        requested_at between assessed_at - interval {patience} day and assessed_at + interval {clocks} day
        or requested_at between hint - interval {hint_reach} day and hint + interval {hint_reach} day
    );
