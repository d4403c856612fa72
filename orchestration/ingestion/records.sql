-- One row per line: where it came from, with its fault or none, and the text of the JSON record that it holds, null where it holds none.
create or replace temp view records as
with numbered as (
    select
        file_index,
        line,
        nullif(reading_fault, '') as reading_fault,
        raw,
        reading_fault = '' and json_valid(raw) as is_json,
        undecodable = 1 as is_undecodable,
    from lines
),

faulted as (
    select
        struct_pack(
            file_index := file_index,
            line := line,
            is_undecodable := is_undecodable,
            fault := case
                when reading_fault is not null then reading_fault
                when is_json and (starts_with(raw, '{') or regexp_matches(raw, '^[ \t\r]*\{')) then null
                when is_json then 'not_an_object'
                when regexp_full_match(raw, '[ \t\r\n]*') then 'blank_line'
                else 'malformed_json'
            end
        ) as origin,
        raw,
    from numbered
)

select
    origin,
    case when origin.fault is null then raw end as record,
from faulted
