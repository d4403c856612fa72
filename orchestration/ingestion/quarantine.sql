-- One row per quarantined record: where it stood, why it did not land, and its raw text without keys, credentials and content.
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

raw_lines as (
    select
        file_index,
        line,
        without_keys(
            case
                when length(raw) <= 65536 and json_valid(raw) then json_without_content(raw)
                else text_without_content(left(raw, 65536), names_with_message())
            end
        ) as raw_text,
    from lines
    semi join faults on lines.file_index = faults.file_index and lines.line = faults.landing_line
),

final as (
    select
        faults.source,
        faults.landing_file,
        files.version,
        faults.landing_line,
        faults.landed_hour,
        faults.fault as reason,
        without_credentials(raw_lines.raw_text) as raw_text,
    from faults
    inner join raw_lines on faults.file_index = raw_lines.file_index and faults.landing_line = raw_lines.line
    inner join files on faults.file_index = files.file_index
    order by faults.landing_file, faults.landing_line
)

select * from final
