-- The first batch whose entries are not as many, or do not come to as much, as its metadata states.
with found as (
    select file_batch_id, count(*) as entry_count, sum(amount_usd) as amount_usd
    from steps
    group by file_batch_id
)

select batches.sequence
from batches
left join found on batches.sequence = found.file_batch_id
where found.entry_count is distinct from batches.entry_count
    or found.amount_usd is distinct from batches.amount_usd
order by batches.sequence
limit 1
