-- One row per key, from the loaded batches.
select compensation_id, account_id, sum(amount_usd) as posted_usd, count(*) as entry_count
from loaded
group by compensation_id, account_id
