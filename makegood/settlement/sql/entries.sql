-- Creates `entries`: one row per key that is due and not held, as the entry to be posted.
create or replace temp table entries as
with posting as (
    select
        {entry_id} as entry_id,
        compensation_id,
        account_id,
        case
            when posted_usd = 0 then 'payout'
            when allowed_usd = 0 then 'reversal'
            else 'adjustment'
        end as entry_type,
        due_usd::decimal(18, 12) as amount_usd,
        request_date,
        $settled_date::date as settled_date,
        case
            when decided_usd = 0 then 'withdrawn'
            when allowed_usd < decided_usd then 'capped'
            when entry_count = 0 then 'decided'
            else 'decided_anew'
        end as reason,
        policy_version,
        case when posted_usd <> 0 then last_entry_id end as adjusts_entry_id,
        $batch_id::bigint as batch_id,
        $posted_at::timestamp as posted_at,
    from due
    where not is_held
)

select *, {entry_digest} as entry_digest
from posting
