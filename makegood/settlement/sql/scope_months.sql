-- Creates `scope_months`: one row per month of the scope's dates, or with amounts held back from accounts that were released since.
create or replace temp table scope_months as
select date_trunc('month', request_date)::date as month
from scope_dates
union
select month
from settled.waiting_months
where account_id not in (select account_id from holds)
