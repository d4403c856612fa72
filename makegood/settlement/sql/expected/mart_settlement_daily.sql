-- One row per account and request date with a decision or an entry, from the facts and the loaded batches.
with amounts as (
    select request_date, account_id, payout_usd as decided_usd, 0 as posted_usd from fct_compensations
    union all
    select request_date, account_id, 0 as decided_usd, amount_usd as posted_usd from loaded
)

select
    request_date,
    account_id,
    sum(decided_usd)::decimal(38, 12) as decided_usd,
    sum(posted_usd)::decimal(38, 12) as posted_usd,
    sum(decided_usd - posted_usd)::decimal(38, 12) as unsettled_usd,
from amounts
group by request_date, account_id
