-- The first entry to be posted that violates an invariant, and which one: at most one row.
with faults as (
    select 1 as place, 'its account is unknown' as fault, entry_id
    from entries
    where account_id = $unknown
    union all
    select 2 as place, 'its amount is zero' as fault, entry_id
    from entries
    where amount_usd = 0
    union all
    select 3 as place, 'the total posted for its key would exceed the cost of its requests' as fault, entry_id
    from entries
    inner join due using (compensation_id, account_id)
    where posted_usd + amount_usd > cost_usd
    union all
    select 4 as place, 'the total posted for its key would be negative' as fault, entry_id
    from entries
    inner join due using (compensation_id, account_id)
    where posted_usd + amount_usd < 0
    union all
    select 5 as place, 'its payout has no decision' as fault, entry_id
    from entries
    anti join (
        select compensation_id, account_id from fct_compensations where request_date in (select request_date from entries)
    ) using (compensation_id, account_id)
    where entry_type = 'payout'
    union all
    select 6 as place, 'its key has another entry in the batch' as fault, min(entry_id) as entry_id
    from entries
    group by compensation_id, account_id
    having count(*) > 1
)

select fault, entry_id
from faults
order by place, entry_id
limit 1
