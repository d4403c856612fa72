-- One row: what was posted to the account before the month, and what is decided of the month's request dates but not posted.
select
    (
        select coalesce(sum(amount_usd), 0)
        from fct_ledger_entries
        where account_id = $account and settled_date < $first
    ) as opening_usd,
    (
        select coalesce(sum(unsettled_usd), 0)
        from mart_settlement_daily
        where account_id = $account and request_date between $first and $last
    ) as accrual_usd,
