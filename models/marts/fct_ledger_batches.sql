-- grain: one row per batch of the ledger
{{ config(replaces="batch", tags=["ledger"]) }}
-- A row here marks the batch as loaded, so its entries must be written first. depends_on: {{ ref('fct_ledger_entries') }}
with ledger_batches as (
    select * from {{ source('run', 'ledger_batches') }}
),

final as (
    select
        batch_id,
        settled_date,
        posted_at,
        entry_count,
        amount_usd,
        closed_until,
        batch_digest,
    from ledger_batches
)

select * from final
