-- Creates `steps`: one row per entry, with its digest as computed here, and the sums of its key before and after it.
create or replace temp table steps as
with entries as (
    select *, {entry_digest} as made_digest,
    from read_parquet($files, hive_partitioning = false, filename = true)
),

places as (
    select file as filename, sequence as file_batch_id, settled_date as file_settled_date
    from batches
)

select
    *,
    row_number() over key_order as ordinal,
    coalesce(sum(amount_usd) over (key_order rows between unbounded preceding and 1 preceding), 0) as before_usd,
    sum(amount_usd) over (key_order rows unbounded preceding) as after_usd,
    lag(entry_id) over key_order as previous_entry_id,
from entries
inner join places using (filename)
window key_order as (partition by compensation_id, account_id order by file_batch_id)
