-- One row per distinct list of keys among the first records of a group, except lists with a duplicate key: its hash, and the keys. Most
-- records have one of a few such lists, so what depends on the keys alone is computed once per list.
insert into shapes by name
with first_lines as (
    select
        case when starts_with(raw, '{') and json_valid(raw) then json_keys(raw) end as keys,
    from lines
    where reading_fault = ''
    limit 256
)

select distinct
    hash(keys) as shape,
    keys,
from first_lines
where list_unique(keys) = len(keys) and hash(keys) not in (select shape from shapes)
