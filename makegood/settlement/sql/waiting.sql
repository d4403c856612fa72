-- One row: how many keys wait to be posted and what they come to, and how many are on hold.
select
    count(*) filter (where not is_held) as due_count,
    coalesce(sum(due_usd) filter (where not is_held), 0) as due_usd,
    count(*) filter (where is_held) as held_count,
from due
