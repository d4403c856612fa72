-- One row per account and posting period with an entry, from the loaded batches.
with account_days as (
    select
        account_id,
        settled_date,
        sum(amount_usd) as amount_usd,
        sum(if(entry_type = 'payout', amount_usd, 0)) as payouts_usd,
        sum(if(entry_type = 'adjustment', amount_usd, 0)) as adjustments_usd,
        sum(if(entry_type = 'reversal', amount_usd, 0)) as reversals_usd,
        count(*) as entry_count,
    from loaded
    group by account_id, settled_date
)

select
    account_id,
    settled_date,
    sum(amount_usd) over (until_then rows unbounded preceding) - amount_usd as opening_usd,
    payouts_usd,
    adjustments_usd,
    reversals_usd,
    sum(amount_usd) over (until_then rows unbounded preceding) as closing_usd,
    entry_count,
from account_days
window until_then as (partition by account_id order by settled_date)
