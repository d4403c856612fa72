-- One row per line: where it came from, with its fault or none, and the record that it holds, null where it holds none.
create or replace temp view records as
with numbered as (
    select
        file_index,
        line,
        reading_fault::varchar as reading_fault,
        raw,
        case when reading_fault is null then try_cast(raw as json) end as document,
    from lines
),

faulted as (
    select
        struct_pack(
            file_index := file_index,
            line := line,
            fault := case
                when reading_fault is not null then reading_fault
                when document is not null and (starts_with(raw, '{') or regexp_matches(raw, '^[ \t\r]*\{')) then null
                when document is not null then 'not_an_object'
                when regexp_full_match(raw, '[ \t\r]*') then 'blank_line'
                else 'malformed_json'
            end
        ) as origin,
        document,
    from numbered
)

select
    origin,
    case when origin.fault is null then document end as record,
from faulted
