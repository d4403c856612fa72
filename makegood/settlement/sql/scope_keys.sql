-- Creates `scope_keys`: one row per key of the scope and request date on which it occurs; and `keys_now`, the same on the scope's dates only.
create or replace temp table scope_keys as
select distinct ('0x' || left(compensation_id, 16))::ubigint as key_hash, account_id, request_date
from (
    select compensation_id, account_id, request_date from allowed
    union all
    select compensation_id, account_id, request_date from posted
);

create or replace temp table keys_now as
select distinct key_hash, request_date
from scope_keys
where request_date in (select request_date from scope_dates);
