-- grain: one row per ledger entry of one request. Neighbouring dates are included, because a late delivery can move a request to another
-- date after entries were posted.
select * exclude (compensation_id, account_id, entry_digest)
from fct_ledger_entries
where compensation_id = $compensation_id
    and account_id = $account_id
    and request_date between $request_date::date - 8 and $request_date::date + 8
