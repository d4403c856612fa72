-- Creates `waiting_months_now`: one row per account and month with an amount that is due, of an account on hold.
create or replace temp table waiting_months_now as
select distinct account_id, date_trunc('month', request_date)::date as month
from due
where account_id in (select account_id from holds)
