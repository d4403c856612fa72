-- grain: one row per entry of the ledger
{{ config(partitioned_by=["settled_date"], replaces="batch", tags=["ledger"]) }}
with ledger_entries as (
    select * from {{ source('run', 'ledger_entries') }}
),

final as (
    select
        entry_id,
        compensation_id,
        account_id,
        entry_type,
        amount_usd,
        request_date,
        settled_date,
        reason,
        policy_version,
        adjusts_entry_id,
        batch_id,
        posted_at,
        entry_digest,
    from ledger_entries
)

select * from final
