-- One row per quarantined record: where it stood, why it did not land, and its raw text without keys, credentials and content.
create or replace temp table quarantined as
with faults as (
    select
        source,
        landing_file,
        landing_line,
        landed_hour,
        file_index,
        fault,
    from landed_rows
    where fault is not null and fault not in ({ignored})
),

-- What is taken out goes step by step: a macro that is given another one's text repeats it, and takes long to read.
without_content as (
    select
        file_index,
        line,
        case
            when length(raw) <= 65536 and json_valid(raw) then json_without_content(raw)
            else text_without_content(left(raw, 65536), names_with_message())
        end as raw_text,
    from lines
    semi join faults on lines.file_index = faults.file_index and lines.line = faults.landing_line
),

keyless as (
    select
        file_index,
        line,
        without_keys(rtrim(raw_text, chr(10))) as raw_text,
    from without_content
),

final as (
    select
        faults.source,
        faults.landing_file,
        files.version,
        faults.landing_line,
        faults.landed_hour,
        faults.fault as reason,
        without_credentials(keyless.raw_text) as raw_text,
    from faults
    inner join keyless on faults.file_index = keyless.file_index and faults.landing_line = keyless.line
    inner join files on faults.file_index = files.file_index
    order by faults.landing_file, faults.landing_line
)

select * from final
