-- The first key that differs from what is allowed and that the next settlement would miss, and how many there are.
with overlooked as (
    (from due where not is_held)
    except
    (from seen_due)
)

select
    compensation_id,
    account_id,
    posted_usd,
    allowed_usd,
    last_entry_id,
    count(*) over () as key_count,
from overlooked
order by all
limit 1
