-- One row per entry of the account in the posting periods of the month, in the order in which they were posted.
select settled_date, request_date, entry_type, reason, amount_usd, entry_id
from fct_ledger_entries
where account_id = $account and settled_date between $first and $last
order by settled_date, batch_id, request_date, compensation_id
