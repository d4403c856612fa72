-- Creates `waiting_months_now`: one row per account and month with an amount that is due but on hold.
create or replace temp table waiting_months_now as
select distinct account_id, date_trunc('month', request_date)::date as month
from due
where is_held
