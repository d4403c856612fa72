-- grain: one row per compensated request and account with postings
{{ config(materialized="view") }}
with entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

final as (
    select
        compensation_id,
        account_id,
        cast(sum(amount_usd) as decimal(38, 12)) as posted_usd,
        count(*) as entry_count,
        max_by(reason, batch_id) as last_reason,
        max(settled_date) as last_settled_date,
    from entries
    group by compensation_id, account_id
)

select * from final
