-- Creates `scope_accounts`: one row per account and month that is compared as a whole, because a monthly cap or a lifted hold affects it.
create or replace temp table scope_accounts as
from bound_months_now
union
(from settled.bound_months where month in (select month from scope_months))
union
(from settled.waiting_months where account_id not in (select account_id from holds))
