-- Creates `waiting_months_now`: one row per account and month with an amount that is held back on a date that counts as settled.
create or replace temp table waiting_months_now as
select distinct account_id, date_trunc('month', request_date)::date as month
from due
where is_held
    and request_date not in (select request_date from held_dates)
