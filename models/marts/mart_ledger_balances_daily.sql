-- grain: one row per account and posting period in which something was posted to it
{{ config(materialized="view") }}
with entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

movements as (
    select
        account_id,
        settled_date,
        coalesce(sum(amount_usd) filter (where entry_type = 'payout'), 0) as payouts_usd,
        coalesce(sum(amount_usd) filter (where entry_type = 'adjustment'), 0) as adjustments_usd,
        coalesce(sum(amount_usd) filter (where entry_type = 'reversal'), 0) as reversals_usd,
        sum(amount_usd) as amount_usd,
        count(*) as entry_count,
    from entries
    group by account_id, settled_date
),

running as (
    select
        *,
        sum(amount_usd) over (
            partition by account_id
            order by settled_date
            rows between unbounded preceding and current row
        ) as closing_usd,
    from movements
),

final as (
    select
        account_id,
        settled_date,
        cast(closing_usd - amount_usd as decimal(38, 12)) as opening_usd,
        cast(payouts_usd as decimal(38, 12)) as payouts_usd,
        cast(adjustments_usd as decimal(38, 12)) as adjustments_usd,
        cast(reversals_usd as decimal(38, 12)) as reversals_usd,
        cast(closing_usd as decimal(38, 12)) as closing_usd,
        entry_count,
    from running
)

select * from final
