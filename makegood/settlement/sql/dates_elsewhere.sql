-- One row per request date outside the scope on which a key of the scope occurs.
select distinct seen.request_date
from settled.keys as seen
inner join scope_keys on seen.key_hash = scope_keys.key_hash and seen.request_date <> scope_keys.request_date
where seen.request_date not in (select request_date from scope_dates)
    and (scope_keys.account_id, date_trunc('month', seen.request_date)::date) not in (select (account_id, month) from scope_accounts)
