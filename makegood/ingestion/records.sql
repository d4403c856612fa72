-- One row per line: its origin, with its fault if it has one, and the text of its JSON record, null if it has none. `shape` identifies the
-- record's list of keys in the table `shapes`, null if it is not there. If an object has a key twice the last value counts, as for most
-- JSON parsers; DuckDB's own takes the first.
create or replace temp view records as
with numbered as (
    select
        file_index,
        line,
        nullif(reading_fault, '') as reading_fault,
        undecodable = 1 as is_undecodable,
        raw,
        -- Checking the ends first keeps broken lines away from `try`, which handles them one by one.
        case
            when reading_fault = '' and starts_with(raw, '{') and ends_with(raw, '}' || chr(10)) then try(json_keys(raw))
            when reading_fault = '' and regexp_matches(raw, '^ *\{') and json_valid(raw) then json_keys(raw)
        end as keys,
    from lines
),

judged as (
    select
        numbered.*,
        shapes.shape,
        case when numbered.keys is null and reading_fault is null then json_valid(raw) end as is_json,
        case when shapes.shape is null then list_unique(numbered.keys) < len(numbered.keys) end as has_repeated_key,
    from numbered
    left join shapes on hash(numbered.keys) = shapes.shape
),

faulted as (
    select
        struct_pack(
            file_index := file_index,
            line := line,
            is_undecodable := is_undecodable,
            fault := case
                when reading_fault is not null then reading_fault
                when keys is not null then null
                when is_json then 'not_an_object'
                when regexp_full_match(raw, '[ \t\r\n]*') then 'blank_line'
                else 'malformed_json'
            end
        ) as origin,
        case when has_repeated_key then with_last_of_each_key(raw, keys) else raw end as text,
        shape,
    from judged
)

select
    origin,
    case when origin.fault is null then text end as record,
    shape,
from faulted
