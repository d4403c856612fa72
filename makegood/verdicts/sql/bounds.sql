-- One row: the earliest and latest time of a request that a verdict still sought may judge; null if no verdict is sought.
select
    min(least(assessed_at - interval {patience} day, requested_at - interval {hint_reach} day)) as first_at,
    max(greatest(assessed_at + interval {clocks} day, requested_at + interval {hint_reach} day)) as last_at,
from sought
where starts_with(lake_part, '{arrived}')
