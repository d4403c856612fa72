-- One row: whether anything was ever decided or posted for the account.
select
    exists (from fct_ledger_entries where account_id = $account)
    or exists (from mart_compensation_by_account_daily where account_id = $account)
