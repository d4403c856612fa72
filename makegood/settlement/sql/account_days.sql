-- Creates `account_days_now`: one row per account and request date, with what the daily cap leaves of its payouts.
create or replace temp table account_days_now as
select account_id, request_date, sum(amount_usd)::decimal(38, 12) as amount_usd
from day_allowed
group by account_id, request_date
