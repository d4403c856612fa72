-- Creates `past`: one row per account and recent request date, with the sum posted for it.
create or replace temp table past as
select request_date, account_id, sum(amount_usd)::decimal(38, 12) as amount_usd
from {entries}
where request_date in (select unnest($dates)::date)
group by request_date, account_id
