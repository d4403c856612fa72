-- One row per list of keys that a record at the beginning of a group has, where it names none twice: its hash, and the
-- keys. Most records have one of a few such lists, so that what depends on the keys alone is decided once for a list.
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
